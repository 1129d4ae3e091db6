"""The lines of a file that change."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import unified_diff
from itertools import islice

from langsync.model import FileChange, Pulled
from langsync.render.shape import harmless


def diff(change: FileChange) -> Iterator[str]:
    """A unified diff of a file without its heading, one line after the other."""
    old, new = ((text or "").split("\n") for text in (change.old, change.new))
    for lines in (old, new):
        if lines[-1] == "":
            lines.pop()
    return (harmless(line) for line in islice(unified_diff(old, new, lineterm="", n=3), 2, None))


def headline(pulled: Pulled) -> str:
    """How many files change, and how."""
    if not pulled.files:
        return "Nothing to pull: the files are what Langfuse has."
    actions = [one.action for one in pulled.files]
    words = {"create": "create", "update": "edit", "delete": "delete"}
    parts = [f"{actions.count(key)} to {word}" for key, word in words.items() if key in actions]
    return f"{', '.join(parts)}."
