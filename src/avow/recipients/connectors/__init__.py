"""What really hands something to another company: the only importers of what sends."""
