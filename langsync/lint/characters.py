"""Characters that make a text something else than it looks like."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from langsync.kinds.base import Text
from langsync.lint.places import TextFinding
from langsync.rules import Rule

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]")
_DIRECTION = re.compile("[\u202a-\u202e\u2066-\u2069]")
_TURNED = re.compile("[\u202d\u202e]")
_HIDDEN = re.compile(
    "(?<=[A-Za-z0-9])[\u200b-\u200d\u2060\u00ad\u180e](?=[A-Za-z0-9])"  # inside a Latin word
    "|[\ufeff\ufff9-\ufffb\U000e0001-\U000e007f]"
)
_FLAG = re.compile("\U0001f3f4[\U000e0020-\U000e007e]+\U000e007f")
"""A flag such as Scotland's: a black flag, then letters that nobody sees."""


def check(text: Text) -> Iterator[TextFinding]:
    """Control characters, hidden ones, and those that change the direction; each kind once."""
    yield from _first(
        Rule.HIDDEN_CHARACTER, _CONTROL, text.text, text, "a control character: remove it"
    )
    if text.text.isascii():
        return
    plain = _FLAG.sub(lambda match: " " * len(match[0]), text.text)
    yield from _first(
        Rule.HIDDEN_CHARACTER, _HIDDEN, plain, text, "nobody sees it, a model reads it: remove it"
    )
    explanation = "what follows is shown in another order than it is read: remove it"
    if not _is_written_to_the_left(plain):
        yield from _first(Rule.BIDIRECTIONAL, _DIRECTION, plain, text, explanation)
    else:
        yield from _first(Rule.BIDIRECTIONAL, _TURNED, plain, text, explanation)


def _first(
    rule: Rule, pattern: re.Pattern[str], plain: str, text: Text, explanation: str
) -> Iterator[TextFinding]:
    """The first character that a pattern finds, and how many there are."""
    matches = list(pattern.finditer(plain))
    if matches:
        character = matches[0][0]
        name = unicodedata.name(character, "").lower()
        more = f" (and {len(matches) - 1} more)" if len(matches) > 1 else ""
        shown = f"U+{ord(character):04X}{f', {name}' if name else ''}"
        yield TextFinding(
            rule, f"{shown}: {explanation}{more}", text, matches[0].start(), character
        )


def _is_written_to_the_left(text: str) -> bool:
    """Whether a text has Hebrew, Arabic or other letters for which directions are needed."""
    return any(unicodedata.bidirectional(character) in ("R", "AL") for character in text)
