"""The language: grammar and words, the reading of text and blocks with their places, layout, editors' schema."""
