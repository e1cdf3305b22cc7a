"""What other companies send and get: applications of portals, links to them that are counted, what they report of a click."""
