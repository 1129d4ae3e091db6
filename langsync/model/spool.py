"""Resources on disk: any number of them in little memory."""

from __future__ import annotations

import json
import sqlite3
import weakref
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from typing import Any

import orjson

from langsync.errors import LangsyncError
from langsync.model.resources import Address, Json, Resource, Source, fields_of

_names = count()

_Row = tuple[str, str, bytes | None, bytes, int, int]

_Place = tuple[Callable[..., Any], bytes]
"""What many resources have in common: the type of their content; their file, what they need."""

_NO_ROOM = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN}

_COLUMNS = "kind, name, digest, content, line, place"


@dataclass(frozen=True, slots=True)
class Pack:
    """Resources of one kind that come together, as they are kept: no object for each of them.

    Args:
        kind: Their kind.
        file: The file that declares them; empty for fetched ones.
        needs: What all of them need.
        files: The files that all of them are made of.
        rows: For each of them its name, digest, content as JSON, and line in the file.
        content_type: What is made of that JSON, field by field.
    """

    kind: str
    content_type: Callable[..., Any]
    file: str = ""
    needs: tuple[Address, ...] = ()
    files: tuple[str, ...] = ()
    rows: list[tuple[str, bytes, bytes, int]] = field(default_factory=list)

    def place(self) -> _Place:
        """What all of them have in common, as it is kept."""
        source = Source(self.file) if self.file else None
        return self.content_type, _packed_place(source, self.needs, self.files)

    def resources(self, addresses: Container[Address] | None = None) -> Iterator[Resource]:
        """Its resources one by one, those with certain addresses or all."""
        place = self.place()
        for name, mark, content, line in self.rows:
            if addresses is None or Address(self.kind, name) in addresses:
                yield _resource(self.kind, name, mark, content, line, place)


