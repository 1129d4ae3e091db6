"""An endpoint of the API: its route, its calls, its responses."""

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
    validate,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from langsync.local.projects import LocalProject
    from langsync.local.store import LocalStore

MEGABYTE: Final = 1024 * 1024
JSON: Final = "application/json; charset=utf-8"
Method = Literal["GET", "POST", "PATCH", "DELETE"]


@dataclass(frozen=True, slots=True)
class Behavior:
    """The behavior in which servers differ.

    Args:
        server_version: The version in the response of ``GET /health``.
        knows_resolve: False for an older server, which always resolves references.
        knows_item_versions: False for an older server, which always lists the current items.
        events_only: False for a server of v3, which has the endpoints of traces and none of
            their successors.
        items_in_place: True for a server that keeps no versions of items: an edit changes the row
            itself, but not its ``createdAt`` or its position in the list.
    """

    server_version: str = "4.16.0"
    knows_resolve: bool = True
    knows_item_versions: bool = True
    events_only: bool = True
    items_in_place: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """A request to an endpoint, with valid keys.

    Args:
        store: The database; its lock is held.
        project: The project of the keys.
        behavior: The behavior in which servers differ.
        names: The variable segments of the path, decoded.
        query: The query parameters, decoded; a list for a repeated parameter.
        body: The JSON body; an empty object if there is none.
        projects: All projects of the server, for calls with the keys of the organization.
    """

    store: LocalStore
    project: LocalProject
    behavior: Behavior
    names: Sequence[str]
    query: Mapping[str, str | list[str]]
    body: Any
    projects: Sequence[LocalProject] = ()


@dataclass(frozen=True, slots=True)
class Response:
    """A response of the server.

    Args:
        body: The body.
        status: The HTTP status.
        content_type: Its content type; empty for none, as Langfuse sends for 204 and 413.
        headers: Further headers.
    """

    body: bytes
    status: int = 200
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PendingWrite:
    """A checked write that has read what it changes; other requests may be handled before it.

    Args:
        finish: Does the write and returns the response; the database lock is held.
    """

    finish: Callable[[], Response]


@dataclass(frozen=True, slots=True)
class QueryParameter:
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
        description: Its description in the reference.
        handle: Answers a call, or begins a write that has to be finished.
        query: The query parameters.
        body: The name of the schema of its request body; empty for none.
        success: The status of a successful response.
        body_limit: The maximum size of a body in bytes.
        public: Whether it needs no keys.
        events_only: Whether only servers of v4 have it, or only those of v3; None for both.
        organization: Whether it needs the keys of the organization instead of a project's.
    """

    method: Method
    path: str
    operation: str
    description: str
    handle: Callable[[Call], Response | PendingWrite]
    query: Sequence[QueryParameter] = ()
    body: str = ""
    success: int = 200
    body_limit: int = MEGABYTE
    public: bool = False
    events_only: bool | None = None
    organization: bool = False


PAGING = (
    QueryParameter("page", "integer", description="page number, starts at 1"),
    QueryParameter("limit", "integer", description="limit of items per page"),
)


def json_response(value: object, status: int = 200) -> Response:
    """Returns a JSON response."""
    return Response(dumps(value), status)


def paging(default_limit: int, first_page: int = 1) -> dict[str, Check]:
    """Returns the checks of ``page`` and ``limit``.

    Args:
        default_limit: The limit of a request without one.
        first_page: 1 if pages are checked as "at least 1", 0 if as "more than 0"; recorded:
            prompt-list 19 and item-paging 15.
    """
    page = coerced_number(at_least(first_page, inclusive=first_page == 1))
    limit = coerced_number(at_least(1), at_most(100))
    return {"page": _with_default(page, 1), "limit": _with_default(limit, default_limit)}


def _with_default(check: Check, default: int) -> Check:
    # An instance of Undefined is truthy and no string, so the type is checked.
    return lambda value, path: (
        check(value, path) if isinstance(value, (str, list)) and value else (default, [])
    )


def read_query(call: Call, checks: Mapping[str, Check]) -> dict[str, Any]:
    """Returns the query parameters, checked.

    Raises:
        RefusalError: 400 with the issues.
    """
    result: dict[str, Any] = validate(shape(checks), dict(call.query))
    return result


def list_meta(query: Mapping[str, Any], total: int) -> dict[str, int]:
    """Returns the ``meta`` of a list, recorded: dataset-upsert 9."""
    page, limit = query["page"], query["limit"]
    return {"page": page, "limit": limit, "totalItems": total, "totalPages": -(-total // limit)}


def offset(query: Mapping[str, Any]) -> int:
    """Returns the number of entries before a page."""
    return int((query["page"] - 1) * query["limit"])
