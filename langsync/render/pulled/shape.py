"""The lines of a file that change."""

from __future__ import annotations

from collections.abc import Iterator

from langsync.formats.differences import unified
from langsync.model import FileChange, Pulled
from langsync.render.shape import escape_control


def diff(change: FileChange) -> Iterator[str]:
    """A unified diff of a file without its heading, one line after the other."""
    old, new = ((text or "").split("\n") for text in (change.old, change.new))
    for lines in (old, new):
        if lines[-1] == "":
            lines.pop()
    return (escape_control(line) for line in unified(old, new))


def headline(pulled: Pulled) -> str:
    """How many files change, and how, and what differs still."""
    count = pulled.left_alone
    if not pulled.files and not count:
        return "Nothing to pull: the files are what Langfuse has."
    if not pulled.files:
        differ = (
            "1 resource differs and is" if count == 1 else f"{count:,} resources differ and are"
        )
        return f"No file to write: {differ} left alone, see the warnings."
    actions = [file.action for file in pulled.files]
    verbs = {"create": "create", "update": "edit", "delete": "delete"}
    parts = [f"{actions.count(key)} to {word}" for key, word in verbs.items() if key in actions]
    if count:
        parts.append(f"{count:,} resource{'' if count == 1 else 's'} left alone, see the warnings")
    return f"{', '.join(parts)}."
