"""How long a write whose answer was lost is looked for, by a clock that does not wait."""

from __future__ import annotations

import asyncio

import pytest

from langsync.client import delivery
from langsync.client.delivery import LOOKUP_DELAYS, deliver
from langsync.errors import AnswerLostError
from langsync.model import Json

TRANSACTION = 5.0
"""Seconds that a transaction of Langfuse takes at most (observed on Langfuse 4.16.0)."""


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop in whose time nothing but pauses takes any."""

    now = 0.0

    def time(self) -> float:
        return self.now

    def _run_once(self) -> None:
        if not self._ready and self._scheduled:  # type: ignore[attr-defined]
            self.now = max(self.now, self._scheduled[0].when())  # type: ignore[attr-defined]
        super()._run_once()  # type: ignore[misc]


class Lost:
    """A write whose answers are lost, and which is there some seconds after it was sent first."""

    def __init__(self, lands: float) -> None:
        self.lands = lands
        self.sent: list[float] = []
        self.lookups: list[float] = []

    async def send(self) -> Json:
        self.sent.append(asyncio.get_running_loop().time())
        raise AnswerLostError("no answer: it may have been done")

    async def was_applied(self) -> bool:
        self.lookups.append(asyncio.get_running_loop().time())
        return self.lookups[-1] >= self.lands


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses as users have them; other tests go without."""
    monkeypatch.setattr(delivery, "LOOKUP_DELAYS", LOOKUP_DELAYS)


def delivered(write: Lost) -> None:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(deliver(write.send, write.was_applied))


@pytest.mark.parametrize("lands", [0.0, 0.4, 1.0, 2.0, TRANSACTION])
def test_what_lands_within_a_transaction_is_found_and_not_sent_again(lands: float) -> None:
    """Soon after it is there: the pauses grow with the time that it takes."""
    write = Lost(lands)
    delivered(write)
    assert write.sent == [0.0]
    assert lands <= write.lookups[-1] <= lands + max(1.0, 2 * lands)
    assert write.lookups[0] == 0.0


def test_what_does_not_land_is_sent_again_once_a_transaction_has_ended() -> None:
    """Two transactions that write the same at one moment leave two of it."""
    write = Lost(float("inf"))
    with pytest.raises(AnswerLostError):
        delivered(write)
    pauses = [then - first for first, then in zip(write.sent, write.sent[1:], strict=False)]
    assert len(pauses) == delivery.ATTEMPTS - 1
    assert min(pauses) > TRANSACTION
