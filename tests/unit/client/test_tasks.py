"""Where one thing fails, nothing that was begun beside it goes on."""

from __future__ import annotations

import asyncio

import pytest

from langsync.client.tasks import cancel, gather


def test_results_come_in_the_order_of_what_was_asked() -> None:
    """Whichever ends first."""

    async def after(turns: int) -> int:
        for _ in range(turns):
            await asyncio.sleep(0)
        return turns

    assert asyncio.run(gather(after(turns) for turns in (3, 1, 2))) == [3, 1, 2]


def test_a_failure_ends_the_others_before_it_is_raised() -> None:
    """Each was cancelled and has cleaned up; the errors of their end are of no interest."""
    ended: list[str] = []

    async def wait(name: str) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ended.append(name)
            raise ValueError(name)

    async def fail() -> None:
        await asyncio.sleep(0)
        raise KeyError("first")

    async def work() -> None:
        with pytest.raises(KeyError, match="first"):
            await gather([wait("a"), fail(), wait("b")])
        assert sorted(ended) == ["a", "b"]
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(work())


def test_who_is_cancelled_ends_what_it_began() -> None:
    """As where Ctrl-C stops all of it."""
    ended: list[str] = []

    async def wait() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("wait")

    async def work() -> None:
        task = asyncio.ensure_future(gather([wait()]))
        await asyncio.sleep(0.01)
        await cancel([task])
        assert ended == ["wait"]
        assert task.cancelled()

    asyncio.run(work())
