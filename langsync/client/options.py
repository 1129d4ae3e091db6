"""Limits and timeouts of a client, and its HTTP connections."""

from __future__ import annotations

from dataclasses import dataclass

import httpx

from langsync.client.receiving import ENCODINGS, MAX_BYTES, set_redirects_aside
from langsync.config import Connection


@dataclass(frozen=True, slots=True)
class Options:
    """Limits and timeouts of a client.

    Args:
        concurrency: The maximum number of concurrent requests.
        timeout: Seconds to wait for a response, and for each further part of it; ten times as many
            for the whole response.
        attempts: The maximum number of attempts of a request.
        backoff: Seconds to wait before the second attempt; doubled for each further one.
        patience: The total seconds that a request waits for rate limits.
        version: The version of langsync, for the User-Agent.
        max_bytes: The maximum size of a decompressed response in bytes; a larger one is refused.
    """

    concurrency: int = 16
    timeout: float = 30.0
    attempts: int = 5
    backoff: float = 0.5
    patience: float = 600.0
    version: str = "0"
    max_bytes: int = MAX_BYTES

    @property
    def deadline(self) -> float:
        """The maximum seconds for a whole response, however slowly it arrives."""
        return 10 * self.timeout


def open_http(
    connection: Connection, options: Options, transport: httpx.AsyncBaseTransport | None = None
) -> httpx.AsyncClient:
    """Returns the HTTP client for an API; redirects are not followed, as they would lose bodies.

    A server on this machine is not reached through the proxy that ``HTTP_PROXY`` or ``ALL_PROXY``
    names: it may be another machine, and HTTP to this one is not encrypted.
    """
    server = httpx.URL(connection.host).netloc.decode()
    return httpx.AsyncClient(
        base_url=f"{connection.host}/api/public",
        auth=(connection.public_key, connection.secret_key),
        headers={
            "User-Agent": f"langsync/{options.version}",
            "Accept": "application/json",
            "Accept-Encoding": ", ".join(ENCODINGS),
            **connection.headers,
        },
        timeout=options.timeout,
        limits=httpx.Limits(
            max_connections=options.concurrency,
            max_keepalive_connections=options.concurrency,
        ),
        transport=transport,
        mounts={f"all://{server}": None} if connection.is_local else {},
        follow_redirects=False,
        event_hooks={"response": [set_redirects_aside]},
    )
