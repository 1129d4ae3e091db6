"""Texts in which Markdown and HTML mean nothing."""

from __future__ import annotations

import re

from langsync.render.shape import harmless


def inline(text: str) -> str:
    """A text on one line."""
    flat = " ".join(harmless(text).split())
    return re.sub(r"([\\`*_{}\[\]<>()#+!|~@])", r"\\\1", flat)


def fenced(text: str, language: str = "") -> str:
    """A text as it is, behind a fence that is longer than any in it."""
    runs = re.findall("`+", text)
    fence = "`" * max(3, 1 + max(map(len, runs), default=0))
    return f"{fence}{language}\n{harmless(text)}\n{fence}"
