"""Repositories of a few files, as tests write and read them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

from langsync import kinds
from langsync.config import Config, choose_environment, read_config
from langsync.errors import InvalidFilesError
from langsync.load import Loaded, load
from langsync.model import Resource

Files = Mapping[str, str | bytes]


def write(folder: Path, files: Files) -> None:
    """Write files below a folder; the indentation that a test's literals share is taken away."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        data = content if isinstance(content, bytes) else dedent(content).lstrip("\n").encode()
        path.write_bytes(data)


def config_of(folder: Path, files: Files) -> Config:
    """Write files, with a minimal ``langsync.yaml`` if they have none, and read it."""
    write(folder, {"langsync.yaml": "version: 1\n", **files})
    return read_config(folder / "langsync.yaml", kinds.folders())


def loaded(folder: Path, files: Files, env: str | None = None) -> Loaded:
    """Write files and load what they declare."""
    config = config_of(folder, files)
    return load(config, choose_environment(config, env, {}))


def resources(folder: Path, files: Files, env: str | None = None) -> dict[str, Resource]:
    """Write files and load what they declare, by address."""
    state = loaded(folder, files, env).state
    return {str(address): resource for address, resource in state.items()}


def problems(folder: Path, files: Files, env: str | None = None) -> list[str]:
    """Write files and give what is wrong with them, as a user reads it."""
    try:
        loaded(folder, files, env)
    except InvalidFilesError as error:
        return [str(problem) for problem in error.problems]
    return []
