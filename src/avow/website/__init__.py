"""The company's own published pages as visitors get them: fetched, read, searched, and compared with what was built."""
