"""The store: where records, consumer requests, choices and keys live."""
