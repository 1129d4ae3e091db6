"""Output for terminals and pipes whose encoding is not UTF-8."""

from __future__ import annotations

import codecs
from io import TextIOWrapper
from typing import TextIO

_PLAIN = {
    "→": "->",
    "…": "...",
    "✓": "+",
    "✗": "x",
    "⚠": "!",
    "⛔": "x",
    "\ufe0f": "",
    "±": "+-",
    "·": "-",
    "•": "*",
    "\u00a0": " ",
}
"""What langsync's own output has beside ASCII, in ASCII."""


def speak_plainly(*streams: TextIO) -> None:
    """Make streams replace characters outside their encoding by readable ones, and never fail."""
    for stream in streams:
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="langsync.plain")


def escaped(text: str, encoding: str | None) -> str:
    """Returns a text with characters outside an encoding escaped; JSON stays valid."""
    name = encoding or "utf-8"
    return text.encode(name, "langsync.escaped").decode(name)


def _escape(error: UnicodeError) -> tuple[str, int]:
    return _replace(error, {})


def _plain(error: UnicodeError) -> tuple[str, int]:
    return _replace(error, _PLAIN)


def _replace(error: UnicodeError, plain: dict[str, str]) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    unencodable = error.object[error.start : error.end]
    replaced = (plain.get(character, _json_escape(character)) for character in unencodable)
    return "".join(replaced), error.end


def _json_escape(character: str) -> str:
    packed = character.encode("utf-16-be", "surrogatepass")
    units = (packed[start : start + 2] for start in range(0, len(packed), 2))
    return "".join(f"\\u{int.from_bytes(unit, 'big'):04x}" for unit in units)


codecs.register_error("langsync.escaped", _escape)
codecs.register_error("langsync.plain", _plain)
