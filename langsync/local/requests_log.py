"""The log of the requests that the embedded server answered."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import asdict, dataclass
from typing import Any, Final

MAX_REQUESTS: Final = 100_000


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """One request.

    Args:
        method: The HTTP method.
        path: The path and query as received, percent-encoded.
        status: The status of the response; 0 if the connection was dropped instead.
    """

    method: str
    path: str
    status: int


class RequestsLog:
    """Counts requests and keeps the latest of them; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._total = 0
        self._requests: deque[LoggedRequest] = deque(maxlen=MAX_REQUESTS)

    def add(self, request: LoggedRequest) -> None:
        """Counts a request."""
        with self._lock:
            self._total += 1
            self._requests.append(request)

    @property
    def requests(self) -> list[LoggedRequest]:
        """The requests that are kept, oldest first."""
        with self._lock:
            return list(self._requests)

    def clear(self) -> None:
        """Deletes all requests and resets the count."""
        with self._lock:
            self._total = 0
            self._requests.clear()

    def as_json(self) -> dict[str, Any]:
        """Returns the response of ``GET /_langsync/requests``."""
        with self._lock:
            return {
                "total": self._total,
                "requests": [asdict(request) for request in self._requests],
            }
