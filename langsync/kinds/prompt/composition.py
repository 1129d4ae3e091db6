"""Prompts that are made of other prompts: what has to hold, and what a change reaches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from langsync.formats.documents import Steps
from langsync.kinds.base import Flaw, View
from langsync.kinds.prompt.contract import broken_names
from langsync.kinds.prompt.deployments import DRAFT, deployed, position
from langsync.kinds.prompt.references import MAX_NESTING, Reference, references, substitute
from langsync.model import Address, Change, Impact, Json, Resource, State


def check(state: State) -> Iterator[Flaw]:
    """References among declared prompts: to a chat prompt, in a circle, too deep."""
    view = View(state, State())
    for resource in state.of_kind("prompt"):
        for reference, steps in placed_references(resource):
            target = state.get(Address("prompt", reference.name))
            if target is None:
                message = f"{reference} is declared in no file: a plan looks for it in Langfuse"
                yield Flaw(resource, message, steps, warning=True)
            elif target.content["type"] == "chat":
                message = f"{reference} is a chat prompt: only texts can be referred to"
                yield Flaw(resource, message, steps)
        yield from _nesting(resource, view)


def verify(view: View) -> Iterator[Flaw]:
    """References whose target will not exist after a plan, or that Langfuse would refuse."""
    for resource in view.desired.of_kind("prompt"):
        for reference, steps in placed_references(resource):
            address = Address("prompt", reference.name)
            if flaw := _missing(reference, view):
                yield Flaw(resource, f"{reference} {flaw}", steps)
            elif address not in view.desired and view.remote[address].content["type"] == "chat":
                message = f"{reference} is a chat prompt: only texts can be referred to"
                yield Flaw(resource, message, steps)
        yield from _nesting(resource, view)


def placed_references(resource: Resource) -> Iterator[tuple[Reference, Steps]]:
    """The references of a declared prompt, each once, with where they stand."""
    variants = resource.content["variants"]
    seen: set[Reference] = set()
    for index, variant in enumerate(variants):
        steps: tuple[str | int, ...] = (
            ("variants", index, "prompt") if len(variants) > 1 else ("prompt",)
        )
        for reference in references(variant["prompt"]):
            if reference not in seen:
                seen.add(reference)
                yield reference, steps


def _missing(reference: Reference, view: View) -> str:
    """Why a reference has no target after a plan; empty if it has one."""
    address = Address("prompt", reference.name)
    desired, remote = view.desired.get(address), view.remote.get(address)
    if reference.label is not None:
        if remote is not None and position(reference.label, remote):
            return ""
        will = {label for one in deployed(desired) for label in one["labels"]} if desired else set()
        if reference.label in will or (reference.label == DRAFT and will):
            return ""
        return (
            "is neither declared for this environment nor in Langfuse: "
            "name a label that this environment moves, or deploy that one first"
        )
    if remote is not None and str(reference.version) in remote.content["versions"]:
        return ""
    newest = remote.content["newest"] if remote is not None else 0
    if desired is not None and (reference.version or 0) > newest:
        return "does not exist yet, and a plan cannot promise a number: refer to a label"
    return (
        "is neither declared for this environment nor in Langfuse: "
        "refer to a version that exists, or to a label"
    )


def _nesting(resource: Resource, view: View) -> Iterator[Flaw]:
    """A circle, or a chain that is too long, through files and Langfuse."""
    circle = _circle(resource.address.name, view)
    if circle:
        yield Flaw(resource, f"references form a circle: {' → '.join(circle)}", ("prompt",))
    elif _depth(resource.address.name, view) > MAX_NESTING:
        message = f"references nest deeper than {MAX_NESTING} prompts, Langfuse's limit"
        yield Flaw(resource, message, ("prompt",))


def _targets(name: str, view: View) -> list[str]:
    """The prompts that one refers to: as the files say, else as it stands in Langfuse."""
    address = Address("prompt", name)
    if address in view.desired:
        texts = [variant["prompt"] for variant in view.desired[address].content["variants"]]
    elif address in view.remote:
        texts = [one["prompt"] for one in view.remote[address].content["versions"].values()]
    else:
        texts = []
    return list(dict.fromkeys(found.name for text in texts for found in references(text)))


def _circle(name: str, view: View) -> list[str]:
    """The names along a circle of references that comes back to a prompt, or nothing."""
    trails = [[name]]
    seen = set()
    while trails:
        trail = trails.pop()
        for target in _targets(trail[-1], view):
            if target == name:
                return [*trail, name]
            if target not in seen:
                seen.add(target)
                trails.append([*trail, target])
    return []


def _depth(name: str, view: View, level: int = 1) -> int:
    """How many prompts the longest chain of references holds; stops counting past the limit."""
    if level > MAX_NESTING:
        return level
    return max((_depth(one, view, level + 1) for one in _targets(name, view)), default=level)


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts that references mean, before a plan or after it.

    Args:
        view: Both sides.
        moved: The changes of the plan; None for the state before.
    """

    view: View
    moved: Mapping[Address, Change] | None = None

    def resolve(self, prompt: Json, depth: int = MAX_NESTING) -> Json:
        """A prompt with its references replaced, as far as their targets are known."""

        def text_of(reference: Reference) -> str | None:
            found = self.find(reference)
            if not isinstance(found, str) or depth <= 0:
                return None
            resolved: str = self.resolve(found, depth - 1)
            return resolved

        return substitute(prompt, text_of)

    def knows(self, prompt: Json) -> bool:
        """Whether everything that a prompt refers to is there."""
        return all(self.find(reference) is not None for reference in references(prompt))

    def find(self, reference: Reference) -> Json:
        """The text of a reference's target; None where it is not known."""
        address = Address("prompt", reference.name)
        if self.moved is not None and reference.label and address in self.moved:
            for variant in deployed(self.view.desired[address]):
                if reference.label in variant["labels"]:
                    return variant["prompt"]
        remote = self.view.remote.get(address)
        if remote is None:
            return None
        at = reference.version if reference.label is None else position(reference.label, remote)
        version = remote.content["versions"].get(str(at))
        return version and version["prompt"]


