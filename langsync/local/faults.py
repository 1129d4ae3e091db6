"""Injects faults: error responses and dropped connections for tests of clients."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from langsync.local.endpoint import JSON, Response
from langsync.local.javascript import dumps

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault that some requests get instead of the usual response.

    Args:
        method: The HTTP method; empty for any.
        path: A regular expression, searched in the path and query as received.
        times: The number of requests it applies to; None for all.
        skip: The number of matching requests that are handled before the first fault.
        status: The status to respond with instead of handling the request; None to handle it.
        handled: Whether the request is handled before the response of ``status`` replaces its
            own, as if a proxy had lost it.
        headers: Headers of that response.
        body: Its body: text as it is, anything else as JSON, None for a message.
        delay: Seconds to wait before the request is handled.
        write_delay: Seconds that the upsert of an item waits between what it reads and what it
            writes; see `ItemWrites`.
        drop: ``before``: close the connection, handle nothing. ``early``: close it and handle the
            request nevertheless, so that another can arrive meanwhile. ``after``: handle the
            request, then close the connection without a response. ``within``: close it in the
            middle of the response body.
    """

    method: str = ""
    path: str = ""
    times: int | None = 1
    skip: int = 0
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    delay: float = 0.0
    write_delay: float = 0.0
    drop: Literal["", "before", "early", "after", "within"] = ""
    handled: bool = False

    def answer(self) -> Response:
        """Returns the response that replaces the real one."""
        status = self.status or 200
        if isinstance(self.body, str):
            return Response(self.body.encode(), status, "text/plain", self.headers)
        body = {"message": "fault"} if self.body is None else self.body
        return Response(dumps(body), status, JSON, self.headers)


class Faults:
    """The faults of a server, in the order they were added."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[_Rule] = []

    def add(self, fault: Fault) -> None:
        """Adds a fault; if several match a request, the first applies."""
        with self._lock:
            self._rules.append(_Rule(fault))

    def clear(self) -> None:
        """Removes all faults."""
        with self._lock:
            self._rules.clear()

    def match(self, method: str, path: str) -> Fault | None:
        """Returns the fault that applies to a request, and counts it."""
        if not self._rules:
            return None
        with self._lock:
            return next((rule.fault for rule in self._rules if rule.applies_to(method, path)), None)


class _Rule:
    """A fault and how often it has matched."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self._pattern = re.compile(fault.path)
        self._seen = 0

    def applies_to(self, method: str, path: str) -> bool:
        fault = self.fault
        if fault.method not in ("", method) or not self._pattern.search(path):
            return False
        if fault.times is not None and self._seen >= fault.skip + fault.times:
            return False
        self._seen += 1
        return self._seen > fault.skip
