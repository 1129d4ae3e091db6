"""Reads Langfuse and tells what the files have to say, for the command and for Python."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from langsync.client import Client
from langsync.config import Config
from langsync.engine.workspace import Workspace, check_project
from langsync.errors import ConfigError, LangsyncError, RefusedError
from langsync.fetch import fetch
from langsync.history.left_out import LeftOut
from langsync.history.status import uncommitted
from langsync.kinds import all_kinds
from langsync.kinds.base import Kind, Scope
from langsync.model import Pulled, State
from langsync.pull import Sides, chosen
from langsync.pull import pull as edit
from langsync.pull import write as write_file
from langsync.source.git import GitError


async def make_pull(
    client: Client,
    workspace: Workspace,
    addresses: Sequence[str] = (),
    *,
    everything: bool = False,
    prune: bool = False,
) -> Pulled:
    """Work out which files have to change; nothing is written.

    Args:
        client: Asks Langfuse.
        workspace: What is declared.
        addresses: Globs of what is pulled, declared or not; none for all that is declared.
        everything: Whether all that Langfuse has is pulled.
        prune: Whether what Langfuse does not have leaves the files.

    Raises:
        ConfigError: Something is no address.
        RefusedError: The keys belong to another project than ``langsync.yaml`` names.
        LangsyncError: An address is neither in the files nor in Langfuse.
    """
    globs = _globs(addresses, workspace, everything=everything)
    check_project(await client.project(), workspace.config)
    declared = workspace.loaded.state
    pulled_state = chosen(declared, addresses)
    scope = Scope(pulled_state, workspace.environment, workspace.config.settings, whole=globs)
    remote = await fetch(client, scope)
    left_out = workspace.history.left_out
    sides = Sides(declared, _without(left_out, remote.state, declared), pulled_state, globs)
    warnings = [left_out.warning] if left_out.warning else []
    for address in addresses:
        if not sides.means(address):
            reason = f"{address!r} matches nothing, neither in the files nor in Langfuse"
            raise LangsyncError("; ".join([reason, *warnings]))
    pulled = edit(workspace.config, workspace.environment, sides, prune=prune)
    return pulled.with_warnings((*warnings, *remote.warnings))


def _without(left_out: LeftOut, remote: State, declared: State) -> State:
    """What Langfuse holds, without what files declare that the work tree leaves out."""
    if not left_out.warning:
        return remote
    return remote.only(
        {address for address in remote if address in declared or not left_out.may_declare(address)}
    )


def _globs(addresses: Sequence[str], workspace: Workspace, *, everything: bool) -> tuple[str, ...]:
    """What is pulled whether a file declares it or not."""
    for address in addresses:
        kind, slash, name = address.partition("/")
        if name and kind in all_kinds() and not all_kinds()[kind].folder:
            raise ConfigError(_with_owner(address, all_kinds()[kind], workspace))
        if not (slash and name) or (kind not in all_kinds() and not set(kind) & set("*?[")):
            raise ConfigError(
                f"{address!r} is no address: write kind/name, such as prompt/greeting"
            )
    if everything or not (addresses or workspace.desired):
        return ("*", *addresses)
    return tuple(addresses)


def _with_owner(address: str, kind: Kind, workspace: Workspace) -> str:
    """What to pull instead of what is declared in the files of something else."""
    declared = workspace.loaded.state.addresses(kind.name)
    owners = {str(kind.owner(item)) for item in declared if item.matches(address)}
    names = shlex.join(sorted(owners)) if 0 < len(owners) <= 5 else "dataset/NAME"
    return f"{address!r}: an item comes with its dataset: 'langsync pull {names}'"


def write(config: Config, pulled: Pulled, *, force: bool = False) -> None:
    """Write the files of a pull.

    Raises:
        RefusedError: A file has changes that no commit has, and nothing is written.
        LangsyncError: One cannot be written, or is no longer what it was.
    """
    check(config, pulled, force=force)
    for change in pulled.files:
        write_file(config, change)


def check(config: Config, pulled: Pulled, *, force: bool = False) -> None:
    """Make sure that nothing is lost that no commit has.

    Raises:
        RefusedError: A file has changes that are not committed, or Git cannot tell whether.
    """
    existing = [config.root / file.path for file in pulled.files if file.old is not None]
    if not existing or force:
        return
    try:
        files = uncommitted(config, existing)
    except GitError as error:
        reason = "Git cannot tell whether files have changes that are not committed"
        raise RefusedError([f"{reason}: {error}; --force writes over them"]) from None
    if files:
        advice = "has changes that are not committed: commit them, or write over them with --force"
        raise RefusedError([f"{file} {advice}" for file in files])
