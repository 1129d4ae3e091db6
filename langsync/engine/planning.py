"""Fetches, compares and plans, for every command that shows or sends a plan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from langsync.client import Client
from langsync.client.cache import NoCache
from langsync.client.rates import duration, family, seconds_for
from langsync.diff import Differences, diff
from langsync.engine import removals
from langsync.engine.departures import departures
from langsync.engine.workspace import Workspace, check_project
from langsync.errors import InvalidFilesError
from langsync.fetch import Remote, fetch
from langsync.history import History
from langsync.history.commits import SHORT
from langsync.kinds import all_kinds
from langsync.kinds.base import Scope, View, Violation
from langsync.kinds.prompt.deployments import stamp, stamped
from langsync.load import place
from langsync.model import (
    Address,
    Change,
    Commit,
    Impact,
    Origin,
    Permission,
    Plan,
    Project,
    Resource,
    State,
)
from langsync.plan import (
    drift_refusals,
    impacts,
    older_checkout_refusals,
    trace,
    verify,
    with_users,
)
from langsync.plan import plan as assemble


async def make_plan(
    client: Client, workspace: Workspace, *, fresh: bool = False, project: Project | None = None
) -> Plan:
    """Fetch, compare and plan; see `compare_all`."""
    return (await compare_all(client, workspace, fresh=fresh, project=project))[0]


async def compare_all(
    client: Client, workspace: Workspace, *, fresh: bool = False, project: Project | None = None
) -> tuple[Plan, View]:
    """Fetch, compare and plan.

    Args:
        client: The client.
        workspace: What is declared, and what was asked for.
        fresh: Whether what the plan writes is read again where the cache may have answered.
        project: The project behind the client's keys, if that was read.

    Returns:
        The plan, and both sides of it.

    Raises:
        RefusedError: The keys belong to another project than ``langsync.yaml`` names.
        InvalidFilesError: What is declared cannot work with what Langfuse holds.
        ApiError: A request to Langfuse failed.
    """
    project = project or await client.project()
    check_project(project, workspace.config)
    scope = scope_of(workspace)
    if fresh and scope.everything:
        client.cache = NoCache()
    remote = await _fetch(client, scope, workspace)
    differences = diff(view_of(workspace, remote.state), remote.unmanaged)
    if fresh and differences.changes and not isinstance(client.cache, NoCache):
        remote = await _read_again(client, scope, remote, differences.changes)
        differences = diff(view_of(workspace, remote.state), remote.unmanaged)
    view = with_record(view_of(workspace, remote.state), remote)
    removals.check(workspace, remote.state, view.removals)
    violations = verify(view)
    if any(not violation.warning for violation in violations):
        wrong = (violation for violation in violations if not violation.warning)
        raise InvalidFilesError(place(workspace.config, wrong))
    affected = await with_users(client, view, differences.changes, workspace.loaded.state)
    plan = _plan(
        project,
        workspace,
        view,
        remote,
        differences,
        violations,
        impacts(differences.changes, affected),
    )
    return replace(plan, notes=(*plan.notes, *_times(client, plan))), view


def _times(client: Client, plan: Plan) -> list[str]:
    """How long the requests take at least, if Langfuse has told its rate limits before."""
    paths: dict[str, list[str]] = {}
    for change in plan.changes:
        for request in (*change.requests, *change.closing):
            paths.setdefault(family(request.path), []).append(request.path)
    notes = []
    for name, group in paths.items():
        requests, window = client.rate(group[0]) or (len(group), 0.0)
        if seconds := seconds_for(len(group), requests, window):
            notes.append(
                f"{len(group):,} requests for {name} take at least {duration(seconds)}: Langfuse "
                f"lets {requests:,} through in {duration(window)}"
            )
    return notes


async def read(client: Client, workspace: Workspace) -> Remote:
    """Read what Langfuse holds of what is declared.

    Raises:
        RefusedError: The keys belong to another project than ``langsync.yaml`` names.
        ApiError: A request to Langfuse failed.
    """
    check_project(await client.project(), workspace.config)
    return await _fetch(client, scope_of(workspace), workspace)


async def _fetch(client: Client, scope: Scope, workspace: Workspace) -> Remote:
    """Read Langfuse; where targets narrow what is declared, nothing counts as undeclared."""
    remote = await fetch(client, scope)
    if workspace.targets:
        return replace(remote, unmanaged={}, unmanaged_count={})
    return _without_left_out(remote, workspace)


def _without_left_out(remote: Remote, workspace: Workspace) -> Remote:
    """What Langfuse holds, without what a sparse checkout may declare: that is not undeclared."""
    left_out = workspace.history.left_out
    if not remote.unmanaged_count or not left_out.warning:
        return remote
    hidden = [
        Address(kind, name)
        for kind, names in remote.unmanaged.items()
        for name in names
        if left_out.may_declare(Address(kind, name))
    ]
    return replace(
        remote,
        unmanaged=_without(remote.unmanaged, hidden),
        unmanaged_count=_fewer(remote.unmanaged_count, hidden) if left_out.complete else {},
    )


def _plan(
    project: Project,
    workspace: Workspace,
    view: View,
    remote: Remote,
    differences: Differences,
    violations: Sequence[Violation],
    affected: Sequence[Impact],
) -> Plan:
    history = workspace.history
    history.prefetch(
        Address(kind, name) for kind, names in remote.unmanaged.items() for name in names
    )
    changes = trace(differences.changes, view, history)
    leaving = {change.address for change in changes if change.address not in view.desired}
    return assemble(
        project,
        workspace.environment.name,
        changes,
        unmanaged=_without(remote.unmanaged, leaving),
        unmanaged_count=_fewer(remote.unmanaged_count, leaving),
        other_labels=remote.other_labels,
        impacts=affected,
        unchanged=differences.unchanged,
        notes=remote.notes,
        warnings=(
            *map(str, workspace.loaded.warnings),
            *map(str, place(workspace.config, violations)),
            *remote.warnings,
            *filter(None, [history.left_out.warning]),
            *_doubts(changes, history),
            *departures(workspace, remote.unmanaged, changes, leaving),
        ),
        refusals=(
            *differences.refusals,
            *drift_refusals(changes, workspace.environment.name, history),
            *older_checkout_refusals(changes, view, history.descends),
        ),
    )


def _without(
    unmanaged: Mapping[str, tuple[str, ...]], leaving: Collection[Address]
) -> dict[str, tuple[str, ...]]:
    """What is in no file and is left alone."""
    remaining = {
        kind: tuple(name for name in names if Address(kind, name) not in leaving)
        for kind, names in unmanaged.items()
    }
    return {kind: names for kind, names in remaining.items() if names}


def _fewer(counts: Mapping[str, int], leaving: Collection[Address]) -> dict[str, int]:
    return dict(Counter(counts) - Counter(address.kind for address in leaving))


def scope_of(workspace: Workspace) -> Scope:
    """What is read for a plan: all prompts where one may be deleted, as others may refer to it."""
    pruning = (
        Permission.ALLOW_DELETE in workspace.plan_options.allowed
        and workspace.config.settings.prune
    )
    removable = removals.globs(workspace)
    deleting = removable if workspace.targets else pruning
    return Scope(
        workspace.desired,
        workspace.environment,
        workspace.config.settings,
        everything=bool(deleting or workspace.plan_options.whole_project),
        whole=removable,
        emptied=removals.emptied(workspace),
    )


def view_of(workspace: Workspace, remote: State) -> View:
    """Both sides, with what was asked for."""
    return View(
        workspace.desired,
        remote,
        workspace.environment,
        workspace.config.settings,
        lambda resource, own: _message(workspace, resource, own),
        workspace.plan_options.allowed,
        workspace.plan_options.allow_prune,
        removals.find(workspace, remote),
    )


def _message(workspace: Workspace, resource: Resource, own: str | None) -> str | None:
    """The commit message of a version: the run's, the file's, or the commit's; then the stamp."""
    history = workspace.history
    if own and stamp(own)[0] and not workspace.plan_options.message:
        return own  # promoted: the commit that it was deployed from
    text = workspace.plan_options.message or own
    if text is None and history.known:
        commit = None if history.uncommitted(resource) else history.touched(resource.files)
        commit = commit or Commit("", "uncommitted changes")
        text = workspace.config.settings.commit_message.format(
            subject=commit.subject,
            author=commit.author,
            hash=commit.hash[:SHORT],
            environment=workspace.environment.name,
        )
        if history.head and commit.hash not in ("", history.head.hash):
            text = _with_hash(text, commit)  # the stamp is of another commit
    return stamped(text, history.head, dirty=history.dirty)


