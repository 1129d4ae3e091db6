"""Where versions are deployed: labels, the markers beside them, the stamp of the commit."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

from langsync.model import Commit

MARKER = "langsync."
"""How markers begin."""

MAX_LABEL = 36
"""Characters of a label (recorded: prompt-labels)."""

MAX_MESSAGE = 500
"""Characters of a commit message, as JavaScript counts them (recorded: prompt-bodies 6)."""

_STAMP = re.compile(r" ?\[langsync ([0-9a-f]{7,64})(\+dirty)?\]$")


def marker(label: str) -> str:
    """The label that marks where langsync last put another one.

    Past 36 characters, what a label may have, it ends in a digest of the label.
    """
    name = f"{MARKER}{label}"
    if len(name) <= MAX_LABEL:
        return name
    return f"{MARKER}{hashlib.sha256(label.encode()).hexdigest()[: MAX_LABEL - len(MARKER)]}"


def is_marker(label: str) -> bool:
    """Whether a label is langsync's own."""
    return label.startswith(MARKER)


def with_markers(labels: Iterable[str], *, marked: bool) -> list[str]:
    """The labels of one request: those of a file, then their markers if there are to be any."""
    real = list(labels)
    return [*real, *(marker(label) for label in real)] if marked else real


def stamped(message: str | None, head: Commit | None, *, dirty: bool) -> str | None:
    """A commit message with the commit that was deployed, cut to what Langfuse takes.

    Args:
        message: The message; None for none.
        head: The commit that the checkout is at; None where there is no history.
        dirty: Whether the work tree differs from it.
    """
    if head is None:
        return message
    stamp = f"[langsync {head.hash[:12]}{'+dirty' if dirty else ''}]"
    text = " ".join((message or "").split("\n", 1)[0].split())
    room = MAX_MESSAGE - len(stamp) - 1
    return f"{_cut(text, room)} {stamp}".strip()


def _cut(text: str, most: int) -> str:
    """A text of at most so many UTF-16 units, no pair of them torn."""
    packed = text.encode("utf-16-le", "replace")
    if len(packed) <= 2 * most:
        return text
    return packed[: 2 * (most - 1)].decode("utf-16-le", "ignore").rstrip() + "…"


def stamp(message: str | None) -> tuple[str, bool]:
    """The commit that a version was deployed from, and whether the work tree differed.

    Returns:
        An abbreviated hash, empty where langsync did not make the version.
    """
    match = _STAMP.search(message or "")
    return (match[1], bool(match[2])) if match else ("", False)


def unstamped(message: str | None) -> str:
    """A commit message without the stamp."""
    return _STAMP.sub("", message or "")
