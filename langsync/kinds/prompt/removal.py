"""Deletion of prompts: old names, those removed from the files, and those that ``prune`` covers."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterator, Sequence
from fnmatch import fnmatchcase

from langsync.kinds.base import Proposal, View
from langsync.kinds.names import path
from langsync.kinds.prompt.deployments import is_marker, stamp
from langsync.kinds.prompt.references import references
from langsync.kinds.prompt.state import PromptState
from langsync.model import Action, Address, Permission, Refusal, Request, Resource

_NAMED = 3
"""Prompts that a command names one by one."""


def plan_deletions(view: View, unmanaged: Sequence[str]) -> Iterator[tuple[Resource, Proposal]]:
    """The prompts to delete, where that was allowed.

    Args:
        view: Both sides; what may be pruned was read.
        unmanaged: The names in Langfuse that no file declares.

    Yields:
        Each prompt to delete, with what it waits for, and its proposal.
    """
    if Permission.ALLOW_DELETE not in view.allowed:
        return
    renamed = {
        old.name: resource.address
        for resource in view.desired.of_kind("prompt")
        for old in resource.replaces
    }
    pruned = prunable(unmanaged, view.settings.prune) - renamed.keys()
    removed = {
        address.name: removal
        for address, removal in view.removals.items()
        if address.kind == "prompt"
    }
    gone: list[Resource[PromptState]] = [
        resource
        for resource in view.remote.of_kind("prompt")
        if resource.address not in view.desired
    ]
    leaving = [
        resource for resource in gone if resource.address.name in {*renamed, *pruned, *removed}
    ]
    names = {resource.address.name for resource in leaving}
    by_pattern = {name for name, removal in removed.items() if not removal.named}
    too_many = _too_many(names & {*pruned, *by_pattern}, unmanaged, view)
    users = _users(view)
    for resource in leaving:
        name = resource.address.name
        successor = renamed.get(name)
        referring = users.get(name, {})
        staying = [text for user, text in sorted(referring.items()) if user not in names]
        refusal, too_many = too_many, None
        if staying:
            obstacle = f"{', '.join(staying)} refers to it, and Langfuse keeps what is referred to"
            refusal = Refusal(f"cannot be deleted: {obstacle}", None, resource.address)
        reason = "no file declares it, and prune covers it"
        if name in removed:
            reason = removed[name].reason
        if successor is not None:
            reason = f"renamed to {successor.name}"
        needs = [Address("prompt", user) for user in referring]  # these are deleted first
        needs += [successor] if successor else []
        waiting = Resource(resource.address, resource.content, needs=tuple(needs))
        yield waiting, _deletion(resource, reason, refusal)


def _deletion(resource: Resource[PromptState], reason: str, refusal: Refusal | None) -> Proposal:
    request = Request("DELETE", path("v2", "prompts", resource.address.name), repeatable=False)
    return Proposal(
        Action.DELETE,
        _shown(resource.content),
        None,
        (request,),
        action_reason=reason,
        refusal=refusal,
    )


def _too_many(names: Collection[str], unmanaged: Sequence[str], view: View) -> Refusal | None:
    """Why so many prompts may not be deleted at once; a single one always may.

    Args:
        names: The prompts to delete that were not named by their full addresses.
        unmanaged: The names in Langfuse that no file declares.
        view: Both sides.
    """
    settings, count = view.settings, len(names)
    declared = [
        address.name for address in view.desired.addresses("prompt") if address in view.remote
    ]
    others = [resource.address.name for resource in view.remote.of_kind("prompt")]
    scope = {*names, *prunable([*unmanaged, *others], settings.prune)}
    if view.removals:
        scope.update(declared)
    if count <= max(1, view.allow_prune, settings.prune_share * len(scope)):
        return None
    return Refusal(
        f"{count} of {len(scope)} prompts would be deleted, more than max_share "
        f"({settings.prune_share:g}) allows: look at them, then say --allow-prune {count}"
    )


def is_deployed(remote: PromptState) -> bool:
    """Whether langsync left a marker on a prompt, or its stamp on a version that was read."""
    messages = (version.commit_message for version in remote.versions.values())
    marked = any(is_marker(label) for label in remote.all_labels)
    return marked or any(stamp(message)[0] for message in messages)


def how_to_remove(addresses: Sequence[Address], where: str) -> str:
    """The command that deletes prompts which left the files; see `Kind.how_to_remove`."""
    named = addresses if len(addresses) <= _NAMED else addresses[:1]
    targets = " ".join(f"--target {shlex.quote(str(address))}" for address in named)
    more = ", a --target for each," if len(addresses) > _NAMED else ""
    pronoun = "it" if len(addresses) == 1 else "them"
    return f"'langsync apply --allow-delete {targets}{where}'{more} deletes {pronoun}"


def prunable(names: Sequence[str], globs: Sequence[str]) -> set[str]:
    """Of the names that no file declares, those that Git is to hold alone."""
    return {name for name in names if any(fnmatchcase(name, glob) for glob in globs)}


def _users(view: View) -> dict[str, dict[str, str]]:
    """For each prompt, the names of those that refer to it, and how to call each of those."""
    users: dict[str, dict[str, str]] = {}
    for resource in view.remote.of_kind("prompt"):
        name = resource.address.name
        for number, version in resource.content.versions.items():
            for reference in references(version.prompt):
                users.setdefault(reference.name, {})[name] = f"{name} v{number}"
    for resource in view.desired.of_kind("prompt"):
        name = resource.address.name
        for variant in resource.content.variants:
            for reference in references(variant.prompt):
                users.setdefault(reference.name, {}).setdefault(name, name)
    return users


def _shown(remote: PromptState) -> dict[str, object]:
    return {
        "type": remote.type,
        "labels": {
            label: number for label, number in remote.labels.items() if not is_marker(label)
        },
        "tags": list(remote.tags),
    }
