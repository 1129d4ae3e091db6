"""Exports of lists of any length."""
