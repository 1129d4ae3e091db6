"""Calling the API by its reference."""
