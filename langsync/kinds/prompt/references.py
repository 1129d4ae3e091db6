"""What a prompt's text refers to: other prompts, variables."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from langsync.formats.limits import RESOLVED_TEXT
from langsync.kinds.prompt.state import PromptText
from langsync.model import Json

_TAG = re.compile("@@@langfusePrompt:([^\u2028\u2029]*?)@@@")
_PLAIN = re.compile(
    r"""name=(?P<name>[^=|"\\\x00-\x1f]+)\|"""
    r"""(?:label=(?P<label>[^=|"\\\x00-\x1f]+)|version=(?P<version>0|[1-9][0-9]{0,14}))"""
)
_NUMBER = re.compile(
    r"\s*+([+-]?([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(e[+-]?[0-9]+)?|[+-]?(?-i:Infinity)|"
    r"0x[0-9a-f]+|0o[0-7]+|0b[01]+)?\s*+",
    re.IGNORECASE,
)
_SEAM = '"},{"role":"","content":"'
_VARIABLE = re.compile(r"\{\{([^\W\d_]\w*)\}\}")

MAX_NESTING = 5
"""Prompts in one chain of references, the first included (recorded: prompt-composition 19)."""


@dataclass(frozen=True, slots=True)
class Reference:
    """``@@@langfusePrompt:name=NAME|label=LABEL@@@`` or ``…|version=N@@@``.

    Args:
        name: The prompt that is referred to.
        label: Its label; None where a version is named.
        version: Its version; None where a label is named.
    """

    name: str
    label: str | None = None
    version: int | None = None

    @property
    def tag(self) -> str:
        """Its form in a text."""
        target = f"version={self.version}" if self.label is None else f"label={self.label}"
        return f"@@@langfusePrompt:name={self.name}|{target}@@@"

    def __str__(self) -> str:
        return f"{self.name} ({f'label {self.label}' if self.label else f'version {self.version}'})"


def texts(prompt: Json) -> Iterator[str]:
    """The texts of a prompt: itself, or the contents of its messages."""
    if isinstance(prompt, str):
        yield prompt
    else:
        yield from (message["content"] for message in prompt if "content" in message)


def references(prompt: Json) -> tuple[Reference, ...]:
    """The references of a prompt, each once, in their order.

    ``name`` comes first and there are exactly two parts; anything else is plain text (recorded:
    prompt-composition 7).
    """
    parsed = (_parse(inner) for inner in _tags(prompt))
    return tuple(dict.fromkeys(reference for reference in parsed if reference is not None))


def malformed(prompt: Json) -> tuple[str, ...]:
    """What looks like a reference and is plain text to the server."""
    return _odd(prompt, refers=False)


def misread(prompt: Json) -> tuple[str, ...]:
    """Tags that the server reads as a reference to something else than written, or to nothing.

    It searches the prompt's JSON: a line break, a quote and the end of a message may be inside
    the signs. It reads no further than a second ``=``, takes any number of JavaScript for a
    version and an empty text for a label, and puts a text only where name and target are as
    written (read from Langfuse's ``parsePromptDependencyTags``, as the embedded server has it).
    """
    return _odd(prompt, refers=True)


def _odd(prompt: Json, *, refers: bool) -> tuple[str, ...]:
    odd = (inner for inner in _tags(prompt) if _parse(inner) is None)
    tags = (inner.split(_SEAM)[0] for inner in odd if _refers(inner) is refers)
    return tuple(dict.fromkeys(f"@@@langfusePrompt:{inner}@@@" for inner in tags))


def _tags(prompt: Json) -> list[str]:
    """The text inside the signs, messages concatenated as the server sees them."""
    packed = (json.dumps(text, ensure_ascii=False)[1:-1] for text in texts(prompt))
    return _TAG.findall(_SEAM.join(packed))


def _parse(inner: str) -> Reference | None:
    match = _PLAIN.fullmatch(inner)
    if match is None:
        return None
    version = match["version"]
    return Reference(match["name"], match["label"], None if version is None else int(version))


def _refers(inner: str) -> bool:
    """Whether the server takes the inside of a tag for a reference, whatever it understands."""
    parts = inner.split("|")
    if not inner.startswith("name=") or len(parts) != 2:
        return False
    (_, name, *_), (key, *rest) = (part.split("=") for part in parts)
    if not name or not rest:
        return False
    if key == "version":
        return rest[0] != "" and _NUMBER.fullmatch(rest[0]) is not None
    return key == "label"


def substitute(prompt: PromptText, text_of: Callable[[Reference], str | None]) -> PromptText:
    """Put the texts of referenced prompts in the place of the references.

    Args:
        prompt: A text, or messages.
        text_of: Gives a reference's text, with its own references resolved; None leaves the
            reference unchanged.
    """
    if isinstance(prompt, str):
        return _substituted(prompt, text_of)
    return [
        {**message, "content": _substituted(message["content"], text_of)}
        if "content" in message
        else message
        for message in prompt
    ]


def _substituted(text: str, text_of: Callable[[Reference], str | None]) -> str:
    def replace(match: re.Match[str]) -> str:
        reference = _parse(match[1])
        text = text_of(reference) if reference is not None else None
        return match[0] if text is None else text

    return _TAG.sub(replace, text)


class UnresolvedError(Exception):
    """Why a reference means no text."""


_COST = 100
"""Characters that a reference counts besides its text: many can stand for no text at all."""


def resolve(
    prompt: PromptText, text_of: Callable[[Reference], str]
) -> tuple[PromptText, tuple[str, ...]]:
    """Put the texts of referenced prompts in, and of those that these refer to, as Langfuse does.

    All texts together are bounded by `RESOLVED_TEXT`.

    Args:
        prompt: A text, or messages.
        text_of: Gives the text that a reference means, or raises `UnresolvedError`.

    Returns:
        The prompt, and which references are left, each with the reason: no text, too deep, or too
        much text.
    """
    left: dict[str, None] = {}
    room = RESOLVED_TEXT.most

    def resolved(reference: Reference, level: int) -> str | None:
        nonlocal room
        text, reason = "", f"references nest deeper than {MAX_NESTING} prompts"
        if level < MAX_NESTING:
            try:
                text, reason = text_of(reference), ""
            except UnresolvedError as error:
                reason = str(error)
        room -= len(text) + _COST
        if reason or room < 0:
            left[f"{reference}: {reason or RESOLVED_TEXT.exceeded()}"] = None
            return None
        return _substituted(text, lambda inner: resolved(inner, level + 1))

    substituted = substitute(prompt, lambda reference: resolved(reference, 1))
    return substituted, tuple(left)


def variables(prompt: Json) -> tuple[str, ...]:
    """The names in ``{{name}}`` as the server sees them, each once, in their order.

    A letter first, then letters, digits and ``_``, with no spaces inside the braces (observed on
    Langfuse 4.16.0).
    """
    return tuple(dict.fromkeys(m for text in texts(prompt) for m in _VARIABLE.findall(text)))


def placeholders(prompt: Json) -> tuple[str, ...]:
    """The names of a chat prompt's placeholders, in their order."""
    if isinstance(prompt, str):
        return ()
    return tuple(message["name"] for message in prompt if message.get("type") == "placeholder")
