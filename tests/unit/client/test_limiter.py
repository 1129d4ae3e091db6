"""How many requests may be under way at once."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langsync.client.limiter import Limiter


def test_it_begins_with_all_there_may_be() -> None:
    """Nothing is held back until the server asks for it."""
    assert Limiter(16).limit == 16


def test_a_refusal_halves_and_a_success_adds_one() -> None:
    """As TCP does."""

    async def steps() -> list[float]:
        limiter = Limiter(16)
        found = []
        for step in (limiter.refused, limiter.refused, None, None, limiter.refused):
            step(0) if step else limiter.succeeded()
            found.append(limiter.limit)
        return found

    assert asyncio.run(steps()) == [8, 4, 5, 6, 3]


@given(st.integers(1, 64), st.lists(st.booleans(), max_size=60))
def test_it_stays_between_one_and_the_most(most: int, steps: list[bool]) -> None:
    """Whatever the server says."""

    async def run() -> None:
        limiter = Limiter(most)
        for fine in steps:
            limiter.succeeded() if fine else limiter.refused(0)
            assert 1 <= limiter.limit <= most

    asyncio.run(run())


@pytest.mark.parametrize("most", [1, 3, 10])
def test_no_more_are_under_way_than_there_may_be(most: int) -> None:
    """However many wait."""

    async def run() -> int:
        limiter = Limiter(most)
        highest = 0

        async def one() -> None:
            nonlocal highest
            async with limiter.slot():
                highest = max(highest, limiter.active)
                await asyncio.sleep(0)

        await asyncio.gather(*(one() for _ in range(50)))
        assert limiter.active == 0
        return highest

    assert asyncio.run(run()) == most


def test_a_refusal_holds_back_those_that_wait() -> None:
    """None begins before the pause is over, and then half as many."""

    async def run() -> tuple[float, int]:
        limiter = Limiter(4)
        loop = asyncio.get_running_loop()
        started: list[float] = []
        highest = 0

        async def one() -> None:
            nonlocal highest
            async with limiter.slot():
                started.append(loop.time())
                highest = max(highest, limiter.active)
                await asyncio.sleep(0.01)

        limiter.refused(0.1)
        begun = loop.time()
        await asyncio.gather(*(one() for _ in range(6)))
        return min(started) - begun, highest

    waited, highest = asyncio.run(run())
    assert waited >= 0.099
    assert highest == 2


def test_a_longer_pause_counts() -> None:
    """One that comes while another runs; a shorter one changes nothing."""

    async def run() -> float:
        limiter = Limiter(4)
        loop = asyncio.get_running_loop()
        begun = loop.time()
        limiter.refused(0.05)

        async def longer() -> None:
            await asyncio.sleep(0.02)
            limiter.refused(0.1)
            limiter.refused(0.01)

        async def wait() -> float:
            async with limiter.slot():
                return loop.time()

        _, ended = await asyncio.gather(longer(), wait())
        return ended - begun

    assert asyncio.run(run()) >= 0.119


def test_a_failure_gives_its_place_back() -> None:
    """So does one that is called off while it waits."""

    async def run() -> int:
        limiter = Limiter(1)
        with pytest.raises(RuntimeError):
            async with limiter.slot():
                raise RuntimeError
        limiter.refused(10)
        waiting = asyncio.create_task(_hold(limiter))
        await asyncio.sleep(0.01)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        return limiter.active

    assert asyncio.run(run()) == 0


async def _hold(limiter: Limiter) -> None:
    async with limiter.slot():
        pass
