"""Prompts that go: old names, and what no file declares where Git is to hold all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from langsync.kinds.base import Proposal, View
from langsync.kinds.names import path
from langsync.kinds.prompt.deployments import DRAFT, is_marker
from langsync.kinds.prompt.references import references
from langsync.model import Action, Address, Refusal, Request, Resource

ALLOW = "--allow-delete"


def surplus(view: View, unmanaged: Sequence[str]) -> Iterator[tuple[Resource, Proposal]]:
    """The prompts to delete, where that was allowed.

    Args:
        view: Both sides; what may be pruned was read.
        unmanaged: The names in Langfuse that no file declares.

    Yields:
        Each prompt that goes, with what it waits for, and how.
    """
    if ALLOW not in view.allowed:
        return
    renamed = {
        old.name: one.address for one in view.desired.of_kind("prompt") for old in one.replaces
    }
    pruned = prunable(unmanaged, view.settings.prune) - renamed.keys()
    gone = [one for one in view.remote.of_kind("prompt") if one.address not in view.desired]
    going = [one for one in gone if one.address.name in {*renamed, *pruned}]
    names = {one.address.name for one in going}
    too_many = _too_many(len(names & pruned), unmanaged, view)
    users = _users(view)
    for resource in going:
        name = resource.address.name
        successor = renamed.get(name)
        referring = users.get(name, {})
        staying = [text for user, text in sorted(referring.items()) if user not in names]
        refusal, too_many = too_many, None
        if staying:
            words = f"{', '.join(staying)} refers to it, and Langfuse keeps what is referred to"
            refusal = Refusal(f"cannot be deleted: {words}", "", resource.address)
        reason = "no file declares it, and prune covers it"
        if successor is not None:
            reason = f"renamed to {successor.name}"
        needs = [Address("prompt", user) for user in referring]  # what refers to it goes first
        needs += [successor] if successor else []
        yield (
            Resource(resource.address, resource.content, needs=tuple(needs)),
            Proposal(
                Action.DELETE,
                _shown(resource),
                None,
                (Request("DELETE", path("v2", "prompts", name), repeatable=False),),
                reasons=(reason,),
                refusal=refusal,
            ),
        )


def _too_many(count: int, unmanaged: Sequence[str], view: View) -> Refusal | None:
    """Why so many prompts may not go at once."""
    settings = view.settings
    existing = [one.address.name for one in view.remote.of_kind("prompt")]
    scope = prunable([*unmanaged, *existing], settings.prune)
    if count <= settings.prune_share * len(scope):
        return None
    return Refusal(
        f"{count} of {len(scope)} prompts in the scope of prune would be deleted, more than "
        f"max_share ({settings.prune_share:g}) allows: look at them, then raise it"
    )


def prunable(names: Sequence[str], globs: Sequence[str]) -> set[str]:
    """Of the names that no file declares, those that Git is to hold alone."""
    return {name for name in names if any(fnmatchcase(name, glob) for glob in globs)}


def _users(view: View) -> dict[str, dict[str, str]]:
    """For each prompt, the names of those that refer to it, and how to call each of those."""
    found: dict[str, dict[str, str]] = {}
    for resource in view.remote.of_kind("prompt"):
        name = resource.address.name
        for number, version in resource.content["versions"].items():
            for reference in references(version["prompt"]):
                found.setdefault(reference.name, {})[name] = f"{name} v{number}"
    for resource in view.desired.of_kind("prompt"):
        name = resource.address.name
        for variant in resource.content["variants"]:
            for reference in references(variant["prompt"]):
                found.setdefault(reference.name, {}).setdefault(name, name)
    return found


def _shown(resource: Resource) -> dict[str, object]:
    labels = resource.content["labels"].items()
    return {
        "type": resource.content["type"],
        "labels": {one: at for one, at in labels if one != DRAFT and not is_marker(one)},
        "tags": resource.content["tags"],
    }
