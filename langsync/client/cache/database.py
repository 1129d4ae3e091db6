"""One SQLite file of the cache: encoded values by encoded keys, with their last use.

It is in WAL mode: readers never wait, writers wait for each other, and a process that is killed
leaves either all of a transaction or nothing.
"""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import orjson

BUSY_TIMEOUT = 2.0
"""Seconds to wait for another process that holds the database."""

_ENTRIES = """
CREATE TABLE IF NOT EXISTS entries (
  key BLOB PRIMARY KEY, used INTEGER NOT NULL, checksum BLOB NOT NULL, value BLOB NOT NULL
)"""
_BY_USE = "CREATE INDEX IF NOT EXISTS entries_by_use ON entries (used)"
_READ = "SELECT used, checksum, value FROM entries WHERE key = ?"
_STORE = "INSERT OR REPLACE INTO entries (key, used, checksum, value) VALUES (?, ?, ?, ?)"
_TOUCH = "UPDATE entries SET used = ? WHERE key = ?"
_DELETE = "DELETE FROM entries WHERE key = ?"
_DELETE_BETWEEN = "DELETE FROM entries WHERE key >= ? AND key < ?"
_OLDEST = "SELECT rowid, length(value) + 2 * length(key) + 50 FROM entries ORDER BY used, rowid"
_EVICT = "DELETE FROM entries WHERE rowid = ?"

_DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR}
"""Primary result codes of a file that is not a cache; the last one if it has other tables."""


class DamagedError(Exception):
    """A row is not as it was written."""


class Database:
    """A connection to a file that exists; each method but ``close`` raises ``sqlite3.Error``.

    Args:
        file: The file; an empty one gets its tables.
    """

    def __init__(self, file: Path) -> None:
        self._connection = sqlite3.connect(
            f"{file.absolute().as_uri()}?mode=rw",  # SQLite must not create it, with its own mode
            uri=True,
            timeout=BUSY_TIMEOUT,
            isolation_level=None,
            check_same_thread=False,
        )
        self._connection.text_factory = bytes
        try:
            _set_up(self._connection)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Closes the file; an open transaction is rolled back."""
        with suppress(sqlite3.Error):
            self._connection.close()

    def read(self, key: bytes) -> tuple[int, bytes] | None:
        """Returns when the value of a key was last used, and the value.

        Raises:
            DamagedError: The row is not as it was written. SQLite checks the structure of a
                file, not its content: it does not notice a flipped bit in a text.
        """
        rows = self._connection.execute(_READ, (key,)).fetchall()
        if not rows:
            return None
        used, checksum, value = rows[0]
        if (type(used), type(value)) != (int, bytes) or checksum != _checksum(key, value):
            raise DamagedError
        return used, value

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commits all changes made inside, or none."""
        with self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            yield

    def write(
        self, now: int, values: Mapping[bytes, bytes | None], touched: Collection[bytes]
    ) -> None:
        """Stores values, deletes those that are None, updates the last use of others."""
        run = self._connection.executemany
        run(_TOUCH, [(now, key) for key in touched])
        run(_DELETE, [(key,) for key, value in values.items() if value is None])
        run(
            _STORE,
            [
                (key, now, _checksum(key, value), value)
                for key, value in values.items()
                if value is not None
            ],
        )

    def delete_between(self, first: bytes, end: bytes) -> None:
        """Deletes all keys from the first, inclusive, to the end, exclusive."""
        self._connection.execute(_DELETE_BETWEEN, (first, end))

    def bytes_used(self) -> int:
        """Returns the size of the file without its free pages."""
        page_count, free_count, page_size = (
            self._connection.execute(f"PRAGMA {name}").fetchall()[0][0]
            for name in ("page_count", "freelist_count", "page_size")
        )
        return int((page_count - free_count) * page_size)

    def evict(self, target: int) -> None:
        """Deletes entries, least recently used first, until at most the target is used."""
        while (excess := self.bytes_used() - target) > 0:
            oldest = self._oldest(excess)
            if not oldest:
                return
            self._connection.executemany(_EVICT, oldest)

    def _oldest(self, bytes_needed: int) -> list[tuple[int]]:
        """Returns the rows to delete to free about so many bytes."""
        rows = []
        cursor = self._connection.execute(_OLDEST)
        for row, size in cursor:
            rows.append((row,))
            bytes_needed -= size
            if bytes_needed <= 0:
                break
        cursor.close()
        return rows


def is_damage(error: Exception) -> bool:
    """Whether a file has to be replaced, not only left unused for now."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK) & 0xFF
    return code in _DAMAGE or isinstance(error, DamagedError | orjson.JSONDecodeError)


def _checksum(key: bytes, value: bytes) -> bytes:
    return hashlib.blake2b(key + value, digest_size=8).digest()


def _set_up(connection: sqlite3.Connection) -> None:
    _use_log(connection)
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA journal_size_limit=4000000")
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'entries'").fetchall():
        with connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(_ENTRIES)
            connection.execute(_BY_USE)


def _use_log(connection: sqlite3.Connection) -> None:
    """Enables WAL mode; SQLite does not wait by itself if several processes do so at once."""
    deadline = time.monotonic() + BUSY_TIMEOUT
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.005)
        else:
            return
