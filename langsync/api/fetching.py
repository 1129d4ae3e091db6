"""Fetches a server's API reference, and caches it for a day."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from langsync.api.reference import ApiReference
from langsync.client import Client
from langsync.errors import (
    ApiError,
    InvalidFilesError,
    LangsyncError,
    NotFoundError,
    UnexpectedAnswerError,
)
from langsync.formats import yaml
from langsync.source.files import write_file

PATH: Final = "/generated/api/openapi.yml"
"""Where Langfuse serves its API reference, below the host."""

DAY: Final = 24 * 3600
"""Seconds that a cached reference counts as current."""


async def fetch_reference(
    client: Client,
    folder: Path | None,
    *,
    refresh: bool = False,
    warn: Callable[[str], None] = lambda _text: None,
    clock: Callable[[], float] = time.time,
) -> ApiReference:
    """Returns the API reference of a client's server, from the cache if that is current.

    Args:
        client: The client.
        folder: The cache folder; None for no cache.
        refresh: Whether to ask the server even if the cached reference is current.
        warn: Called if the server cannot be reached and an outdated reference is used.
        clock: Returns the time in seconds.

    Raises:
        ApiError: The server has no reference, or cannot be reached and none is cached.
    """
    digest = hashlib.sha256(client.connection.host.encode()).hexdigest()[:16]
    cache_file = folder / f"reference-{digest}.json" if folder is not None else None
    cached = _read_cache(cache_file)
    if cached and not refresh and 0 <= clock() - cached.fetched < DAY:
        return cached.reference
    try:
        fetched = await _fetch(client, cached)
    except ApiError as error:
        if cached is None:
            raise
        warn(f"{error.message}; taking the API reference that is kept")
        return cached.reference
    if cache_file is not None:
        data = {"etag": fetched.etag, "fetched": clock(), "document": fetched.reference.document}
        with suppress(LangsyncError):  # a cache that cannot be written is not an error
            write_file(cache_file, orjson.dumps(data).decode(), private=True)
    return fetched.reference


@dataclass(frozen=True, slots=True)
class _CachedReference:
    """A reference, its ETag, and when it was fetched."""

    reference: ApiReference
    etag: str
    fetched: float = 0.0


def _read_cache(cache_file: Path | None) -> _CachedReference | None:
    """Returns the cached reference; None if there is none, or the file is damaged."""
    if cache_file is None:
        return None
    try:
        data = orjson.loads(cache_file.read_bytes())
        return _CachedReference(
            ApiReference(data["document"]), str(data["etag"]), float(data["fetched"])
        )
    except (OSError, ValueError, TypeError, KeyError, UnexpectedAnswerError):
        return None


async def _fetch(client: Client, cached: _CachedReference | None) -> _CachedReference:
    """Returns the server's reference, which may be the cached one.

    Raises:
        ApiError: The server has no reference, cannot be reached, or refuses the request.
    """
    try:
        response = await client.file(PATH, etag=cached.etag if cached else "")
    except ApiError as error:
        if error.status != 404:
            raise
        raise NotFoundError(f"the server has no API reference at {PATH}", 404) from None
    if response is None and cached is not None:
        return cached
    text, etag = response or ("", "")
    return _CachedReference(ApiReference(_parse(text)), etag)


def _parse(text: str) -> Any:  # noqa: ANN401 - any JSON
    try:
        (document,) = yaml.read(text, "the API reference")
    except (InvalidFilesError, ValueError):
        raise UnexpectedAnswerError("what the server has for an API reference is no YAML") from None
    return document
