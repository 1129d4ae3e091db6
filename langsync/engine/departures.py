"""Reports names that left the files while Langfuse still holds them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from difflib import SequenceMatcher

from langsync.engine.workspace import Workspace
from langsync.kinds import all_kinds
from langsync.kinds.prompt.spec import PromptSpec
from langsync.model import Action, Address, Change, Resource


def departures(
    workspace: Workspace,
    unmanaged: Mapping[str, tuple[str, ...]],
    changes: Iterable[Change],
    leaving: Collection[Address],
) -> list[str]:
    """Names that left the files: in which commit, and what may have been moved.

    Args:
        workspace: What is declared.
        unmanaged: For each kind, names in Langfuse that no file declares.
        changes: The changes of the plan.
        leaving: Addresses that this plan archives or deletes; of those only prompts are reported.
    """
    addresses = [Address(kind, name) for kind, names in unmanaged.items() for name in names]
    addresses = [
        address for address in addresses if address.kind == "prompt" or address not in leaving
    ]
    departed = workspace.history.departed(addresses) if addresses else {}
    renamed = {old for resource in workspace.desired.of_kind("prompt") for old in resource.replaces}
    groups: dict[tuple[str, str, bool], list[Address]] = {}
    for address, (commit, _) in departed.items():
        if address not in renamed:
            when = f"Git in {commit}" if commit else "the work tree"
            groups.setdefault((_group(address), when, address in leaving), []).append(address)
    where = f" --env {workspace.environment.name}" if workspace.environment.name else ""
    messages = [
        _departed(names, when, where, is_leaving=is_leaving)
        for (_, when, is_leaving), names in groups.items()
    ]
    for change in changes:
        desired = workspace.desired.get(change.address)
        if change.action is not Action.CREATE or change.address.kind != "prompt" or not desired:
            continue
        for address, (_, old) in departed.items():
            if address not in renamed and address.kind == "prompt" and _alike(desired, old):
                messages.append(
                    f"{change.address} looks like {address.name}, which left the files: write "
                    f"'name: {address.name}' to keep it, or 'renamed_from: {address.name}'"
                )
    return messages


def _group(address: Address) -> str:
    """What is reported together: the items of one dataset, or all of another kind."""
    return str(address).rpartition("/")[0] if address.kind == "dataset_item" else address.kind


def _departed(addresses: Sequence[Address], when: str, where: str, *, is_leaving: bool) -> str:
    kind = all_kinds()[addresses[0].kind]
    names = ", ".join(map(str, addresses[:3]))
    more = f" and {len(addresses) - 3:,} more" if len(addresses) > 3 else ""
    were, they = ("was", "it is") if len(addresses) == 1 else ("were", "they are")
    if is_leaving:
        return f"{names}{more} {were} removed from {when}"
    how = kind.how_to_remove(addresses, where)
    return f"{names}{more} {were} removed from {when}; {they} still in Langfuse: {how}"


def _alike(desired: Resource[PromptSpec], old: Resource[PromptSpec]) -> bool:
    """Whether two prompts have much of their text in common."""
    if desired.replaces or desired.content.type != old.content.type:
        return False
    first, second = (str(prompt.content.variants[0].prompt) for prompt in (desired, old))
    matcher = SequenceMatcher(None, first[:5000], second[:5000])
    return matcher.quick_ratio() > 0.8 and matcher.ratio() > 0.8
