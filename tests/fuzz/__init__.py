"""Fuzzing: what reads bytes that others wrote is held against a second opinion.

`targets` is the table of what is fuzzed, ``python -m tests.fuzz TARGET`` runs one under atheris,
and `test_targets` runs each over its corpus and over what hypothesis makes, without atheris.
"""