class Spool:
    """Resources in a private temporary database, in the order in which they were added.

    What is compared by `Resource.digest` is compared inside the database. SQLite keeps it in a
    file without a name, once it outgrows a few megabytes; it is gone with the process.
    """

    def __init__(self) -> None:
        self._table = f"spool{next(_names)}"
        tables = _tables()
        tables.tidy()
        self._db = tables.database
        self._places = tables.places
        self._groups: dict[str, Counter[str]] = {}
        self._db.execute(
            f"CREATE TABLE {self._table} (number INTEGER PRIMARY KEY, kind TEXT, name TEXT,"
            " digest BLOB, content BLOB, line INTEGER, place INTEGER, UNIQUE (kind, name))"
        )
        weakref.finalize(self, tables.drop, self._table).atexit = False

    def extend(self, resources: Sequence[Resource]) -> list[Resource]:
        """Add resources; returns those whose address is taken."""
        rows = [
            (
                resource.address.kind,
                resource.address.name,
                resource.digest or None,
                _packed(fields_of(resource.content)),
                resource.source.line if resource.source else 0,
                self._places.number(
                    (
                        type(resource.content),
                        _packed_place(resource.source, resource.needs, resource.files),
                    )
                ),
            )
            for resource in resources
        ]
        return [resources[index] for index in self._insert(rows)]

    def add(self, pack: Pack) -> list[Resource]:
        """Add a pack; returns the resources whose address is taken."""
        kind, place = pack.kind, self._places.number(pack.place())
        rows = [
            (kind, name, digest or None, content, line, place)
            for name, digest, content, line in pack.rows
        ]
        return [self._resource(*rows[index]) for index in self._insert(rows)]

    def _insert(self, rows: Sequence[_Row]) -> list[int]:
        """Add rows; returns the indexes of those that were not added."""
        self._groups.clear()
        last = f"SELECT coalesce(max(number), -1) FROM {self._table}"  # noqa: S608 - our own name
        begin = self._db.execute(last).fetchone()[0] + 1
        insert = f"INSERT OR IGNORE INTO {self._table} ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)"  # noqa: S608
        if self._db.executemany(insert, rows).rowcount == len(rows):
            return []
        added = f"SELECT kind, name FROM {self._table} WHERE number >= ?"  # noqa: S608
        left = Counter(self._db.execute(added, (begin,)))
        taken = []
        for index, (kind, name, *_) in enumerate(rows):
            if left[kind, name]:
                left[kind, name] -= 1
            else:
                taken.append(index)
        return taken

    @classmethod
    def union(cls, spools: Iterable[Spool]) -> Spool | None:
        """What several spools have, the first one where an address is in two; None for none."""
        union: Spool | None = None
        for spool in spools:
            union = union or cls()
            union._groups.clear()  # noqa: SLF001
            union._db.execute(  # noqa: SLF001 - one of its own
                f"INSERT OR IGNORE INTO {union._table} SELECT NULL, {_COLUMNS}"  # noqa: S608, SLF001
                f" FROM {spool._table} ORDER BY number"  # noqa: SLF001
            )
        return union

    def only(self, addresses: Iterable[Address]) -> Spool:
        """The resources with certain addresses, in the order that they have here."""
        selected = Spool()
        self._db.executemany(
            f"INSERT OR IGNORE INTO {selected._table} SELECT number, {_COLUMNS} FROM {self._table}"  # noqa: S608
            " WHERE kind = ? AND name = ?",
            ((address.kind, address.name) for address in addresses),
        )
        return selected

    def get(self, address: Address) -> Resource | None:
        """One resource."""
        rows = self._rows("WHERE kind = ? AND name = ?", address.kind, address.name)
        try:
            return next(rows, None)
        except UnicodeEncodeError:  # half of a surrogate pair, which no name here has
            return None

    def resources(self, kind: str | None = None) -> Iterator[Resource]:
        """The resources of a kind, or all."""
        return self._rows() if kind is None else self._rows("WHERE kind = ?", kind)

    def addresses(self, kind: str | None = None) -> Iterator[Address]:
        """The addresses of a kind, or all."""
        which, arguments = ("", ()) if kind is None else (" WHERE kind = ?", (kind,))
        return self._addresses(
            f"SELECT kind, name FROM {self._table}{which} ORDER BY number",  # noqa: S608
            arguments,
        )

    def group(self, kind: str, name: str) -> Iterator[Resource]:
        """The resources of a kind whose name up to its last slash is a certain one."""
        if not name:
            return self._rows("WHERE kind = ? AND instr(substr(name, 2), '/') = 0", kind)
        below = "name >= ? AND name < ?"  # by the index: '0' comes after the slash
        last = "instr(substr(name, length(?) + 1), '/') = 0"
        begin = f"{name}/"
        return self._rows(f"WHERE kind = ? AND {below} AND {last}", kind, begin, f"{name}0", begin)

    def groups(self, kind: str) -> Counter[str]:
        """How many there are of each name up to its last slash."""
        if kind not in self._groups:
            group = "rtrim(name, replace(name, '/', ''))"  # with its slash, if there is one
            query = f"SELECT {group}, COUNT(*) FROM {self._table} WHERE kind = ? GROUP BY 1"  # noqa: S608
            counts: Counter[str] = Counter()
            for name, number in self._db.execute(query, (kind,)):
                counts[name.removesuffix("/")] += number
            self._groups[kind] = counts
        return self._groups[kind].copy()

    def counts(self) -> dict[str, int]:
        """How many there are of each kind."""
        query = f"SELECT kind, COUNT(*) FROM {self._table} GROUP BY kind"  # noqa: S608
        return dict(self._db.execute(query))

    def undigested(self, kind: str) -> Iterator[Resource]:
        """The resources of a kind whose digest is empty."""
        return self._rows("WHERE kind = ? AND digest IS NULL", kind)

    def differing(self, other: Spool) -> Iterator[Address]:
        """Addresses that have no equal digest in another spool."""
        yield from self._addresses(  # the other table exists while this runs
            f"SELECT mine.kind, mine.name FROM {self._table} AS mine"  # noqa: S608
            f" LEFT JOIN {other._table} AS their USING (kind, name)"
            " WHERE their.digest IS NULL OR mine.digest IS NOT their.digest ORDER BY mine.number"
        )

    def missing_from(self, other: Spool, kind: str) -> Iterator[Address]:
        """Addresses of a kind that are not in another spool."""
        yield from self._addresses(
            f"SELECT kind, name FROM {self._table} AS mine WHERE kind = ?"  # noqa: S608
            f" AND NOT EXISTS (SELECT 1 FROM {other._table} AS their"
            " WHERE their.kind = mine.kind AND their.name = mine.name) ORDER BY mine.number",
            (kind,),
        )

    def _addresses(self, query: str, arguments: tuple[str, ...] = ()) -> Iterator[Address]:
        for kind, name in self._db.execute(query, arguments):
            yield Address(kind, name)

    def _rows(self, which: str = "", *arguments: str) -> Iterator[Resource]:
        query = f"SELECT {_COLUMNS} FROM {self._table} {which}"  # noqa: S608
        for row in self._db.execute(f"{query} ORDER BY number", arguments):
            yield self._resource(*row)

    def _resource(
        self, kind: str, name: str, digest: bytes | None, content: bytes, line: int, place: int
    ) -> Resource:
        return _resource(kind, name, digest, content, line, self._places[place])


