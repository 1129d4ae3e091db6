"""What a prompt's text refers to: other prompts, variables."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from langsync.model import Json

_TAG = re.compile(r"@@@langfusePrompt:(.*?)@@@")
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
    found = (_parse(match[1]) for text in texts(prompt) for match in _TAG.finditer(text))
    return tuple(dict.fromkeys(reference for reference in found if reference is not None))


def malformed(prompt: Json) -> tuple[str, ...]:
    """What looks like a reference and is plain text to the server."""
    found = (match for text in texts(prompt) for match in _TAG.finditer(text))
    return tuple(dict.fromkeys(match[0] for match in found if _parse(match[1]) is None))


def _parse(inner: str) -> Reference | None:
    name, bar, target = inner.partition("|")
    key, _, value = target.partition("=")
    if not name.startswith("name=") or name == "name=" or not bar or "|" in target or not value:
        return None
    if key == "label":
        return Reference(name.removeprefix("name="), label=value)
    if key == "version" and value.isdecimal() and value.isascii():
        return Reference(name.removeprefix("name="), version=int(value))
    return None


def substitute(prompt: Json, text_of: Callable[[Reference], str | None]) -> Json:
    """Put the texts of referenced prompts in the place of the references.

    Args:
        prompt: A text, or messages.
        text_of: Gives a reference's text, with its own references resolved; None leaves the
            reference as it stands.
    """

    def replace(match: re.Match[str]) -> str:
        reference = _parse(match[1])
        text = text_of(reference) if reference is not None else None
        return match[0] if text is None else text

    if isinstance(prompt, str):
        return _TAG.sub(replace, prompt)
    return [
        {**message, "content": _TAG.sub(replace, message["content"])}
        if "content" in message
        else message
        for message in prompt
    ]


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
