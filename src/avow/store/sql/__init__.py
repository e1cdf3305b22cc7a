"""The statements of the event store, one file each, named by the question; values are always bound by the server."""
