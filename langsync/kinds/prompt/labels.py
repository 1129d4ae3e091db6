"""Which labels a prompt gets: those that its file names, cut to those an environment moves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase

from langsync.config import Environment
from langsync.formats.documents import Steps
from langsync.kinds.base import Context
from langsync.kinds.names import label_violation
from langsync.kinds.prompt.deployments import is_marker
from langsync.model import Json

DEFAULT = "production"
"""The label that SDKs ask for where no other is named."""


def first_label(environment: Environment) -> str:
    """The first label of an environment; a glob, it may be."""
    return environment.labels[0] if environment.labels else DEFAULT


def cut(labels: Sequence[str], environment: Environment) -> tuple[str, ...]:
    """Those labels that an environment moves, each once."""
    return tuple(dict.fromkeys(label for label in labels if _moves(environment, label)))


def named(value: Json) -> Iterator[tuple[Steps, str]]:
    """Every label that a file names, with its place: for any variant and any environment."""
    if not isinstance(value, dict):
        return
    yield from _listed(value, ())
    overrides = value.get("overrides")
    for name, override in overrides.items() if isinstance(overrides, dict) else ():
        yield from _listed(override, ("overrides", name))


def _listed(value: Json, steps: Steps) -> Iterator[tuple[Steps, str]]:
    if not isinstance(value, dict):
        return
    labels = value.get("labels")
    for index, label in enumerate(labels if isinstance(labels, list) else ()):
        if isinstance(label, str):
            yield (*steps, "labels", index), label
    variants = value.get("variants")
    for index, variant in enumerate(variants if isinstance(variants, list) else ()):
        yield from _listed(variant, (*steps, "variants", index))


def known(value: Json, context: Context) -> tuple[str, ...]:
    """The labels and globs that somebody declares for a prompt: its file, any environment."""
    environments = (context.environment, *context.environments)
    labels = {label for environment in environments for label in environment.labels or ()}
    labels |= {label for _, label in named(value)}
    names_none = isinstance(value, dict) and not {"labels", "variants"} & value.keys()
    if names_none and any(environment.labels is None for environment in environments):
        labels.add(DEFAULT)
    return tuple(sorted(labels))


def violation_of(label: str) -> str:
    """Why a file cannot name a label; empty if it can."""
    if is_marker(label):
        return f"label {label[:60]!r}: langsync keeps labels that begin with 'langsync.' for itself"
    return label_violation(label)


def is_unlisted(label: str, context: Context) -> bool:
    """Whether environments are declared and none of them moves a label."""
    environments = context.environments
    return bool(environments) and not any(
        _moves(environment, label) for environment in environments
    )


def moved(environment: Environment, labels: Iterable[str]) -> list[str]:
    """Those labels that an environment moves."""
    return [label for label in labels if _moves(environment, label)]


def _moves(environment: Environment, label: str) -> bool:
    if environment.labels is None:
        return True
    return any(fnmatchcase(label, glob) for glob in environment.labels)
