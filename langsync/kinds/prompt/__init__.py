"""Prompts: named texts or chats with versions, deployed by labels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from langsync.errors import NotFoundError
from langsync.formats.documents import Document
from langsync.formats.values import canonical
from langsync.kinds.base import Api, Context, Declared, Fetched, Flaw, Kind, Proposal, View
from langsync.kinds.names import path
from langsync.kinds.prompt import compare, fetch, files
from langsync.kinds.prompt.references import MAX_NESTING, Reference, references
from langsync.model import Address, Change, Json, Request, Resource, State


class PromptKind(Kind):
    """Prompts.

    The content of a declared prompt: ``type``; ``tags`` if they are managed; ``variants``, each
    with ``prompt``, ``config``, ``labels`` (``latest`` alone stands for a draft, which is compared
    with the newest version; none where this environment moves none of its labels) and
    ``commit_message``.
    """

    name = "prompt"
    folder = "prompts"

    def declare(self, document: Document, name: str, context: Context) -> Declared:
        """Read one prompt file; see `Kind.declare`."""
        return files.declare(document, name, context)

    def check(self, state: State) -> Iterable[Flaw]:
        """References among declared prompts: to a chat prompt, in a circle, too deep."""
        for resource in state.of_kind(self.name):
            for reference in _references(resource):
                target = state.get(Address(self.name, reference.name))
                if target is None:
                    message = f"{reference} is declared in no file: a plan looks for it in Langfuse"
                    yield Flaw(resource, message, ("prompt",), warning=True)
                elif target.content["type"] == "chat":
                    message = f"{reference} is a chat prompt: only texts can be referred to"
                    yield Flaw(resource, message, ("prompt",))
            circle = _circle(resource, state)
            if circle:
                message = f"references form a circle: {' → '.join(circle)}"
                yield Flaw(resource, message, ("prompt",))
            elif _depth(resource, state) > MAX_NESTING:
                message = f"references nest deeper than {MAX_NESTING} prompts, Langfuse's limit"
                yield Flaw(resource, message, ("prompt",))

    async def fetch(self, api: Api, wanted: Sequence[Resource], desired: State) -> Fetched:  # noqa: ARG002
        """Read the wanted prompts; see `Kind.fetch`."""
        return await fetch.fetch(api, wanted)

    def verify(self, desired: State, remote: State) -> Iterable[Flaw]:
        """References whose target will not exist after a plan."""
        for resource in desired.of_kind(self.name):
            for reference in _references(resource):
                address = Address(self.name, reference.name)
                if not _will_exist(reference, desired.get(address), remote.get(address)):
                    message = (
                        f"{reference} is neither declared for this environment nor in Langfuse: "
                        "name a label that this environment moves, or deploy that one first"
                    )
                    yield Flaw(resource, message, ("prompt",))
                elif address not in desired and remote[address].content["type"] == "chat":
                    message = f"{reference} is a chat prompt: only texts can be referred to"
                    yield Flaw(resource, message, ("prompt",))

    def compare(self, desired: Resource, remote: Resource | None, view: View) -> Proposal | None:  # noqa: ARG002
        """Which versions to create and which labels to move; see `Kind.compare`."""
        return compare.compare(desired, remote)

    def basis(self, desired: Resource, remote: Resource) -> Json:
        """Which version has each declared label, and since when; the newest; type and tags."""
        labels = [label for one in desired.content["variants"] for label in one["labels"]]
        places = {label: remote.content["labels"].get(label) for label in labels}
        versions = remote.content["versions"]
        made = [versions[str(at)]["created_at"] for at in places.values() if str(at) in versions]
        facts = {key: remote.content[key] for key in ("type", "tags", "newest")}
        return {**facts, "labels": places, "made": made}

    async def landed(self, api: Api, change: Change, request: Request) -> bool:
        """Whether a create has made its version: looked for from the expected one up."""
        planned = (change.after or {}).get("labels", {})
        labels = request.body["labels"] or ["latest"]
        version = min((planned[label] for label in labels if label in planned), default=1)
        while True:
            where = path("v2", "prompts", change.address.name)
            try:
                found = await api.get(where, version=version, resolve="false")
            except NotFoundError:
                return False
            body = request.body
            prompt = body["prompt"]
            if found.get("resolutionGraph"):  # an older server, which always resolves
                prompt = await fetch.resolve(api, prompt)
            if (
                found["prompt"] == prompt
                and canonical(found["config"]) == body["config"]
                and found.get("commitMessage") == body.get("commitMessage")
                and set(body["labels"]) <= set(found["labels"])
                and ("tags" not in body or set(body["tags"]) == set(found["tags"]))
            ):
                return True
            version += 1


def _references(resource: Resource) -> tuple[Reference, ...]:
    variants = resource.content["variants"]
    return tuple(
        dict.fromkeys(found for variant in variants for found in references(variant["prompt"]))
    )


def _targets(resource: Resource, state: State) -> Iterator[Resource]:
    for address in dict.fromkeys(resource.needs):
        if address in state:
            yield state[address]


def _circle(resource: Resource, state: State) -> list[str]:
    """The names along a circle of references that comes back to a prompt, or nothing."""
    paths: list[list[Resource]] = [[resource]]
    seen = set()
    while paths:
        trail = paths.pop()
        for target in _targets(trail[-1], state):
            if target.address == resource.address:
                return [*(step.address.name for step in trail), resource.address.name]
            if target.address not in seen:
                seen.add(target.address)
                paths.append([*trail, target])
    return []


def _depth(resource: Resource, state: State, level: int = 1) -> int:
    """How many prompts the longest chain of references holds; stops counting past the limit."""
    if level > MAX_NESTING:
        return level
    below = (_depth(target, state, level + 1) for target in _targets(resource, state))
    return max(below, default=level)


def _will_exist(reference: Reference, desired: Resource | None, remote: Resource | None) -> bool:
    if desired is not None and reference.label is not None:
        labels = {label for one in desired.content["variants"] for label in one["labels"]}
        if reference.label in labels or reference.label == "latest":
            return True
    if remote is None:
        return False
    if reference.label is not None:
        return reference.label in remote.content["labels"]
    return str(reference.version) in remote.content["versions"]


KIND = PromptKind()
