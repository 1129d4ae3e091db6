"""Commands against a server behind a proxy that goes wrong by a schedule made from a seed.

A seed chooses a story, a command and its faults; `invariants` holds what must be true whatever
happens. ``python -m tests.faults --seeds 1000`` runs many of them.
"""
