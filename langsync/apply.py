"""A plan to a report: sends the requests, what depends on what in order, the rest at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from langsync.errors import AnswerLostError, ApiError, NotFoundError, StoppedError
from langsync.kinds import all_kinds
from langsync.kinds.services import Getter
from langsync.model import Address, Change, Json, Outcome, Plan, Report, Request, Result

ATTEMPTS = 3
"""How often a create is sent whose answer is lost each time and that has not landed."""


LOOKUPS = (0.0, 0.5, 1.5)
"""Seconds before each look for a create whose answer was lost: it may still be under way."""


PATIENCE = 20
"""Changes that fail one after the other, for a reason that is not theirs, before the rest waits."""


class Sender(Getter, Protocol):
    """What applying needs of the HTTP client."""

    async def send(self, request: Request) -> Json:
        """Send one write; `AnswerLostError` if it may have worked."""


EXPLAINED = 20
"""Failures of an apply that are looked into; further ones are told as the server words them."""


@dataclass(slots=True)
class Watch:
    """How a caller follows an apply and stops it.

    Args:
        on_result: Called with each result as it comes.
        stopping: Set it to finish what is under way and skip the rest.
    """

    on_result: Callable[[Result], None] = lambda result: None  # noqa: ARG005
    stopping: asyncio.Event = field(default_factory=asyncio.Event)


async def apply(
    api: Sender, plan: Plan, *, concurrency: int = 16, watch: Watch | None = None
) -> Report:
    """Send what a plan lists.

    A change starts when all that it needs is applied. One that fails does not stop the others;
    what needs it is skipped. A create whose answer was lost is looked up before it is sent again.
    Where the server is down, the rest is skipped: see `PATIENCE`.

    Args:
        api: The client.
        plan: The plan.
        concurrency: Changes under way at once, at most.
        watch: To follow and to stop it.
    """
    run = _Run(api, plan, watch or Watch())
    workers = [asyncio.create_task(run.work()) for _ in range(min(concurrency, len(plan.changes)))]
    await asyncio.gather(*workers)
    return Report(
        plan.project, plan.environment, tuple(run.results[one.address] for one in plan.changes)
    )


@dataclass(slots=True)
class _Step:
    """One part of a change: its requests, or what closes it once all that needs it is done."""

    change: Change
    requests: tuple[Request, ...]
    needs: list[Address]
    last: bool = True
    waits_for: int = 0
    followers: list[_Step] = field(default_factory=list)


class _Run:
    """One apply under way."""

    def __init__(self, api: Sender, plan: Plan, watch: Watch) -> None:
        self.api = api
        self.watch = watch
        self.results: dict[Address, Result] = {}
        self.sent: dict[Address, int] = {}
        self.in_vain = 0
        self.explained = 0
        self.ready: asyncio.Queue[_Step | None] = asyncio.Queue()
        steps = _steps(plan)
        self.left = len(steps)
        for step in steps:
            if not step.waits_for:
                self.ready.put_nowait(step)

    async def work(self) -> None:
        """Take ready steps until all are done."""
        while self.left and (step := await self.ready.get()) is not None:
            await self._take(step)
            self.left -= 1
            for follower in step.followers:
                follower.waits_for -= 1
                if not follower.waits_for:
                    self.ready.put_nowait(follower)
        self.ready.put_nowait(None)  # wakes the next worker, which ends as well

    async def _take(self, step: _Step) -> None:
        change = step.change
        if change.address in self.results:
            return  # its first part has failed already
        cause = self._cause(step)
        if cause and change.requests and step.requests is change.closing:
            words = f"begun and not finished, {cause}: mend that and apply again"
            self._finish(change, Outcome.FAILED, words)
            return
        if cause:
            self._finish(change, Outcome.SKIPPED, cause)
            return
        try:
            for request in step.requests:
                await self._send(change, request)
        except StoppedError as error:
            self.sent[change.address] -= 1
            if self.sent[change.address]:
                words = f"begun and not finished, {error}: apply again"
                self._finish(change, Outcome.FAILED, words)
            else:
                self._finish(change, Outcome.SKIPPED, "interrupted")
        except ApiError as error:
            self.in_vain = self.in_vain + 1 if error.is_general else 0
            self._finish(change, Outcome.FAILED, await self._explanation(change, error))
        else:
            self.in_vain = 0
            if step.last:
                self._finish(change, Outcome.APPLIED)

    async def _explanation(self, change: Change, error: ApiError) -> str:
        """Why a change failed; the first few may take a request each to be explained."""
        if self.explained == EXPLAINED:
            return str(error)
        self.explained += 1
        return await all_kinds()[change.address.kind].explain(self.api, change, error)

    def _cause(self, step: _Step) -> str:
        """Why a step must not run, or nothing."""
        if self.watch.stopping.is_set():
            return "interrupted"
        if self.in_vain >= PATIENCE:
            return f"given up after {PATIENCE} failures in a row: apply again once Langfuse is well"
        done = ((need, self.results.get(need)) for need in step.needs)
        failed = [need for need, result in done if result and result.outcome is not Outcome.APPLIED]
        return f"because of {failed[0]}" if failed else ""

    async def _send(self, change: Change, request: Request) -> None:
        for attempt in range(1, ATTEMPTS + 1):
            self.sent[change.address] = self.sent.get(change.address, 0) + 1
            try:
                await self.api.send(request)
            except NotFoundError:
                if request.method != "DELETE":
                    raise
                return  # what was to be deleted is gone
            except AnswerLostError as lost:
                if await self._landed(change, request, lost):
                    return
                if attempt == ATTEMPTS:
                    raise
            else:
                return

    async def _landed(self, change: Change, request: Request, lost: AnswerLostError) -> bool:
        """Whether a create whose answer was lost has worked all the same."""
        kind = all_kinds()[change.address.kind]
        for pause in LOOKUPS:
            await asyncio.sleep(pause)
            try:
                if await kind.landed(self.api, change, request):
                    return True
            except StoppedError:
                raise lost from None  # it was sent, and nobody knows what became of it
        return False

    def _finish(self, change: Change, outcome: Outcome, detail: str = "") -> None:
        result = Result(
            change.address, change.action, outcome, detail, self.sent.get(change.address, 0)
        )
        self.results[change.address] = result
        self.watch.on_result(result)


def _steps(plan: Plan) -> list[_Step]:
    """The steps of a plan, each knowing what follows it and how many it waits for."""
    opening = {
        one.address: _Step(one, one.requests, list(one.needs), last=not one.closing)
        for one in plan.changes
    }
    closing = {one.address: _Step(one, one.closing, []) for one in plan.changes if one.closing}
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
