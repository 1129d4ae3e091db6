"""Prompts that are made of other prompts: what has to hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from langsync.kinds.base import View, Violation
from langsync.kinds.prompt.compare import compare
from langsync.kinds.prompt.references import (
    MAX_NESTING,
    Reference,
    malformed,
    misread,
    references,
    texts,
)
from langsync.kinds.prompt.spec import PromptSpec, PromptVariant
from langsync.kinds.prompt.state import LATEST, PromptState
from langsync.kinds.prompt.targets import Targets
from langsync.model import Address, Json, Request, Resource, Source, State
from langsync.rules import Rule


def check(state: State) -> Iterator[Violation]:
    """References among declared prompts: to a chat prompt, in a circle, too deep, ill-formed."""
    chains = _Chains(View(state, State()))
    for resource in state.of_kind("prompt"):
        placed = _placed(resource, resource.content.variants)
        for reference, source in placed.items():
            target = state.get(Address("prompt", reference.name))
            if target is None:
                message = f"{reference} is declared in no file: a plan looks for it in Langfuse"
                yield Violation(resource, message, _STEPS, Rule.UNDECLARED_TARGET, source)
            elif target.content.type == "chat":
                yield Violation(resource, f"{reference} {_CHAT}", _STEPS, source=source)
        yield from _ill_formed(resource)
        yield from _nesting(resource, placed, chains)


def verify(view: View) -> Iterator[Violation]:
    """References whose target will not exist after a plan, or that Langfuse would refuse.

    Only variants count that this environment deploys: it writes no others.
    """
    chains = _Chains(view)
    for resource in view.desired.of_kind("prompt"):
        placed = _placed(resource, resource.content.deployed)
        for reference, source in placed.items():
            address = Address("prompt", reference.name)
            if violation := _missing(reference, view):
                yield Violation(resource, f"{reference} {violation}", _STEPS, source=source)
            elif address not in view.desired and view.remote[address].content.type == "chat":
                yield Violation(resource, f"{reference} {_CHAT}", _STEPS, source=source)
        yield from _nesting(resource, placed, chains)


_STEPS = ("prompt",)
_CHAT = "is a chat prompt: only texts can be referred to"


def _placed(
    resource: Resource[PromptSpec], variants: Sequence[PromptVariant]
) -> dict[Reference, Source | None]:
    """The references of some variants of a declared prompt, with their first places."""
    placed: dict[Reference, Source | None] = {}
    for variant, places in _with_places(resource):
        if variant in variants:
            for reference in references(variant.prompt):
                placed.setdefault(reference, _place(reference.tag, places))
    return placed


def _ill_formed(resource: Resource[PromptSpec]) -> Iterator[Violation]:
    """What looks like a reference, and is none, or another one, to Langfuse."""
    for variant, places in _with_places(resource):
        for tag in malformed(variant.prompt):
            message = f"{tag!r} is no reference to Langfuse, but plain text"
            yield Violation(resource, message, _STEPS, Rule.NO_REFERENCE, _place(tag, places))
        for tag in misread(variant.prompt):
            message = (
                f"{tag!r} is another reference to Langfuse than it says: write "
                "name=NAME|label=LABEL or name=NAME|version=N, "
                "without '=', quotes, backslashes and line breaks in them"
            )
            yield Violation(resource, message, _STEPS, source=_place(tag, places))


Places = Sequence[tuple[str, Source | None]]


def _with_places(resource: Resource[PromptSpec]) -> Iterator[tuple[PromptVariant, Places]]:
    """Each variant with its texts and their places."""
    places = iter(resource.places)
    for variant in resource.content.variants:
        yield variant, [(text, next(places, None)) for text in texts(variant.prompt)]


def _place(tag: str, places: Places) -> Source | None:
    """The place of a tag: the text that contains it, and in an included file the line."""
    for text, source in places:
        if (position := text.find(tag)) >= 0:
            lines = text.count("\n", 0, position)
            return replace(source, line=source.line + lines) if source and source.line else source
    return places[0][1] if places else None


def _missing(reference: Reference, view: View) -> str:
    """Why a reference has no target after a plan; empty if it has one."""
    address = Address("prompt", reference.name)
    desired, remote = _sides(address, view)
    if desired and remote and desired.type != remote.type:
        remote = None  # it is deleted and created again
    if reference.label is not None:
        if remote is not None and remote.position(reference.label):
            return ""
        if desired is not None and _deploys(desired, reference.label):
            return ""
        return (
            "is neither declared for this environment nor in Langfuse: "
            "name a label that this environment moves, or deploy that one first"
        )
    if remote is not None and reference.version in remote.versions:
        return ""
    newest = remote.newest if remote is not None else 0
    if desired is not None and (reference.version or 0) > newest:
        return "does not exist yet, and a plan cannot promise a number: refer to a label"
    return (
        "is neither declared for this environment nor in Langfuse: "
        "refer to a version that exists, or to a label"
    )


def _sides(address: Address, view: View) -> tuple[PromptSpec | None, PromptState | None]:
    """What is declared of a prompt, and what Langfuse holds."""
    desired, remote = view.desired.get(address), view.remote.get(address)
    return (
        None if desired is None else desired.content,
        None if remote is None else remote.content,
    )


def _deploys(desired: PromptSpec, label: str) -> bool:
    """Whether a label will be there after a plan; `LATEST` is wherever a version is."""
    return label in desired.labels or (label == LATEST and bool(desired.deployed))


def _nesting(
    resource: Resource, placed: Mapping[Reference, Source | None], chains: _Chains
) -> Iterator[Violation]:
    """A circle, or a chain that is too long, through files and Langfuse.

    A circle that a prompt only leads to is reported by the declared prompts on it, if any.
    """
    if all(chains.are_fine(resource.address.name, reference) for reference in placed):
        return
    deep = f"references nest deeper than {MAX_NESTING} prompts, Langfuse's limit"
    root = (resource.address.name, None)
    walked: set[tuple[Reference, int]] = set()
    ends = [
        (end, source)
        for reference, source in placed.items()
        for end in _ends(reference, (root,), chains, walked)
    ]
    for circle, source in ends:
        if circle and (circle[0] == root[0] or not _declared(circle, chains.view)):
            message = f"references form a circle: {' → '.join(circle)}"
            yield Violation(resource, message, _STEPS, source=source)
            return
    for source in [source for circle, source in ends if not circle][:1]:
        yield Violation(resource, deep, _STEPS, source=source)


def _declared(names: Iterable[str], view: View) -> bool:
    return any(Address("prompt", name) in view.desired for name in names)


class _Chains:
    """Where references lead after a plan, each looked at once: their chains may be very many.

    Args:
        view: Both sides.
    """

    def __init__(self, view: View) -> None:
        self.view = view
        self._targets: dict[Reference, tuple[Json, tuple[Reference, ...]]] = {}
        self._names: dict[tuple[Reference, int], frozenset[str] | None] = {}

    def target(self, reference: Reference) -> tuple[Json, tuple[Reference, ...]]:
        """The text of a reference's target, None where nobody knows, and what that refers to."""
        if reference not in self._targets:
            text = _after(self.view).text_of(reference)
            self._targets[reference] = text, () if text is None else references(text)
        return self._targets[reference]

    def are_fine(self, name: str, reference: Reference) -> bool:
        """Whether no chain from a prompt by this reference leads back to it or is too long."""
        names = self._reached(reference, MAX_NESTING - 1)
        return names is not None and name not in names

    def _reached(self, reference: Reference, most: int) -> frozenset[str] | None:
        """The names in all chains that begin here; None where one has more than so many."""
        key = (reference, most)
        if key not in self._names:
            _, others = self.target(reference)
            below = [self._reached(other, most - 1) for other in others] if most else [None]
            names = [reached for reached in below if reached is not None]
            whole = len(names) == len(below)
            self._names[key] = frozenset([reference.name]).union(*names) if whole else None
        return self._names[key]


