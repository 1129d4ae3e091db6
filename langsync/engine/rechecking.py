"""Tells what somebody else changes in Langfuse between a plan and its last request."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from langsync.client import Client
from langsync.client.cache import NoCache
from langsync.client.tasks import gather
from langsync.diff import basis
from langsync.engine.planning import scope_of, view_of, with_record
from langsync.engine.workspace import Workspace
from langsync.errors import RefusedError
from langsync.fetch import fetch
from langsync.kinds import all_kinds
from langsync.kinds.base import Scope, View
from langsync.kinds.tracking import Tracker
from langsync.model import Address, Change, Json, Request, State
from langsync.plan import movements

WRITES = 100
"""Writes between two checks, at least."""

SECONDS = 10.0
"""Seconds between two checks, at least."""

Movements = dict[Address, str]
"""For each address that is not as it was read, what became of it."""


async def read_again(
    client: Client, workspace: Workspace, changes: Collection[Change]
) -> tuple[View, Movements]:
    """Read everything that changes are about once more, without the cache.

    Args:
        client: The client.
        workspace: What is declared, and what was asked for.
        changes: The changes.

    Returns:
        Both sides of the changes as they are now, and what moved since they were planned.
    """
    client.cache = NoCache()
    scope = _alone(workspace, {change.address for change in changes})
    remote = await fetch(client, scope)
    view = with_record(view_of(workspace, remote.state), remote)
    return view, _movements(changes, scope.desired, remote.state)


def _alone(workspace: Workspace, addresses: Collection[Address]) -> Scope:
    """The scope that reads some addresses and nothing else of their owners."""
    declared = workspace.desired.only(addresses)
    leaving = State(
        all_kinds()[address.kind].tombstone(address)
        for address in addresses
        if address not in declared
    )
    desired = State.union([declared, leaving])
    scope = scope_of(workspace)
    return replace(scope, desired=desired, everything=False, whole=(), alone=True)


def _movements(changes: Iterable[Change], desired: State, remote: State) -> Movements:
    listed = list(changes)
    now = {
        change.address: basis(desired[change.address], remote.get(change.address))
        for change in listed
    }
    return movements(listed, now)


class Recheck:
    """Checks while a plan is applied that nobody else changes what it is about to write.

    A look at what was touched comes first, by the cheapest calls that the kinds know (see
    `langsync.kinds.tracking`); what was touched is read and compared with what was planned on.

    Args:
        client: The client.
        workspace: What is declared, and what was asked for.
        view: Both sides, as they were read last.
        changes: The changes that will be sent.
        clock: Gives seconds.
    """

    def __init__(
        self,
        client: Client,
        workspace: Workspace,
        view: View,
        changes: Sequence[Change],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        client.cache = NoCache()
        self._client = client
        self._workspace = workspace
        self._clock = clock
        self._trackers: dict[str, Tracker] = {
            name: all_kinds()[name].tracker(client, view, self._read)
            for name in dict.fromkeys(change.address.kind for change in changes)
        }
        self._writes = 0
        self._checked = clock()
        self._turn = asyncio.Lock()
        self._under_way = 0
        self._idle = asyncio.Event()

    async def movements(self, pending: Collection[Change]) -> Movements:
        """What has changed since it was read.

        Args:
            pending: The changes of which nothing was sent yet.

        Raises:
            ApiError: The check failed.
        """
        groups: dict[str, dict[Address, Change]] = defaultdict(dict)
        for change in pending:
            groups[change.address.kind][change.address] = change
        by_kind = await gather(self._moved(*group) for group in groups.items())
        self._writes, self._checked = 0, self._clock()
        return {
            address: movement for movements in by_kind for address, movement in movements.items()
        }

    async def _moved(self, kind: str, pending: Mapping[Address, Change]) -> Movements:
        touched = await self._trackers[kind].touched(pending.keys())
        if not touched:
            return {}
        scope = _alone(self._workspace, touched)
        state = await self._read(touched)
        return _movements((pending[address] for address in touched), scope.desired, state)

    async def _read(self, addresses: Collection[Address]) -> State:
        """Read addresses of one kind again."""
        kind = all_kinds()[next(iter(addresses)).kind]
        scope = _alone(self._workspace, addresses)
        return (await kind.fetch(self._client, scope.desired.of_kind(kind.name), scope)).state

    async def enter(self, pending: Callable[[], Collection[Change]]) -> Mapping[Address, str]:
        """Begin a step of the apply, after a check where one is due.

        A check waits for the steps that are under way, so that what it sees of this apply is
        whole.

        Args:
            pending: Gives the changes of which nothing was sent yet.

        Raises:
            ApiError: The check failed; the step has begun all the same.
        """
        async with self._turn:
            try:
                if self._writes >= WRITES and self._clock() - self._checked >= SECONDS:
                    while self._under_way:
                        self._idle.clear()
                        await self._idle.wait()
                    return await self.movements(pending())
                return {}
            finally:
                self._under_way += 1

    def leave(self) -> None:
        """End a step of the apply."""
        self._under_way -= 1
        self._idle.set()

    async def confirm(self, change: Change, requests: Sequence[Request]) -> str:
        """What changed in Langfuse under requests that are about to be sent; empty for nothing."""
        return await self._trackers[change.address.kind].confirm(change, requests)

    def wrote(self, change: Change, request: Request, answer: Json) -> None:
        """Record a write that worked."""
        self._writes += 1
        self._trackers[change.address.kind].wrote(change, request, answer)

    async def overwritten(self, written: Collection[Change]) -> list[str]:
        """What others overwrote of what this apply wrote, one sentence each."""
        groups: dict[str, list[Change]] = defaultdict(list)
        for change in written:
            groups[change.address.kind].append(change)
        by_kind = await gather(
            self._trackers[kind].overwritten(group) for kind, group in groups.items()
        )
        return [warning for warnings in by_kind for warning in warnings]


async def check_unmoved(
    client: Client, workspace: Workspace, changes: Sequence[Change], view: View | None = None
) -> Recheck:
    """Check before the first write that nothing has changed since a plan was made.

    Args:
        client: The client.
        workspace: What is declared, and what was asked for.
        changes: The changes that will be sent.
        view: Both sides, as they were read just now; None reads everything again.

    Returns:
        The checks to apply the plan with.

    Raises:
        RefusedError: Something has moved; nothing was sent.
        ApiError: The check failed.
    """
    if view is None:
        view, movements = await read_again(client, workspace, changes)
        checks = Recheck(client, workspace, view, changes)
    else:
        checks = Recheck(client, workspace, view, changes)
        movements = await checks.movements(changes)
    if movements:
        reasons = [f"{address} {movement}" for address, movement in movements.items()]
        raise RefusedError([*reasons, "plan again"])
    return checks