def _with_hash(text: str, commit: Commit) -> str:
    """A message with the hash of its commit, unless it has that already."""
    short = commit.hash[:SHORT]
    return text if short in text or commit.subject not in text else f"{text} ({short})"


async def _read_again(
    client: Client, scope: Scope, remote: Remote, changes: Iterable[Change]
) -> Remote:
    """Read once more, without the cache, what is to be written: it never decides a write."""
    cached = {name for name, kind in all_kinds().items() if kind.cached}
    touched = {change.address for change in changes if change.address.kind in cached}
    client.cache = NoCache()
    desired = State(  # and what refers to it or came from it, which decides what of it is read
        resource
        for name in cached
        for resource in scope.desired.of_kind(name)
        if resource.address in touched
        or not touched.isdisjoint((*resource.needs, *resource.replaces))
    )
    again = await fetch(client, replace(scope, desired=desired))
    kept = remote.state.without(touched | again.state.keys())
    return replace(remote, state=State.union([kept, again.state]))


def with_record(view: View, remote: Remote) -> View:
    """Both sides, with what else reading showed: its time, and what was there before."""
    return replace(view, heads=remote.heads, deleted=remote.deleted, began=remote.began)


def _doubts(changes: Iterable[Change], history: History) -> list[str]:
    """Differences whose author is unknown, where no refusal says so."""
    unknown: dict[str, list[str]] = {}
    for change in changes:
        if change.origin is Origin.UNKNOWN and not history.has_commits:
            unknown.setdefault(history.gap(change.address), []).append(str(change.address))
    reason = "no Git history at hand tells whether somebody changed"
    return [
        f"{reason} {', '.join(names[:3])}{', …' if len(names) > 3 else ''} in Langfuse ({why})"
        for why, names in unknown.items()
    ]
