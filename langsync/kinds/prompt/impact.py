"""Prompts that are made of other prompts: what a change reaches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from langsync.kinds.base import View
from langsync.kinds.prompt.contract import broken_names
from langsync.kinds.prompt.deployments import is_marker
from langsync.kinds.prompt.references import MAX_NESTING, Reference, references
from langsync.kinds.prompt.spec import PromptVariant
from langsync.kinds.prompt.state import LATEST, PromptState
from langsync.kinds.prompt.targets import Targets
from langsync.model import Address, Change, Impact, Json


def impacts(view: View, changes: Iterable[Change]) -> Iterator[Impact]:
    """Prompts whose resolved text changes because a prompt that they refer to changes.

    Args:
        view: Both sides; what no file declares counts as far as it was read.
        changes: The changes of the plan.
    """
    planned = {change.address: change for change in changes if change.address.kind == "prompt"}
    moved = {
        address: change
        for address, change in planned.items()
        if change.before is not None and address in view.desired
    }
    if not moved:
        return
    requests = {address: change.requests for address, change in planned.items()}
    before, after = Targets(view), Targets(view, lambda address: requests.get(address, ()))
    for address, where in _users(view):
        if address in planned and planned[address].before is None:
            continue  # it is new itself
        for text, labels in where:
            old, new = before.resolve(text), after.resolve(text)
            if old == new or not before.knows(text):
                continue
            through = _through(text, after, moved)
            warnings = tuple(broken_names(old, new))
            yield Impact(address, tuple(labels), through, old, new, warnings)


def _users(view: View) -> Iterator[tuple[Address, list[tuple[Json, list[str]]]]]:
    """Prompts with references: each text with the labels that it will have."""
    for resource in view.desired.of_kind("prompt"):
        remote = view.remote.get(resource.address)
        texts = []
        for variant in resource.content.deployed:
            labels = [] if remote is None else _labels(variant, remote.content)
            texts += [(variant.prompt, labels)] if labels else []
        yield resource.address, [pair for pair in texts if references(pair[0])]
    for resource in view.remote.of_kind("prompt"):
        if resource.address in view.desired:
            continue
        known = [
            deployment for deployment in _deployments(resource.content) if references(deployment[0])
        ]
        yield resource.address, known


def _deployments(remote: PromptState) -> Iterator[tuple[Json, list[str]]]:
    """The texts of a prompt in Langfuse that are deployed, or the newest, with their labels."""
    by_version: dict[int, list[str]] = {}
    for label, number in sorted(remote.labels.items()):
        if not is_marker(label):
            by_version.setdefault(number, []).append(label)
    if remote.newest in remote.versions:
        by_version.setdefault(remote.newest, [LATEST])
    for number, labels in sorted(by_version.items()):
        yield remote.versions[number].prompt, labels


def _labels(variant: PromptVariant, remote: PromptState) -> list[str]:
    """The labels of a variant that exist in Langfuse, then others on the same version."""
    placed = {label: number for label in variant.placements if (number := remote.position(label))}
    others = [
        label
        for label, number in sorted(remote.labels.items())
        if number in placed.values() and label not in placed and not is_marker(label)
    ]
    return [label or "draft" for label in placed] + others


def _through(
    prompt: Json, targets: Targets, moved: Mapping[Address, Change]
) -> tuple[Address, ...]:
    """The changed prompts that a text is made of."""
    reached: dict[Address, None] = {}
    walked: set[tuple[Reference, int]] = set()

    def walk(prompt: Json, depth: int) -> None:
        for reference in references(prompt):
            if (reference, depth) in walked:
                continue
            walked.add((reference, depth))
            address = Address("prompt", reference.name)
            if address in moved and reference.label is not None:
                reached[address] = None
            target = targets.text_of(reference)
            if isinstance(target, str) and depth > 0:
                walk(target, depth - 1)

    walk(prompt, MAX_NESTING)
    return tuple(reached)
