"""The embedded server as an ASGI application."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, MutableMapping, Sequence
from email.utils import formatdate
from typing import TYPE_CHECKING, Any, Final

from langsync.local.access import Access, cors_headers, preflight
from langsync.local.authentication import Keys
from langsync.local.endpoint import Behavior, Call, Endpoint, Response, json_response
from langsync.local.faults import Fault, Faults
from langsync.local.item_writes import ItemWrites
from langsync.local.javascript import Json, parse
from langsync.local.openapi import serve_reference
from langsync.local.projects import LocalProject
from langsync.local.rate_limits import RateLimit, RateLimiter
from langsync.local.refusals import RefusalError, internal_error
from langsync.local.requests_log import LoggedRequest, RequestsLog
from langsync.local.routing import find_target, is_gone, parse_query, redirection

if TYPE_CHECKING:
    from langsync.local.store import LocalStore

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

TRANSPORT: Final = "langsync.transport"
"""The key of the connection in a scope, where the server puts it so that it can be closed."""

logger = logging.getLogger("langsync.local")

_GONE = """This endpoint is not available on deployments running in Langfuse v4 events_only mode. \
Learn more about Langfuse v4 at: https://langfuse.com/docs/v4"""
_HTML = b"""<!DOCTYPE html><html><head><meta charset="utf-8"/><title>404: This page could not be \
found</title></head><body><h1>404</h1><h2>This page could not be found.</h2></body></html>"""


