"""``langsync.yaml``, environments and credentials."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from string import Formatter
from typing import Any

from pydantic import Field, create_model

from langsync.config.connection import (
    LOCAL_KEYS,
    LOCAL_PORT,
    Connection,
    check_connection,
    connect,
    host_violation,
)
from langsync.config.environment import Environment
from langsync.config.file import ConfigFile, EnvironmentFile, LintFile
from langsync.config.repository import repository_of
from langsync.config.trust import REGIONS, Trust, TrustedHosts
from langsync.config.variables import (
    FILE_NAME,
    FILE_NAMES,
    Variables,
    key_variable_violation,
    read_variables,
)
from langsync.errors import ConfigError, InvalidFilesError, Problem
from langsync.formats.documents import Document, Steps, parse
from langsync.formats.limits import FIELD_WIDTH
from langsync.rules import is_selector
from langsync.source import Boundary, SourceTree, WorkTree
from langsync.source.boundary import names_no_drive
from langsync.source.documents import read_documents


@dataclass(frozen=True, slots=True)
class Settings:
    """How langsync works on a repository.

    Args:
        commit_message: Template of the message of created versions.
        history_depth: How many versions of a prompt are searched for a wanted content.
        deployment_markers: Whether labels are marked where langsync puts them.
        prune: Globs of prompt names that ``--allow-delete`` may delete.
        prune_share: The share of those that one apply may delete, from 0 to 1.
        lint: Which rules files are checked by.
    """

    commit_message: str = "{subject}"
    history_depth: int = 20
    deployment_markers: bool = True
    prune: tuple[str, ...] = ()
    prune_share: float = 0.3
    lint: LintFile = field(default_factory=LintFile, hash=False)


@dataclass(frozen=True, slots=True)
class Config:
    """The content of ``langsync.yaml``.

    Args:
        file: The file itself.
        root: Its folder; every path in it is relative to this.
        repository: The Git work tree around it, or ``root``: no file outside is read.
        project: Name or id that the project behind the keys must have; None for any.
        folders: For each kind's folder key, where its files are, relative to ``root``.
        named: The folder keys that the file sets.
        texts: Hidden folders whose files others may name, relative to ``root``.
        environments: Declared environments by name.
        default_environment: The one to use where none is named.
        settings: The other keys of the file, which are about how langsync works.
    """

    file: Path
    root: Path
    repository: Path
    project: str | None = None
    folders: Mapping[str, str] = field(default_factory=dict)
    named: frozenset[str] = frozenset()
    texts: tuple[str, ...] = ()
    environments: Mapping[str, Environment] = field(default_factory=dict)
    default_environment: str | None = None
    settings: Settings = field(default_factory=Settings)

    @property
    def boundary(self) -> Boundary:
        """Which files may be read and written."""
        named = (*self.folders.values(), *self.texts)
        folders = (Path(os.path.normpath(self.root / folder)) for folder in named)
        return Boundary.around(self.repository, folders)

    @property
    def tree(self) -> WorkTree:
        """The files of the repository as they are on disk."""
        return WorkTree(self.boundary)


def find_config(start: Path) -> Path:
    """Find the nearest ``langsync.yaml`` at or above a folder.

    Raises:
        ConfigError: There is none (the message lists those below), or there are two in one folder.
    """
    for folder in (start, *start.parents):
        files = [folder / name for name in (FILE_NAME, "langsync.yml") if (folder / name).is_file()]
        if len(files) > 1:
            raise ConfigError(f"{folder} has both langsync.yaml and langsync.yml: remove one")
        if files:
            return files[0]
    below = sorted(path.relative_to(start).as_posix() for path in _configs_below(start))
    if below:
        listed = "\n".join(f"  --config {path}" for path in below[:20])
        raise ConfigError(f"no {FILE_NAME} here or above; name one of those below:\n{listed}")
    raise ConfigError(
        f"no {FILE_NAME} in {start} or above: begin with 'langsync init', "
        "or run 'langsync demo' to see how it works"
    )


def _configs_below(start: Path, depth: int = 4) -> Iterable[Path]:
    patterns = ["/".join([*["*"] * level, FILE_NAME]) for level in range(1, depth + 1)]
    for pattern in patterns:
        for path in start.glob(pattern):
            if not any(part.startswith(".") for part in path.relative_to(start).parts):
                yield path


def config_model(folders: Mapping[str, str]) -> type[ConfigFile]:
    """The model of ``langsync.yaml`` with the folder keys that the kinds declare."""
    fields: dict[str, Any] = {
        key: (str, Field(default, min_length=1, description=f"Folder of the {key}."))
        for key, default in folders.items()
    }
    return create_model("ConfigFile", __base__=ConfigFile, **fields)


def read_config(file: Path, folders: Mapping[str, str], tree: SourceTree | None = None) -> Config:
    """Read a ``langsync.yaml``.

    Args:
        file: The file.
        folders: The folder keys that the kinds know, with their defaults.
        tree: The files of the repository, with the path of the file's folder resolved; None for
            those on disk.

    Raises:
        InvalidFilesError: It is not as it should be.
    """
    root = file.parent if tree else file.parent.resolve()
    tree = tree or WorkTree(Boundary.around(repository_of(root), [root]))
    shown = os.path.relpath(file)
    if tree.is_link(file) and not tree.may_read(file):
        message = "this link leads nowhere inside the repository, or to what is hidden there"
        raise InvalidFilesError([Problem(shown, message)])
    documents = read_documents(tree, file, shown)
    if len(documents) != 1:
        message = "it holds several documents" if documents else "it is empty: write 'version: 1'"
        raise InvalidFilesError([Problem(shown, message)])
    parsed = parse(config_model(folders), documents[0])
    config = Config(
        file=file,
        root=root,
        repository=tree.boundary.top,
        project=parsed.project,
        folders={key: getattr(parsed, key) for key in folders},
        texts=tuple(parsed.texts),
        named=frozenset(parsed.model_fields_set & folders.keys()),
        environments={
            name: _environment(name, entry, documents[0], tree.boundary.top)
            for name, entry in parsed.environments.items()
        },
        default_environment=parsed.default_environment,
        settings=Settings(
            parsed.commit_message,
            parsed.history_depth,
            parsed.deployment_markers,
            tuple(parsed.prune.prompts),
            parsed.prune.max_share,
            parsed.lint,
        ),
    )
    problems = list(_config_problems(config, tree, documents[0]))
    if problems:
        raise InvalidFilesError(problems)
    return config


def _environment(
    name: str, entry: EnvironmentFile, document: Document, repository: Path
) -> Environment:
    problem = document.problem(("environments", name, "host"), "")
    place = f"{problem.file}:{problem.line}" if entry.host else ""
    labels = None if entry.labels is None else tuple(entry.labels)
    keys = entry.public_key_env, entry.secret_key_env
    return Environment(name, labels, entry.host, *keys, entry.vars, repository, place)


def _config_problems(config: Config, tree: SourceTree, document: Document) -> Iterator[Problem]:
    default = config.default_environment
    if default is not None and default not in config.environments:
        names = ", ".join(config.environments) or "none is declared"
        message = f"default_environment {default!r} is no environment: {names}"
        yield document.problem(("default_environment",), message)
    named: dict[Steps, str] = {(key,): folder for key, folder in config.folders.items()}
    named |= {("texts", index): folder for index, folder in enumerate(config.texts)}
    for steps, folder in named.items():
        if violation := _folder_violation(config, tree, folder):
            yield document.problem(steps, f"{steps[0]}: {folder} {violation}")
    if violation := _template_violation(config.settings.commit_message):
        yield document.problem(("commit_message",), violation)
    yield from _lint_problems(config.settings.lint, document)
    for name, environment in config.environments.items():
        for steps, message in _environment_violations(environment):
            yield document.problem(("environments", name, *steps), message)


def _lint_problems(lint: LintFile, document: Document) -> Iterator[Problem]:
    lists: dict[Steps, list[str]] = {("ignore",): lint.ignore, ("enable",): lint.enable}
    lists |= {("files", glob): codes for glob, codes in lint.files.items()}
    for steps, codes in lists.items():
        for index, code in enumerate(codes):
            if not is_selector(code):
                message = f"there is no rule {code!r}: name its code, such as LS101, or LS1 for all"
                yield document.problem(("lint", *steps, index), f"{message} that begin so")


def _environment_violations(environment: Environment) -> Iterator[tuple[Steps, str]]:
    if environment.host is not None and (violation := host_violation(environment.host)):
        yield ("host",), f"host {violation}"
    for key in ("public_key_env", "secret_key_env"):
        variable = getattr(environment, key)
        if variable is not None and (violation := key_variable_violation(variable)):
            yield (key,), f"{key} {violation}"
    for key in environment.vars:
        if not _VARIABLE.fullmatch(key):
            yield ("vars", key), f"{key!r} is no name of a value: letters, digits and '_'"
    if bool(environment.public_key_env) != bool(environment.secret_key_env):
        yield (), "public_key_env and secret_key_env go together"
    elif environment.public_key_env and environment.public_key_env == environment.secret_key_env:
        yield ("secret_key_env",), "public_key_env and secret_key_env are the same variable"
    for index, label in enumerate(environment.labels or ()):
        if not _LABEL_GLOB.fullmatch(label) or label == "latest":
            message = f"{label!r} is no label: lower-case letters, digits, _ - . and not latest"
            yield ("labels", index), message
        elif label.startswith("langsync."):
            reason = "langsync keeps labels that begin with 'langsync.' for itself"
            yield ("labels", index), f"label {label!r}: {reason}"
    if environment.labels is not None and not environment.labels:
        yield ("labels",), "labels is empty: name one, or leave it out"


def _template_violation(template: str) -> str:
    """Why a template of commit messages cannot be filled in; empty if it can."""
    try:
        fields = list(Formatter().parse(template))
    except ValueError:
        return _TEMPLATE_FORM
    for _, name, width, conversion in fields:
        if name is None:
            continue
        form = _WIDTH.fullmatch(width or "")
        if name not in _TEMPLATE_NAMES or conversion or form is None:
            return _TEMPLATE_FORM
        if any(int(number or 0) > FIELD_WIDTH.most for number in form.groups()):
            return FIELD_WIDTH.exceeded()
    return ""


_TEMPLATE_NAMES = ("subject", "author", "hash", "environment")
_TEMPLATE_FORM = (
    "commit_message takes {subject}, {author}, {hash} and {environment}; write {{ and }} for braces"
)
_WIDTH = re.compile(r"(?:[^{}]?[<>^])?([0-9]{1,20})?(?:\.([0-9]{1,20}))?s?")
"""A width and a precision, as format strings have them."""


def _folder_violation(config: Config, tree: SourceTree, folder: str) -> str:
    """Why a folder of ``langsync.yaml`` may not be read; empty if it may."""
    if not names_no_drive(folder):
        return "names a drive: a folder is relative to this file"
    try:
        return config.boundary.violation(tree.resolve(config.root / folder)).partition(":")[0]
    except (ValueError, OSError, RuntimeError):
        return "is outside the repository"  # a name that no file system allows, a link to itself


_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LABEL_GLOB = re.compile(r"[a-z0-9_\-.*?\[\]!]{1,36}")


def choose_environment(
    config: Config, name: str | None, variables: Mapping[str, str]
) -> Environment:
    """Choose the environment to work on.

    ``name`` (``--env``) wins over ``LANGSYNC_ENV``, that over ``default_environment``, that over
    the only one declared. If none is declared, it is an environment without a name.

    Raises:
        ConfigError: The named one does not exist, or several do and none is named.
    """
    declared = config.environments
    chosen = name or variables.get("LANGSYNC_ENV") or config.default_environment
    if chosen:
        if chosen in declared:
            return declared[chosen]
        names = ", ".join(declared) or f"{config.file.name} declares none"
        raise ConfigError(f"there is no environment {chosen!r}: {names}")
    if len(declared) > 1:
        raise ConfigError(
            f"choose an environment with --env or LANGSYNC_ENV: {', '.join(declared)}"
        )
    return next(iter(declared.values()), Environment(repository=config.repository))


__all__ = [
    "FILE_NAME",
    "FILE_NAMES",
    "LOCAL_KEYS",
    "LOCAL_PORT",
    "REGIONS",
    "Config",
    "ConfigFile",
    "Connection",
    "Environment",
    "EnvironmentFile",
    "LintFile",
    "Settings",
    "Trust",
    "TrustedHosts",
    "Variables",
    "check_connection",
    "choose_environment",
    "config_model",
    "connect",
    "find_config",
    "read_config",
    "read_variables",
    "repository_of",
]
