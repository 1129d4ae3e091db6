"""Resources on disk: any number of them in little memory."""

from __future__ import annotations

import json
import sqlite3
import weakref
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import count

import orjson

from langsync.model.resources import Address, Json, Resource, Source

_names = count()

_COLUMNS = "kind, name, digest, content, place"


class Spool:
    """Resources in a private temporary database, in the order in which they were added.

    What is compared by `Resource.digest` is compared inside the database. SQLite keeps it in a
    file without a name, once it outgrows a few megabytes; it goes with the process.
    """

    def __init__(self) -> None:
        self._table = f"spool{next(_names)}"
        tables = _tables()
        tables.tidy()
        self._db = tables.database
        self._db.execute(
            f"CREATE TABLE {self._table} (number INTEGER PRIMARY KEY, kind TEXT, name TEXT,"
            " digest BLOB, content BLOB, place BLOB, UNIQUE (kind, name))"
        )
        weakref.finalize(self, tables.drop, self._table).atexit = False

    def extend(self, resources: Sequence[Resource]) -> list[Resource]:
        """Add resources; gives those whose address is taken."""
        last = f"SELECT coalesce(max(number), -1) FROM {self._table}"  # noqa: S608 - our own name
        begin = self._db.execute(last).fetchone()[0] + 1
        rows = [
            (
                number,
                one.address.kind,
                one.address.name,
                one.digest or None,
                _packed(one.content),
                _place(one),
            )
            for number, one in enumerate(resources, begin)
        ]
        insert = f"INSERT OR IGNORE INTO {self._table} VALUES (?, ?, ?, ?, ?, ?)"  # noqa: S608
        if self._db.executemany(insert, rows).rowcount == len(rows):
            return []
        query = f"SELECT number FROM {self._table} WHERE number >= ?"  # noqa: S608
        there = {number for (number,) in self._db.execute(query, (begin,))}
        return [one for number, one in enumerate(resources, begin) if number not in there]

    @classmethod
    def union(cls, spools: Iterable[Spool]) -> Spool | None:
        """What several spools have, the first one where an address is in two; None for none."""
        found: Spool | None = None
        for one in spools:
            found = found or cls()
            found._db.execute(  # noqa: SLF001 - one of its own
                f"INSERT OR IGNORE INTO {found._table} SELECT NULL, {_COLUMNS}"  # noqa: S608, SLF001
                f" FROM {one._table} ORDER BY number"  # noqa: SLF001
            )
        return found

    def only(self, addresses: Iterable[Address]) -> Spool:
        """The resources with certain addresses, in the order that they have here."""
        found = Spool()
        self._db.executemany(
            f"INSERT OR IGNORE INTO {found._table} SELECT number, {_COLUMNS} FROM {self._table}"  # noqa: S608
            " WHERE kind = ? AND name = ?",
            ((address.kind, address.name) for address in addresses),
        )
        return found

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

    def groups(self, kind: str) -> Counter[str]:
        """How many there are of each name up to its last slash."""
        group = "rtrim(name, replace(name, '/', ''))"  # with its slash, if there is one
        query = f"SELECT {group}, COUNT(*) FROM {self._table} WHERE kind = ? GROUP BY 1"  # noqa: S608
        found: Counter[str] = Counter()
        for name, number in self._db.execute(query, (kind,)):
            found[name.removesuffix("/")] += number
        return found

    def counts(self) -> dict[str, int]:
        """How many there are of each kind."""
        query = f"SELECT kind, COUNT(*) FROM {self._table} GROUP BY kind"  # noqa: S608
        return dict(self._db.execute(query))

    def differing(self, other: Spool) -> Iterator[Address]:
        """Addresses that have no equal digest in another spool."""
        yield from self._addresses(  # the other table is there as long as this goes on
            f"SELECT mine.kind, mine.name FROM {self._table} AS mine"  # noqa: S608
            f" LEFT JOIN {other._table} AS their USING (kind, name)"
            " WHERE their.digest IS NULL OR mine.digest IS NOT their.digest ORDER BY mine.number"
        )

    def lacking(self, other: Spool, kind: str) -> Iterator[Address]:
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
        for kind, name, digest, content, place in self._db.execute(
            f"{query} ORDER BY number", arguments
        ):
            file, line, document, path, needs, files = orjson.loads(place)
            yield Resource(
                Address(kind, name),
                orjson.loads(content),
                None if file is None else Source(file, line, document, tuple(path)),
                tuple(map(Address.parse, needs)),
                tuple(files),
                digest=digest or b"",  # an empty one is null: it equals none
            )


class _Tables:
    """The database of this process: an empty name stands for a private temporary file."""

    def __init__(self) -> None:
        self.database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._unused: list[str] = []
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-4096"):
            self.database.execute(f"PRAGMA {pragma}")
        self.database.execute("BEGIN")  # never ends: nothing is written in between

    def drop(self, table: str) -> None:
        """Remove a table, as soon as that is possible."""
        self._unused.append(table)
        self.tidy()

    def tidy(self) -> None:
        """Remove what nobody needs; SQLite does not while somebody still reads any table."""
        while self._unused:
            table = self._unused.pop()
            try:
                self.database.execute(f"DROP TABLE {table}")
            except sqlite3.OperationalError:
                self._unused.append(table)
                return


_tables = cache(_Tables)


def _packed(content: Json) -> bytes:
    try:
        return orjson.dumps(content)
    except TypeError:  # nested deeper than it writes, not than it reads
        return json.dumps(content).encode()


def _place(resource: Resource) -> bytes:
    source = resource.source or Source("")
    file = source.file if resource.source else None
    needs = [str(need) for need in resource.needs]
    return orjson.dumps([file, source.line, source.document, source.path, needs, resource.files])