class LocalApp:
    """Langfuse's public API on a store.

    Args:
        store: The database.
        projects: The projects and their keys; a default one if there are none.
        faults: The faults to inject.
        requests: The log of requests.
        behavior: The behavior in which servers differ.
        rate_limit: A limit on requests.
        item_writes: How long upserts of items take.
        access: The hosts and origins that are answered; only loopback addresses by default.
        log: Whether each request is logged by the logger ``langsync.local``.
    """

    def __init__(
        self,
        store: LocalStore,
        *,
        projects: Sequence[LocalProject] = (),
        faults: Faults | None = None,
        requests: RequestsLog | None = None,
        behavior: Behavior | None = None,
        rate_limit: RateLimit | None = None,
        item_writes: ItemWrites | None = None,
        access: Access | None = None,
        log: bool = False,
    ) -> None:
        self.store = store
        self.projects = tuple(projects) or (LocalProject(),)
        self.faults = faults or Faults()
        self.requests = requests or RequestsLog()
        self.behavior = behavior or Behavior()
        self.item_writes = item_writes or ItemWrites()
        self.access = access or Access()
        self._limiter = RateLimiter(rate_limit) if rate_limit else None
        self._keys = Keys(self.projects, store)
        self._log = log

    def reset(self) -> None:
        """Deletes all data, logged requests and faults; begins a new window of the rate limit."""
        self.store.clear()
        self.requests.clear()
        self.faults.clear()
        self.item_writes.clear()
        if self._limiter:
            self._limiter.clear()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http":
            return
        try:
            origin = self.access.check(scope["headers"])
        except RefusalError as refusal:
            await self._refuse(refusal, scope, receive, send)
            return
        response = preflight(scope["method"], scope["headers"], origin)
        if response is None and scope["raw_path"].startswith(b"/_langsync/"):
            response = self._answer_about_itself(scope)
        cors = cors_headers(scope["headers"], origin)
        send = _with_headers(send, cors) if cors else send
        if response is None:
            await self._respond(scope, receive, send)
            return
        await _read(receive, limit=0)
        await _send(send, response)

    async def _refuse(
        self, refusal: RefusalError, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Answers a request that may come from a foreign page, and discloses nothing to it."""
        start_time = time.perf_counter()
        await _read(receive, limit=0)
        self._log_request(scope["method"], _target(scope), refusal.status, start_time)
        await _send(send, json_response(refusal.as_json(), refusal.status))

    async def _respond(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request to the API, unless a fault does."""
        method, target = scope["method"], _target(scope)
        start_time = time.perf_counter()
        query = scope["query_string"].decode("latin-1")
        fault = self.faults.match(method, target)
        if fault and fault.drop == "early":
            receive = await _close_early(scope, receive)
        response = await self._answer(fault, scope, receive, query)
        if response is None or (fault and fault.drop):
            self._log_request(method, target, 0, start_time)
            if fault and fault.drop == "early":
                return
            if response and fault and fault.drop == "within":
                await _send(send, response, cut=True)
            await _drop(scope, receive)
            return
        self._log_request(method, target, response.status, start_time)
        await _send(send, response, head=method == "HEAD")

    def _log_request(self, method: str, target: str, status: int, start_time: float) -> None:
        self.requests.add(LoggedRequest(method, target, status))
        if self._log:
            milliseconds = (time.perf_counter() - start_time) * 1000
            logger.info("%s %s %d %.1f ms", method, target, status, milliseconds)

    def _answer_about_itself(self, scope: Scope) -> Response:
        """Answers a request about the server itself, which needs keys, too."""
        try:
            self._keys.project(_authorization(scope))
        except RefusalError as refusal:
            return json_response(refusal.as_json(), refusal.status)
        if scope["raw_path"] != b"/_langsync/requests":
            return Response(_HTML, 404, "text/html; charset=utf-8")
        if scope["method"] == "DELETE":
            self.requests.clear()
            return Response(b"", 204, content_type="")
        if scope["method"] == "GET":
            return json_response(self.requests.as_json())
        return json_response(_method_not_allowed().as_json(), 405)

    async def _answer(
        self, fault: Fault | None, scope: Scope, receive: Receive, query: str
    ) -> Response | None:
        """Returns the response; None if a fault drops the request before it is handled."""
        if fault:
            if fault.delay:
                await asyncio.sleep(fault.delay)
            if fault.drop == "before":
                return None
            if fault.status is not None and not fault.handled:
                await _read(receive, limit=0)
                return fault.answer()
        try:
            response = await self._handle(scope, receive, query, fault)
            return fault.answer() if fault and fault.status is not None else response
        except RefusalError as refusal:
            return json_response(refusal.as_json(), refusal.status)
        except Exception as error:  # a server answers after any error
            logger.warning("%s %s failed", scope["method"], scope["raw_path"], exc_info=True)
            return json_response(internal_error(str(error)).as_json(), 500)

    async def _handle(
        self, scope: Scope, receive: Receive, query: str, fault: Fault | None
    ) -> Response:
        path = scope["raw_path"].decode("latin-1")
        rate_limit_response = self._limiter.refusal(path) if self._limiter else None
        new_path = redirection(path)
        if new_path is not None:
            location = f"{new_path}?{query}" if query else new_path
            return Response(b"", 308, content_type="", headers={"Location": location})
        events_only = self.behavior.events_only
        route = find_target(path, events_only=events_only)
        if route is None:
            await _read(receive, limit=0)
            return _answer_other_path(scope, path, events_only=events_only)
        endpoint = route.methods.get(scope["method"])
        content = await _read(receive, endpoint.body_limit if endpoint else 0)
        if endpoint is None:
            raise _method_not_allowed()
        body = _parse_body(endpoint, content)
        if isinstance(body, Response):  # Langfuse reads a body before it checks the keys
            return body
        project = self._project(endpoint, scope)
        if rate_limit_response:
            return rate_limit_response
        call = Call(
            self.store,
            project,
            self.behavior,
            route.names,
            parse_query(query),
            body,
            self.projects,
        )
        with self.store.lock:
            result = endpoint.handle(call)
        if isinstance(result, Response):
            return result
        await self.item_writes.wait(fault.write_delay if fault else 0.0)
        with self.store.lock:
            return result.finish()

    def _project(self, endpoint: Endpoint, scope: Scope) -> LocalProject:
        if endpoint.public:
            return self.projects[0]
        header = _authorization(scope)
        if endpoint.organization:
            self._keys.organization(header)
            return self.projects[0]
        return self._keys.project(header)


def _authorization(scope: Scope) -> bytes | None:
    headers: Iterable[tuple[bytes, bytes]] = scope["headers"]
    return next((value for name, value in headers if name == b"authorization"), None)


def _target(scope: Scope) -> str:
    path, query = (scope[key].decode("latin-1") for key in ("raw_path", "query_string"))
    return f"{path}?{query}" if query else path


def _answer_other_path(scope: Scope, path: str, *, events_only: bool) -> Response:
    """Answers a request for a path without endpoint: the API reference, or a 404."""
    if path == "/generated/api/openapi.yml":
        headers = dict(scope["headers"])
        return serve_reference(headers.get(b"if-none-match", b"").decode("latin-1"))
    if events_only and is_gone(path):
        return json_response({"message": _GONE}, 404)
    return Response(_HTML, 404, "text/html; charset=utf-8")


def _method_not_allowed() -> RefusalError:
    return RefusalError(405, "Method not allowed", "MethodNotAllowedError")


def _parse_body(endpoint: Endpoint, content: bytes | None) -> Json:
    """Returns the JSON of a body, or the response that refuses it. Recorded: prompt-bodies 10."""
    if content is None:
        limit = f"{endpoint.body_limit / 1024 / 1024:g}mb"
        return Response(f"Body exceeded {limit} limit".encode(), 413, content_type="")
    if not content or endpoint.method not in ("POST", "PATCH"):
        return {}
    try:
        return parse(content)
    except ValueError:
        return Response(b"Invalid JSON", 400, content_type="")


async def _read(receive: Receive, limit: int) -> bytes | None:
    """Returns the body; None if it is too large. It is read to its end, as clients expect."""
    chunks, size = [], 0
    while True:
        message = await receive()
        chunk = message.get("body", b"")
        size += len(chunk)
        if size <= limit:
            chunks.append(chunk)
        if not message.get("more_body", False):
            return b"".join(chunks) if size <= limit else None


async def _send(send: Send, response: Response, *, head: bool = False, cut: bool = False) -> None:
    headers = [(name.lower().encode(), value.encode()) for name, value in response.headers.items()]
    headers.append((b"date", formatdate(usegmt=True).encode()))
    if response.content_type:
        headers.append((b"content-type", response.content_type.encode()))
    if response.status not in (204, 304):
        headers.append((b"content-length", str(len(response.body)).encode()))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    body = b"" if head else response.body[: len(response.body) // 2] if cut else response.body
    await send({"type": "http.response.body", "body": body, "more_body": cut})


def _with_headers(send: Send, extra_headers: Sequence[tuple[bytes, bytes]]) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], *extra_headers]
        await send(message)

    return send_with_headers


async def _close_early(scope: Scope, receive: Receive) -> Receive:
    """Closes the connection once the request is read; returns a function that replays it."""
    messages = [await receive()]
    while messages[-1].get("more_body", False):
        messages.append(await receive())
    if TRANSPORT in scope:
        scope[TRANSPORT].close()
    remaining = iter(messages)

    async def replay() -> Message:
        return next(remaining)

    return replay


async def _drop(scope: Scope, receive: Receive) -> None:
    """Closes the connection without a response."""
    transport = scope.get(TRANSPORT)
    if transport is None:
        raise ConnectionResetError("the connection was dropped on demand")
    transport.close()
    while (await receive())["type"] != "http.disconnect":
        pass
