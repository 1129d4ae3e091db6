"""The schema of ``langsync.yaml``."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from langsync.config.variables import KEY_VARIABLE_PATTERN
from langsync.formats.documents import Shape


class EnvironmentFile(Shape):
    """One entry of ``environments``: where to deploy and which labels to move."""

    labels: list[str] | None = Field(
        default=None, description="Labels that this environment moves; globs are allowed."
    )
    host: str | None = Field(
        default=None,
        description="Base URL of the Langfuse server. Only a host that the user trusts gets keys.",
    )
    public_key_env: str | None = Field(
        default=None,
        description="Name of the environment variable that holds the public key, such as "
        "LANGFUSE_PROD_PUBLIC_KEY: LANGFUSE or LANGSYNC is part of it.",
        json_schema_extra={"pattern": KEY_VARIABLE_PATTERN},
    )
    secret_key_env: str | None = Field(
        default=None,
        description="Name of the environment variable that holds the secret key, such as "
        "LANGFUSE_PROD_SECRET_KEY: LANGFUSE or LANGSYNC is part of it.",
        json_schema_extra={"pattern": KEY_VARIABLE_PATTERN},
    )
    vars: dict[str, Any] = Field(
        default_factory=dict, description="Values for ${vars.NAME} in files with template: true."
    )


class PruneFile(Shape):
    """What ``--allow-delete`` may delete, and how much of it at once."""

    prompts: list[str] = Field(
        default_factory=list, description="Globs of prompt names that are Git's alone."
    )
    max_share: float = Field(
        default=0.3, gt=0, le=1, description="The share of those that one apply may delete."
    )


class LintFile(Shape):
    """Which rules files are checked by; a rule is named by its code, or by how codes begin."""

    ignore: list[str] = Field(default_factory=list, description="Rules that are off.")
    enable: list[str] = Field(
        default_factory=list, description="Rules that are on which are off by default."
    )
    files: dict[str, list[str]] = Field(
        default_factory=dict, description="By glob of file names, rules that are off there."
    )


class ConfigFile(Shape):
    """The content of ``langsync.yaml``."""

    version: Literal[1] = Field(description="The version of this file's format: 1.")
    project: str | None = Field(
        default=None, description="Name or id of the Langfuse project: a guard against wrong keys."
    )
    default_environment: str | None = Field(
        default=None, description="The environment to use where none is named."
    )
    environments: dict[str, EnvironmentFile] = Field(
        default_factory=dict, description="Named targets: host, keys, labels."
    )
    texts: list[str] = Field(
        default_factory=list,
        description="Hidden folders, such as .github/prompts, whose files others may name.",
    )
    commit_message: str = Field(
        default="{subject}",
        description="Message of created versions: {subject}, {author}, {hash} of the commit that "
        "last touched the prompt, {environment}.",
    )
    history_depth: int = Field(
        default=20,
        ge=0,
        description="How many versions of a prompt are searched for a content that comes back.",
    )
    deployment_markers: bool = Field(
        default=True,
        description="Whether a label langsync.L marks where langsync last put the label L.",
    )
    prune: PruneFile = Field(
        default_factory=PruneFile,
        description="Prompts that --allow-delete deletes where no file declares them.",
    )
    lint: LintFile = Field(
        default_factory=LintFile, description="Which rules the files are checked by."
    )
