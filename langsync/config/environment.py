"""A target of deployment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from langsync.model import Json


@dataclass(frozen=True, slots=True)
class Environment:
    """A target of deployment.

    Args:
        name: Its name; empty for the default one where none is declared.
        labels: The labels it moves, globs among them; None for every label a file names.
        host: Its host; None to take it from the variables.
        public_key_env: The variable that holds its public key.
        secret_key_env: The variable that holds its secret key.
        vars: Values for the files that are templates, by name.
        repository: The repository of the ``langsync.yaml`` that declares it; None for no file.
        host_place: The file and line that name the host; empty for none.
    """

    name: str = ""
    labels: tuple[str, ...] | None = None
    host: str | None = None
    public_key_env: str | None = None
    secret_key_env: str | None = None
    vars: Mapping[str, Json] = field(default_factory=dict, hash=False)
    repository: Path | None = field(default=None, compare=False)
    host_place: str = field(default="", compare=False)
