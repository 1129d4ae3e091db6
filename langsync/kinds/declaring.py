"""What kinds get of a document, and what they find in it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from langsync.config import Environment
from langsync.errors import Problem
from langsync.formats.documents import Document, Steps
from langsync.model import Pack, Resource, Source
from langsync.rules import Rule
from langsync.source import SourceTree


@dataclass(frozen=True, slots=True)
class Context:
    """What declaring needs to know beside the document.

    Args:
        root: The folder of ``langsync.yaml``.
        tree: The files of the repository.
        folder: The folder of this kind's files.
        environment: The chosen environment.
        environments: All declared ones.
    """

    root: Path
    tree: SourceTree
    folder: Path
    environment: Environment = field(default_factory=Environment)
    environments: tuple[Environment, ...] = ()

    def source(self, document: Document, steps: Steps = ()) -> Source:
        """Where in a document something is declared."""
        return Source(self.relative(document.path), 0, document.index, steps)

    def shown(self, path: Path) -> str:
        """A path as a user would type it, from where langsync was started."""
        return os.path.relpath(path)

    def relative(self, path: Path) -> str:
        """A path relative to `root`, with slashes."""
        return Path(os.path.relpath(path, self.root)).as_posix()


@dataclass(frozen=True, slots=True)
class Text:
    """A text for people and models, as somebody wrote it.

    Args:
        text: The text, before anything is put into it.
        document: The document that holds it, or names its file.
        steps: Its place in the document, or that of its file's name.
        included: Its own file as a user would type it; empty where the document holds it.
    """

    text: str
    document: Document
    steps: Steps
    included: str = ""

    @property
    def file(self) -> str:
        """The file that contains it."""
        return self.included or self.document.file


@dataclass(slots=True)
class Declared:
    """What one document declares; kinds add to it as they read.

    Args:
        resources: What is declared.
        rows: Runs of further resources, each read once; what is wrong is added as they are read.
        problems: What is wrong.
        warnings: What deserves a look.
        texts: The texts that were read.
        files: The files that the document names, relative to the folder of ``langsync.yaml``.
    """

    resources: list[Resource] = field(default_factory=list)
    rows: list[Iterator[Resource | Pack]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)
    files: list[str] = field(default_factory=list)

    def all(self) -> Iterator[Resource | Pack]:
        """Everything that is declared; problems are complete at its end."""
        return chain(self.resources, *self.rows)


@dataclass(frozen=True, slots=True)
class Violation:
    """Something wrong with a declared resource that shows only beside others.

    Args:
        resource: The resource.
        message: What is wrong and what to do.
        steps: Where in its declaration, from the resource on.
        rule: The rule that it breaks, of what is only worth a look; None for an error.
        source: Where, if that is known better than by the steps.
    """

    resource: Resource
    message: str
    steps: Steps = ()
    rule: Rule | None = None
    source: Source | None = None

    @property
    def warning(self) -> bool:
        """Whether it is only worth a look."""
        return self.rule is not None
