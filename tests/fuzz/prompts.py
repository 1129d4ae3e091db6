"""Prompts: what they refer to, held against the server's reader; what is put in the place of it."""

from __future__ import annotations

from typing import Any

from langsync.kinds.prompt import references as read
from langsync.kinds.prompt.compiled import compile_prompt, missing
from langsync.local.references import find_references


def references(data: bytes) -> None:
    """References are those that the server sees, and nothing else of a prompt is replaced."""
    prompt = _prompt(data)
    found = read.references(prompt)
    ours = {(one.name, one.label, one.version) for one in found}
    theirs = {(one.name, one.label, one.version) for one in find_references(prompt)}
    assert ours <= theirs if read.misread(prompt) else ours == theirs
    assert read.substitute(prompt, lambda reference: reference.tag) == prompt
    assert found == read.references(read.substitute(prompt, lambda _: None))
    for name in read.variables(prompt):
        assert any(f"{{{{{name}}}}}" in text for text in read.texts(prompt))
    assert compile_prompt(prompt, {}) == prompt
    assert not missing(prompt, dict.fromkeys(missing(prompt, {}), "x"))


def _prompt(data: bytes) -> str | list[dict[str, Any]]:
    """A text; where there are NUL characters, messages with these between them."""
    first, *others = data.decode("utf-8", "replace").split("\0")
    if not others:
        return first
    history = {"type": "placeholder", "name": "history"}
    return [history, *({"role": "user", "content": text} for text in (first, *others))]
