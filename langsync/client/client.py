"""The client of Langfuse's public API."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

import httpx
import orjson

from langsync.client import answers, attempts, failures
from langsync.client.answers import RawResponse
from langsync.client.attempts import Failure
from langsync.client.cache import Cache, DiskCache, NoCache
from langsync.client.guards import check_path, check_request
from langsync.client.limiter import Limiter
from langsync.client.messages import text_of
from langsync.client.options import Options, open_http
from langsync.client.paging import AHEAD
from langsync.client.rates import MINUTE, family
from langsync.client.reading import Reading
from langsync.client.receiving import receive
from langsync.client.schemas import PROJECTS
from langsync.config import Connection
from langsync.errors import ConnectionFailedError, UnexpectedAnswerError
from langsync.model import Json, Project, Request


@dataclass(slots=True)
class Client(Reading):
    """Calls Langfuse's public API; used as an async context manager.

    Args:
        connection: The host and the keys.
        options: Limits and timeouts.
        transport: Replaces the network, for tests.
        on_request: Called after each attempt with method, path, status (0 for no response) and
            seconds.
        on_wait: Called when a wait begins, with the limited family of endpoints (empty for no rate
            limit) and seconds.
        disk: The cache for the next run; None for none.
        cache: The cached responses of the project, once `project` was called.
    """

    connection: Connection
    options: Options = field(default_factory=Options)
    transport: httpx.AsyncBaseTransport | None = None
    on_request: Callable[[str, str, int, float], None] | None = None
    on_wait: Callable[[str, float], None] | None = None
    sent: int = 0
    disk: DiskCache | None = None
    cache: Cache = field(default_factory=NoCache)
    _has_response: bool = False
    _project_cache: Cache = field(default_factory=NoCache)
    _date: tuple[datetime, float] | None = None
    _limiter: Limiter = field(init=False)
    _http: httpx.AsyncClient = field(init=False)

    def __post_init__(self) -> None:
        self._limiter = Limiter(self.options.concurrency, self._report_wait)
        connection = self.connection
        try:
            _ = httpx.URL(connection.host).host  # raises for an invalid international name
            self._http = open_http(connection, self.options, self.transport)
        except (httpx.InvalidURL, ValueError):
            raise ConnectionFailedError(f"{connection.host!r} is no host") from None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._http.aclose()
        if self.disk is not None:
            self.disk.close()

    async def project(self) -> Project:
        """Returns the project that the keys belong to.

        Raises:
            ApiError: The keys are unknown, or belong to no single project.
        """
        rows = (await self.get("/projects", PROJECTS))["data"]
        if not rows:
            raise UnexpectedAnswerError(
                "these keys belong to no project: make project keys under "
                "Project Settings, API Keys (organization keys do not work here)"
            )
        project = Project(rows[0]["id"], rows[0]["name"], self.connection.host)
        if self.disk is not None:
            self.cache = self.disk.scope(project.host, project.id)
        self._project_cache = self.cache
        return project

    def server_time(self) -> datetime | None:
        """Returns the server's time by its last response, never too early; None before any.

        Local clocks may be wrong, and a ``Date`` header may be old: see `paging.AHEAD`.
        """
        if self._date is None:
            return None
        date, received_at = self._date
        return date + timedelta(seconds=time.monotonic() - received_at + AHEAD)

    async def probe(self, path: str, **params: str | int) -> RawResponse:
        """Sends one GET request and returns any response, for checks of the connection.

        Raises:
            ConnectionFailedError: There was no response.
        """
        try:
            request = self._http.build_request("GET", path, params=params)
            response = await receive(
                self._http, request, self.options.max_bytes, self.options.deadline
            )
        except httpx.HTTPError as error:
            raise failures.connection_failed(self.connection.host, error) from error
        self._report(response.request, response)
        return answers.to_raw(response)

    async def file(self, path: str, *, etag: str = "") -> tuple[str, str] | None:
        """Reads a text that the server has outside of its API.

        Args:
            path: Path below the host.
            etag: Its ETag when it was last read.

        Returns:
            The text and its ETag; None if it has not changed since.

        Raises:
            ApiError: It does not exist, or there was no response.
        """
        headers = {"If-None-Match": etag} if etag else {}
        url = f"{self.connection.host}{path}"
        response = await self._exchange(self._http.build_request("GET", url, headers=headers), path)
        if response.status_code == 304 and etag:
            return None
        if response.status_code >= 300:
            raise failures.redirected(response, self.connection.host)
        return text_of(response), answers.etag(response)

    async def send(self, request: Request) -> Json:
        """Sends one write, and checks that the response is Langfuse's.

        Raises:
            AnswerLostError: No response proves whether it was done.
            ApiError: It failed.
        """
        method, path = request.method, request.path
        body = await self.call(method, path, body=request.body, repeatable=request.repeatable)
        if not answers.is_expected(method, body):
            raise failures.lost(method, path, "200, but not by Langfuse", 200)
        return body

    async def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int | list[str]] | None = None,
        body: Json = None,
        repeatable: bool = True,
    ) -> Json:
        """Sends a request, again as long as that may succeed and is safe.

        Args:
            method: The HTTP method.
            path: Path below ``/api/public``, percent-encoded.
            params: The query; None for the query of the path.
            body: The JSON body; None for none.
            repeatable: Whether it may be sent again while an earlier attempt may still be handled.

        Raises:
            AnswerLostError: No response proves whether it was done.
            ApiError: It failed.
        """
        content = None if body is None else orjson.dumps(body)
        headers = {} if content is None else {"Content-Type": "application/json"}
        request = self._http.build_request(
            method, path, params=params, content=content, headers=headers
        )
        response = await self._exchange(request, path, repeatable=repeatable)
        if response.status_code == 404:
            return None  # an earlier attempt, whose response was lost, has deleted it
        return answers.decode(response, self.connection.host)

    async def _exchange(
        self, request: httpx.Request, path: str, *, repeatable: bool = True
    ) -> httpx.Response:
        """Sends a request, again as long as that may succeed; returns the successful response.

        A write whose response is lost is sent again only if it is repeatable.
        """
        check_path(path)
        check_request(request)
        return await attempts.send_repeatedly(
            lambda number, patience: self._attempt(request, path, number, patience),
            lambda number, failure: self._wait(failure.wait or self._backoff(number)),
            self.options,
            repeatable=repeatable,
        )

    async def _attempt(
        self, request: httpx.Request, path: str, number: int, patience: float
    ) -> httpx.Response | Failure:
        """Sends a request once; returns a successful response, or the failure."""
        host = self.connection.host
        try:
            sent_at, response = await self._send(request, path, patience)
        except httpx.HTTPError as error:
            is_unreachable = not self._has_response and isinstance(error, httpx.ConnectError)
            return attempts.from_error(request, path, host, error, is_final=is_unreachable)
        failure = attempts.from_response(response, path, host)
        if failure is not None and failure.is_rate_limited:  # others have to wait, too
            pause = failure.wait or self._backoff(number)
            self._hold_back(family(path), pause, sent_at, answers.rate_limit(response))
        return failure or response

    async def _wait(self, seconds: float) -> None:
        """Waits before the next attempt."""
        self._report_wait("", seconds)
        await self._limiter.pause(seconds)

    def rate(self, path: str) -> tuple[int, float] | None:
        """Returns the number of requests of a window, and its seconds, as Langfuse last said.

        Args:
            path: Path below ``/api/public``; the same for all of its family.

        Returns:
            None if no request was refused so far, in this run or an earlier one.
        """
        match self._project_cache.get("rate", family(path)):
            case [int() as requests, (int() | float()) as seconds] if requests > 0:
                return requests, float(seconds)
        return None

    def _hold_back(self, family_name: str, wait: float, sent_at: float, limit: int | None) -> None:
        """Holds back requests of a family, and caches its limit for the next run."""
        self._limiter.refused(wait, family_name, sent_at=sent_at, limit=limit)
        rate = self._limiter.rates[family_name]
        if rate.limit is not None:
            window = rate.window if rate.measured else MINUTE
            self._project_cache.put([rate.limit, window], "rate", family_name)

    def _report_wait(self, family_name: str, seconds: float) -> None:
        if self.on_wait is not None:
            self.on_wait(family_name, seconds)

    def stop(self) -> None:
        """Makes requests that wait for a rate limit fail with `StoppedError`, now and later."""
        self._limiter.stop()

    async def _send(
        self, request: httpx.Request, path: str, patience: float
    ) -> tuple[float, httpx.Response]:
        """Sends a request once, when the limiter allows it; returns that time and the response."""
        async with self._limiter.slot(family(path), patience) as sent_at:
            self.sent += 1
            try:
                response = await receive(
                    self._http, request, self.options.max_bytes, self.options.deadline
                )
            except httpx.HTTPError:
                self._report(request, None, asyncio.get_running_loop().time() - sent_at)
                raise
            self._has_response = True
            self._date = answers.date(response) or self._date
            if response.status_code < 400:
                self._limiter.succeeded()
            self._report(request, response)
            return sent_at, response

    def _report(
        self, request: httpx.Request, response: httpx.Response | None, elapsed: float = 0
    ) -> None:
        if self.on_request is None:
            return
        status = 0 if response is None else response.status_code
        seconds = elapsed if response is None else response.elapsed.total_seconds()
        self.on_request(request.method, request.url.raw_path.decode(), status, seconds)

    def _backoff(self, attempt: int) -> float:
        """Returns the seconds before the next attempt: doubled each time, with jitter."""
        maximum = min(30.0, self.options.backoff * 2.0 ** (attempt - 1))
        return maximum * (0.5 + random.random() / 2)  # noqa: S311 - no secret