class _Places(list[_Place]):
    """What resources have in common, each written once however many share it."""

    def __init__(self) -> None:
        super().__init__()
        self._numbers: dict[_Place, int] = {}

    def number(self, place: _Place) -> int:
        """The number of a place."""
        number = self._numbers.setdefault(place, len(self))
        if number == len(self):
            self.append(place)
        return number


class _Database(sqlite3.Connection):
    """A connection whose error says what to do where there is no room for its file."""

    def execute(self, *arguments: Any) -> sqlite3.Cursor:
        """Run a query."""
        with _room():
            return super().execute(*arguments)

    def executemany(self, *arguments: Any) -> sqlite3.Cursor:
        """Run a query for each of some rows."""
        with _room():
            return super().executemany(*arguments)


@contextmanager
def _room() -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF not in _NO_ROOM:
            raise
        raise LangsyncError(
            f"the items do not fit in the folder for temporary files: {error}; free some space on "
            "its disk, or name another folder in SQLITE_TMPDIR"
        ) from None


class _Tables:
    """The database of this process: an empty name means a private temporary file."""

    def __init__(self) -> None:
        self.database = sqlite3.connect(
            "", isolation_level=None, check_same_thread=False, factory=_Database
        )
        self.places = _Places()
        self._unused: list[str] = []
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-4096"):
            self.database.execute(f"PRAGMA {pragma}")
        self.database.execute("BEGIN")  # never ends: nothing is written in between

    def drop(self, table: str) -> None:
        """Remove a table, as soon as that is possible."""
        self._unused.append(table)
        self.tidy()

    def tidy(self) -> None:
        """Drop unused tables; SQLite refuses while any table is being read."""
        while self._unused:
            table = self._unused.pop()
            try:
                self.database.execute(f"DROP TABLE {table}")
            except (sqlite3.DatabaseError, LangsyncError):  # the disk may have been full, too
                self._unused.append(table)
                return


_tables = cache(_Tables)


def _packed(content: Json) -> bytes:
    try:
        return orjson.dumps(content)
    except TypeError:  # nested deeper than it writes, not than it reads
        return json.dumps(content).encode()


def _packed_place(source: Source | None, needs: Sequence[Address], files: Sequence[str]) -> bytes:
    where = (source.file, source.document, source.path) if source else (None, 0, ())
    return orjson.dumps([*where, list(map(str, needs)), files])


def _resource(
    kind: str, name: str, digest: bytes | None, content: bytes, line: int, place: _Place
) -> Resource:
    content_type, packed_place = place
    file, document, path, needs, files = orjson.loads(packed_place)
    return Resource(
        Address(kind, name),
        content_type(**orjson.loads(content)),
        None if file is None else Source(file, line, document, tuple(path)),
        tuple(map(Address.parse, needs)),
        tuple(files),
        digest=digest or b"",  # an empty one is null: it equals none
    )
