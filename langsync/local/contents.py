"""Changes the data of the embedded server within the process: no HTTP, no keys, no log."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from langsync.errors import RejectedError
from langsync.local.endpoint import Call, PendingWrite
from langsync.local.javascript import dumps, parse
from langsync.local.refusals import RefusalError
from langsync.local.routing import PREFIX, find_target

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from langsync.local.app import LocalApp
    from langsync.local.store import LocalStore
    from langsync.model import Request

Removal = Callable[["LocalStore", str, str], None]
"""Removes a resource of a project from a store, by name."""

_NAMED: Final = "project = ? AND name = ?"


class ServedContents:
    """The prompts, datasets, items and score configs of a server's first project.

    Unlike Langfuse's API, it can remove anything without a trace, so that what is served depends
    on the current files alone.

    Args:
        app: The server.
    """

    def __init__(self, app: LocalApp) -> None:
        self._app = app
        self._store = app.store
        self._project = app.projects[0]

    @contextmanager
    def change(self) -> Iterator[None]:
        """Makes the changes inside visible at once, or none of them after an error."""
        with self._store.lock, self._store.transaction():
            yield

    def send(self, request: Request) -> None:
        """Handles a request of the API.

        Raises:
            RejectedError: The API would refuse it.
        """
        target = find_target(f"{PREFIX}{request.path}")
        if target is None:
            raise RejectedError(f"{request.method} {request.path}: there is no such endpoint", 404)
        endpoint = target.methods[request.method]
        body = parse(dumps(request.body))
        call = Call(self._store, self._project, self._app.behavior, target.names, {}, body)
        try:
            result = endpoint.handle(call)
            if isinstance(result, PendingWrite):
                result.finish()
        except RefusalError as refusal:
            raise RejectedError(refusal.message, refusal.status) from refusal

    def forget(self, kind: str, name: str) -> None:
        """Removes a resource with its contents and earlier versions, even if others refer to it.

        Args:
            kind: Its kind.
            name: Its name, as in its address.

        Raises:
            RejectedError: The server does not have this kind.
        """
        self._remove(FORGET, kind, name)

    def clear(self, kind: str, name: str) -> None:
        """Does the same, but keeps contents of other kinds; the resource is to be created again."""
        self._remove({**FORGET, **CLEAR}, kind, name)

    def _remove(self, removals: Mapping[str, Removal], kind: str, name: str) -> None:
        if kind not in removals:
            raise RejectedError(f"the embedded server has no {kind}", 404)
        removals[kind](self._store, self._project.id, name)


def _sql(*statements: str) -> Removal:
    """Returns a removal that runs statements for a project and a name."""

    def run(store: LocalStore, project: str, name: str) -> None:
        for statement in statements:
            store.run(statement, (project, name))

    return run


def _forget_item(store: LocalStore, project: str, name: str) -> None:
    """Removes an item by its id, the last part of its name; any dataset can then use the id."""
    id_ = unquote(name.rpartition("/")[2])
    store.run("DELETE FROM items WHERE project = ? AND id = ?", (project, id_))


FORGET: Final[dict[str, Removal]] = {
    "prompt": _sql(
        f"""DELETE FROM prompt_dependencies
            WHERE parent IN (SELECT id FROM prompts WHERE {_NAMED})""",
        f"DELETE FROM prompt_labels WHERE {_NAMED}",
        f"DELETE FROM prompts WHERE {_NAMED}",
    ),
    "dataset": _sql(
        f"DELETE FROM items WHERE dataset IN (SELECT seq FROM datasets WHERE {_NAMED})",
        f"DELETE FROM datasets WHERE {_NAMED}",
    ),
    "dataset_item": _forget_item,
    "score_config": _sql(f"DELETE FROM score_configs WHERE {_NAMED}"),
}
"""The removal of each kind."""

CLEAR: Final[dict[str, Removal]] = {
    "dataset": _sql(
        f"""UPDATE datasets SET description = NULL, metadata = NULL, input_schema = NULL,
            expected_output_schema = NULL WHERE {_NAMED}"""
    ),
}
"""The removals that keep contents of other kinds, where they differ."""
