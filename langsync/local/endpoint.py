"""What an endpoint of the API is: a route, the call that reaches it, its answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from langsync.local.javascript import dumps
from langsync.local.validation import (
    Check,
    at_least,
    at_most,
    coerced_number,
    shape,
    validated,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from langsync.local.projects import LocalProject
    from langsync.local.store import Store

MEGABYTE: Final = 1024 * 1024
JSON: Final = "application/json; charset=utf-8"
Method = Literal["GET", "POST", "PATCH", "DELETE"]


@dataclass(frozen=True, slots=True)
class Behavior:
    """How the server behaves where servers differ.

    Args:
        server_version: What ``GET /health`` tells.
        knows_resolve: False for an older server, which resolves references always.
        knows_item_versions: False for an older server, which lists the current items always.
        events_only: False for a server of v3, which has the endpoints of traces and none of
            their successors.
        items_in_place: True for a server that keeps no versions of items: an edit changes the row
            itself, and neither its ``createdAt`` nor its place in the list.
    """

    server_version: str = "4.16.0"
    knows_resolve: bool = True
    knows_item_versions: bool = True
    events_only: bool = True
    items_in_place: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """A request that found its endpoint and whose keys are good.

    Args:
        store: The database; its lock is held.
        project: The project of the keys.
        behavior: How the server is meant to behave.
        names: The path's variable parts, decoded.
        query: The query's parameters, decoded; a list where one is given several times.
        body: The JSON that was sent; an empty object where nothing was.
        projects: All projects of the server, for what an organization asks.
    """

    store: Store
    project: LocalProject
    behavior: Behavior
    names: Sequence[str]
    query: Mapping[str, str | list[str]]
    body: Any
    projects: Sequence[LocalProject] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back.

    Args:
        body: The bytes of the body.
        status: The HTTP status.
        content_type: Empty for a body without a type, as the server sends for 204 and 413.
        headers: Headers beside the content type.
    """

    body: bytes
    status: int = 200
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PendingWrite:
    """A write that is checked and has read what it changes; other requests may come before it.

    Args:
        finish: Does it and gives the answer; the database's lock is held.
    """

    finish: Callable[[], Answer]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A query parameter, for the API reference."""

    name: str
    type: Literal["string", "integer", "boolean"] = "string"
    format: str = ""
    description: str = ""
    required: bool = False


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One operation of the API.

    Args:
        method: The HTTP method.
        path: The path below ``/api/public``, with ``{names}`` for its variable parts.
        operation: Its ``operationId`` in Langfuse's reference.
        description: What it does, for the reference.
        handle: Answers a call, or begins a write that is to be finished.
        query: The query parameters that it knows.
        body: The name of its request body's schema; empty where it takes none.
        success: The status of a good answer.
        body_limit: The most bytes that a body may have.
        public: Needs no keys.
        events_only: Only servers of v4 have it, or only those of v3; None for both.
        organization: Needs the keys of the organization instead of a project's.
    """

    method: Method
    path: str
    operation: str
    description: str
    handle: Callable[[Call], Answer | PendingWrite]
    query: Sequence[Parameter] = ()
    body: str = ""
    success: int = 200
    body_limit: int = MEGABYTE
    public: bool = False
    events_only: bool | None = None
    organization: bool = False


PAGING = (
    Parameter("page", "integer", description="page number, starts at 1"),
    Parameter("limit", "integer", description="limit of items per page"),
)


def answer_json(value: object, status: int = 200) -> Answer:
    """An answer in JSON."""
    return Answer(dumps(value), status)


def paging(default_limit: int, first_page: int = 1) -> dict[str, Check]:
    """The checks of ``page`` and ``limit``.

    Args:
        default_limit: The limit of a request that names none.
        first_page: 1 where pages are checked as "at least 1", 0 where as "more than 0";
            recorded: prompt-list 19 and item-paging 15.
    """
    page = coerced_number(at_least(first_page, inclusive=first_page == 1))
    limit = coerced_number(at_least(1), at_most(100))
    return {"page": _or(page, 1), "limit": _or(limit, default_limit)}


def _or(check: Check, default: int) -> Check:
    # An instance of Undefined is true and not a text, so it is told apart by its type.
    return lambda value, path: (
        check(value, path) if isinstance(value, (str, list)) and value else (default, [])
    )


def read_query(call: Call, checks: Mapping[str, Check]) -> dict[str, Any]:
    """The query's parameters, checked.

    Raises:
        RefusalError: 400 with the issues.
    """
    result: dict[str, Any] = validated(shape(checks), dict(call.query))
    return result


def meta(query: Mapping[str, Any], total: int) -> dict[str, int]:
    """The ``meta`` of a list, recorded: dataset-upsert 9."""
    page, limit = query["page"], query["limit"]
    return {"page": page, "limit": limit, "totalItems": total, "totalPages": -(-total // limit)}


def offset(query: Mapping[str, Any]) -> int:
    """How many entries stand before the page."""
    return int((query["page"] - 1) * query["limit"])
