"""The variables that settings and credentials are taken from, and who set them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dotenv import dotenv_values

from langsync.errors import ConfigError

FILE_NAME = "langsync.yaml"
FILE_NAMES = frozenset({FILE_NAME, "langsync.yml"})

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_FOREIGN_PREFIX = re.compile(r"(GITHUB|ACTIONS|INPUT|RUNNER)_", re.IGNORECASE)
_OWN = re.compile(r"LANGFUSE|LANGSYNC", re.IGNORECASE)

_SETTINGS = frozenset(
    {
        *("LANGFUSE_BASE_URL", "LANGFUSE_HOST", "LANGFUSE_ADDITIONAL_HEADERS"),
        *("LANGSYNC_CACHE", "LANGSYNC_ENV", "LANGSYNC_TRUSTED_HOSTS"),
    }
)
"""Variables that mean something else to langsync: a key in them would be shown or sent on."""

KEY_VARIABLE_PATTERN = (
    r"^(?!([Gg][Ii][Tt][Hh][Uu][Bb]|[Aa][Cc][Tt][Ii][Oo][Nn][Ss]|[Ii][Nn][Pp][Uu][Tt]"
    r"|[Rr][Uu][Nn][Nn][Ee][Rr])_)(?=.*([Ll][Aa][Nn][Gg][Ff][Uu][Ss][Ee]"
    r"|[Ll][Aa][Nn][Gg][Ss][Yy][Nn][Cc]))[A-Za-z_][A-Za-z0-9_]*$"
)
"""Names of key variables as a regular expression of JSON Schema, which has no flags."""


@dataclass(frozen=True, slots=True)
class Variables(Mapping[str, str]):
    """The variables of a command.

    A file in a checkout may come from the repository, not from the user: its values are used, but
    its hosts get no keys from elsewhere.

    Args:
        process: Those of the process, which the user set.
        file: Those of the file that ``--env-file`` names; they win.
        in_checkout: Whether that file is in a checkout.
        shown: The file, for messages.
    """

    process: Mapping[str, str]
    file: Mapping[str, str] = field(default_factory=dict)
    in_checkout: bool = False
    shown: str = ""

    def __getitem__(self, name: str) -> str:
        return self.file[name] if name in self.file else self.process[name]

    def __iter__(self) -> Iterator[str]:
        return iter({**self.process, **self.file})

    def __len__(self) -> int:
        return len({**self.process, **self.file})

    def set_by_user(self, secrets: frozenset[str]) -> Mapping[str, str]:
        """The variables that may name where secrets are sent.

        Args:
            secrets: The variables whose values would be sent.

        Returns:
            Of a file in a checkout only if it holds those secrets itself.
        """
        if self.in_checkout and not secrets <= self.file.keys():
            return self.process
        return self


def read_variables(env_file: Path | None, process: Mapping[str, str]) -> Variables:
    """The variables to take credentials from.

    Args:
        env_file: A file of ``NAME=value`` lines that the user named. What it sets wins, so that
            the two keys of a pair never come from two places. It is read only if it is named.
        process: The process's own variables.

    Raises:
        ConfigError: The file cannot be read.
    """
    if env_file is None:
        return Variables(dict(process))
    if not env_file.is_file():
        raise ConfigError(f"--env-file {env_file}: there is no such file")
    try:
        values = dotenv_values(env_file, interpolate=False)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"--env-file {env_file} cannot be read: {error}") from None
    from_file = {key: value for key, value in values.items() if value is not None}
    return Variables(dict(process), from_file, _is_in_checkout(env_file), str(env_file))


def _is_in_checkout(file: Path) -> bool:
    """Whether a file, or a link that leads to it, is below a Git work tree or a langsync.yaml."""
    folders = {*file.resolve().parents, *file.absolute().parents}
    marks = (".git", *FILE_NAMES)
    return any((folder / mark).exists() for folder in folders for mark in marks)


def key_variable_violation(name: str) -> str:
    """Why a variable cannot be one that holds a key; empty if it can.

    A file chooses the name, and the variable's value is sent: the name has to show that it is
    meant for Langfuse, or a file could ask for any secret of the process.

    Args:
        name: The name.
    """
    if not _NAME.fullmatch(name):
        return "is the name of a variable, such as LANGFUSE_PROD_SECRET_KEY, never the key itself"
    if name.upper() in _SETTINGS:
        return f"cannot be {name}: this variable holds no key"
    if _FOREIGN_PREFIX.match(name) or not _OWN.search(name):
        return (
            "names a variable with LANGFUSE or LANGSYNC in its name, and none that begins with "
            f"GITHUB_, ACTIONS_, INPUT_ or RUNNER_: not {name}, but {_fitting(name)}"
        )
    return ""


def _fitting(name: str) -> str:
    """A name like one that does not fit, which does."""
    while match := _FOREIGN_PREFIX.match(name):
        name = name[match.end() :]
    own = _NAME.fullmatch(name) and _OWN.search(name)
    fitting = name if own else f"LANGFUSE_{name}" if name else "LANGFUSE_KEY"
    return f"{fitting}_KEY" if fitting.upper() in _SETTINGS else fitting
