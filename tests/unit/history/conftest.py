"""A repository to commit in, and histories that end with the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from langsync import kinds
from langsync.config import choose_environment, read_config
from langsync.history import History
from langsync.model import Address, Declaration
from tests.unit.git import Repository, repository

P = Address("prompt", "p")
"""The prompt that most tests are about."""

Open = Callable[..., History]


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    """An empty Git repository."""
    return repository(tmp_path / "repo")


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Open]:
    """Opens the history of a ``langsync.yaml``; afterwards nothing of it is left."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    with ExitStack() as stack:

        def open_(folder: Path, env: str | None = None) -> History:
            file = next(path for path in sorted(folder.glob("langsync.y*ml")))
            config = read_config(file, kinds.folders())
            history = History.open(config, choose_environment(config, env, {}))
            stack.callback(history.close)
            return history

        yield open_
    assert list(scratch.iterdir()) == []


def declarations(history: History, name: str, kind: str = "prompt") -> list[Declaration]:
    return list(history.declarations(Address(kind, name)))


def said(declaration: Declaration) -> str | None:
    """The text of a prompt, or the input of an item; None where nothing is declared."""
    resource = declaration.resource
    if resource is None:
        return None
    if resource.address.kind == "dataset_item":
        return str(resource.content.input)
    return str(resource.content.variants[0].prompt)


def texts(history: History, name: str, kind: str = "prompt") -> list[str | None]:
    """What commits declare, newest first."""
    return [said(one) for one in declarations(history, name, kind)]
