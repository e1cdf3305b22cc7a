"""Where a record is opened for a purpose, or handed to a recipient: asked of the Rulebook, counted and logged as one.

A door is a way in; a gate is between rooms. `versions` says which policy is in force, and which one a record is held to.
"""