Trail = tuple[tuple[str, Json], ...]


def _ends(
    reference: Reference, trail: Trail, chains: _Chains, walked: set[tuple[Reference, int]]
) -> Iterator[tuple[str, ...]]:
    """Where chains of references come to a bad end: the names of a circle, none for too deep.

    Args:
        reference: The next step.
        trail: The prompts before, each with its text; the first one counts by its name, since
            none of its versions may refer to another (recorded: prompt-composition 11).
        chains: Where references lead.
        walked: The references that were followed, each with the number of prompts before it.
    """
    names = [name for name, _ in trail]
    if reference.name == names[0]:
        yield (*names, reference.name)
        return
    text, others = chains.target(reference)
    step = (reference.name, text)
    if text is not None and step in trail:
        yield (*names[trail.index(step) :], reference.name)
    elif len(trail) >= MAX_NESTING:
        yield ()
    elif (reference, len(trail)) not in walked:
        walked.add((reference, len(trail)))
        for inner in others:
            yield from _ends(inner, (*trail, step), chains, walked)


def _after(view: View) -> Targets:
    """What references will mean once everything is as declared."""

    def requests(address: Address) -> Iterable[Request]:
        proposal = compare(view.desired[address], view.remote.get(address), view)
        return proposal.requests if proposal is not None else ()

    return Targets(view, requests)
