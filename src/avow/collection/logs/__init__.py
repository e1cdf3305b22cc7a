"""Server logs: formats as they are written in a configuration, files that are followed or imported, lines as events."""
