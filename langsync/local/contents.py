"""What the embedded server holds, changed from within the process: no HTTP, no keys, no log."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from langsync.errors import RejectedError
from langsync.local.endpoint import Call
from langsync.local.javascript import dumps, parse
from langsync.local.refusals import RefusalError
from langsync.local.routing import PREFIX, find_target

if TYPE_CHECKING:
    from collections.abc import Iterator

    from langsync.local.app import LocalApp
    from langsync.model import Request


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
            endpoint.handle(call)
        except RefusalError as refusal:
            raise RejectedError(refusal.message, refusal.status) from refusal

    def forget_prompt(self, name: str) -> None:
        """Remove all versions of a prompt, whatever refers to them."""
        named = "project = ? AND name = ?"
        parents = f"SELECT id FROM prompts WHERE {named}"
        self._run(f"DELETE FROM prompt_dependencies WHERE parent IN ({parents})", name)
        for table in ("prompt_labels", "prompts"):
            self._run(f"DELETE FROM {table} WHERE {named}", name)

    def clear_dataset(self, name: str) -> None:
        """Take description, metadata and schemas from a dataset; its items stay."""
        self._run(
            """UPDATE datasets SET description = NULL, metadata = NULL, input_schema = NULL,
               expected_output_schema = NULL WHERE project = ? AND name = ?""",
            name,
        )

    def forget_dataset(self, name: str) -> None:
        """Remove a dataset with its items."""
        named = "project = ? AND name = ?"
        numbers = f"SELECT seq FROM datasets WHERE {named}"
        self._run(f"DELETE FROM items WHERE dataset IN ({numbers})", name)
        self._run(f"DELETE FROM datasets WHERE {named}", name)

    def forget_score_config(self, name: str) -> None:
        """Remove all score configs of a name."""
        self._run("DELETE FROM score_configs WHERE project = ? AND name = ?", name)

    def forget_item(self, id: str) -> None:  # noqa: A002 - the API's name for it
        """Remove an item and what it was before: its id is free for any dataset."""
        self._run("DELETE FROM items WHERE project = ? AND id = ?", id)

    def _run(self, sql: str, name: str) -> None:
        self._store.run(sql, (self._project.id, name))
