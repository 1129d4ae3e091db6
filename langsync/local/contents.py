"""What the embedded server holds, changed from within the process: no HTTP, no keys, no log."""

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
    from langsync.local.store import Store
    from langsync.model import Request

Forget = Callable[["Store", str, str], None]
"""Removes something of a project, by name, from a store."""

_NAMED: Final = "project = ? AND name = ?"


class Contents:
    """The prompts, datasets, items and score configs of a server's first project.

    Unlike Langfuse's API it can make anything disappear without a trace, so that what is served
    depends on the files of the moment alone.

    Args:
        app: The server.
    """

    def __init__(self, app: LocalApp) -> None:
        self._app = app
        self._store = app.store
        self._project = app.projects[0]

    @contextmanager
    def change(self) -> Iterator[None]:
        """Applications see all that happens inside at once, or, after an error, nothing of it."""
        with self._store.lock, self._store.transaction():
            yield

    def send(self, request: Request) -> None:
        """Do what a request of the API asks for.

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
            begun = endpoint.handle(call)
            if isinstance(begun, PendingWrite):
                begun.finish()
        except RefusalError as refusal:
            raise RejectedError(refusal.message, refusal.status) from refusal

    def forget(self, kind: str, name: str) -> None:
        """Remove a resource with all that it holds and that it was before, whatever refers to it.

        Args:
            kind: Its kind.
            name: Its name, as in its address.

        Raises:
            RejectedError: The server has nothing of this kind.
        """
        self._run(FORGET, kind, name)

    def clear(self, kind: str, name: str) -> None:
        """The same, but what a resource holds of other kinds stays: it is made anew then."""
        self._run({**FORGET, **CLEAR}, kind, name)

    def _run(self, ways: Mapping[str, Forget], kind: str, name: str) -> None:
        if kind not in ways:
            raise RejectedError(f"the embedded server has no {kind}", 404)
        ways[kind](self._store, self._project.id, name)


def _sql(*statements: str) -> Forget:
    """A way that runs statements for a project and a name."""

    def run(store: Store, project: str, name: str) -> None:
        for statement in statements:
            store.run(statement, (project, name))

    return run


def _forget_item(store: Store, project: str, name: str) -> None:
    """An item by its id, the last part of its name: it is free for any dataset then."""
    id_ = unquote(name.rpartition("/")[2])
    store.run("DELETE FROM items WHERE project = ? AND id = ?", (project, id_))


FORGET: Final[dict[str, Forget]] = {
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
"""For each kind how a resource is removed."""

CLEAR: Final[dict[str, Forget]] = {
    "dataset": _sql(
        f"""UPDATE datasets SET description = NULL, metadata = NULL, input_schema = NULL,
            expected_output_schema = NULL WHERE {_NAMED}"""
    ),
}
"""The same where that is another way."""
