"""How to make a prompt right: which versions to create, which labels to move."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from langsync.formats.values import equal
from langsync.kinds.base import Proposal
from langsync.kinds.names import path
from langsync.model import Action, Json, Refusal, Request, Resource

Variant = dict[str, Any]


@dataclass(slots=True)
class _Draft:
    """A proposal in the making."""

    newest: int
    created: int = 0
    requests: list[Request] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    moves: dict[str, tuple[int | None, int]] = field(default_factory=dict)
    first: Variant | None = None

    def move(self, variant: Variant, label: str, before: int | None, after: int) -> None:
        self.first = self.first or variant
        self.moves[label] = (before, after)
        origin = f" v{before}" if before else ""
        kind = "new" if after > self.newest else "existing"
        if label == "latest":
            self.reasons.append(f"draft{origin} → v{after} ({kind}), no label")
        else:
            self.reasons.append(f"{label}{origin} → v{after} ({kind})")


def compare(desired: Resource, remote: Resource | None) -> Proposal | None:
    """How to make a prompt right; see `Kind.compare`.

    A label is right wherever it sits, if that version has the wanted content. Labels that are
    not right are moved to a version that has it, or to a new one. Tags belong to the prompt and
    change with a new version only (recorded: prompt-text-lifecycle), so differing tags ride on
    one that is created anyway, else the first variant is created again with its labels.
    """
    if remote is None:
        return _create(desired)
    if remote.content["type"] != desired.content["type"]:
        return _replace(desired, remote)
    tags = desired.content.get("tags")
    tags_differ = tags is not None and set(tags) != set(remote.content["tags"])
    draft = _Draft(remote.content["newest"])
    variants = [(one, _wrong_labels(one, remote), _same(one, remote)) for one in _deployed(desired)]
    creates = [one for one, wrong, version in variants if wrong and _needs_version(wrong, version)]
    recreated = variants[0][0] if tags_differ and variants and not creates else None
    for variant, wrong, version in variants:
        if variant is recreated:
            _post(draft, desired, variant, remote, variant["labels"])
        elif variant in creates:
            _post(draft, desired, variant, remote, wrong)
        elif wrong and version is not None:
            _patch(draft, desired, variant, remote, wrong, version)
    if not draft.requests:
        return None
    if tags_differ:
        draft.reasons.append("tags differ: Langfuse changes them with a new version only")
    return _proposal(Action.UPDATE, desired, remote, draft)


def _needs_version(wrong: list[str], version: int | None) -> bool:
    """Whether labels cannot just be moved: the content is new, or a draft has to be the newest."""
    return version is None or wrong == ["latest"]


def _deployed(desired: Resource) -> list[Variant]:
    """The variants that this environment deploys anywhere."""
    return [variant for variant in desired.content["variants"] if variant["labels"]]


def _wrong_labels(variant: Variant, remote: Resource) -> list[str]:
    return [label for label in variant["labels"] if not _is_right(variant, label, remote)]


def _is_right(variant: Variant, label: str, remote: Resource) -> bool:
    version = remote.content["versions"].get(str(_position(label, remote)))
    return version is not None and matches(variant, version)


def _position(label: str, remote: Resource) -> int | None:
    """The version that carries a label; the newest one for a draft."""
    if label == "latest":
        return int(remote.content["newest"])
    position: int | None = remote.content["labels"].get(label)
    return position


def matches(variant: Variant, version: dict[str, Json]) -> bool:
    """Whether a stored version has the content of a declared variant."""
    same_prompt: bool = variant["prompt"] == version["prompt"]
    return same_prompt and equal(variant["config"], version["config"])


def _same(variant: Variant, remote: Resource) -> int | None:
    """The newest known version with the content of a variant."""
    known = sorted((int(number) for number in remote.content["versions"]), reverse=True)
    versions = remote.content["versions"]
    return next((number for number in known if matches(variant, versions[str(number)])), None)


def _patch(
    draft: _Draft,
    desired: Resource,
    variant: Variant,
    remote: Resource,
    labels: list[str],
    target: int,
) -> None:
    where = path("v2", "prompts", desired.address.name, "versions", target)
    draft.requests.append(Request("PATCH", where, {"newLabels": labels}))
    for label in labels:
        draft.move(variant, label, _position(label, remote), target)


def _post(
    draft: _Draft,
    desired: Resource,
    variant: Variant,
    remote: Resource | None,
    labels: list[str],
) -> None:
    draft.requests.append(_create_request(desired, variant, labels))
    draft.created += 1
    version = draft.newest + draft.created
    for label in labels:
        before = _position(label, remote) if remote is not None else None
        draft.move(variant, label, before, version)


def _create_request(desired: Resource, variant: Variant, labels: list[str]) -> Request:
    body: dict[str, Json] = {
        "name": desired.address.name,
        "type": desired.content["type"],
        "prompt": variant["prompt"],
        "config": variant["config"],
        "labels": [label for label in labels if label != "latest"],
    }
    if "tags" in desired.content:
        body["tags"] = desired.content["tags"]
    if variant["commit_message"]:
        body["commitMessage"] = variant["commit_message"]
    return Request("POST", "/v2/prompts", body, repeatable=False)


def _create(desired: Resource) -> Proposal | None:
    draft = _Draft(0)
    for variant in _deployed(desired):
        _post(draft, desired, variant, None, variant["labels"])
    if not draft.requests:
        return None
    return _proposal(Action.CREATE, desired, None, draft)


def _replace(desired: Resource, remote: Resource) -> Proposal | None:
    draft = _Draft(0)
    draft.requests.append(Request("DELETE", path("v2", "prompts", desired.address.name)))
    kept = {"tags": remote.content["tags"]}  # they would be gone with the versions
    desired = replace(desired, content={**kept, **desired.content})
    for variant in _deployed(desired):
        _post(draft, desired, variant, remote, variant["labels"])
    if draft.first is None:
        return None
    before, after = remote.content["type"], desired.content["type"]
    lost = sorted(set(remote.content["all_labels"]) - draft.moves.keys() - {"latest"})
    also = f" and takes the labels {', '.join(lost)} away" if lost else ""
    draft.reasons.insert(0, f"type {before} → {after}: Langfuse cannot change a prompt's type")
    reason = (
        f"changing its type from {before} to {after} deletes all its versions{also}: "
        "give it another name, or allow it"
    )
    refusal = Refusal(reason, "--allow-replace", desired.address)
    return _proposal(Action.REPLACE, desired, remote, draft, refusal)


def _proposal(
    action: Action,
    desired: Resource,
    remote: Resource | None,
    draft: _Draft,
    refusal: Refusal | None = None,
) -> Proposal:
    variant = draft.first or desired.content["variants"][0]
    after = {
        "type": desired.content["type"],
        "prompt": variant["prompt"],
        "config": variant["config"],
        "labels": {label: after for label, (_, after) in draft.moves.items()},
    }
    if "tags" in desired.content:
        after["tags"] = desired.content["tags"]
    before = None if remote is None else _before(remote, draft, managed="tags" in after)
    return Proposal(
        action,
        before,
        after,
        tuple(draft.requests),
        reasons=tuple(draft.reasons),
        refusal=refusal,
    )


def _before(remote: Resource, draft: _Draft, *, managed: bool) -> dict[str, Json]:
    """What stands where the first moved label is, else the newest known version."""
    versions = remote.content["versions"]
    base = next((str(v) for v, _ in draft.moves.values() if v and str(v) in versions), None)
    version = versions[base or max(versions, key=int)]
    before = {
        "type": remote.content["type"],
        "prompt": version["prompt"],
        "config": version["config"],
        "labels": {label: old for label, (old, _) in draft.moves.items() if old},
    }
    return {**before, "tags": remote.content["tags"]} if managed else before
