"""Servers, repositories and folders as stories have left them, each made once and then copied."""

from __future__ import annotations

import itertools
import os
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from langsync.local import LocalServer, Sample
from langsync.local.sample import fill
from tests.faults import state
from tests.faults.child import Call
from tests.faults.process import Ended, Running, start
from tests.faults.proxy import Proxy
from tests.faults.state import ServerState
from tests.faults.stories import FOREIGN, STORIES, Files, Person, Story
from tests.unit.git import IDENTITY, Repository, repository

SPEED = 20.0
"""How much faster clocks of commands go that meet faults: half a minute is a second and a half."""

ALLOWED = ("--allow-replace", "--allow-delete", "--allow-prune", "50")

COMMANDS: dict[str, tuple[str, ...]] = {
    "apply": ("apply", "--yes", "--format", "json", *ALLOWED),
    "refused": ("apply", "--yes", "--format", "json", *ALLOWED),
    "plan": ("plan", "--format", "json", "--allow-delete", "--allow-prune", "50"),
    "drift": ("drift", "--format", "json"),
    "pull": ("pull", "--yes", "--format", "json"),
    "export": ("export", "observations", "rows.jsonl", "--from", "2020-01-01"),
}
"""The command lines by the names that stories call them."""


@dataclass(slots=True)
class Place:
    """The folders of one trial: a repository, a cache, a home.

    Args:
        folder: Where they are.
        world: The server and its proxy.
        number: Counts the places of a world.
    """

    folder: Path
    world: World
    number: int = 0

    @property
    def repo(self) -> Path:
        """The repository, where commands run."""
        return self.folder / "repo"

    def start(
        self,
        words: tuple[str, ...],
        *,
        speed: float = 1.0,
        repo: Path | None = None,
        stdout: Path | None = None,
        largest_file: int | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> Running:
        """Start a command of langsync there."""
        everything = {**self.world.variables(self.folder), **(variables or {})}
        return start(Call(words, repo or self.repo, everything, stdout, speed, largest_file))

    def run(self, words: tuple[str, ...], *, speed: float = 1.0) -> Ended:
        """Run a command of langsync there, to its end."""
        return self.start(words, speed=speed).wait()

    def files(self) -> dict[str, bytes]:
        """The files of the repository, without Git's."""
        return {
            file.relative_to(self.repo).as_posix(): file.read_bytes()
            for file in sorted(self.repo.rglob("*"))
            if file.is_file() and ".git" not in file.relative_to(self.repo).parts
        }


@dataclass(frozen=True, slots=True)
class Reference:
    """What a command does where nothing goes wrong."""

    ended: Ended
    files: dict[str, bytes]
    before: ServerState
    after: ServerState
    requests: int


@dataclass(slots=True)
class World:
    """A server, a proxy in front of it, and what stories start from.

    Args:
        folder: Where repositories are kept.
        server: The server.
        proxy: The proxy, which commands take for the server.
        api: The server's API as people use it, past the proxy.
    """

    folder: Path
    server: LocalServer
    proxy: Proxy
    api: httpx.Client
    _stories: dict[str, sqlite3.Connection] = field(default_factory=dict)
    _references: dict[tuple[str, str], Reference] = field(default_factory=dict)
    _places: Iterator[int] = field(default_factory=itertools.count)

    def variables(self, home: Path) -> dict[str, str]:
        """The environment variables of a command."""
        project = self.server.projects[0]
        folders = ("HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR")
        return {
            **IDENTITY,
            **dict.fromkeys(folders, str(home / "home")),
            "PATH": os.environ["PATH"],
            "TMPDIR": str(home / "tmp"),
            "LANGSYNC_CACHE": str(home / "cache"),
            "LANGFUSE_BASE_URL": self.proxy.url,
            "LANGFUSE_PUBLIC_KEY": project.public_key,
            "LANGFUSE_SECRET_KEY": project.secret_key,
        }

    def state(self) -> ServerState:
        """What the server holds."""
        return state.read(self.api)

    def act(self, *people: Person) -> None:
        """Let people do something in Langfuse."""
        for person in people:
            done = self.api.request(person.method, person.path, json=person.body)
            assert done.is_success, done.text

    def begin(self, story: Story, *, cache: bool = False) -> Place:
        """Put the server back to where a story begins, and give new folders.

        Args:
            story: The story.
            cache: Whether the cache knows what was read when the last commit was deployed.
        """
        if story.name not in self._stories:
            self._tell(story)
        self.proxy.reset()
        self._restore(self._stories[story.name])
        place = self.place()
        shutil.copytree(self._template(story) / "repo", place.repo)
        if cache and (self._template(story) / "cache").exists():
            shutil.copytree(self._template(story) / "cache", place.folder / "cache")
        return place

    def place(self) -> Place:
        """New folders."""
        number = next(self._places)
        folder = self.folder / f"place-{number}"
        for name in ("home", "tmp"):
            (folder / name).mkdir(parents=True)
        return Place(folder, self, number)

    def reference(self, story: Story, command: str) -> Reference:
        """What a command does in a story where nothing goes wrong."""
        key = (story.name, command)
        if key not in self._references:
            place = self.begin(story)
            before = self.state()
            ended = place.run(COMMANDS[command])
            assert not ended.hung
            requests = len(self.proxy.exchanges)
            self._references[key] = Reference(ended, place.files(), before, self.state(), requests)
        return self._references[key]

    def _template(self, story: Story) -> Path:
        return self.folder / "stories" / story.name

    def _tell(self, story: Story) -> None:
        """Let a story happen up to where commands are tried, and keep what there is then."""
        self.server.reset()
        self.proxy.reset()
        self.act(*FOREIGN)
        if story.name == "observed":
            fill(self.server.app.store, self.server.projects[0].id, Sample(300, 20))
        place = Place(self._template(story), self)
        for name in ("home", "tmp"):
            (place.folder / name).mkdir(parents=True)
        repo = repository(place.repo)
        for files in story.deployed:
            _commit(repo, files)
            ended = place.run(COMMANDS["apply"])
            assert ended.code == 0, ended
        _commit(repo, story.head or {"README": story.name})
        self.act(*story.people)
        kept = sqlite3.connect(":memory:", check_same_thread=False)
        self.server.app.store._connection.backup(kept)
        self._stories[story.name] = kept

    def _restore(self, kept: sqlite3.Connection) -> None:
        store = self.server.app.store
        with store.lock:
            kept.backup(store._connection)
            store._counts.clear()
        self.server.app.requests.clear()


@contextmanager
def world(folder: Path) -> Iterator[World]:
    """A server and its proxy, running.

    Args:
        folder: An empty folder, for repositories.
    """
    with LocalServer() as server, Proxy(server.url) as proxy:
        project = server.projects[0]
        keys = (project.public_key, project.secret_key)
        with httpx.Client(base_url=f"{server.url}/api/public", auth=keys, timeout=120) as api:
            yield World(folder, server, proxy, api)


def _commit(repo: Repository, files: Files) -> None:
    present = {name: text for name, text in files.items() if text is not None}
    gone = [name for name, text in files.items() if text is None]
    repo.commit(present, without=" ".join(gone))


__all__ = ["COMMANDS", "SPEED", "STORIES", "Place", "Reference", "World", "world"]
