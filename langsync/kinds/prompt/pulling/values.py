"""What files write for what Langfuse holds: templates stay, overrides stay where they are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from langsync.config import Environment
from langsync.formats.differences import LineMatcher
from langsync.formats.values import canonical, equal
from langsync.kinds.prompt import templates
from langsync.kinds.prompt.pulling.new import can_merge, message_form
from langsync.model import Json

_VALUE = re.compile(r"\$\{vars\.[^{}\n]*\}")

MISSING = object()
"""Stands for no value."""


class NoMergeError(Exception):
    """Merging cannot produce a value: a key would have to be removed."""


@dataclass(frozen=True, slots=True)
class Form:
    """How one file writes values.

    Args:
        environment: The environment whose values are put in.
        template: Whether they are.
    """

    environment: Environment
    template: bool

    def text(self, raw: str, target: str) -> str:
        """A text that evaluates to the target: the old one, if it does."""
        return raw if self._filled(raw) == target else self.written(target)

    def written(self, target: str) -> str:
        """A new text; what would be taken for a value is escaped."""
        return _VALUE.sub(lambda match: f"${match[0]}", target) if self.template else target

    def _filled(self, raw: str) -> str:
        text, _ = templates.fill_labels(raw, self.environment)
        return templates.fill(text, self.environment)[0] if self.template else text

    def config(self, raw: Json, target: Json) -> Json:
        """A config that evaluates to the target and keeps as much of the old one as possible."""
        filled = templates.fill_config(raw, self.environment, ())[0] if self.template else raw
        if equal({} if filled is None else canonical(filled), target):
            return raw
        if isinstance(raw, dict) and isinstance(target, dict):
            kept = {key: self._inner(raw[key], target[key]) for key in raw if key in target}
            return kept | {key: self._new(target[key]) for key in target if key not in raw}
        if isinstance(raw, list) and isinstance(target, list) and len(raw) == len(target):
            return [self._inner(*pair) for pair in zip(raw, target, strict=True)]
        return self._new(target)

    def _inner(self, raw: Json, target: Json) -> Json:
        filled = templates.fill_config(raw, self.environment, ())[0] if self.template else raw
        same = equal(canonical(filled), target)
        return raw if same else self.config(raw, target) if raw is not None else self._new(target)

    def _new(self, target: Json) -> Json:
        if isinstance(target, str):
            return self.written(target)
        if isinstance(target, dict):
            return {key: self._new(item) for key, item in target.items()}
        return [self._new(item) for item in target] if isinstance(target, list) else target

    def message(self, target: dict[str, str]) -> dict[str, Json]:
        """A new message."""
        if "content" in target:
            target = {**target, "content": self.written(target["content"])}
        return message_form(target)


def aligned(
    old: list[dict[str, str]], new: list[dict[str, str]]
) -> list[tuple[int | None, dict[str, str]]]:
    """Each new message with the index of the old one that it was."""
    pairs: list[tuple[int | None, dict[str, str]]] = []
    sides = [[sorted(message.items()) for message in side] for side in (old, new)]
    packed = [[repr(fields) for fields in side] for side in sides]
    codes = LineMatcher(packed[0], packed[1]).get_opcodes()
    for _, a1, a2, b1, b2 in codes:
        for offset in range(b2 - b1):
            index = a1 + offset
            pairs.append((index if index < a2 else None, new[b1 + offset]))
    return pairs


def split(base: Any, own: Any, new: Any, *, shared: bool) -> tuple[Any, Any]:  # noqa: ANN401
    """What a file says for all environments and for one, so that this one has a new value.

    Args:
        base: The value for all; `MISSING` for none.
        own: What is merged over it for one; `MISSING` for none.
        new: What that one has now; `MISSING` for nothing.
        shared: Whether others take the value for all, so that it has to stay.

    Returns:
        Both of them, as they have to be.

    Raises:
        NoMergeError: What others take would have to lose a key.
    """
    maps = isinstance(base, dict) and (own is MISSING or isinstance(own, dict))
    if maps and isinstance(new, dict):
        return _split_map(base, own, new, shared=shared)
    if new is MISSING:
        if shared and base is not MISSING:
            raise NoMergeError
        return MISSING, MISSING
    now = base if own is MISSING else own
    if now is not MISSING and equal(now, new):
        return base, own
    if own is MISSING and not shared:
        return new, MISSING
    if isinstance(base, dict) and not can_merge(base, new):
        raise NoMergeError
    return base, new


def _split_map(
    base: Mapping[str, Any],
    own: Any,  # noqa: ANN401 - a map, or `MISSING`
    new: Mapping[str, Any],
    *,
    shared: bool,
) -> tuple[Any, Any]:
    over: Mapping[str, Any] = {} if own is MISSING else own
    sides: tuple[dict[str, Any], dict[str, Any]] = ({}, {})
    for key in dict.fromkeys([*base, *over, *new]):
        values = (mapping.get(key, MISSING) for mapping in (base, over, new))
        parts = split(*values, shared=shared)
        for side, value in zip(sides, parts, strict=True):
            if value is not MISSING:
                side[key] = value
    return sides[0], sides[1] if sides[1] or own is not MISSING else MISSING
