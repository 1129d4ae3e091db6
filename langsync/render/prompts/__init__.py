"""The versions of a prompt, one of them, and what differs between two."""
