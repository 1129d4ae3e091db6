"""Texts as files hold them, and as langsync reads them."""

from __future__ import annotations


def normal(raw: str) -> str:
    """A file's text as langsync reads it: no byte order mark, lines ended by LF."""
    return raw.removeprefix("\ufeff").replace("\r\n", "\n")


def ended_alike(raw: str, text: str) -> str:
    """A text with the line ends and the byte order mark of another one.

    Args:
        raw: The other one, as it is in its file; of both kinds of line ends, it counts for none.
        text: The text, its lines ended by LF.
    """
    mark = "\ufeff" if raw.startswith("\ufeff") else ""
    if "\r\n" in raw and raw.count("\n") == raw.count("\r\n"):
        text = text.replace("\n", "\r\n")
    return mark + text
