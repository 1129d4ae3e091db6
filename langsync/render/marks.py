"""Texts with Markdown and HTML escaped, and markup made of them."""

from __future__ import annotations

import html
import re

from langsync.render.shape import escape_control

_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~@&$])")
_REFERENCE = re.compile(
    r"(?<=@)(?=\w)|(?<=#)(?=\w)|(?<=\bGH-)(?=\d)|(?<=/)(?=/)|(?<=\bwww)(?=\.)", re.IGNORECASE
)
"""Where a mention, an issue or an address continues: forges look for them after Markdown is read,
so that a backslash does not stop them. Something invisible in between does."""
_BREAK = "\u2060"
_START = re.compile(r"^([-+=])|^(\d+)(?=[.)])")


def inline(text: str) -> str:
    """A text on one line: nothing in it is markup, a link, a mention or an issue."""
    flat = _REFERENCE.sub(_BREAK, _flat(text))
    flat = _MARKUP.sub(r"\\\1", flat).replace(_BREAK, "&#8203;")
    return _START.sub(lambda match: f"\\{match[1]}" if match[1] else f"{match[2]}\\", flat)


def code(text: str, *, cell: bool = False) -> str:
    """A text on one line as code, in which forges link nothing.

    Args:
        text: The text.
        cell: Whether it is in a table.
    """
    flat = _flat(text)
    ticks = "`" * (1 + max(map(len, re.findall("`+", flat)), default=0))
    pad = " " if flat.startswith("`") or flat.endswith("`") or not flat else ""
    return f"{ticks}{pad}{flat.replace('|', chr(92) + '|') if cell else flat}{pad}{ticks}"


def link(label: str, address: str) -> str:
    """A link.

    Args:
        label: Its words, in Markdown.
        address: Its target, percent-encoded; empty for none.
    """
    return f"[{label}](<{address}>)" if address else label


def fenced(text: str, language: str = "") -> str:
    """A text as it is, behind a fence that is longer than any in it."""
    runs = re.findall("`+", text)
    fence = "`" * max(3, 1 + max(map(len, runs), default=0))
    return f"{fence}{language}\n{escape_control(text)}\n{fence}"


def folded(title: str, body: str, note: str = "") -> str:
    """Markdown behind a title that opens it.

    Args:
        title: What it is about, shown as code.
        body: The Markdown.
        note: A few words after the title.
    """
    suffix = f" {html.escape(_REFERENCE.sub(_BREAK, _flat(note)))}" if note else ""
    summary = f"<code>{html.escape(_flat(title))}</code>{suffix}"
    return f"<details><summary>{summary}</summary>\n\n{body}\n\n</details>"


def _flat(text: str) -> str:
    return " ".join(escape_control(text).split())
