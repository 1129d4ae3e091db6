"""The embedded server, some of whose answers are changed on their way."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from langsync.local import LocalApp, LocalServer, Sample
from langsync.local.app import Message, Receive, Scope, Send

API = "/api/public"
GONE: Any = object()
"""Stands for a value that is taken out."""

VALUES: tuple[Any, ...] = (GONE, None, 5, -1, 1.5, True, "x", "", [], [None], {}, {"a": []})
"""What takes the place of a value of a true answer."""

Steps = tuple[str | int, ...]
Change = Callable[[bytes], bytes]


class ChangingApp(LocalApp):
    """Changes the bodies of answers to reads of some paths."""

    def __init__(self, plain: LocalApp) -> None:
        super().__init__(plain.store, behavior=plain.behavior)
        self.seen: dict[str, bytes] = {}
        self.count = 0
        self.change: Change | None = None
        self.path = ""

    def begin(self, path: str = "", change: Change | None = None) -> None:
        """Count anew, and change what is read of a path from now on."""
        self.path, self.change, self.count = path, change, 0
        self.seen.clear()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        start: list[Message] = []
        path = scope.get("raw_path", b"").decode("latin-1").removeprefix(API)

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.append(message)
                return
            body = message["body"]
            if scope["method"] == "GET":
                self.seen[path] = body
            if scope["method"] == "GET" and path == self.path and self.change is not None:
                body = self.change(body)
            headers = [pair for pair in start[0]["headers"] if pair[0] != b"content-length"]
            headers.append((b"content-length", str(len(body)).encode()))
            await send({**start[0], "headers": headers})
            await send({**message, "body": body})

        self.count += scope["type"] == "http"
        await super().__call__(scope, receive, answer)


class ChangingServer(LocalServer):
    """The embedded server with such an application."""

    def __init__(self, *, new: bool = True) -> None:
        if new:
            super().__init__(sample=Sample(40, 12))
        else:
            super().__init__(sample=Sample(40, 12), events_only=False, server_version="3.100.0")
        self.changing = ChangingApp(self.app)
        self.app = self.changing


@dataclass(frozen=True)
class Case:
    """One value of the answer of a path, and what takes its place."""

    path: str
    steps: Steps
    value: Any

    def __str__(self) -> str:
        value = "nothing" if self.value is GONE else json.dumps(self.value)
        return f"{self.path} {'.'.join(map(str, self.steps)) or 'whole'} is {value}"

    def change(self, body: bytes) -> bytes:
        """An answer with the other value."""
        if not self.steps:
            return b"" if self.value is GONE else json.dumps(self.value).encode()
        whole = json.loads(body)
        try:
            holder = whole
            for step in self.steps[:-1]:
                holder = holder[step]
            if self.value is GONE:
                del holder[self.steps[-1]]
            else:
                holder[self.steps[-1]] = copy.deepcopy(self.value)
        except (LookupError, TypeError):
            pass  # this answer of the path has no such value
        return json.dumps(whole).encode()


def cases(path: str, body: bytes) -> Iterator[Case]:
    """All cases of an answer."""
    try:
        whole = json.loads(body)
    except ValueError:
        return
    for steps, found in places(whole, ()):
        for value in VALUES:
            if value is GONE or value != found or type(value) is not type(found):
                yield Case(path, steps, value)


def places(value: Any, steps: Steps) -> Iterator[tuple[Steps, Any]]:  # noqa: ANN401  any JSON
    """Each value inside a value, and itself; of a list the first and the last."""
    yield steps, value
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from places(inner, (*steps, key))
    elif isinstance(value, list) and value:
        for at in {0, len(value) - 1}:
            yield from places(value[at], (*steps, at))
