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
from langsync.client.answers import Answer
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
        connection: Where and with which keys.
        options: How.
        transport: Replaces the network, for tests.
        on_request: Called after each attempt with method, path, status (0: no answer) and seconds.
        on_wait: Called when a wait begins, with seconds, and what is limited or nothing of it.
        disk: Where what was read is kept for the next run; None for nowhere.
        cache: What was read before of the project, from when `project` was asked.
    """

    connection: Connection
    options: Options = field(default_factory=Options)
    transport: httpx.AsyncBaseTransport | None = None
    on_request: Callable[[str, str, int, float], None] | None = None
    on_wait: Callable[[str, float], None] | None = None
    sent: int = 0
    disk: DiskCache | None = None
    cache: Cache = field(default_factory=NoCache)
    _answered: bool = False
    _kept: Cache = field(default_factory=NoCache)
    _date: tuple[datetime, float] | None = None
    _limiter: Limiter = field(init=False)
    _http: httpx.AsyncClient = field(init=False)

    def __post_init__(self) -> None:
        self._limiter = Limiter(self.options.concurrency, self._waits)
        connection = self.connection
        try:
            _ = httpx.URL(connection.host).host  # decodes what the name is in Unicode
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
        """The project that the keys belong to.

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
        self._kept = self.cache
        return project

    def server_time(self) -> datetime | None:
        """The server's time by its last answer, not earlier than it is; None before any.

        Local clocks may be wrong, and a ``Date`` header is some time old: see `paging.AHEAD`.
        """
        if self._date is None:
            return None
        date, seen = self._date
        return date + timedelta(seconds=time.monotonic() - seen + AHEAD)

    async def probe(self, path: str, **params: str | int) -> Answer:
        """Ask once and take any answer as it is, for checks of the way to the server.

        Raises:
            ConnectionFailedError: Nothing answered.
        """
        try:
            request = self._http.build_request("GET", path, params=params)
            response = await receive(
                self._http, request, self.options.max_bytes, self.options.deadline
            )
        except httpx.HTTPError as error:
            raise failures.connection_failed(self.connection.host, error) from error
        self._tell(response.request, response)
        return answers.as_it_came(response)

    async def file(self, path: str, *, etag: str = "") -> tuple[str, str] | None:
        """Read a text that the server has beside its API.

        Args:
            path: Path below the host.
            etag: What it was called when it was read before.

        Returns:
            The text and what it is called now; None where that is what it was called before.

        Raises:
            ApiError: It is not there, or nothing answered.
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
        """Send one write, and make sure that the answer is one of Langfuse's to it.

        Raises:
            AnswerLostError: No answer proves what became of it: it may have been done.
            ApiError: It failed.
        """
        method, path = request.method, request.path
        answer = await self.call(method, path, body=request.body, repeatable=request.repeatable)
        if not answers.is_expected(method, answer):
            raise failures.lost(method, path, "200, but not by Langfuse", 200)
        return answer

    async def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int | list[str]] | None = None,
        body: Json = None,
        repeatable: bool = True,
    ) -> Json:
        """Send a request, again where that helps and can do no harm.

        Args:
            method: The HTTP method.
            path: Path below ``/api/public``, percent-encoded.
            params: The query; None for what stands in the path.
            body: The JSON to send; None for none.
            repeatable: Whether it may be sent again while an earlier sending of it may still be
                under way.

        Raises:
            AnswerLostError: No answer proves what became of it: it may have been done.
            ApiError: It failed.
        """
        content = None if body is None else orjson.dumps(body)
        headers = {} if content is None else {"Content-Type": "application/json"}
        request = self._http.build_request(
            method, path, params=params, content=content, headers=headers
        )
        response = await self._exchange(request, path, repeatable=repeatable)
        if response.status_code == 404:
            return None  # an earlier attempt to delete it, whose answer was lost, has done so
        return answers.decode(response, self.connection.host)

    async def _exchange(
        self, request: httpx.Request, path: str, *, repeatable: bool = True
    ) -> httpx.Response:
        """Send a request, again where that helps; gives an answer that is no refusal.

        A write whose answer is lost is sent again only if it is repeatable.
        """
        check_path(path)
        check_request(request)
        return await attempts.repeated(
            lambda number, patience: self._attempt(request, path, number, patience),
            lambda number, failure: self._rest(failure.wait or self._pause(number)),
            self.options,
            repeatable=repeatable,
        )

    async def _attempt(
        self, request: httpx.Request, path: str, number: int, patience: float
    ) -> httpx.Response | Failure:
        """Send once; gives an answer that is no refusal, or what failed."""
        host = self.connection.host
        try:
            sent, response = await self._send(request, path, patience)
        except httpx.HTTPError as error:
            never = not self._answered and isinstance(error, httpx.ConnectError)
            return attempts.from_error(request, path, host, error, final=never)
        failure = attempts.from_response(response, path, host)
        if failure is not None and failure.limited:  # also where it is too long: others wait, too
            pause = failure.wait or self._pause(number)
            self._refused(family(path), pause, sent, answers.rate_limit(response))
        return failure or response

    async def _rest(self, seconds: float) -> None:
        """Wait before the next attempt."""
        self._waits("", seconds)
        await self._limiter.pause(seconds)

    def rate(self, path: str) -> tuple[int, float] | None:
        """How many requests a window lets through, and its seconds, as Langfuse said last.

        Args:
            path: Path below ``/api/public``; what is counted together with it is the same.

        Returns:
            None where nothing was refused so far, in this run or one before.
        """
        match self._kept.get("rate", family(path)):
            case [int() as requests, (int() | float()) as seconds] if requests > 0:
                return requests, float(seconds)
        return None

    def _refused(self, name: str, pause: float, sent: float, limit: int | None) -> None:
        """Hold back what is counted together, and remember the limit for the next run."""
        self._limiter.refused(pause, name, sent=sent, limit=limit)
        rate = self._limiter.rates[name]
        if rate.limit is not None:
            window = rate.window if rate.measured else MINUTE
            self._kept.put([rate.limit, window], "rate", name)

    def _waits(self, what: str, seconds: float) -> None:
        if self.on_wait is not None:
            self.on_wait(what, seconds)

    def stop(self) -> None:
        """Let no request wait for a rate limit any more: it fails with `StoppedError`."""
        self._limiter.stop()

    async def _send(
        self, request: httpx.Request, path: str, patience: float
    ) -> tuple[float, httpx.Response]:
        """Send once, when its turn comes; gives when that was, and the answer."""
        async with self._limiter.slot(family(path), patience) as sent:
            self.sent += 1
            try:
                response = await receive(
                    self._http, request, self.options.max_bytes, self.options.deadline
                )
            except httpx.HTTPError:
                self._tell(request, None, asyncio.get_running_loop().time() - sent)
                raise
            self._answered = True
            self._date = answers.date(response) or self._date
            if response.status_code < 400:
                self._limiter.succeeded()
            self._tell(request, response)
            return sent, response

    def _tell(
        self, request: httpx.Request, response: httpx.Response | None, took: float = 0
    ) -> None:
        if self.on_request is None:
            return
        status = 0 if response is None else response.status_code
        seconds = took if response is None else response.elapsed.total_seconds()
        self.on_request(request.method, request.url.raw_path.decode(), status, seconds)

    def _pause(self, attempt: int) -> float:
        """Seconds before the next attempt: doubled each time, with jitter."""
        most = min(30.0, self.options.backoff * 2.0 ** (attempt - 1))
        return most * (0.5 + random.random() / 2)  # noqa: S311 - no secret
