"""The database of the embedded server: one SQLite connection behind one lock."""

from __future__ import annotations

import secrets
import sqlite3
import string
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import chain
from typing import TYPE_CHECKING, Any

from langsync.errors import LocalServerError
from langsync.local.javascript import iso

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

TABLES = (
    "prompts",
    "prompt_labels",
    "prompt_dependencies",
    "datasets",
    "items",
    "score_configs",
    "observations",
    "scores",
    "api_keys",
)
_RESOURCES = """
CREATE TABLE prompts (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, project TEXT NOT NULL, name TEXT NOT NULL,
    version INTEGER NOT NULL, type TEXT NOT NULL, prompt TEXT NOT NULL, config TEXT NOT NULL,
    labels TEXT NOT NULL, tags TEXT NOT NULL, commit_message TEXT,
    created_at TEXT NOT NULL, updated_at TEXT NOT NULL, UNIQUE (project, name, version));
CREATE TABLE prompt_labels (
    project TEXT NOT NULL, label TEXT NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL,
    PRIMARY KEY (project, label, name)) WITHOUT ROWID;
CREATE INDEX labels_of_prompt ON prompt_labels (project, name, version);
CREATE TABLE prompt_dependencies (
    seq INTEGER PRIMARY KEY, project TEXT NOT NULL, parent TEXT NOT NULL,
    child_name TEXT NOT NULL, child_label TEXT, child_version REAL);
CREATE INDEX dependencies_of_parent ON prompt_dependencies (parent);
CREATE INDEX dependents_of_child ON prompt_dependencies (project, child_name);
CREATE TABLE datasets (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, project TEXT NOT NULL, name TEXT NOT NULL,
    description TEXT, metadata TEXT, input_schema TEXT, expected_output_schema TEXT,
    created_at TEXT NOT NULL, updated_at TEXT NOT NULL, UNIQUE (project, name));
CREATE TABLE items (
    seq INTEGER PRIMARY KEY, project TEXT NOT NULL, id TEXT NOT NULL, dataset INTEGER NOT NULL,
    status TEXT NOT NULL, input TEXT, expected_output TEXT, metadata TEXT,
    source_trace_id TEXT, source_observation_id TEXT,
    valid_from TEXT NOT NULL, valid_to TEXT, listed INTEGER NOT NULL, deleted INTEGER NOT NULL);
CREATE UNIQUE INDEX current_item ON items (project, id) WHERE valid_to IS NULL;
CREATE INDEX current_list ON items (dataset, seq) WHERE valid_to IS NULL AND listed;
CREATE INDEX project_list ON items (project, seq) WHERE valid_to IS NULL AND listed;
CREATE INDEX history ON items (dataset, seq, valid_from, valid_to) WHERE listed;
CREATE TABLE score_configs (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, project TEXT NOT NULL,
    name TEXT NOT NULL, data_type TEXT NOT NULL, archived INTEGER NOT NULL, description TEXT,
    min_value REAL, max_value REAL, categories TEXT,
    created_at TEXT NOT NULL, updated_at TEXT NOT NULL);
CREATE INDEX score_configs_of_project ON score_configs (project, seq);
"""
_OBSERVABILITY = """
CREATE TABLE observations (
    seq INTEGER PRIMARY KEY, project TEXT NOT NULL, id TEXT NOT NULL, trace_id TEXT NOT NULL,
    start_time TEXT NOT NULL, parent_id TEXT, type TEXT NOT NULL, name TEXT NOT NULL,
    level TEXT NOT NULL, version TEXT NOT NULL, environment TEXT NOT NULL,
    user_id TEXT NOT NULL, session_id TEXT NOT NULL, fields TEXT NOT NULL);
CREATE UNIQUE INDEX observations_newest
    ON observations (project, start_time DESC, trace_id DESC, id DESC);
CREATE INDEX observations_of_trace ON observations (project, trace_id);
CREATE TABLE scores (
    seq INTEGER PRIMARY KEY, project TEXT NOT NULL, id TEXT NOT NULL, timestamp TEXT NOT NULL,
    name TEXT NOT NULL, source TEXT NOT NULL, data_type TEXT NOT NULL, value REAL,
    string_value TEXT, environment TEXT NOT NULL, trace_id TEXT, observation_id TEXT,
    session_id TEXT, experiment_id TEXT, config_id TEXT, queue_id TEXT, author_user_id TEXT,
    comment TEXT, metadata TEXT NOT NULL);
CREATE UNIQUE INDEX scores_newest ON scores (project, timestamp DESC, id DESC);
CREATE INDEX scores_of_name ON scores (project, name, timestamp DESC, id DESC);
CREATE INDEX scores_of_trace ON scores (project, trace_id);
CREATE TABLE api_keys (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, project TEXT NOT NULL,
    public_key TEXT NOT NULL UNIQUE, secret_key TEXT NOT NULL, note TEXT, created_at TEXT NOT NULL);
"""
_OVERLAPPING_ITEMS = """
DROP INDEX current_item;
DROP INDEX current_list;
DROP INDEX project_list;
DROP INDEX history;
ALTER TABLE items ADD COLUMN created_at TEXT NOT NULL DEFAULT '';
ALTER TABLE items ADD COLUMN updated_at TEXT NOT NULL DEFAULT '';
UPDATE items SET created_at = valid_from, updated_at = valid_from;
CREATE INDEX current_item ON items (project, id) WHERE valid_to IS NULL;
CREATE INDEX current_list ON items (dataset, valid_from)
    WHERE valid_to IS NULL AND listed;
CREATE INDEX project_list ON items (project, valid_from)
    WHERE valid_to IS NULL AND listed;
CREATE INDEX history ON items (dataset, valid_from, seq, valid_to) WHERE listed;
"""
_SCHEMAS = (_RESOURCES, _OBSERVABILITY, _OVERLAPPING_ITEMS)
"""The SQL that each version of the schema adds."""

