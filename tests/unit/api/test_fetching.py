"""The server's reference is kept for a day, and longer where the server gives none."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from langsync.api import fetch_reference
from langsync.client import Client, Options
from langsync.config import Connection
from langsync.errors import ApiError, ConnectionFailedError, LangsyncError, NotFoundError
from langsync.local import Fault, LocalServer


class Asker:
    """Asks for the reference of a server, with a clock and its warnings."""

    def __init__(self, url: str, folder: Path) -> None:
        self.now, self.warnings, self.folder = 0.0, list[str](), folder
        self._connection = Connection(url, "pk-lf-local", "sk-lf-local")

    def count(self, *, refresh: bool = False, attempts: int = 1) -> int:
        """How many operations there are."""

        async def ask() -> int:
            async with Client(self._connection, Options(attempts=attempts, backoff=0)) as client:
                found = await fetch_reference(
                    client,
                    self.folder,
                    refresh=refresh,
                    clock=lambda: self.now,
                    warn=self.warnings.append,
                )
            return len(found.operations)

        return asyncio.run(ask())


@pytest.fixture
def asker(server: LocalServer, tmp_path: Path) -> Asker:
    return Asker(server.url, tmp_path)


def test_a_reference_is_current_for_a_day(server: LocalServer, asker: Asker) -> None:
    """Then it is asked for by its ETag."""
    count = asker.count()
    asker.now = 23 * 3600.0
    assert asker.count() == count
    assert len(server.requests) == 1
    asker.now = 25 * 3600.0
    assert asker.count() == count
    assert [one.status for one in server.requests] == [200, 304]
    asker.count()
    assert len(server.requests) == 2
    asker.count(refresh=True)
    assert len(server.requests) == 3
    assert not asker.warnings


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ({"drop": "before"}, "cannot reach"),
        ({"status": 500}, "fault"),
        ({"status": 429}, "too many requests"),
        ({"status": 302, "headers": {"Location": "https://elsewhere.example"}}, "redirects"),
        ({"status": 404, "body": "<html>"}, "no API reference"),
        ({"status": 200, "body": "<html>sign in</html>"}, "API reference is no"),
        ({"status": 200, "body": "a: 1"}, "no OpenAPI"),
    ],
)
def test_a_server_that_gives_none_is_told(
    server: LocalServer, asker: Asker, fault: dict[str, Any], told: str
) -> None:
    """The kept one is taken, and is not current for that; where none is kept it is an error."""
    count = asker.count()
    server.faults.add(Fault("GET", "openapi", times=None, **fault))
    asker.now = 25 * 3600.0
    for expected in (1, 2):
        assert asker.count() == count
        assert len(asker.warnings) == expected
        assert told in asker.warnings[-1]
        assert "taking the API reference that is kept" in asker.warnings[-1]
    asker.folder /= "empty"
    with pytest.raises(LangsyncError, match=told):
        asker.count()


def test_what_it_raises_says_what_happened(server: LocalServer, asker: Asker) -> None:
    """Nothing answered, there is none, the server is not well."""
    wanted: list[tuple[dict[str, Any], type[ApiError]]] = [
        ({"drop": "before"}, ConnectionFailedError),
        ({"status": 404}, NotFoundError),
        ({"status": 500}, ApiError),
    ]
    for fault, kind in wanted:
        server.faults.clear()
        server.faults.add(Fault("GET", "openapi", times=None, **fault))
        with pytest.raises(kind):
            asker.count()


def test_it_is_asked_for_again_where_that_helps(server: LocalServer, asker: Asker) -> None:
    """As every request is."""
    server.faults.add(Fault("GET", "openapi", status=503))
    assert asker.count(attempts=2)
    assert [one.status for one in server.requests] == [503, 200]


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"etag": "", "fetched": 0, "document": []}', '{"etag": "", "fetched": "x"}'],
)
def test_a_kept_file_that_is_broken_is_none(
    server: LocalServer, asker: Asker, tmp_path: Path, text: str
) -> None:
    """It is fetched again."""
    asker.count()
    (file,) = tmp_path.glob("reference-*.json")
    file.write_text(text, "utf-8")
    assert asker.count()
    assert [one.status for one in server.requests] == [200, 200]


def test_a_folder_that_cannot_be_written_keeps_nothing(server: LocalServer, asker: Asker) -> None:
    """It is asked for each time, and nobody hears of it."""
    asker.folder /= "file"
    asker.folder.touch()
    count = asker.count()
    assert (count > 0, asker.count(), len(server.requests)) == (True, count, 2)
    assert not asker.warnings
