"""Prompts: named texts or chats with versions, deployed by labels."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from langsync.errors import ApiError
from langsync.formats.documents import Document
from langsync.kinds.base import (
    Context,
    Declared,
    Fetched,
    Kind,
    Proposal,
    Scope,
    View,
    Violation,
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
from langsync.kinds.prompt.contract import breaking_changes
from langsync.kinds.prompt.deployments import marker
from langsync.kinds.prompt.pulling import PromptWriter
from langsync.kinds.prompt.spec import PromptSpec, merge_environments
from langsync.kinds.prompt.state import LATEST, PromptState
from langsync.kinds.prompt.tracking import PromptTracker
from langsync.kinds.services import Api, Getter, Past
from langsync.kinds.tracking import Read
from langsync.model import Address, Change, Impact, Json, Provenance, Request, Resource, State


class PromptKind(Kind[PromptSpec, PromptState]):
    """Prompts."""

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

    def check(self, state: State) -> Iterable[Violation]:
        """References among declared prompts: to a chat prompt, in a circle, too deep."""
        return composition.check(state)

    def merge_environments(self, declared: Sequence[Resource[PromptSpec]]) -> Resource[PromptSpec]:
        """The variants of all environments, each with its labels; see `merge_environments`."""
        return merge_environments(declared)

    async def fetch(
        self, api: Api, desired: Collection[Resource[PromptSpec]], scope: Scope
    ) -> Fetched:
        """Read the declared prompts; see `Kind.fetch`."""
        return await fetch.fetch(api, desired, scope)

    def verify(self, view: View) -> Iterable[Violation]:
        """References whose target will not exist after a plan, or that Langfuse would refuse."""
        return composition.verify(view)

    def compare(
        self,
        desired: Resource[PromptSpec],
        remote: Resource[PromptState] | None,
        view: View,
    ) -> Proposal | None:
        """Which versions to create and which labels to move; see `Kind.compare`."""
        return compare.compare(desired, remote, view)

    def plan_deletions(
        self, view: View, unmanaged: Sequence[str]
    ) -> Iterable[tuple[Resource, Proposal]]:
        """Old names, what ``prune`` covers and what targets name, by ``--allow-delete``."""
        return removal.plan_deletions(view, unmanaged)

    def is_deployed(self, remote: Resource[PromptState]) -> bool:
        """Whether it has a marker, or a version with langsync's stamp."""
        return removal.is_deployed(remote.content)

    def how_to_remove(self, addresses: Sequence[Address], where: str) -> str:
        """By ``--allow-delete`` and a target for each."""
        return removal.how_to_remove(addresses, where)

    def tombstone(self, address: Address) -> Resource[PromptSpec]:
        """One without variants."""
        return Resource(address, PromptSpec("text", ()))

    def trace(
        self,
        desired: Resource[PromptSpec],
        remote: Resource[PromptState] | None,
        view: View,
        past: Past,
    ) -> Iterable[Provenance]:
        """Where each label and the tags come from; see `origin.trace`."""
        return () if remote is None else origin.trace(desired, remote, view, past)

    def stamps(self, desired: Resource[PromptSpec], remote: Resource[PromptState]) -> Iterable[str]:
        """Those of the versions that carry the declared labels, or their markers."""
        return origin.stamps(desired.content, remote.content)

    def effects(
        self, desired: Resource[PromptSpec], remote: Resource[PromptState]
    ) -> Iterable[str]:
        """Variables, placeholders, roles and models of what the declared labels carry now."""
        for variant in desired.content.deployed:
            for label in variant.misplaced(remote.content):
                if (version := remote.content.version_at(label)) is not None:
                    yield from breaking_changes(variant, version)

    async def with_users(
        self, api: Api, view: View, changes: Sequence[Change], declared: State
    ) -> View:
        """Prompts that no target names and that refer to one which changes."""
        return await users.with_users(api, view, changes, declared)

    def impacts(self, view: View, changes: Iterable[Change]) -> Iterable[Impact]:
        """Prompts whose resolved text changes; see `impact.impacts`."""
        return impact.impacts(view, changes)

    def basis(self, desired: Resource[PromptSpec], remote: Resource[PromptState]) -> Json:
        """Which version has each declared label, with its id; the newest; type and tags.

        The marker counts beside a label that is not right: beside others it may not be read.
        """
        state = remote.content
        wrong = [
            label for variant in desired.content.variants for label in variant.misplaced(state)
        ]
        marks = [marker(label) for label in wrong if label is not None]
        labels = [*desired.content.placements, *marks]
        places = {label or LATEST: state.position(label) for label in labels}
        ids = [version.id for version in map(state.version_at, labels) if version is not None]
        facts = {"type": state.type, "tags": state.tags, "newest": state.newest}
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
