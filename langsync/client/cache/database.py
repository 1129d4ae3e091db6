"""One SQLite file of the cache: packed values under packed keys, with their last use.

It is in WAL mode: readers wait for nobody, writers for each other, and a process that is killed
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

PATIENCE = 2.0
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
"""Primary result codes of a file that is not a cache; the last: its tables are other ones."""


class DamagedError(Exception):
    """A row is not what was written."""


class Database:
    """A connection to a file that exists; each method but ``close`` raises ``sqlite3.Error``.

    Args:
        file: The file; an empty one gets its tables.
    """

    def __init__(self, file: Path) -> None:
        self._connection = sqlite3.connect(
            f"{file.absolute().as_uri()}?mode=rw",  # SQLite is not to create it, with its own mode
            uri=True,
            timeout=PATIENCE,
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
        """Let go of the file; an open transaction is undone."""
        with suppress(sqlite3.Error):
            self._connection.close()

    def read(self, key: bytes) -> tuple[int, bytes] | None:
        """When the value of a key was last used, and the value.

        Raises:
            DamagedError: The row is not as it was written. SQLite guards the structure of a file,
                not its content: a flipped bit in a text goes unnoticed.
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
        """Everything inside is kept as a whole, or nothing is."""
        with self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            yield

    def write(
        self, now: int, values: Mapping[bytes, bytes | None], touched: Collection[bytes]
    ) -> None:
        """Store values, delete those of keys that have None, renew the last use of others."""
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
        """Delete all keys from the first on, before the end."""
        self._connection.execute(_DELETE_BETWEEN, (first, end))

    def bytes_used(self) -> int:
        """What the file takes, less what it keeps free for later."""
        pages, free, size = (
            self._connection.execute(f"PRAGMA {name}").fetchall()[0][0]
            for name in ("page_count", "freelist_count", "page_size")
        )
        return int((pages - free) * size)

    def evict(self, target: int) -> None:
        """Delete, least recently used first, until no more than the target is used."""
        while (excess := self.bytes_used() - target) > 0:
            oldest = self._oldest(excess)
            if not oldest:
                return
            self._connection.executemany(_EVICT, oldest)

    def _oldest(self, wanted: int) -> list[tuple[int]]:
        """The rows to delete to win so many bytes, about."""
        rows = []
        cursor = self._connection.execute(_OLDEST)
        for row, size in cursor:
            rows.append((row,))
            wanted -= size
            if wanted <= 0:
                break
        cursor.close()
        return rows


def is_damage(error: Exception) -> bool:
    """Whether a file is to be replaced, and not only left alone for now."""
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
    """Turn WAL mode on; where several begin a file at once, SQLite does not wait by itself."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.005)
        else:
            return
