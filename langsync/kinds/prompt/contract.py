"""What a prompt promises to the applications that call it, and what a change does to that."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from langsync.kinds.prompt.references import placeholders, texts
from langsync.kinds.prompt.state import PromptText
from langsync.model import Json


class PromptContent(Protocol):
    """What a version holds, or a variant declares."""

    @property
    def prompt(self) -> PromptText:
        """The text, or the messages."""

    @property
    def config(self) -> Json:
        """The config."""


def breaking_changes(before: PromptContent, after: PromptContent) -> Iterator[str]:
    """What may break callers when one content replaces another.

    Args:
        before: What is deployed.
        after: What will be.

    Yields:
        A sentence each for variables and placeholders that are added or removed, variables that
        Langfuse's UI does not see, another order of roles, another model.
    """
    yield from broken_names(before.prompt, after.prompt)
    old, new = _roles(before.prompt), _roles(after.prompt)
    if old != new and old and new:
        yield f"the roles are {', '.join(new)}; they were {', '.join(old)}"
    was, will = _model(before.config), _model(after.config)
    if was != will:
        yield f"the model is {will or 'not named'}; it was {was or 'not named'}"


def broken_names(before: Json, after: Json) -> Iterator[str]:
    """Variables and placeholders that are added, removed or renamed."""
    old, new = ([form.strip() for form in _forms(prompt)] for prompt in (before, after))
    yield from _names("variable", old, new, "{{%s}}")
    yield from _names("placeholder", placeholders(before), placeholders(after), "%s")
    known = set(_forms(before))
    for form in dict.fromkeys(_forms(after)):
        if form != form.strip() and form not in known:
            shown = "{{%s}}" % form  # noqa: UP031 - braces
            yield f"{shown} has spaces: the SDKs fill it in, Langfuse's UI does not see it"


def _names(kind: str, before: Sequence[str], after: Sequence[str], form: str) -> Iterator[str]:
    old_names, new_names = dict.fromkeys(before), dict.fromkeys(after)
    gone = [name for name in old_names if name not in new_names]
    come = [name for name in new_names if name not in old_names]
    if len(gone) == len(come) == 1:
        old, new = form % gone[0], form % come[0]
        yield f"{kind} {old} is now {new}: applications that pass {gone[0]} have to follow"
        return
    for name in gone:
        yield f"{kind} {form % name} is gone: what applications pass for it has no effect"
    for name in come:
        yield f"{kind} {form % name} is new: applications have to pass it"


def _forms(prompt: Json) -> list[str]:
    """The text between braces, which without spaces is a variable's name to the SDKs."""
    return [form for text in texts(prompt) for form in _variables(text)]


def _roles(prompt: Json) -> list[str]:
    if isinstance(prompt, str):
        return []
    return [message["role"] for message in prompt if "role" in message]


def _model(config: Json) -> str:
    model = config.get("model") if isinstance(config, dict) else None
    return model if isinstance(model, str) else ""


def _variables(text: str) -> Iterator[str]:
    """The text between double braces, line breaks included; searches do not overlap."""
    start = text.find("{{")
    while start >= 0 and (end := text.find("}}", start + 2)) >= 0:
        yield text[start + 2 : end]
        start = text.find("{{", end + 2)
