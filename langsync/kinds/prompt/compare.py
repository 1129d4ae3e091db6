"""How to make a prompt right: which versions to create, which labels to move."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase

from langsync.kinds.base import Proposal, View
from langsync.kinds.names import path
from langsync.kinds.prompt.contract import breaking_changes
from langsync.kinds.prompt.deployments import is_marker, with_markers
from langsync.kinds.prompt.spec import PromptSpec, PromptVariant
from langsync.kinds.prompt.state import LATEST, PromptState
from langsync.model import (
    UNMANAGED,
    Action,
    Json,
    LabelMove,
    Permission,
    Refusal,
    Request,
    Resource,
)


@dataclass(slots=True)
class _Draft:
    """A proposal in the making."""

    desired: Resource[PromptSpec]
    remote: Resource[PromptState] | None
    view: View
    newest: int = 0
    created: int = 0
    requests: list[Request] = field(default_factory=list)
    action_reason: str = ""
    moves: list[LabelMove] = field(default_factory=list)
    details: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    first: PromptVariant | None = None

    def patch(self, variant: PromptVariant, labels: Sequence[str], target: int) -> None:
        """Move labels to a version that is there."""
        where = path("v2", "prompts", self.desired.address.name, "versions", target)
        marked = self.view.settings.deployment_markers
        body = {"newLabels": with_markers(labels, marked=marked)}
        self.requests.append(Request("PATCH", where, body, repeatable=False))
        self._move(variant, labels, target)

    def post(self, variant: PromptVariant, labels: Sequence[str]) -> None:
        """Create a version with labels; a draft has none."""
        content = self.desired.content
        marked = self.view.settings.deployment_markers
        body: dict[str, Json] = {
            "name": self.desired.address.name,
            "type": content.type,
            "prompt": variant.prompt,
            "config": variant.config,
            "labels": with_markers(labels, marked=marked),
        }
        if content.tags is not UNMANAGED:
            body["tags"] = list(content.tags)
        if message := self.view.message(self.desired, variant.commit_message):
            body["commitMessage"] = message
        self.requests.append(Request("POST", "/v2/prompts", body, repeatable=False))
        self.created += 1
        placements = (None,) if variant.is_draft else labels
        self._move(variant, placements, self.newest + self.created)

    def _move(self, variant: PromptVariant, placements: Sequence[str | None], target: int) -> None:
        self.first = self.first or variant
        for label in placements:
            before = self.remote.content.position(label) if self.remote is not None else None
            self.moves.append(LabelMove(label, before, target, target > self.newest))
            version = self.remote.content.version_at(label) if self.remote is not None else None
            if version is not None:
                self.warnings += breaking_changes(version, variant)


def compare(
    desired: Resource[PromptSpec], remote: Resource[PromptState] | None, view: View
) -> Proposal | None:
    """How to make a prompt right; see `Kind.compare`.

    A label is right wherever it sits, if that version has the wanted content. Labels that are
    not right are moved to a version that has it, or to a new one. Tags belong to the prompt and
    change with a new version only (recorded: prompt-text-lifecycle), so differing tags ride on
    one that is created anyway, else a draft is created again, which moves no label; without one
    the first variant, with its labels. A draft has to be the newest version: it is created last,
    and again where another variant gets a new one.
    """
    if remote is None:
        return _create(desired, view)
    if remote.content.type != desired.content.type:
        return _replace(desired, remote, view)
    draft = _Draft(desired, remote, view, remote.content.newest)
    tags_differ = differing_tags(desired.content, remote.content)
    variants = [_Comparison.of(variant, remote.content) for variant in _in_order(desired.content)]
    creates = [variant.variant for variant in variants if variant.needs_version]
    recreated = _recreated(
        [variant.variant for variant in variants], creates, tags_differ=tags_differ
    )
    for variant in variants:
        if variant.variant is recreated:
            draft.post(variant.variant, variant.variant.labels)
        elif variant.needs_version:
            draft.post(variant.variant, variant.misplaced_labels)
        elif variant.misplaced and variant.version is not None:
            draft.patch(variant.variant, variant.misplaced_labels, variant.version)
    if recreated is not None and creates and recreated not in creates:
        draft.details.append("the draft is created again: it has to be the newest version")
    if not draft.requests:
        return None
    if tags_differ:
        draft.details.append("tags differ: Langfuse changes them with a new version only")
    return _proposal(Action.UPDATE, draft)


@dataclass(frozen=True, slots=True)
class _Comparison:
    """A variant held against what Langfuse has.

    Args:
        variant: The variant.
        misplaced: Its placements that are not right.
        version: The version with its content: the pinned one, else the newest; None for none.
    """

    variant: PromptVariant
    misplaced: list[str | None]
    version: int | None

    @classmethod
    def of(cls, variant: PromptVariant, remote: PromptState) -> _Comparison:
        known = sorted(remote.versions, reverse=True)
        if variant.pinned_version in known:
            known.insert(0, variant.pinned_version)
        same = (number for number in known if variant.matches(remote.versions[number]))
        return cls(variant, variant.misplaced(remote), next(same, None))

    @property
    def misplaced_labels(self) -> list[str]:
        return [label for label in self.misplaced if label is not None]

    @property
    def needs_version(self) -> bool:
        """Whether labels cannot just be moved: the content is new, or a draft has to be newest."""
        return bool(self.misplaced) and (self.version is None or self.variant.is_draft)


def _in_order(desired: PromptSpec) -> list[PromptVariant]:
    """The variants that this environment deploys; a draft last, where it ends as the newest."""
    return sorted(desired.deployed, key=lambda variant: variant.is_draft)


def _recreated(
    variants: list[PromptVariant], creates: list[PromptVariant], *, tags_differ: bool
) -> PromptVariant | None:
    """The variant that needs a new version although its content is deployed, if any."""
    if not variants or not (creates or tags_differ):
        return None
    if variants[-1].is_draft:
        return variants[-1]
    return None if creates else variants[0]


def differing_tags(desired: PromptSpec, remote: PromptState) -> bool:
    """Whether declared tags are not those in Langfuse; their order means nothing."""
    return desired.tags is not UNMANAGED and set(desired.tags) != set(remote.tags)


def _create(desired: Resource[PromptSpec], view: View) -> Proposal | None:
    draft = _Draft(desired, None, view)
    variants = _in_order(desired.content)
    if not variants:
        return None
    old = next(
        (view.remote[address] for address in desired.replaces if address in view.remote), None
    )
    carried = _carried(desired.content, old.content, view) if old is not None else ()
    for variant in sorted([*variants, *carried], key=lambda variant: variant.is_draft):
        draft.post(variant, variant.labels)
    if old is not None:
        draft.action_reason = f"renamed from {old.address.name}"
        if Permission.ALLOW_DELETE not in view.allowed:
            note = f"{old.address.name} stays in Langfuse: --allow-delete deletes it"
            draft.details.append(note)
    return _proposal(Action.CREATE, draft)


def _carried(desired: PromptSpec, old: PromptState, view: View) -> Iterator[PromptVariant]:
    """What the other labels of a renamed prompt stood on, as far as this environment moves them."""
    if old.type != desired.type:
        return
    globs = view.environment.labels
    by_version: dict[int, list[str]] = {}
    for label, number in sorted(old.labels.items()):
        ours = globs is None or any(fnmatchcase(label, glob) for glob in globs)
        if ours and label not in desired.labels and not is_marker(label):
            by_version.setdefault(number, []).append(label)
    for number, labels in sorted(by_version.items()):
        version = old.versions[number]
        message = version.commit_message
        yield PromptVariant(version.prompt, version.config, tuple(labels), commit_message=message)


def _replace(
    desired: Resource[PromptSpec], remote: Resource[PromptState], view: View
) -> Proposal | None:
    if desired.content.tags is UNMANAGED:  # they would be lost with the versions
        desired = replace(desired, content=replace(desired.content, tags=remote.content.tags))
    draft = _Draft(desired, remote, view)
    where = path("v2", "prompts", desired.address.name)
    draft.requests.append(Request("DELETE", where, repeatable=False))
    for variant in _in_order(desired.content):
        draft.post(variant, variant.labels)
    if draft.first is None:
        return None
    before, after = remote.content.type, desired.content.type
    others = set(remote.content.all_labels) - {move.label for move in draft.moves}
    lost = sorted(label for label in others if not is_marker(label))
    also = f" and takes the labels {', '.join(lost)} away" if lost else ""
    draft.action_reason = f"type {before} → {after}: Langfuse cannot change a prompt's type"
    reason = (
        f"changing its type from {before} to {after} deletes all its versions{also}: "
        "give it another name, or allow it"
    )
    refusal = Refusal(reason, Permission.ALLOW_REPLACE, desired.address)
    return replace(_proposal(Action.REPLACE, draft), refusal=refusal)


def _proposal(action: Action, draft: _Draft) -> Proposal:
    desired, remote = draft.desired, draft.remote
    variant = draft.first or desired.content.variants[0]
    after = {
        "type": desired.content.type,
        "prompt": variant.prompt,
        "config": variant.config,
        "labels": {move.label or LATEST: move.to_version for move in draft.moves},
    }
    if desired.content.tags is not UNMANAGED:
        after["tags"] = list(desired.content.tags)
    before = None if remote is None else _before(remote.content, draft, managed="tags" in after)
    return Proposal(
        action,
        before,
        after,
        tuple(draft.requests),
        action_reason=draft.action_reason,
        moves=tuple(draft.moves),
        details=tuple(draft.details),
        warnings=tuple(dict.fromkeys(draft.warnings)),
    )


def _before(remote: PromptState, draft: _Draft, *, managed: bool) -> dict[str, Json]:
    """The content at the first label that is moved, else that of the newest known version."""
    moved = [move for move in draft.moves if move.from_version]
    read = [move.from_version for move in moved if move.from_version in remote.versions]
    version = remote.versions[read[0] if read and read[0] else max(remote.versions)]
    before: dict[str, Json] = {
        "type": remote.type,
        "prompt": version.prompt,
        "config": version.config,
        "labels": {move.label or LATEST: move.from_version for move in moved},
    }
    return {**before, "tags": list(remote.tags)} if managed else before
