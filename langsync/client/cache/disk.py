"""The cache as kinds see it: JSON values under keys of several texts."""

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
"""How much the cache may take on disk."""

_TOUCH_AFTER = 3600
"""Seconds: last use is kept this exactly, so that most runs write nothing at all."""

T = TypeVar("T")


class Cache(Protocol):
    """Values of one project, each under a key of one or more texts; it never raises."""

    def get(self, *key: str) -> Json:
        """The value that was put under this key; None where there is none."""

    def put(self, value: Json, *key: str) -> None:
        """Keep a value under this key, in place of the one before; it may be lost."""

    def drop(self, *key: str) -> None:
        """Forget the value of this key, and of all keys that begin with these texts."""


class NoCache:
    """Remembers nothing."""

    def get(self, *key: str) -> Json:  # noqa: ARG002 -- the interface has it
        """None."""
        return None

    def put(self, value: Json, *key: str) -> None:
        """Nothing is kept."""

    def drop(self, *key: str) -> None:
        """Nothing is there to forget."""


class DiskCache:
    """A file of values; :meth:`scope` gives the part that belongs to one project.

    Nothing is created before the first use. Puts wait in memory until there are many, something is
    dropped, or the cache is flushed or closed. After a failure this object remembers nothing more.

    Args:
        folder: Where the file is; created for the user alone where it is missing.
        max_bytes: How much it may take on disk. A value of more than a twentieth is not kept.
        clock: Tells the time, in seconds.
    """

    def __init__(
        self, folder: Path, *, max_bytes: int = MAX_BYTES, clock: Callable[[], float] = time.time
    ) -> None:
        self._generations = Generations(folder)
        self._max_bytes = max_bytes
        self._clock = clock
        self._database: Database | None = None
        self._replaced = False
        self._out = False
        self._waiting: dict[bytes, bytes | None] = {}
        self._waiting_bytes = 0
        self._touched: set[bytes] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def scope(self, host: str, project_id: str) -> Cache:
        """What is kept of one project; it shares no key with another."""
        return _Scope(self, _encoded((host, project_id)))

    def read(self, key: bytes) -> Json:
        """The value of an encoded key, or None."""
        if key in self._waiting:
            packed = self._waiting[key]
            return None if packed is None else orjson.loads(packed)
        return self._attempt(lambda database: self._read(database, key))

    def write(self, key: bytes, value: Json) -> None:
        """Keep a value under an encoded key; one that cannot be kept still ends the one before."""
        if self._out:
            return
        packed = _packed(value)
        if packed is not None and len(key) + len(packed) > self._max_bytes // 20:
            packed = None
        self._waiting[key] = packed
        self._waiting_bytes += len(key) + len(packed or b"")
        if self._waiting_bytes > self._max_bytes // 50:
            self.flush()

    def forget(self, prefix: bytes) -> None:
        """Drop all encoded keys that begin so; on disk when this returns."""
        if not self._attempt(lambda database: self._write(database, prefix)):
            self._generations.discard()

    def flush(self) -> None:
        """Write what waits, in one transaction."""
        if self._waiting or self._touched:
            self._attempt(self._write)

    def close(self) -> None:
        """Write what waits and let go of the file; from now on nothing is remembered."""
        self.flush()
        self._give_up()

    def _attempt(self, work: Callable[[Database], T]) -> T | None:
        """What some work on the file returns, None where the cache fails.

        A damaged file is replaced, once, and the work done on the new one.
        """
        while not self._out:
            try:
                if self._database is None:
                    self._database = Database(self._generations.open())
                return work(self._database)
            except (sqlite3.Error, OSError, ValueError, MemoryError, DamagedError) as error:
                self._disconnect()
                if self._replaced or not is_damage(error):
                    self._give_up()
                else:
                    self._replaced = True
                    self._generations.supersede()
        return None

    def _disconnect(self) -> None:
        if self._database is not None:
            self._database.close()
            self._database = None

    def _give_up(self) -> None:
        self._disconnect()
        self._out = True
        self._nothing_waits()

    def _nothing_waits(self) -> None:
        self._waiting.clear()
        self._waiting_bytes = 0
        self._touched.clear()

    def _read(self, database: Database, key: bytes) -> Json:
        entry = database.read(key)
        if entry is None:
            return None
        used, packed = entry
        if abs(self._clock() - used) >= _TOUCH_AFTER:
            self._touched.add(key)
        return orjson.loads(packed)

    def _write(self, database: Database, dropped: bytes | None = None) -> bool:
        with database.transaction():
            database.write(int(self._clock()), self._waiting, self._touched)
            if dropped is not None:
                # What follows a prefix begins with a digit, and ``:`` comes after the digits.
                database.delete_between(dropped, dropped + b":")
            # The file never shrinks, so there must be room for a whole transaction before old
            # entries go: a tenth of the limit at most, and as much again in SQLite's log.
            if database.bytes_used() > self._max_bytes * 8 // 10:
                database.evict(self._max_bytes * 7 // 10)
        self._nothing_waits()
        return True


@dataclass(frozen=True, slots=True)
class _Scope:
    """The keys of a file that begin alike."""

    disk: DiskCache
    prefix: bytes

    def get(self, *key: str) -> Json:
        return self.disk.read(self.prefix + _encoded(key))

    def put(self, value: Json, *key: str) -> None:
        self.disk.write(self.prefix + _encoded(key), value)

    def drop(self, *key: str) -> None:
        self.disk.forget(self.prefix + _encoded(key))


def _encoded(key: tuple[str, ...]) -> bytes:
    """Each text after its length, so that keys begin alike only where their texts are equal."""
    return "".join(f"{len(text)}:{text}" for text in key).encode("utf-8", "surrogatepass")


def _packed(value: Json) -> bytes | None:
    """A value as JSON; None where it would not come back as it is (NaN, a tuple, a huge int)."""
    try:
        packed = orjson.dumps(value)
        return packed if orjson.loads(packed) == value else None
    except (TypeError, ValueError, RecursionError):
        return None
