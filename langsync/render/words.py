"""Marks the words that differ in lines that differ."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher
from itertools import groupby

Piece = tuple[str, bool]
"""A part of a line, and whether it is what differs there."""

_WORD = re.compile(r"\w+|\s|[^\w\s]")
_LIKE = 0.5
"""How much two runs of lines have to have in common; words of others are not worth a mark."""
_MOST = 3000
"""Words of a run that are compared; finding them takes the square of that at worst."""


def marked(lines: Iterable[tuple[str, str]]) -> Iterator[tuple[str, list[Piece]]]:
    """Lines of a difference in pieces: what was removed beside what replaces it.

    Args:
        lines: Signs (``-``, ``+``, a space, ``@``) and lines, as `line_differences` gives them.
    """
    removed: list[str] = []
    for sign, run in groupby(lines, key=lambda line: line[0]):
        texts = [text for _, text in run]
        if sign == "-":
            removed = texts
            continue
        old, new = _compared(removed, texts) if sign == "+" else (_plain(removed), _plain(texts))
        yield from (("-", pieces) for pieces in old)
        yield from ((sign, pieces) for pieces in new)
        removed = []
    yield from (("-", pieces) for pieces in _plain(removed))


def _plain(lines: list[str]) -> list[list[Piece]]:
    return [[(line, False)] for line in lines]


def _compared(old: list[str], new: list[str]) -> tuple[list[list[Piece]], list[list[Piece]]]:
    sides = [_WORD.findall("\n".join(lines)) for lines in (old, new)]
    if not all(0 < len(side) <= _MOST for side in sides):
        return _plain(old), _plain(new)
    spaced = [[" " if word == "\n" else word for word in side] for side in sides]
    matcher = SequenceMatcher(None, spaced[0], spaced[1], autojunk=False)
    if matcher.quick_ratio() < _LIKE or matcher.ratio() < _LIKE:
        return _plain(old), _plain(new)
    steps = matcher.get_opcodes()
    before = [("".join(sides[0][i1:i2]), tag != "equal") for tag, i1, i2, _, _ in steps]
    after = [("".join(sides[1][j1:j2]), tag != "equal") for tag, _, _, j1, j2 in steps]
    return _by_line(before), _by_line(after)


def _by_line(pieces: list[Piece]) -> list[list[Piece]]:
    """Pieces of a text as those of its lines."""
    lines: list[list[Piece]] = [[]]
    for text, differs in pieces:
        first, *rest = text.split("\n")
        lines[-1].append((first, differs))
        lines += [[(line, differs)] for line in rest]
    return [[piece for piece in line if piece[0]] for line in lines]
