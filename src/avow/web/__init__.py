"""The web door: the company's site, the privacy centre and the console. Parses, calls one function, renders."""
