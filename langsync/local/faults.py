"""Faults on demand: answers and dropped connections for tests of clients."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from langsync.local.endpoint import JSON, Answer
from langsync.local.javascript import dumps

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Fault:
    """What to do to some requests instead of answering them as usual.

    Args:
        method: The HTTP method; empty for any.
        path: An expression that is searched in the path and query as they were sent.
        times: How many requests it hits; None for all.
        skip: How many matching requests go through before the first hit.
        status: The status to answer with instead of handling the request; None to handle it.
        handled: Whether the request is handled before the answer of ``status`` takes the place of
            its own, as where a proxy loses that one.
        headers: Headers of that answer.
        body: Its body: text as it is, anything else as JSON, None for a message.
        delay: Seconds to wait before the request is looked at.
        write_delay: Seconds that the upsert of an item waits between what it reads and what it
            writes; see `ItemWrites`.
        drop: ``before``: close the connection, nothing is handled. ``early``: close it and handle
            the request all the same, so that another can come while it runs. ``after``: handle the
            request, then close the connection without an answer. ``within``: close it in the
            middle of the answer's body.
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

    def answer(self) -> Answer:
        """The answer that stands in for the real one."""
        status = self.status or 200
        if isinstance(self.body, str):
            return Answer(self.body.encode(), status, "text/plain", self.headers)
        body = {"message": "fault"} if self.body is None else self.body
        return Answer(dumps(body), status, JSON, self.headers)


class Faults:
    """The faults of a server, in the order in which they were added."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[_Rule] = []

    def add(self, fault: Fault) -> None:
        """Adds a fault; where several match a request, the first takes it."""
        with self._lock:
            self._rules.append(_Rule(fault))

    def clear(self) -> None:
        """Removes all faults."""
        with self._lock:
            self._rules.clear()

    def match(self, method: str, path: str) -> Fault | None:
        """The fault that hits a request, which uses up one of its times."""
        if not self._rules:
            return None
        with self._lock:
            return next((rule.fault for rule in self._rules if rule.hits(method, path)), None)


class _Rule:
    """A fault and how often it has matched."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self._pattern = re.compile(fault.path)
        self._seen = 0

    def hits(self, method: str, path: str) -> bool:
        fault = self.fault
        if fault.method not in ("", method) or not self._pattern.search(path):
            return False
        if fault.times is not None and self._seen >= fault.skip + fault.times:
            return False
        self._seen += 1
        return self._seen > fault.skip
