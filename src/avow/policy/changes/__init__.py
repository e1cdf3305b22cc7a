"""The changes between two versions: what they mean for people, which are material, and from when a new one may hold."""
