"""Fetches a server's API reference, and keeps it for a day."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import orjson

from langsync.api.reference import Reference
from langsync.client import Client
from langsync.errors import ConnectionFailedError, InvalidFilesError, UnexpectedAnswerError
from langsync.formats import yaml
from langsync.formats.files import write_file

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
        LangsyncError: The server has none, or cannot be reached and none is kept.
    """
    digest = hashlib.sha256(client.connection.host.encode()).hexdigest()[:16]
    file = folder / f"reference-{digest}.json" if folder is not None else None
    kept = _read(file)
    if kept and not refresh and 0 <= clock() - kept["fetched"] < DAY:
        return Reference(kept["document"])
    try:
        answer = await client.file(PATH, etag=kept["etag"] if kept else "")
    except ConnectionFailedError as error:
        if not kept:
            raise
        warn(f"{error.message}; taking the API reference that is kept")
        return Reference(kept["document"])
    if answer is None and kept:
        document, etag = kept["document"], kept["etag"]
    elif answer is None:
        raise UnexpectedAnswerError("the server has no API reference")
    else:
        document, etag = _parse(answer[0]), answer[1]
    found = Reference(document)
    if file is not None:
        packed = orjson.dumps({"etag": etag, "fetched": clock(), "document": document})
        write_file(file, packed.decode(), private=True)
    return found


def _read(file: Path | None) -> dict[str, Any] | None:
    if file is None:
        return None
    try:
        kept = orjson.loads(file.read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return None
    right = isinstance(kept, dict) and kept.keys() >= {"etag", "fetched", "document"}
    return kept if right else None


def _parse(text: str) -> Any:  # noqa: ANN401 - any JSON
    try:
        (document,) = yaml.read(text, "the API reference")
    except (InvalidFilesError, ValueError):
        raise UnexpectedAnswerError("what the server has for an API reference is no YAML") from None
    return document
