"""Fetches a server's API reference, and keeps it for a day."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from langsync.api.reference import Reference
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
"""Seconds that a reference is taken for current."""


async def fetch_reference(
    client: Client,
    folder: Path | None,
    *,
    refresh: bool = False,
    warn: Callable[[str], None] = lambda _text: None,
    clock: Callable[[], float] = time.time,
) -> Reference:
    """The reference of a client's server: the one that is kept, where it is current.

    Args:
        client: Who asks.
        folder: Where references are kept; None for nowhere.
        refresh: Whether the server is asked in any case.
        warn: Called where the server cannot be asked and an older one is taken.
        clock: The time in seconds.

    Raises:
        ApiError: The server has none, or cannot be reached and none is kept.
    """
    digest = hashlib.sha256(client.connection.host.encode()).hexdigest()[:16]
    file = folder / f"reference-{digest}.json" if folder is not None else None
    kept = _read(file)
    if kept and not refresh and 0 <= clock() - kept.fetched < DAY:
        return kept.reference
    try:
        found = await _ask(client, kept)
    except ApiError as error:
        if kept is None:
            raise
        warn(f"{error.message}; taking the API reference that is kept")
        return kept.reference
    if file is not None:
        data = {"etag": found.etag, "fetched": clock(), "document": found.reference.document}
        with suppress(LangsyncError):  # as with every cache, it does without
            write_file(file, orjson.dumps(data).decode(), private=True)
    return found.reference


@dataclass(frozen=True, slots=True)
class _Kept:
    """A reference, what the server called it, and when it was current."""

    reference: Reference
    etag: str
    fetched: float = 0.0


def _read(file: Path | None) -> _Kept | None:
    """What is kept; None where that is nothing, or not what was written there."""
    if file is None:
        return None
    try:
        kept = orjson.loads(file.read_bytes())
        return _Kept(Reference(kept["document"]), str(kept["etag"]), float(kept["fetched"]))
    except (OSError, ValueError, TypeError, KeyError, UnexpectedAnswerError):
        return None


async def _ask(client: Client, kept: _Kept | None) -> _Kept:
    """The server's reference, which may be the one that is kept.

    Raises:
        ApiError: It has none, it cannot be reached, or it says no.
    """
    try:
        answer = await client.file(PATH, etag=kept.etag if kept else "")
    except ApiError as error:
        if error.status != 404:
            raise
        raise NotFoundError(f"the server has no API reference at {PATH}", 404) from None
    if answer is None and kept is not None:
        return kept
    text, etag = answer or ("", "")
    return _Kept(Reference(_parse(text)), etag)


def _parse(text: str) -> Any:  # noqa: ANN401 - any JSON
    try:
        (document,) = yaml.read(text, "the API reference")
    except (InvalidFilesError, ValueError):
        raise UnexpectedAnswerError("what the server has for an API reference is no YAML") from None
    return document
