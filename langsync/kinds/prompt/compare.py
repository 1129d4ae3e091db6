"""How to make a prompt right: which versions to create, which labels to move."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase

from langsync.kinds.base import Proposal, View
from langsync.kinds.names import path
from langsync.kinds.prompt.contract import broken_promises
from langsync.kinds.prompt.deployments import (
    DRAFT,
    Variant,
    deployed,
    is_marker,
    matches,
    position,
    with_markers,
    wrong_labels,
)
from langsync.model import Action, Json, LabelMove, Refusal, Request, Resource


@dataclass(slots=True)
class _Draft:
    """A proposal in the making."""

    desired: Resource
    remote: Resource | None
    view: View
    newest: int = 0
    created: int = 0
    requests: list[Request] = field(default_factory=list)
    action_reason: str = ""
    moves: list[LabelMove] = field(default_factory=list)
    details: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    first: Variant | None = None

    def patch(self, variant: Variant, labels: list[str], target: int) -> None:
        """Move labels to a version that is there."""
        where = path("v2", "prompts", self.desired.address.name, "versions", target)
        marked = self.view.settings.deployment_markers
        body = {"newLabels": with_markers(labels, marked=marked)}
        self.requests.append(Request("PATCH", where, body, repeatable=False))
        self._move(variant, labels, target)

    def post(self, variant: Variant, labels: list[str]) -> None:
        """Create a version with labels."""
        content = self.desired.content
        marked = self.view.settings.deployment_markers
        body: dict[str, Json] = {
            "name": self.desired.address.name,
            "type": content["type"],
            "prompt": variant["prompt"],
            "config": variant["config"],
            "labels": with_markers(labels, marked=marked),
        }
        if "tags" in content:
            body["tags"] = content["tags"]
        if message := self.view.message(self.desired, variant["commit_message"]):
            body["commitMessage"] = message
        self.requests.append(Request("POST", "/v2/prompts", body, repeatable=False))
        self.created += 1
        self._move(variant, labels, self.newest + self.created)

    def _move(self, variant: Variant, labels: list[str], target: int) -> None:
        self.first = self.first or variant
        for label in labels:
            before = position(label, self.remote) if self.remote is not None else None
            moved = None if label == DRAFT else label
            self.moves.append(LabelMove(moved, before, target, target > self.newest))
            if before and self.remote is not None:
                version = self.remote.content["versions"].get(str(before))
                if version is not None:
                    self.warnings += broken_promises(version, variant)


def compare(desired: Resource, remote: Resource | None, view: View) -> Proposal | None:
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
    if remote.content["type"] != desired.content["type"]:
        return _replace(desired, remote, view)
    draft = _Draft(desired, remote, view, remote.content["newest"])
    tags_differ = differing_tags(desired, remote)
    variants = [(one, wrong_labels(one, remote), _same(one, remote)) for one in _in_order(desired)]
    creates = [one for one, wrong, version in variants if wrong and _needs_version(wrong, version)]
    recreated = _recreated([one for one, _, _ in variants], creates, tags_differ=tags_differ)
    for variant, wrong, version in variants:
        if variant is recreated:
            draft.post(variant, variant["labels"])
        elif variant in creates:
            draft.post(variant, wrong)
        elif wrong and version is not None:
            draft.patch(variant, wrong, version)
    if recreated is not None and creates and recreated not in creates:
        draft.details.append("the draft is created again: it has to be the newest version")
    if not draft.requests:
        return None
    if tags_differ:
        draft.details.append("tags differ: Langfuse changes them with a new version only")
    return _proposal(Action.UPDATE, draft)


def _in_order(desired: Resource) -> list[Variant]:
    """The variants that this environment deploys; a draft last, where it ends as the newest."""
    return sorted(deployed(desired), key=_is_draft)


def _is_draft(variant: Variant) -> bool:
    return bool(variant["labels"] == [DRAFT])


def _recreated(
    variants: list[Variant], creates: list[Variant], *, tags_differ: bool
) -> Variant | None:
    """The variant that gets a new version although its own is right, if any has to."""
    if not variants or not (creates or tags_differ):
        return None
    if _is_draft(variants[-1]):
        return variants[-1]
    return None if creates else variants[0]


def differing_tags(desired: Resource, remote: Resource) -> bool:
    """Whether declared tags are not those in Langfuse; their order means nothing."""
    tags = desired.content.get("tags")
    return tags is not None and set(tags) != set(remote.content["tags"])


def _needs_version(wrong: list[str], version: int | None) -> bool:
    """Whether labels cannot just be moved: the content is new, or a draft has to be the newest."""
    return version is None or wrong == [DRAFT]


def _same(variant: Variant, remote: Resource) -> int | None:
    """The version to use for a variant: the one that it names, else the newest of its content."""
    versions = remote.content["versions"]
    known = sorted((int(number) for number in versions), reverse=True)
    if variant.get("version") in known:
        known.insert(0, variant["version"])
    return next((number for number in known if matches(variant, versions[str(number)])), None)


def _create(desired: Resource, view: View) -> Proposal | None:
    draft = _Draft(desired, None, view)
    variants = _in_order(desired)
    if not variants:
        return None
    old = next((view.remote[one] for one in desired.replaces if one in view.remote), None)
    carried = _carried(desired, old, view) if old is not None else ()
    for variant in sorted([*variants, *carried], key=_is_draft):
        draft.post(variant, variant["labels"])
    if old is not None:
        draft.action_reason = f"renamed from {old.address.name}"
        if "--allow-delete" not in view.allowed:
            words = f"{old.address.name} stays in Langfuse: --allow-delete deletes it"
            draft.details.append(words)
    return _proposal(Action.CREATE, draft)


def _carried(desired: Resource, old: Resource, view: View) -> Iterator[Variant]:
    """What the other labels of a renamed prompt stood on, as far as this environment moves them."""
    if old.content["type"] != desired.content["type"]:
        return
    globs = view.environment.labels
    placed = {label for one in deployed(desired) for label in one["labels"]} | {DRAFT}
    by_version: dict[int, list[str]] = {}
    for label, version in sorted(old.content["labels"].items()):
        ours = globs is None or any(fnmatchcase(label, glob) for glob in globs)
        if ours and label not in placed and not is_marker(label):
            by_version.setdefault(version, []).append(label)
    for number, labels in sorted(by_version.items()):
        version = old.content["versions"][str(number)]
        content = {"prompt": version["prompt"], "config": version["config"]}
        yield {**content, "labels": labels, "commit_message": version["commit_message"]}


def _replace(desired: Resource, remote: Resource, view: View) -> Proposal | None:
    kept = {"tags": remote.content["tags"]}  # they would be gone with the versions
    draft = _Draft(replace(desired, content={**kept, **desired.content}), remote, view)
    where = path("v2", "prompts", desired.address.name)
    draft.requests.append(Request("DELETE", where, repeatable=False))
    for variant in _in_order(desired):
        draft.post(variant, variant["labels"])
    if draft.first is None:
        return None
    before, after = remote.content["type"], desired.content["type"]
    others = set(remote.content["all_labels"]) - {one.label for one in draft.moves} - {DRAFT}
    lost = sorted(label for label in others if not is_marker(label))
    also = f" and takes the labels {', '.join(lost)} away" if lost else ""
    draft.action_reason = f"type {before} → {after}: Langfuse cannot change a prompt's type"
    reason = (
        f"changing its type from {before} to {after} deletes all its versions{also}: "
        "give it another name, or allow it"
    )
    refusal = Refusal(reason, "--allow-replace", desired.address)
    return replace(_proposal(Action.REPLACE, draft), refusal=refusal)


def _proposal(action: Action, draft: _Draft) -> Proposal:
    desired, remote = draft.desired, draft.remote
    variant = draft.first or desired.content["variants"][0]
    after = {
        "type": desired.content["type"],
        "prompt": variant["prompt"],
        "config": variant["config"],
        "labels": {one.label or DRAFT: one.to_version for one in draft.moves},
    }
    if "tags" in desired.content:
        after["tags"] = desired.content["tags"]
    before = None if remote is None else _before(remote, draft, managed="tags" in after)
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


def _before(remote: Resource, draft: _Draft, *, managed: bool) -> dict[str, Json]:
    """What stands where the first moved label is, else the newest known version."""
    versions = remote.content["versions"]
    moved = [str(one.from_version) for one in draft.moves if one.from_version]
    base = next((version for version in moved if version in versions), None)
    version = versions[base or max(versions, key=int)]
    before = {
        "type": remote.content["type"],
        "prompt": version["prompt"],
        "config": version["config"],
        "labels": {one.label or DRAFT: one.from_version for one in draft.moves if one.from_version},
    }
    return {**before, "tags": remote.content["tags"]} if managed else before
