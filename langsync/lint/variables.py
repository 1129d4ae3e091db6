"""Variables that applications or Langfuse's UI will not fill in.

Langfuse's variables are ``{{name}}``. The SDKs fill in what is between ``{{`` and the next
``}}``, without spaces around it; the server and the UI see a letter, then letters, digits and
``_`` with no spaces at all (observed on Langfuse 4.16.0).

Prompts hold code, JSON, LaTeX and templates of other kinds, so these rules would rather miss
something than take those for variables.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby, islice

from langsync.kinds.base import Text
from langsync.lint.places import TextFinding
from langsync.rules import Rule

_NAME = r"([^\W\d]\w{0,60})"
_VARIABLE = re.compile(r"\{\{\s*[^\W\d]\w*\s*\}\}")
_RIGHT = re.compile(r"\{\{[^\W\d_]\w*\}\}(?!\})")
_SPACED = re.compile(r"(?<![{$\\])\{\{(?:[ \t]+%s[ \t]*|%s[ \t]+)\}\}(?!\})" % (_NAME, _NAME))  # noqa: UP031 - braces
_TRIPLE = re.compile(r"(?<!\{)\{\{\{[ \t]*%s[ \t]*\}\}\}(?!\})" % _NAME)  # noqa: UP031
_HALF_CLOSED = re.compile(r"(?<![{$\\])\{\{[ \t]*%s[ \t]*\}(?!\})" % _NAME)  # noqa: UP031
_HALF_OPENED = re.compile(r"(?<![\w{}$\\^#=>@%%/:])\{[ \t]*%s[ \t]*\}\}(?!\})" % _NAME)  # noqa: UP031
_OPENED = re.compile(r"(?<![{$\\])\{\{[ \t]*%s(?=[\s,.;!?)\]\"'<]|$)" % _NAME)  # noqa: UP031
_SINGLE = re.compile(r"(?<![\w{}$\\^#=@%%/)\]])\{%s\}(?![\w}{(/^>])" % _NAME)  # noqa: UP031
_DOLLAR = re.compile(r"(?<![\w$\\])\$\{%s\}(?![$_^/])" % _NAME)  # noqa: UP031
_UNSEEN = re.compile(r"(?<![{$\\])\{\{([\w.-]{1,60})\}\}(?!\})")
_MOST = 200
_AROUND = 500
"""How many findings of a text are looked at, and how much of a line around each."""

_SEEN = re.compile(r"[^\W\d_]\w*")

_FENCED = re.compile(r"^[ \t]*(```+|~~~+).*?(?:^[ \t]*\1|\Z)", re.MULTILINE | re.DOTALL)
_OTHER_TEMPLATE = re.compile(r"\{%|\{#|\{\{[#/^>!&-]")
"""Jinja, Mustache, Handlebars, Go: something else fills in this text."""

_CODE = re.compile(
    r"""[;{]\s*$ | => | ^\s*(?:def|class|import|from|const|let|var|function|return|public|private
        |async|await|elif|for|while|print|echo|export|curl|\#include)\b
      | \bif\s+\[ | \btest\s+- | @(?:param|returns?|type)\b | ^\s*+(?:\*\s*+)?Returns:
      | \b[fFrR]{1,2}["'] | \$" | ` | \.format\( | \\[A-Za-z] | ://
      | ["']\s*:\s*["'\[{] | \(\) | \w!?\(["'] | ^\s*[A-Za-z_]\w*\s*=[^=]""",
    re.VERBOSE,
)
"""A line that looks like code, a shell, JSON, a URL or LaTeX."""


def check(texts: Sequence[Text]) -> Iterator[TextFinding]:
    """Findings about the variables of all texts.

    Args:
        texts: The texts, those of one document in a row: whether it has ``{{name}}`` anywhere
            tells what single braces mean in it.
    """
    for _, group in groupby(texts, lambda text: (text.document.file, text.document.index)):
        together = [text for text in group if "{" in text.text]
        names = {match[0].strip("{} \t\n") for text in together for match in _variables(text)}
        for text in together:
            if "{" in _RIGHT.sub("", text.text):  # else all of it is as it should be
                yield from _check(text, names)


def spaced(text: str) -> Iterator[re.Match[str]]:
    """The variables of a text that have spaces inside their braces."""
    return _SPACED.finditer(_without_code(text))


def _without_code(text: str) -> str:
    """A text with spaces in the place of fenced code."""
    return _FENCED.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)


def _variables(text: Text) -> Iterator[re.Match[str]]:
    return _VARIABLE.finditer(text.text)


def _matches(pattern: re.Pattern[str], plain: str) -> Iterator[re.Match[str]]:
    """The first matches of a pattern, as many as anybody will read."""
    return islice(pattern.finditer(plain), _MOST)


def _check(text: Text, names: set[str]) -> Iterator[TextFinding]:
    if _OTHER_TEMPLATE.search(text.text):
        return
    plain = _without_code(text.text)
    done: set[tuple[Rule, str]] = set()
    for finding in (*_broken(plain, text), *_odd(plain, text), *_foreign(plain, text, names)):
        if (finding.rule, finding.fragment) not in done:  # each name once
            done.add((finding.rule, finding.fragment))
            yield finding


def _broken(plain: str, text: Text) -> Iterator[TextFinding]:
    """Variables whose braces do not match: they are never filled in."""
    for pattern in (_HALF_CLOSED, _HALF_OPENED):
        for match in _matches(pattern, plain):
            before = _line(plain, match.start())[0]
            if not _is_code(plain, match) and before.count("{") == before.count("}"):
                yield _finding(Rule.UNCLOSED_VARIABLE, match, text, "the braces do not match")
    for match in _matches(_OPENED, plain):
        end, other = plain.find("}}", match.end()), plain.find("{{", match.end())
        if (end < 0 or 0 <= other < end) and not _is_code(plain, match):
            reason = "'{{' is never closed" if end < 0 else "'{{' is not closed before the next one"
            yield _finding(Rule.UNCLOSED_VARIABLE, match, text, reason)


def _odd(plain: str, text: Text) -> Iterator[TextFinding]:
    """Variables that only some of their readers understand."""
    for match in _matches(_TRIPLE, plain):
        reason = "the SDKs take this for a variable with a brace in its name"
        yield _finding(Rule.TRIPLE_BRACES, match, text, reason)
    for match in _matches(_SPACED, plain):
        reason = "the SDKs fill it in, Langfuse's UI does not see it"
        yield _finding(Rule.SPACED_VARIABLE, match, text, reason)
    for match in _matches(_UNSEEN, plain):
        if not _SEEN.fullmatch(match[1]):
            reason = f"{match[0]}: the SDKs fill it in, Langfuse's UI does not see it: "
            reason += "a name is a letter, then letters, digits and '_'"
            yield TextFinding(Rule.UNSEEN_NAME, reason, text, match.start(), match[0])


def _foreign(plain: str, text: Text, names: set[str]) -> Iterator[TextFinding]:
    """``{name}`` and ``${name}``, which are plain text to Langfuse.

    They count where the prompt has a variable of this name as well, or none at all.
    """
    value = text.document.value
    template = isinstance(value, dict) and value.get("template") is True
    for rule, pattern in ((Rule.SINGLE_BRACES, _SINGLE), (Rule.DOLLAR_BRACES, _DOLLAR)):
        for match in _matches(pattern, plain):
            name = match[1]
            if len(name) == 1 or (names and name not in names) or _is_code(plain, match):
                continue
            if rule is Rule.SINGLE_BRACES:
                yield _finding(rule, match, text, "plain text to Langfuse")
            elif not name.isupper():  # a variable of a shell
                hint = f" or ${{vars.{name}}}" if template else ""
                yield _finding(rule, match, text, "plain text to Langfuse", hint)


def _finding(rule: Rule, match: re.Match[str], text: Text, why: str, hint: str = "") -> TextFinding:
    name = next(group for group in match.groups() if group)
    message = f"{match[0]}: {why}: write {{{{{name}}}}}{hint} for a variable"
    return TextFinding(rule, message, text, match.start(), match[0])


def _line(plain: str, offset: int) -> tuple[str, str]:
    """The line of a character: the part before it, and the rest."""
    start = plain.rfind("\n", 0, offset) + 1
    end = plain.find("\n", offset)
    return plain[start:offset], plain[offset : len(plain) if end < 0 else end]


def _is_code(plain: str, match: re.Match[str]) -> bool:
    before, rest = _line(plain, match.start())
    return _CODE.search(before[-_AROUND:] + rest[:_AROUND]) is not None
