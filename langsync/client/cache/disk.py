"""The interface of the cache: JSON values under keys of several texts."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self, TypeVar

import orjson

from langsync.client.cache.database import DamagedError, Database, is_damage
from langsync.client.cache.generations import Generations
from langsync.model import Json

MAX_BYTES = 200_000_000
"""The maximum size of the cache on disk."""

_TOUCH_AFTER = 3600
"""The precision of the last use in seconds, so that most runs write nothing."""

T = TypeVar("T")


class Cache(Protocol):
    """Values of one project, each under a key of one or more texts; it never raises."""

    def get(self, *key: str) -> Json:
        """Returns the value of a key; None if there is none."""

    def put(self, value: Json, *key: str) -> None:
        """Stores the value of a key, replacing an earlier one; it may be lost."""

    def drop(self, *key: str) -> None:
        """Deletes the values of a key, and of all keys that begin with its texts."""


class NoCache:
    """A cache without values."""

    def get(self, *key: str) -> Json:  # noqa: ARG002 -- the interface has it
        """Returns None."""
        return None

    def put(self, value: Json, *key: str) -> None:
        """Does nothing."""

    def drop(self, *key: str) -> None:
        """Does nothing."""


class DiskCache:
    """A file of values; :meth:`scope` returns the cache of one project.

    Nothing is created before the first use. Puts are buffered in memory until there are many, a
    key is dropped, or the cache is flushed or closed. After a failure nothing is cached any more.

    Args:
        folder: The folder of the file; created for the user alone if it is missing.
        max_bytes: The maximum size on disk. A value larger than a twentieth of it is not stored.
        clock: Returns the time in seconds.
    """

    def __init__(
        self, folder: Path, *, max_bytes: int = MAX_BYTES, clock: Callable[[], float] = time.time
    ) -> None:
        self._generations = Generations(folder)
        self._max_bytes = max_bytes
        self._clock = clock
        self._database: Database | None = None
        self._was_replaced = False
        self._is_closed = False
        self._pending: dict[bytes, bytes | None] = {}
        self._pending_bytes = 0
        self._touched: set[bytes] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def scope(self, host: str, project_id: str) -> Cache:
        """Returns the cache of one project; it shares no key with another."""
        return _Scope(self, _encode_key((host, project_id)))

    def read(self, key: bytes) -> Json:
        """Returns the value of an encoded key; None if there is none."""
        if key in self._pending:
            encoded = self._pending[key]
            return None if encoded is None else orjson.loads(encoded)
        return self._attempt(lambda database: self._read(database, key))

    def write(self, key: bytes, value: Json) -> None:
        """Stores the value of an encoded key; the old one is deleted even if that fails."""
        if self._is_closed:
            return
        encoded = _encode_value(value)
        if encoded is not None and len(key) + len(encoded) > self._max_bytes // 20:
            encoded = None
        self._pending[key] = encoded
        self._pending_bytes += len(key) + len(encoded or b"")
        if self._pending_bytes > self._max_bytes // 50:
            self.flush()

    def forget(self, prefix: bytes) -> None:
        """Deletes all encoded keys with a prefix; on disk when this returns."""
        if not self._attempt(lambda database: self._write(database, prefix)):
            self._generations.discard()

    def flush(self) -> None:
        """Writes the buffered puts, in one transaction."""
        if self._pending or self._touched:
            self._attempt(self._write)

    def close(self) -> None:
        """Writes the buffered puts and closes the file; nothing is cached any more."""
        self.flush()
        self._give_up()

    def _attempt(self, work: Callable[[Database], T]) -> T | None:
        """Returns the result of a function of the database; None if the cache fails.

        A damaged file is replaced, once, and the function called with the new one.
        """
        while not self._is_closed:
            try:
                if self._database is None:
                    self._database = Database(self._generations.open())
                return work(self._database)
            except (sqlite3.Error, OSError, ValueError, MemoryError, DamagedError) as error:
                self._disconnect()
                if self._was_replaced or not is_damage(error):
                    self._give_up()
                else:
                    self._was_replaced = True
                    self._generations.supersede()
        return None

    def _disconnect(self) -> None:
        if self._database is not None:
            self._database.close()
            self._database = None

    def _give_up(self) -> None:
        self._disconnect()
        self._is_closed = True
        self._clear_pending()

    def _clear_pending(self) -> None:
        self._pending.clear()
        self._pending_bytes = 0
        self._touched.clear()

    def _read(self, database: Database, key: bytes) -> Json:
        entry = database.read(key)
        if entry is None:
            return None
        used, encoded = entry
        if abs(self._clock() - used) >= _TOUCH_AFTER:
            self._touched.add(key)
        return orjson.loads(encoded)

    def _write(self, database: Database, dropped: bytes | None = None) -> bool:
        with database.transaction():
            database.write(int(self._clock()), self._pending, self._touched)
            if dropped is not None:
                # After a prefix a key continues with a digit, and ``:`` is greater than any digit.
                database.delete_between(dropped, dropped + b":")
            # The file never shrinks, so there must be room for a whole transaction before old
            # entries are deleted: at most a tenth of the limit, and the same in SQLite's log.
            if database.bytes_used() > self._max_bytes * 8 // 10:
                database.evict(self._max_bytes * 7 // 10)
        self._clear_pending()
        return True


@dataclass(frozen=True, slots=True)
class _Scope:
    """The keys of a file with a common prefix."""

    disk: DiskCache
    prefix: bytes

    def get(self, *key: str) -> Json:
        return self.disk.read(self.prefix + _encode_key(key))

    def put(self, value: Json, *key: str) -> None:
        self.disk.write(self.prefix + _encode_key(key), value)

    def drop(self, *key: str) -> None:
        self.disk.forget(self.prefix + _encode_key(key))


def _encode_key(key: tuple[str, ...]) -> bytes:
    """Returns each text after its length, so that keys share a prefix only if texts are equal."""
    return "".join(f"{len(text)}:{text}" for text in key).encode("utf-8", "surrogatepass")


def _encode_value(value: Json) -> bytes | None:
    """Returns a value as JSON; None if it would not be read back equal (NaN, tuple, huge int)."""
    try:
        packed = orjson.dumps(value)
        return packed if orjson.loads(packed) == value else None
    except (TypeError, ValueError, RecursionError):
        return None