Row = sqlite3.Row


class LocalStore:
    """The tables of the server.

    Args:
        path: The database file; None keeps everything in memory.

    Raises:
        LocalServerError: The file cannot be opened, or is not a database of this server.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.lock = threading.RLock()
        self._last_time = ""
        # Without it, paging through 100,000 items would count them for each of 1,000 pages.
        self._counts: dict[tuple[Any, ...], int] = {}
        self._counted_at = 0
        try:
            self._connection = _connect(path)
        except (sqlite3.Error, OSError) as error:
            raise LocalServerError(f"{path}: cannot be used as a database: {error}") from error

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        """Returns all rows of a query."""
        return self._connection.execute(sql, values).fetchall()

    def row(self, sql: str, values: Sequence[Any] = ()) -> Row | None:
        """Returns the first row of a query; None if there is none."""
        row: Row | None = self._connection.execute(sql, values).fetchone()
        return row

    def count(self, sql: str, values: Sequence[Any] = ()) -> int:
        """Returns the count that a query selects; it runs again only after a change."""
        if self._connection.total_changes != self._counted_at:
            self._counts.clear()
            self._counted_at = self._connection.total_changes
        key = (sql, *values)
        if key not in self._counts:
            self._counts[key] = int(self._connection.execute(sql, values).fetchone()[0])
        return self._counts[key]

    def insert(self, table: str, **columns: object) -> None:
        """Inserts a row."""
        names, placeholders = ", ".join(columns), ", ".join("?" * len(columns))
        self.run(f"INSERT INTO {table} ({names}) VALUES ({placeholders})", tuple(columns.values()))

    def insert_many(self, table: str, rows: Iterable[Mapping[str, object]]) -> None:
        """Inserts rows with the same columns, all or none."""
        remaining = iter(rows)
        first = next(remaining, None)
        if first is None:
            return
        names, placeholders = ", ".join(first), ", ".join("?" * len(first))
        values = (tuple(row.values()) for row in chain([first], remaining))
        with self.transaction():
            sql = f"INSERT INTO {table} ({names}) VALUES ({placeholders})"
            self._connection.executemany(sql, values)

    def run(self, sql: str, values: Sequence[Any] = ()) -> None:
        """Runs a statement that changes data."""
        self._connection.execute(sql, values)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commits the changes made inside, or none of them after an error; can be nested."""
        execute, is_nested = self._connection.execute, self._connection.in_transaction
        execute("SAVEPOINT part" if is_nested else "BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            for statement in ("ROLLBACK TO part", "RELEASE part") if is_nested else ("ROLLBACK",):
                execute(statement)
            raise
        execute("RELEASE part" if is_nested else "COMMIT")

    def now(self) -> str:
        """Returns the current time, never earlier than one returned before."""
        self._last_time = max(self._last_time, iso(datetime.now(UTC)))
        return self._last_time

    def clear(self) -> None:
        """Deletes all data of all projects."""
        with self.lock, self.transaction():
            for table in TABLES:
                self.run(f"DELETE FROM {table}")

    def close(self) -> None:
        """Closes the database; the store cannot be used afterwards."""
        with self.lock:
            self._connection.close()


def new_id() -> str:
    """Returns an id like those of datasets and score configs: ``c`` and 24 characters."""
    alphabet = string.ascii_lowercase + string.digits
    return "c" + "".join(secrets.choice(alphabet) for _ in range(24))


def _connect(path: Path | None) -> sqlite3.Connection:
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(
        path or ":memory:", isolation_level=None, check_same_thread=False, cached_statements=256
    )
    try:
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        _create_tables(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _create_tables(connection: sqlite3.Connection) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version == len(_SCHEMAS):
        return
    foreign = not version and connection.execute("SELECT 1 FROM sqlite_master").fetchone()
    if foreign or version > len(_SCHEMAS):
        raise sqlite3.DatabaseError("it was made by something else, or another version of langsync")
    missing = " ".join(_SCHEMAS[version:])
    connection.executescript(f"BEGIN; {missing} PRAGMA user_version={len(_SCHEMAS)}; COMMIT;")
