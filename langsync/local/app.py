"""The embedded server as an ASGI application."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, MutableMapping, Sequence
from email.utils import formatdate
from typing import TYPE_CHECKING, Any, Final

from langsync.local.access import Access, preflight, shared_with
from langsync.local.authentication import Keys
from langsync.local.endpoint import Answer, Behavior, Call, Endpoint, answer_json
from langsync.local.faults import Fault, Faults
from langsync.local.item_writes import ItemWrites
from langsync.local.javascript import Json, parse
from langsync.local.openapi import reference
from langsync.local.projects import LocalProject
from langsync.local.rate_limits import RateLimit, RateLimiter
from langsync.local.refusals import RefusalError, internal_error
from langsync.local.requests_log import LoggedRequest, RequestsLog
from langsync.local.routing import find_target, is_gone, parse_query, redirection

if TYPE_CHECKING:
    from langsync.local.store import Store

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

TRANSPORT: Final = "langsync.transport"
"""The key of a scope under which the server puts the connection, so that it can be dropped."""

logger = logging.getLogger("langsync.local")

_GONE = """This endpoint is not available on deployments running in Langfuse v4 events_only mode. \
Learn more about Langfuse v4 at: https://langfuse.com/docs/v4"""
_HTML = b"""<!DOCTYPE html><html><head><meta charset="utf-8"/><title>404: This page could not be \
found</title></head><body><h1>404</h1><h2>This page could not be found.</h2></body></html>"""


