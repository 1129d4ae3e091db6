"""Tracks the writes to resources of one kind while a plan is applied, other writers' included."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from langsync.client.paging import AHEAD
from langsync.kinds.services import Api
from langsync.model import Address, Change, Json, Request, State

if TYPE_CHECKING:
    from langsync.kinds.base import Kind, View

SLACK = timedelta(seconds=10)
"""How far times in Langfuse can lag: a transaction lasts 5 s at most, and the clocks of several web
servers differ (behavior observed on Langfuse 4.16.0)."""

Read = Callable[[Collection[Address]], Awaitable[State]]
"""Reads some addresses of one kind again, past the cache; the state lacks what does not exist."""


@dataclass(frozen=True, slots=True)
class ListHead:
    """The newest rows of a list and its length, as they were at one moment.

    Args:
        total: How many rows the list has.
        rows: The newest rows, newest first, each as id, ``createdAt`` and ``updatedAt``.
        complete: Whether all rows of the list were read, so that an unknown row is a new one.
    """

    total: int = 0
    rows: tuple[tuple[str, str, str], ...] = ()
    complete: bool = True

    @classmethod
    def of(cls, rows: Iterable[Mapping[str, Any]], total: int, *, complete: bool) -> ListHead:
        """The head that the first page of a list shows."""
        return cls(total, tuple(row_key(row) for row in rows), complete)

    @property
    def floor(self) -> str:
        """The ``createdAt`` below which no row is newer than this head; empty for none.

        A write that was under way when the list was read may appear below newer rows later.
        """
        if not self.rows or self.total <= len(self.rows):
            return ""
        newest = max(created for _, created, _ in self.rows)
        oldest = min(created for _, created, _ in self.rows)
        return max(oldest, iso(datetime.fromisoformat(newest) - SLACK))


def row_key(row: Mapping[str, Any]) -> tuple[str, str, str]:
    """What distinguishes one write of a row from the next."""
    return row["id"], row["createdAt"], row.get("updatedAt") or ""


def iso(time: datetime) -> str:
    """A time as Langfuse writes it: UTC, with milliseconds."""
    return time.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def earliest(time: datetime | None) -> datetime | None:
    """The earliest that a server's clock can have stood at, by `Api.server_time`."""
    return None if time is None else time - timedelta(seconds=AHEAD) - SLACK


class Tracker:
    """Follows the resources of one kind while a plan is applied.

    This one fits a kind whose `Kind.fetch` is as cheap as any look at what was touched. Others
    narrow down what has to be read again.

    Args:
        kind: The kind.
        api: The client.
        view: Both sides, as the plan was made.
        read: Reads addresses of this kind again.
    """

    def __init__(self, kind: Kind, api: Api, view: View, read: Read) -> None:
        self.kind = kind
        self.api = api
        self.view = view
        self.read = read

    async def touched(self, pending: Collection[Address]) -> Collection[Address]:
        """Which addresses may have been changed since they were read.

        Args:
            pending: Addresses of this kind that the plan will write and has not begun to.
        """
        return pending

    async def confirm(self, change: Change, requests: Sequence[Request]) -> str:  # noqa: ARG002
        """What no list shows and would make the next requests wrong; empty for nothing.

        Args:
            change: The change that is about to be sent.
            requests: Those of its requests that are next.
        """
        return ""

    def wrote(self, change: Change, request: Request, answer: Json) -> None:
        """Take note of a write that worked.

        Args:
            change: The change.
            request: The request.
            answer: What the server answered; None where that was lost.
        """

    async def overwritten(self, written: Collection[Change]) -> list[str]:
        """What somebody else wrote to the resources that this apply wrote, one sentence each.

        Args:
            written: The changes that were applied.
        """
        desired = [self.view.desired.get(change.address) for change in written]
        declared = [resource for resource in desired if resource is not None]
        if not declared:
            return []
        state = await self.read({resource.address for resource in declared})
        return [
            f"{resource.address} is not as this apply wrote it: somebody else wrote it meanwhile"
            for resource in declared
            if self.kind.compare(resource, state.get(resource.address), self.view) is not None
        ]
