"""Prompts: named texts or chats with versions, deployed by labels."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from langsync.errors import ApiError
from langsync.formats.documents import Document
from langsync.kinds.base import (
    Context,
    Declared,
    Fetched,
    Flaw,
    Kind,
    Proposal,
    Scope,
    View,
)
from langsync.kinds.prompt import (
    compare,
    composition,
    fetch,
    files,
    impact,
    lookup,
    origin,
    removal,
    users,
)
from langsync.kinds.prompt.contract import broken_promises
from langsync.kinds.prompt.deployments import (
    deployed,
    marker,
    together,
    version_at,
    wrong_labels,
)
from langsync.kinds.prompt.pulling import PromptWriter
from langsync.kinds.prompt.tracking import PromptTracker
from langsync.kinds.services import Api, Getter, Past
from langsync.kinds.tracking import Read
from langsync.model import Address, Change, Impact, Json, Provenance, Request, Resource, State


class PromptKind(Kind):
    """Prompts.

    The content of a declared prompt: ``type``; ``tags`` if they are managed; ``variants``, each
    with ``prompt``, ``config``, ``labels`` (``latest`` alone stands for a draft, which is compared
    with the newest version; none where this environment moves none of its labels) and
    ``commit_message``; ``known_labels``, the globs that somebody declares for it. That of a fetched
    one: see `reader.Reader.resource`.
    """

    name = "prompt"
    folder = "prompts"
    cached = True
    varies = True
    type_field = "type"
    model = files.PromptFile
    writer = PromptWriter()
    removable = True

    def declare(self, document: Document, name: str, context: Context) -> Declared:
        """Read one prompt file; see `Kind.declare`."""
        return files.declare(document, name, context)

    def check(self, state: State) -> Iterable[Flaw]:
        """References among declared prompts: to a chat prompt, in a circle, too deep."""
        return composition.check(state)

    def together(self, declared: Sequence[Resource]) -> Resource:
        """The variants of all environments, each with its labels; see `deployments.together`."""
        return together(declared)

    async def fetch(self, api: Api, wanted: Collection[Resource], scope: Scope) -> Fetched:
        """Read the wanted prompts; see `Kind.fetch`."""
        return await fetch.fetch(api, wanted, scope)

    def verify(self, view: View) -> Iterable[Flaw]:
        """References whose target will not exist after a plan, or that Langfuse would refuse."""
        return composition.verify(view)

    def compare(self, desired: Resource, remote: Resource | None, view: View) -> Proposal | None:
        """Which versions to create and which labels to move; see `Kind.compare`."""
        return compare.compare(desired, remote, view)

    def surplus(self, view: View, unmanaged: Sequence[str]) -> Iterable[tuple[Resource, Proposal]]:
        """Old names, what ``prune`` covers and what targets name, by ``--allow-delete``."""
        return removal.surplus(view, unmanaged)

    def is_deployed(self, remote: Resource) -> bool:
        """Whether it has a marker, or a version with langsync's stamp."""
        return removal.is_deployed(remote)

    def how_to_remove(self, addresses: Sequence[Address], where: str) -> str:
        """By ``--allow-delete`` and a target for each."""
        return removal.how_to_remove(addresses, where)

    def going(self, address: Address) -> Resource:
        """One without variants."""
        return Resource(address, {"variants": ()}, digest=b"")

    def trace(
        self, desired: Resource, remote: Resource | None, view: View, past: Past
    ) -> Iterable[Provenance]:
        """Where each label and the tags come from; see `origin.trace`."""
        return () if remote is None else origin.trace(desired, remote, view, past)

    def stamps(self, desired: Resource, remote: Resource) -> Iterable[str]:
        """Those of the versions that carry the declared labels, or their markers."""
        return origin.stamps(desired, remote)

    def effects(self, desired: Resource, remote: Resource) -> Iterable[str]:
        """Variables, placeholders, roles and models of what the declared labels carry now."""
        for variant in deployed(desired):
            for label in wrong_labels(variant, remote):
                if (version := version_at(label, remote)) is not None:
                    yield from broken_promises(variant, version)

    async def with_users(
        self, api: Api, view: View, changes: Sequence[Change], declared: State
    ) -> View:
        """Prompts that no target names and that refer to one which changes."""
        return await users.with_users(api, view, changes, declared)

    def impacts(self, view: View, changes: Iterable[Change]) -> Iterable[Impact]:
        """Prompts whose resolved text changes; see `impact.impacts`."""
        return impact.impacts(view, changes)

    def basis(self, desired: Resource, remote: Resource) -> Json:
        """Which version has each declared label, with its id; the newest; type and tags.

        The marker counts beside a label that is not right: beside others it may not be read.
        """
        variants = desired.content.get("variants", ())  # a fetched one, to be deleted, has none
        labels = [label for one in variants for label in one["labels"]]
        labels += [marker(label) for one in variants for label in wrong_labels(one, remote)]
        places = {label: remote.content["labels"].get(label) for label in labels}
        versions = remote.content["versions"]
        ids = [versions[str(at)]["id"] for at in places.values() if str(at) in versions]
        facts = {key: remote.content[key] for key in ("type", "tags", "newest")}
        return {**facts, "labels": places, "ids": ids}

    def tracker(self, api: Api, view: View, read: Read) -> PromptTracker:
        """By the list of what was written since; see `tracking.PromptTracker`."""
        return PromptTracker(self, api, view, read)

    async def explain(self, api: Getter, change: Change, error: ApiError) -> str:
        """Says whether labels moved although they were refused; see `lookup.explained`."""
        return await lookup.explained(api, change, error)

    async def was_applied(self, api: Getter, change: Change, request: Request) -> bool | None:
        """Whether a version, its labels or a deletion is there; see `lookup.was_applied`."""
        return await lookup.was_applied(api, change, request)


KIND = PromptKind()
