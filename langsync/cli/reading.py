"""Finds project and prompt for commands that only read, with or without ``langsync.yaml``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from langsync.config import FILE_NAMES, Config, Environment
from langsync.engine import workspace as work
from langsync.errors import ConfigError
from langsync.kinds import all_kinds
from langsync.kinds.names import name_violation

_NUMBER = re.compile(r"v?([1-9][0-9]{0,8})")


@dataclass(frozen=True, slots=True)
class Place:
    """Where to look.

    Args:
        config: The parsed ``langsync.yaml``; None if there is none.
        environment: The chosen environment; without a file all settings come from variables.
    """

    config: Config | None
    environment: Environment

    @classmethod
    def find(cls, config: Path | None, env: str | None) -> Place:
        """Read ``langsync.yaml``: the one that was named, or the nearest at or above this folder.

        Raises:
            LangsyncError: It is invalid, or is missing although an environment was named.
        """
        here = Path.cwd()
        around = (folder / name for folder in (here, *here.parents) for name in FILE_NAMES)
        if config is None and env is None and not any(file.is_file() for file in around):
            return cls(None, Environment())
        return cls(*work.open_config(config, env))


def prompt_name(text: str) -> str:
    """Returns the name in ``support/greeting`` or ``prompt/support/greeting``.

    Raises:
        ConfigError: It is the address of another kind, or not a name.
    """
    kind, _, rest = text.partition("/")
    if kind != "prompt" and rest and kind in all_kinds():
        raise ConfigError(f"{text} is no prompt (a prompt of this name is prompt/{text})")
    name = rest if kind == "prompt" and rest else text
    if violation := name_violation(name, what="prompt"):
        raise ConfigError(violation)
    return name


def number(text: str) -> int | None:
    """Returns the version in ``v5`` or ``5``; None if it is something else."""
    match = _NUMBER.fullmatch(text)
    return int(match[1]) if match else None
