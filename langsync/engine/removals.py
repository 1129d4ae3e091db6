"""Finds what left the files and a target names: --allow-delete deletes it where nothing prunes."""

from __future__ import annotations

from collections.abc import Mapping

from langsync.engine.workspace import Workspace, check_targets
from langsync.errors import ConfigError
from langsync.kinds import all_kinds
from langsync.kinds.base import Removal
from langsync.model import Address, Commit, Permission, State


def globs(workspace: Workspace) -> tuple[str, ...]:
    """The targets that may name what left the files, so that it has to be read; often none."""
    if Permission.ALLOW_DELETE not in workspace.plan_options.allowed:
        return ()
    kinds = {name for name, kind in all_kinds().items() if kind.removable}
    return tuple(target for target in workspace.targets if target.partition("/")[0] in kinds)


def emptied(workspace: Workspace) -> frozenset[str]:
    """The kinds whose last declared resource left the files: a plan reports those."""
    if workspace.targets:
        return frozenset()
    declared = workspace.loaded.state.counts()
    gone = (name for name, kind in all_kinds().items() if kind.removable and name not in declared)
    return frozenset(name for name in gone if workspace.history.once_declared(name))


def find(workspace: Workspace, remote: State) -> dict[Address, Removal]:
    """What the targets name of Langfuse that no file declares, and that may be deleted.

    That is what some commit declared. What a target names by its whole address may as well be what
    langsync deployed, by what it left in Langfuse: its commit may be squashed away. A glob never
    means the latter, which may be another repository's in the same project.

    Args:
        workspace: What is declared, and what was asked for.
        remote: What Langfuse holds; what the targets name was read.
    """
    targets = globs(workspace)
    if not targets:
        return {}
    state = workspace.loaded.state
    renamed = _successors(state)
    present = [
        address
        for address in remote
        if all_kinds()[address.kind].removable
        and address not in state
        and address not in renamed
        and not workspace.history.left_out.may_declare(address)
        and any(address.matches(target) for target in targets)
    ]
    departed = workspace.history.departed(present)
    removable: dict[Address, Removal] = {}
    for address in present:
        named = str(address) in targets
        if address in departed:
            removable[address] = Removal(_removed(departed[address][0]), named)
        elif named and all_kinds()[address.kind].is_deployed(remote[address]):
            removable[address] = Removal("langsync deployed it, and no file declares it", named)
    return removable


def _successors(declared: State) -> dict[Address, Address]:
    """The current address of each prompt by its former ones."""
    return {
        old: resource.address
        for resource in declared.of_kind("prompt")
        for old in resource.replaces
    }


def _removed(commit: Commit | None) -> str:
    return f"removed from Git in {commit}" if commit else "removed from the work tree"


def check(workspace: Workspace, remote: State, removals: Mapping[Address, Removal]) -> None:
    """Make sure that each target matches what is declared, or what left the files.

    Raises:
        ConfigError: One matches neither, or what langsync may not delete.
    """
    removing = globs(workspace)
    known = [*workspace.loaded.state, *removals]
    check_targets(
        [target for target in workspace.targets if target not in removing], workspace.loaded.state
    )
    for target in removing:
        if any(address.matches(target) for address in known):
            continue
        address = Address.parse(target)
        if new := _successors(workspace.loaded.state).get(address):
            raise ConfigError(f"--target {target!r} was renamed: '--target {new}' takes it along")
        if address in remote:
            raise ConfigError(
                f"--target {target!r}: no file and no commit declares it, and langsync did not "
                "deploy it: delete it in Langfuse, or take it up with 'langsync pull' first"
            )
        if not workspace.history.departed([address]):  # else it is gone already
            raise ConfigError(
                f"--target {target!r} matches nothing that is declared, nor anything in Langfuse "
                "that was removed from Git"
            )