def impacts(view: View, changes: Iterable[Change]) -> Iterator[Impact]:
    """Prompts whose resolved text changes because a prompt that they refer to changes.

    Args:
        view: Both sides; what no file declares counts as far as it was read.
        changes: The changes of the plan.
    """
    planned = {one.address: one for one in changes if one.address.kind == "prompt"}
    moved = {
        address: change
        for address, change in planned.items()
        if change.before is not None and address in view.desired
    }
    if not moved:
        return
    before, after = Texts(view), Texts(view, moved)
    for address, where in _users(view):
        if address in planned and planned[address].before is None:
            continue  # it is new itself
        for text, labels in where:
            old, new = before.resolve(text), after.resolve(text)
            if old == new or not before.knows(text):
                continue
            through = _through(text, after, moved)
            warnings = tuple(broken_names(old, new))
            names = tuple("draft" if label == DRAFT else label for label in labels)
            yield Impact(address, names, through, old, new, warnings)


def _users(view: View) -> Iterator[tuple[Address, list[tuple[Json, list[str]]]]]:
    """Prompts with references: each text with the labels that it will have."""
    for resource in view.desired.of_kind("prompt"):
        remote = view.remote.get(resource.address)
        found = []
        for variant in deployed(resource):
            if remote is None:
                break
            there = [label for label in variant["labels"] if position(label, remote)]
            found += [(variant["prompt"], there)] if there else []
        yield resource.address, [each for each in found if references(each[0])]
    for resource in view.remote.of_kind("prompt"):
        if resource.address in view.desired:
            continue
        by_version: dict[int, list[str]] = {}
        for label, at in resource.content["labels"].items():
            by_version.setdefault(at, []).append(label)
        versions = resource.content["versions"]
        known = [(versions[str(at)]["prompt"], labels) for at, labels in by_version.items()]
        yield resource.address, [each for each in known if references(each[0])]


def _through(
    prompt: Json, texts: Texts, moved: Mapping[Address, Change], depth: int = MAX_NESTING
) -> tuple[Address, ...]:
    """The changed prompts that a text is made of."""
    found: list[Address] = []
    for reference in references(prompt):
        address = Address("prompt", reference.name)
        if address in moved and reference.label is not None:
            found.append(address)
        target = texts.find(reference)
        if isinstance(target, str) and depth > 0:
            found += _through(target, texts, moved, depth - 1)
    return tuple(dict.fromkeys(found))


__all__ = ["Texts", "check", "impacts", "placed_references", "verify"]
