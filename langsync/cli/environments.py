"""``langsync environments``."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from rich.text import Text

from langsync.cli import console
from langsync.cli.connection_options import ConnectionOptions
from langsync.cli.option_groups import Only, option
from langsync.cli.options import ConfigOption, Format
from langsync.errors import ConfigError
from langsync.render.shape import one_line

if TYPE_CHECKING:
    from langsync.config import Config, Environment

MATRIX = 256
"""Jobs that a matrix can have (GitHub's documentation of workflow syntax)."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key, by the variable that holds it.

    Args:
        variable: The variable's name; what it holds is never shown.
        state: ``set``, ``not set``, or that the embedded server's own key is used.
    """

    variable: str
    state: str


@dataclass(frozen=True, slots=True)
class EnvironmentRow:
    """An environment and its settings.

    Args:
        name: Its name; empty for the implicit one if none is declared.
        default: Whether it is used if none is named.
        labels: The labels that it moves; None for every label that a file names.
        host: Langfuse's base URL; None if nothing names a usable one.
        public_key: Where its public key comes from.
        secret_key: Where its secret key comes from.
        vars: The names of its values.
    """

    name: str
    default: bool
    labels: tuple[str, ...] | None
    host: str | None
    public_key: Key
    secret_key: Key
    vars: tuple[str, ...]


class EnvironmentsFormat(StrEnum):
    """How the environments are written."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    GITHUB_MATRIX = "github-matrix"


def command(
    *,
    config: ConfigOption = None,
    all: Annotated[
        bool, option("--all", "Those of every langsync.yaml at and below this folder.")
    ] = False,
    connection: Annotated[ConnectionOptions, Only("env_file")],
    format: Annotated[
        EnvironmentsFormat,
        option(
            "--format FORMAT",
            "How the result is written to stdout: text, json, markdown, or "
            "github-matrix, the matrix of a job.",
            panel="Output",
        ),
    ] = EnvironmentsFormat.TEXT,
) -> int:
    """List the environments of langsync.yaml.

    Shows of each one its labels, its host, which variables hold its keys and whether they are
    set, and the names of its values. Nothing is sent, and no key is shown.

    Examples:
        langsync environments
        langsync environments --all --format github-matrix   # jobs of a workflow
    """
    from langsync.config import Environment

    if format is EnvironmentsFormat.GITHUB_MATRIX:
        files = sorted(_files(Path.cwd())) if all else [_file(config)]
        console.write(_matrix([(file, _read(file)) for file in files]))
        return 0
    if all:
        raise ConfigError("--all goes with --format github-matrix")
    parsed = _read(_file(config))
    variables = connection.variables()
    declared = list(parsed.environments.values()) or [Environment()]
    default = _default(parsed)
    rows = [_row(environment, default, variables) for environment in declared]
    _show(rows, Format(format.value))
    return 0


def _file(config: Path | None) -> Path:
    from langsync.config import find_config

    file = config if config is not None else find_config(Path.cwd())
    if not file.is_file():
        raise ConfigError(f"--config {file}: there is no such file")
    return file


def _read(file: Path) -> Config:
    from langsync.config import read_config
    from langsync.kinds import folders

    return read_config(file, folders())


def _files(top: Path) -> Iterator[Path]:
    """Yields every ``langsync.yaml`` at and below a folder, except in hidden folders."""
    from langsync.config import FILE_NAMES

    for folder, below, names in os.walk(top):
        below[:] = [name for name in below if not name.startswith(".")]
        yield from (Path(folder, name) for name in FILE_NAMES if name in names)


def _matrix(configs: list[tuple[Path, Config]]) -> str:
    """Returns a job matrix on one line: each environment of each file.

    Raises:
        ConfigError: There are more jobs than a matrix can hold.
    """
    from langsync.config import Environment

    jobs = [
        {
            "environment": environment.name,
            "config": Path(os.path.relpath(file)).as_posix(),
            "public-key-variable": environment.public_key_env or "LANGFUSE_PUBLIC_KEY",
            "secret-key-variable": environment.secret_key_env or "LANGFUSE_SECRET_KEY",
        }
        for file, config in configs
        for environment in list(config.environments.values()) or [Environment()]
    ]
    if len(jobs) > MATRIX:
        raise ConfigError(f"{len(jobs)} environments: a matrix of GitHub holds {MATRIX} jobs")
    return json.dumps({"include": jobs}) + "\n"


def _default(config: Config) -> str | None:
    """Returns the name of the default environment, if there is one."""
    from langsync.config import choose_environment

    try:
        return choose_environment(config, None, {}).name
    except ConfigError:
        return None


def _row(
    environment: Environment, default: str | None, variables: Mapping[str, str]
) -> EnvironmentRow:
    from langsync.config.connection import host_violation

    host = (
        environment.host
        or variables.get("LANGFUSE_BASE_URL")
        or variables.get("LANGFUSE_HOST")
        or None
    )
    return EnvironmentRow(
        environment.name,
        environment.name == default,
        environment.labels,
        None if host is None or host_violation(host) else host,
        _key(environment.public_key_env or "LANGFUSE_PUBLIC_KEY", environment, variables),
        _key(environment.secret_key_env or "LANGFUSE_SECRET_KEY", environment, variables),
        tuple(environment.vars),
    )


def _key(variable: str, environment: Environment, variables: Mapping[str, str]) -> Key:
    from langsync.config.connection import uses_local_keys

    if (variables.get(variable) or "").strip():
        return Key(variable, "set")
    if uses_local_keys(environment, variables):
        return Key(variable, "not set: the key of langsync serve is used")
    return Key(variable, "not set")


def _show(rows: list[EnvironmentRow], format: Format) -> None:
    from langsync.render import json as render
    from langsync.render import markdown

    if format is Format.JSON:
        console.write(render.rows("environments", [asdict(row) for row in rows]))
    elif format is Format.MARKDOWN:
        titles = [{"name": _title(row)} for row in rows]
        console.write(
            markdown.table([title | _texts(row) for title, row in zip(titles, rows, strict=True)])
        )
    else:
        for row in rows:
            console.show(Text(one_line(_title(row)), "bold"))
            for name, text in _texts(row).items():
                console.show(Text(f"  {name:<12}{one_line(text)}"))


def _title(row: EnvironmentRow) -> str:
    return f"{row.name or '(no name)'}{' (default)' if row.default else ''}"


def _texts(row: EnvironmentRow) -> dict[str, str]:
    return {
        "labels": "every label that a file names" if row.labels is None else ", ".join(row.labels),
        "host": row.host or "not set",
        "public key": f"{row.public_key.variable} ({row.public_key.state})",
        "secret key": f"{row.secret_key.variable} ({row.secret_key.state})",
        "vars": ", ".join(row.vars) or "none",
    }
