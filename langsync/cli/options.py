"""The options that several commands share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from langsync.cli import complete


class Format(StrEnum):
    """How a result is written."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"


class Form(StrEnum):
    """How the result of a command is written that has nothing for reviews."""

    TEXT = "text"
    JSON = "json"


_PLACE = "Where"
_CONNECTION = "Connection"

ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        help="The langsync.yaml to use; by default the nearest one at or above this folder.",
        rich_help_panel=_PLACE,
    ),
]
EnvOption = Annotated[
    str | None,
    typer.Option(
        "--env",
        help="The environment; else LANGSYNC_ENV, default_environment, or the only one.",
        rich_help_panel=_PLACE,
        autocompletion=complete.environments,
    ),
]
TargetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--target",
        help="Only addresses that match this glob, and what they need, such as "
        "'prompt/support/*'. Repeatable.",
        rich_help_panel=_PLACE,
        autocompletion=complete.addresses,
    ),
]
HostOption = Annotated[
    str | None,
    typer.Option(
        "--host",
        help="Langfuse's base URL; else the environment's, LANGFUSE_BASE_URL, LANGFUSE_HOST.",
        rich_help_panel=_CONNECTION,
    ),
]
EnvFileOption = Annotated[
    Path | None,
    typer.Option(
        "--env-file",
        help="A file of NAME=value lines to take keys from. None is read unasked.",
        rich_help_panel=_CONNECTION,
    ),
]
ConcurrencyOption = Annotated[
    int,
    typer.Option(
        "--concurrency",
        min=1,
        max=256,
        help="Requests under way at once, at most.",
        rich_help_panel=_CONNECTION,
    ),
]
TimeoutOption = Annotated[
    float,
    typer.Option(
        "--timeout",
        min=0.1,
        help="Seconds to wait for each answer.",
        rich_help_panel=_CONNECTION,
    ),
]
FormatOption = Annotated[
    Format, typer.Option("--format", help="How the result is written to stdout.")
]
FormOption = Annotated[Form, typer.Option("--format", help="How the result is written to stdout.")]
HtmlOption = Annotated[
    Path | None,
    typer.Option("--html", metavar="FILE", help="Save the result as one HTML page, too."),
]
FullOption = Annotated[bool, typer.Option("--full", help="Fold nothing in the text output.")]

CacheOption = Annotated[
    bool,
    typer.Option(
        "--cache/--no-cache",
        help="Remember what was read of Langfuse, in the user's cache folder or LANGSYNC_CACHE.",
        rich_help_panel=_CONNECTION,
    ),
]
MessageOption = Annotated[
    str | None,
    typer.Option(
        "--message",
        "-m",
        help="The commit message of created versions; by default the subject of the commit that "
        "last touched the prompt.",
    ),
]
AllowDeleteOption = Annotated[
    bool,
    typer.Option(
        "--allow-delete",
        help="Delete prompts that were renamed, those that a --target names and that left the "
        "files, and those that 'prune' covers and no file declares.",
    ),
]
AllowReplaceOption = Annotated[
    bool,
    typer.Option(
        "--allow-replace",
        help="Allow changes that delete or archive a resource and create it again.",
    ),
]
AllowPruneOption = Annotated[
    int,
    typer.Option(
        "--allow-prune",
        metavar="N",
        min=0,
        help="Allow up to N to be removed, whatever share that is: prompts, items of each dataset "
        "that prunes, duplicates of score configs.",
    ),
]
LockTimeoutOption = Annotated[
    float,
    typer.Option(
        "--lock-timeout",
        metavar="SECONDS",
        min=0,
        help="Seconds to wait for another langsync on this machine that writes to the same "
        "project; 0 does not wait.",
        rich_help_panel=_CONNECTION,
    ),
]
OverwriteUnknownOption = Annotated[
    bool,
    typer.Option(
        "--overwrite-unknown",
        help="Overwrite what somebody may have changed in Langfuse where the Git history cannot "
        "tell, such as in a shallow clone.",
    ),
]
HistoryCommitsOption = Annotated[
    int,
    typer.Option(
        "--history-commits",
        metavar="N",
        min=0,
        help="Read at least N commits to find out who made a change, where the usual bounds do "
        "not reach far enough (20 commits for a dataset with much data, 1,000 for prompts).",
    ),
]
ResolvedOption = Annotated[
    bool,
    typer.Option(
        "--resolved",
        help="Show how the resolved texts of prompts that refer to what changes differ.",
    ),
]


class Impact(StrEnum):
    """Where prompts that refer to what changes are looked for."""

    REPOSITORY = "repository"
    PROJECT = "project"


ImpactOption = Annotated[
    Impact,
    typer.Option(
        "--impact",
        help="Where to look for prompts that refer to what changes: 'project' reads the whole "
        "project.",
    ),
]
