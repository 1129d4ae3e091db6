"""Applies a plan: sends its requests, dependent ones in order, the rest concurrently."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from langsync.client.delivery import deliver
from langsync.client.tasks import gather
from langsync.client.turns import Turns, written_object
from langsync.errors import AnswerLostError, ApiError, NotFoundError, StoppedError
from langsync.kinds import all_kinds
from langsync.kinds.services import Getter
from langsync.model import Address, Change, Json, Outcome, Plan, Report, Request, Result

MAX_CONSECUTIVE_FAILURES = 20
"""Changes that fail in a row, for a reason that is not theirs, before the rest is skipped."""

EXPLAINED = 20
"""Failed changes whose cause is looked up; further ones are reported as the server words them."""

_BEGUN = "begun and not finished"


@dataclass(frozen=True, slots=True)
class _Cause:
    """Why a step does not run.

    Args:
        reason: The reason.
        advice: What to do where its change was begun, after the reason.
    """

    reason: str
    advice: str = ": fix that and apply again"


_INTERRUPTED = _Cause("interrupted", ": apply again")
_GIVEN_UP = _Cause(
    f"given up after {MAX_CONSECUTIVE_FAILURES} failures in a row: apply again once Langfuse "
    "responds",
    "",
)


class Sender(Getter, Protocol):
    """What applying needs of the HTTP client."""

    async def send(self, request: Request) -> Json:
        """Send one write; `AnswerLostError` if it may have been done."""


class Checks(Protocol):
    """Finds what others change while a plan is applied; see `langsync.engine.rechecking`."""

    async def enter(self, pending: Callable[[], Collection[Change]]) -> Mapping[Address, str]:
        """Called before each step; returns which pending changes are stale, if a check was due."""

    def leave(self) -> None:
        """Called after each step."""

    async def confirm(self, change: Change, requests: tuple[Request, ...]) -> str:
        """What changed in Langfuse under the next requests; empty for nothing."""

    def wrote(self, change: Change, request: Request, answer: Json) -> None:
        """Called after each write that worked, with its answer; None where that was lost."""

    async def overwritten(self, written: Collection[Change]) -> list[str]:
        """What others overwrote of what was applied, one sentence each."""


@dataclass(slots=True)
class Watch:
    """Lets a caller follow an apply and stop it.

    Args:
        on_result: Called with each result as it comes.
        stopping: Set it to finish what is under way and skip the rest.
    """

    on_result: Callable[[Result], None] = lambda result: None  # noqa: ARG005
    stopping: asyncio.Event = field(default_factory=asyncio.Event)


async def apply(
    api: Sender,
    plan: Plan,
    *,
    concurrency: int = 16,
    watch: Watch | None = None,
    checks: Checks | None = None,
    left_out: Mapping[Address, str] | None = None,
) -> Report:
    """Send what a plan lists.

    A change starts when all that it needs is applied. One that fails does not stop the others;
    what needs it is skipped, and so is what needs a change that is left out or stale. A write whose
    answer was lost is looked up before it is sent again; where the lookup cannot tell, it is
    reported as `Outcome.UNKNOWN`. Writes to one prompt are sent one after the other. Where the
    server is down, the rest is skipped: see `MAX_CONSECUTIVE_FAILURES`.

    Args:
        api: The client.
        plan: The plan.
        concurrency: Changes under way at once, at most.
        watch: To follow and to stop it.
        checks: Finds what others change in the meantime; None for no such checks.
        left_out: Changes that are not sent, each with the reason.
    """
    run = _Run(api, plan, watch or Watch(), checks)
    for change in plan.changes:
        if change.address in (left_out or {}):
            run.finish(change, Outcome.SKIPPED, (left_out or {})[change.address])
    await gather(run.work() for _ in range(min(concurrency, len(plan.changes))))
    results = tuple(run.results[change.address] for change in plan.changes)
    warnings = tuple(await run.warnings())
    return Report(plan.project, plan.environment, results, warnings, run.watch.stopping.is_set())


@dataclass(slots=True)
class _Step:
    """One part of a change: its requests, or those that close it once its dependents are done."""

    change: Change
    requests: tuple[Request, ...]
    needs: list[Address]
    last: bool = True
    waits_for: int = 0
    followers: list[_Step] = field(default_factory=list)


class _Run:
    """One run of `apply`."""

    def __init__(self, api: Sender, plan: Plan, watch: Watch, checks: Checks | None) -> None:
        self.api = api
        self.plan = plan
        self.watch = watch
        self.checks = checks
        self.results: dict[Address, Result] = {}
        self.sent: dict[Address, int] = {}
        self.turns = Turns()
        self.consecutive_failures = 0
        self.explained = 0
        self.ready: asyncio.Queue[_Step | None] = asyncio.Queue()
        steps = _steps(plan)
        self.remaining = len(steps)
        for step in steps:
            if not step.waits_for:
                self.ready.put_nowait(step)

    async def work(self) -> None:
        """Take ready steps until all are done."""
        while self.remaining and (step := await self.ready.get()) is not None:
            await self._take_checked(step)
            self.remaining -= 1
            for follower in step.followers:
                follower.waits_for -= 1
                if not follower.waits_for:
                    self.ready.put_nowait(follower)
        self.ready.put_nowait(None)  # wakes the next worker, which ends as well

    async def _take_checked(self, step: _Step) -> None:
        """Take a step; where a check is due, it comes first, with no other step under way."""
        if self.checks is None:
            await self._take(step)
            return
        try:
            stale = await self.checks.enter(self._pending)
            for change in self._pending() if stale else ():
                if change.address in stale:
                    self.finish(change, Outcome.STALE, stale[change.address])
        except StoppedError:
            self.watch.stopping.set()  # what is left is skipped as interrupted
        except ApiError as error:
            reason = f"not sent, since the check for changes in Langfuse failed: {error}"
            for change in self._pending():
                self.finish(change, Outcome.FAILED, reason)
        try:
            await self._confirm(self.checks, step)
            await self._take(step)
        finally:
            self.checks.leave()

    async def _confirm(self, checks: Checks, step: _Step) -> None:
        """Finish a change as stale if something changed in Langfuse under its next requests."""
        change = step.change
        if not step.requests or change.address in self.results or self._cause(step):
            return
        try:
            moved = await checks.confirm(change, step.requests)
        except StoppedError:
            return  # the step is not taken either
        except ApiError as error:
            self._fail(change, error)
            return
        if moved:
            self.finish(change, Outcome.STALE, moved)

    def _pending(self) -> list[Change]:
        """The changes of which nothing was sent yet."""
        unsent = (change for change in self.plan.changes if not self.sent.get(change.address))
        return [change for change in unsent if change.address not in self.results]

    async def warnings(self) -> list[str]:
        """What others overwrote of what was applied."""
        applied = [
            change
            for change in self.plan.changes
            if self.results[change.address].outcome is Outcome.APPLIED
            and self.sent.get(change.address)
        ]
        if self.checks is None or not applied or self.watch.stopping.is_set():
            return []
        try:
            return await self.checks.overwritten(applied)
        except ApiError as error:
            return [f"the check for what others wrote in the meantime failed: {error}"]

    async def _take(self, step: _Step) -> None:
        change = step.change
        if change.address in self.results:
            return  # its first part has failed already, or it is left out or stale
        cause = self._cause(step)
        if cause and change.requests and step.requests is change.closing:
            self.finish(change, Outcome.FAILED, f"{_BEGUN}, {cause.reason}{cause.advice}")
            return
        if cause:
            self.finish(change, Outcome.SKIPPED, cause.reason)
            return
        written = 0 if step.requests is change.requests else len(change.requests)
        try:
            for request in step.requests:
                await self._send(change, request)
                written += 1
        except StoppedError as error:
            self.sent[change.address] -= 1
            if self.sent[change.address]:
                self.finish(change, Outcome.FAILED, f"{_BEGUN}, {error}: apply again")
            else:
                self.finish(change, Outcome.SKIPPED, _INTERRUPTED.reason)
        except ApiError as error:
            self._fail(change, error, await self._explanation(change, error), begun=written > 0)
        else:
            self.consecutive_failures = 0
            if step.last:
                self.finish(change, Outcome.APPLIED)

    def _fail(
        self, change: Change, error: ApiError, reason: str = "", *, begun: bool = False
    ) -> None:
        self.consecutive_failures = self.consecutive_failures + 1 if error.is_general else 0
        is_lost = isinstance(error, AnswerLostError)
        reason = reason or str(error)
        detail = f"{_BEGUN}: {reason}" if begun else reason
        self.finish(change, Outcome.UNKNOWN if is_lost else Outcome.FAILED, detail)

    async def _explanation(self, change: Change, error: ApiError) -> str:
        """Why a change failed; the first few may take a request each to be explained."""
        if self.explained == EXPLAINED:
            return str(error)
        self.explained += 1
        return await all_kinds()[change.address.kind].explain(self.api, change, error)

    def _cause(self, step: _Step) -> _Cause | None:
        """Why a step must not run; None where it may."""
        if self.watch.stopping.is_set():
            return _INTERRUPTED
        if self.consecutive_failures >= MAX_CONSECUTIVE_FAILURES:
            return _GIVEN_UP
        done = ((need, self.results.get(need)) for need in step.needs)
        for need, result in done:
            if result is not None and result.outcome is Outcome.UNKNOWN:
                return _Cause(f"because {need} may not have been applied")
            if result is not None and result.outcome is not Outcome.APPLIED:
                return _Cause(f"because of {need}")
        return None

    async def _send(self, change: Change, request: Request) -> None:
        kind = all_kinds()[change.address.kind]

        async def send() -> Json:
            self.sent[change.address] = self.sent.get(change.address, 0) + 1
            return await self.api.send(request)

        async def was_applied() -> bool | None:
            return await kind.was_applied(self.api, change, request)

        async with self.turns.turn(written_object(request)):
            try:
                answer = await deliver(send, was_applied, self.watch.stopping)
            except NotFoundError:
                if request.method != "DELETE":
                    raise
                answer = None  # what was to be deleted is gone
        if self.checks:
            self.checks.wrote(change, request, answer)

    def finish(self, change: Change, outcome: Outcome, detail: str = "") -> None:
        """Record the outcome of a change."""
        result = Result(
            change.address, change.action, outcome, detail, self.sent.get(change.address, 0)
        )
        self.results[change.address] = result
        self.watch.on_result(result)


def _steps(plan: Plan) -> list[_Step]:
    """The steps of a plan, each knowing what follows it and how many it waits for."""
    opening = {
        change.address: _Step(change, change.requests, list(change.needs), last=not change.closing)
        for change in plan.changes
    }
    closing = {
        change.address: _Step(change, change.closing, [])
        for change in plan.changes
        if change.closing
    }
    for address, step in closing.items():
        _follow(opening[address], step)
    for change in plan.changes:
        for need in change.needs:
            _follow(opening[need], opening[change.address])
            if need in closing:
                closing[need].needs.append(change.address)
                _follow(opening[change.address], closing[need])
    return [*opening.values(), *closing.values()]


def _follow(first: _Step, then: _Step) -> None:
    first.followers.append(then)
    then.waits_for += 1