class LocalApp:
    """Langfuse's public API on a store.

    Args:
        store: The database.
        projects: The projects and their keys; the default one where none is given.
        faults: The faults to inject.
        requests: The log of requests.
        behavior: How the server behaves where servers differ.
        rate_limit: A limit on requests.
        item_writes: How long upserts of items run.
        access: Whose requests are answered; those for and from loopback addresses by default.
        log: Hand a line for each request to the logger ``langsync.local``.
    """

    def __init__(
        self,
        store: Store,
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
        """Forgets all data, requests and faults, and begins a new window of the rate limit."""
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
        answer = preflight(scope["method"], scope["headers"], origin)
        if answer is None and scope["raw_path"].startswith(b"/_langsync/"):
            answer = self._own(scope)
        shared = shared_with(scope["headers"], origin)
        send = _with_headers(send, shared) if shared else send
        if answer is None:
            await self._respond(scope, receive, send)
            return
        await _read(receive, limit=0)
        await _send(send, answer)

    async def _refuse(
        self, refusal: RefusalError, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Answers a request that may come from a foreign page, which learns nothing by it."""
        started = time.perf_counter()
        await _read(receive, limit=0)
        self._note(scope["method"], _target(scope), refusal.status, started)
        await _send(send, answer_json(refusal.as_json(), refusal.status))

    async def _respond(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request to the API, unless a fault does."""
        method, target = scope["method"], _target(scope)
        started = time.perf_counter()
        query = scope["query_string"].decode("latin-1")
        fault = self.faults.match(method, target)
        if fault and fault.drop == "early":
            receive = await _close_early(scope, receive)
        answer = await self._answer(fault, scope, receive, query)
        if answer is None or (fault and fault.drop):
            self._note(method, target, 0, started)
            if fault and fault.drop == "early":
                return
            if answer and fault and fault.drop == "within":
                await _send(send, answer, cut=True)
            await _drop(scope, receive)
            return
        self._note(method, target, answer.status, started)
        await _send(send, answer, head=method == "HEAD")

    def _note(self, method: str, target: str, status: int, started: float) -> None:
        self.requests.add(LoggedRequest(method, target, status))
        if self._log:
            milliseconds = (time.perf_counter() - started) * 1000
            logger.info("%s %s %d %.1f ms", method, target, status, milliseconds)

    def _own(self, scope: Scope) -> Answer:
        """What the server tells of itself, to those who have keys."""
        try:
            self._keys.project(_authorization(scope))
        except RefusalError as refusal:
            return answer_json(refusal.as_json(), refusal.status)
        if scope["raw_path"] != b"/_langsync/requests":
            return Answer(_HTML, 404, "text/html; charset=utf-8")
        if scope["method"] == "DELETE":
            self.requests.clear()
            return Answer(b"", 204, content_type="")
        if scope["method"] == "GET":
            return answer_json(self.requests.as_json())
        return answer_json(_method_not_allowed().as_json(), 405)

    async def _answer(
        self, fault: Fault | None, scope: Scope, receive: Receive, query: str
    ) -> Answer | None:
        """The answer; None where a fault drops the request before it is handled."""
        if fault:
            if fault.delay:
                await asyncio.sleep(fault.delay)
            if fault.drop == "before":
                return None
            if fault.status is not None and not fault.handled:
                await _read(receive, limit=0)
                return fault.answer()
        try:
            answer = await self._handle(scope, receive, query, fault)
            return fault.answer() if fault and fault.status is not None else answer
        except RefusalError as refusal:
            return answer_json(refusal.as_json(), refusal.status)
        except Exception as error:  # a server answers whatever happens
            logger.warning("%s %s failed", scope["method"], scope["raw_path"], exc_info=True)
            return answer_json(internal_error(str(error)).as_json(), 500)

    async def _handle(
        self, scope: Scope, receive: Receive, query: str, fault: Fault | None
    ) -> Answer:
        path = scope["raw_path"].decode("latin-1")
        limited = self._limiter.refusal(path) if self._limiter else None
        place = redirection(path)
        if place is not None:
            location = f"{place}?{query}" if query else place
            return Answer(b"", 308, content_type="", headers={"Location": location})
        events_only = self.behavior.events_only
        found = find_target(path, events_only=events_only)
        if found is None:
            await _read(receive, limit=0)
            return _elsewhere(scope, path, events_only=events_only)
        endpoint = found.methods.get(scope["method"])
        raw = await _read(receive, endpoint.body_limit if endpoint else 0)
        if endpoint is None:
            raise _method_not_allowed()
        body = _body(endpoint, raw)
        if isinstance(body, Answer):  # the server reads a body before it looks at the keys
            return body
        project = self._project(endpoint, scope)
        if limited:
            return limited
        call = Call(
            self.store,
            project,
            self.behavior,
            found.names,
            parse_query(query),
            body,
            self.projects,
        )
        with self.store.lock:
            begun = endpoint.handle(call)
        if isinstance(begun, Answer):
            return begun
        await self.item_writes.wait(fault.write_delay if fault else 0.0)
        with self.store.lock:
            return begun.finish()

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


def _elsewhere(scope: Scope, path: str, *, events_only: bool) -> Answer:
    """Paths that are no endpoint: the API reference, and pages that do not exist."""
    if path == "/generated/api/openapi.yml":
        headers = dict(scope["headers"])
        return reference(headers.get(b"if-none-match", b"").decode("latin-1"))
    if events_only and is_gone(path):
        return answer_json({"message": _GONE}, 404)
    return Answer(_HTML, 404, "text/html; charset=utf-8")


def _method_not_allowed() -> RefusalError:
    return RefusalError(405, "Method not allowed", "MethodNotAllowedError")


def _body(endpoint: Endpoint, raw: bytes | None) -> Json:
    """The JSON of a body, or the answer that refuses it. Recorded: prompt-bodies 10."""
    if raw is None:
        limit = f"{endpoint.body_limit / 1024 / 1024:g}mb"
        return Answer(f"Body exceeded {limit} limit".encode(), 413, content_type="")
    if not raw or endpoint.method not in ("POST", "PATCH"):
        return {}
    try:
        return parse(raw)
    except ValueError:
        return Answer(b"Invalid JSON", 400, content_type="")


async def _read(receive: Receive, limit: int) -> bytes | None:
    """The body; None where it is too large. It is read to its end, so that the client listens."""
    chunks, size = [], 0
    while True:
        message = await receive()
        chunk = message.get("body", b"")
        size += len(chunk)
        if size <= limit:
            chunks.append(chunk)
        if not message.get("more_body", False):
            return b"".join(chunks) if size <= limit else None


async def _send(send: Send, answer: Answer, *, head: bool = False, cut: bool = False) -> None:
    headers = [(name.lower().encode(), value.encode()) for name, value in answer.headers.items()]
    headers.append((b"date", formatdate(usegmt=True).encode()))
    if answer.content_type:
        headers.append((b"content-type", answer.content_type.encode()))
    if answer.status not in (204, 304):
        headers.append((b"content-length", str(len(answer.body)).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    body = b"" if head else answer.body[: len(answer.body) // 2] if cut else answer.body
    await send({"type": "http.response.body", "body": body, "more_body": cut})


def _with_headers(send: Send, more: Sequence[tuple[bytes, bytes]]) -> Send:
    async def extended(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], *more]
        await send(message)

    return extended


async def _close_early(scope: Scope, receive: Receive) -> Receive:
    """Closes the connection as soon as the request is read, and hands on what was read."""
    messages = [await receive()]
    while messages[-1].get("more_body", False):
        messages.append(await receive())
    if TRANSPORT in scope:
        scope[TRANSPORT].close()
    rest = iter(messages)

    async def replay() -> Message:
        return next(rest)

    return replay


async def _drop(scope: Scope, receive: Receive) -> None:
    """Closes the connection without an answer."""
    transport = scope.get(TRANSPORT)
    if transport is None:
        raise ConnectionResetError("the connection was dropped on demand")
    transport.close()
    while (await receive())["type"] != "http.disconnect":
        pass
