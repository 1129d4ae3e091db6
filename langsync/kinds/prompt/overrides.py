"""What a prompt file says for one environment only, merged over the rest of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from langsync.formats.documents import Document, Steps
from langsync.kinds.base import Context
from langsync.model import Json

FIXED = frozenset({"name", "overrides", "renamed_from", "template"})
"""Keys that are the same in every environment."""

_LISTED = 20
"""Environments that a message names."""


def given(document: Document) -> dict[str, dict[str, Any]]:
    """The overrides of a file by environment, as far as they have the right form."""
    value = document.value.get("overrides") if isinstance(document.value, dict) else None
    if not isinstance(value, dict):
        return {}
    return {name: override for name, override in value.items() if isinstance(override, dict)}


def merged(document: Document, environment: str) -> Document:
    """The document as it is for one environment.

    Mappings are merged deeply; a list, a text and everything else takes the place of what is
    there. Problems are placed where the value comes from.
    """
    own = given(document).get(environment, {})
    own = {key: value for key, value in own.items() if key not in FIXED}
    if not own:
        return document
    origin = _Origin(document.value, own, ("overrides", environment))
    return replace(document, value=_merge(document.value, own), origin=origin)


def overridden(document: Document) -> Iterator[Document]:
    """For each environment the keys that it changes, as they are when merged.

    What a config had before is left out, since any config is one: so checking all environments
    costs no more than what each of them overrides.
    """
    for environment, override in given(document).items():
        own = {key: value for key, value in override.items() if key not in FIXED}
        base = {key: document.value[key] for key in own if key in document.value}
        base.pop("config", None)
        origin = _Origin(base, own, ("overrides", environment))
        yield replace(document, value=_merge(base, own), origin=origin)


def violations(document: Document, context: Context) -> Iterator[tuple[Steps, str]]:
    """Environments that are not declared, and keys that are the same in all of them."""
    names = dict.fromkeys(environment.name for environment in context.environments)
    more = f" and {len(names) - _LISTED:,} more" if len(names) > _LISTED else ""
    listed = ", ".join(list(names)[:_LISTED]) + more or "langsync.yaml declares none"
    for name, override in given(document).items():
        if name not in names:
            yield ("overrides", name), f"there is no environment {name!r}: {listed}"
        for key in override:
            if key in FIXED:
                message = f"{key} is the same in every environment: move it out of the overrides"
                yield ("overrides", name, key), message


def _merge(base: Mapping[str, Json], own: Mapping[str, Json]) -> dict[str, Json]:
    combined = dict(base)
    for key, over in own.items():
        under = combined.get(key)
        both = isinstance(under, dict) and isinstance(over, dict)
        combined[key] = _merge(under or {}, over) if both else over
    return combined


@dataclass(frozen=True, slots=True)
class _Origin:
    """The place in a document of a value of its merged form."""

    base: Mapping[str, Json]
    own: Mapping[str, Json]
    steps: Steps

    def __call__(self, steps: Steps) -> Steps:
        under: Json = self.base
        over: Json = self.own
        for step in steps:
            if not isinstance(over, dict) or step not in over:
                return steps
            over = over[step]
            under = under.get(step) if isinstance(under, dict) else None
            if not (isinstance(over, dict) and isinstance(under, dict)):
                break
        return (*self.steps, *steps) if steps else ()
