"""What shells complete: names, addresses, labels and environments, from the files alone.

A shell waits for this at every key, so files are looked through rather than parsed, and nothing is
ever raised or printed: what cannot be read completes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from langsync.config import Config

_NAME = re.compile(r"""^name:[ ]*(["']?)(.{1,500}?)\1[ ]{0,100}(?:[ ]#.*)?$""", re.MULTILINE)
_LABELS = re.compile(r"\blabels:[ ]*(?:\[([^\[\]]*)\]|((?:\n[ ]*-[ ]*[^\n]*)+))")
_LABEL = re.compile(r"(?<![a-z0-9_.-])[_.-]*[a-z0-9][a-z0-9_.-]*")
_COMMENT = re.compile(r"\s#.*|^[ \t]*-", re.MULTILINE)
_GLOB = re.compile(r"[*?\[]")

ValuesOf = Callable[["Config"], Iterator[str]]
Completion = Callable[[typer.Context, str], list[str]]


def _completion(values_of: ValuesOf) -> Completion:
    """Returns the function that a shell calls to complete some of a repository's values."""

    def complete(context: typer.Context, incomplete: str) -> list[str]:
        from langsync.engine import workspace as work

        try:
            named = context.params.get("config")
            values = values_of(work.read(Path(named) if named else None))
            return sorted({value for value in values if value.startswith(incomplete)})
        except Exception:  # noqa: BLE001 - a shell has no place for errors
            return []

    return complete


def _named(config: Config, key: str) -> Iterator[str]:
    where = (config.root / config.folders[key]).resolve()
    for path, text in _texts(config, where):
        names = [match[2] for match in _NAME.finditer(text)]
        yield from names or [path.relative_to(where).with_suffix("").as_posix()]


def _texts(config: Config, where: Path) -> Iterator[tuple[Path, str]]:
    """Yields the YAML files below a folder, each with its text; empty if it cannot be read."""
    from langsync.kinds import folder

    tree = config.tree
    for path in folder.readable_files(where, tree):
        text = ""
        with suppress(OSError):
            text = tree.read(path).decode("utf-8-sig", "replace")
        yield path, text


@_completion
def prompts(config: Config) -> Iterator[str]:
    """Names of prompts."""
    return _named(config, "prompts")


@_completion
def datasets(config: Config) -> Iterator[str]:
    """Names of datasets."""
    return _named(config, "datasets")


@_completion
def listed(config: Config) -> Iterator[str]:
    """What ``list`` takes: kinds and names."""
    for key in config.folders:
        yield key
        yield from _named(config, key)


@_completion
def addresses(config: Config) -> Iterator[str]:
    """Addresses of resources that have files of their own."""
    from langsync.kinds import all_kinds

    for kind in all_kinds().values():
        if kind.folder:
            yield from (f"{kind.name}/{name}" for name in _named(config, kind.folder))


@_completion
def labels(config: Config) -> Iterator[str]:
    """Labels that environments or files name."""
    for environment in config.environments.values():
        yield from (label for label in environment.labels or () if not _GLOB.search(label))
    yield "production"
    where = (config.root / config.folders["prompts"]).resolve()
    for _, text in _texts(config, where):
        for match in _LABELS.finditer(text):
            yield from _LABEL.findall(_COMMENT.sub(" ", match[1] or match[2] or ""))


@_completion
def environments(config: Config) -> Iterator[str]:
    """Names of environments."""
    return iter(config.environments)
