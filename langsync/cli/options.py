"""The options that several commands share, in groups; see `option_groups`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

import typer
from typer.models import OptionInfo

from langsync.cli import complete
from langsync.cli.option_groups import Only, option

if TYPE_CHECKING:
    from langsync.cli.reading import Place
    from langsync.engine.workspace import Workspace
    from langsync.model import PlanOptions


class Format(StrEnum):
    """How a result is written."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"


class TextOrJson(StrEnum):
    """How the result of a command without a Markdown form is written."""

    TEXT = "text"
    JSON = "json"


_WHERE = "Where"
_OUTPUT = "Output"

ConfigOption = Annotated[
    Path | None,
    option(
        "--config FILE",
        "The langsync.yaml to use; by default the nearest one at or above this folder.",
        panel=_WHERE,
    ),
]
TargetOption = Annotated[
    list[str] | None,
    option(
        "--target GLOB",
        "Only addresses that match this glob, and what they need, such as "
        "'prompt/support/*'. Repeatable.",
        panel=_WHERE,
        autocompletion=complete.addresses,
    ),
]
FormatOption = Annotated[
    Format,
    option(
        "--format FORMAT",
        "How the result is written to stdout: text, json or markdown.",
        panel=_OUTPUT,
    ),
]
TextOrJsonOption = Annotated[
    TextOrJson,
    option("--format FORMAT", "How the result is written to stdout: text or json.", panel=_OUTPUT),
]
PromptArgument = Annotated[
    str,
    typer.Argument(help="The prompt, such as support/greeting.", autocompletion=complete.prompts),
]
DetailedExitcodeOption = Annotated[
    bool, option("--detailed-exitcode", "Exit with 2 if anything differs.")
]
YesOption = Annotated[bool, option("--yes, -y", "Do not ask. Needed where there is no terminal.")]


def env_option(text: str) -> OptionInfo:
    """``--env``, which completes the names of environments.

    Args:
        text: What it selects, and the default.
    """
    return option("--env NAME", text, panel=_WHERE, autocompletion=complete.environments)


@dataclass(frozen=True, slots=True, kw_only=True)
class VerbosityOptions:
    """How much is printed besides results; every command has these options.

    Args:
        quiet: Whether nothing but results, errors and questions is.
        verbose: Whether each request is.
    """

    panel: ClassVar[str] = "Output"

    quiet: Annotated[
        bool, option("--quiet, -q", "Print nothing but the result, errors and questions.")
    ] = False
    verbose: Annotated[
        bool, option("--verbose, -v", "Print each request with its status and how long it took.")
    ] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceOptions:
    """Which ``langsync.yaml`` and which environment.

    Args:
        config: The file that was named; None for the nearest one.
        env: The environment that was named; None for the default one.
        target: Globs of addresses that select declared resources; None for all.
    """

    config: ConfigOption = None
    env: Annotated[
        str | None,
        env_option("The environment; else LANGSYNC_ENV, default_environment, or the only one."),
    ] = None
    target: TargetOption = None

    def open(self, plan_options: PlanOptions | None = None) -> Workspace:
        """Read and check everything that is declared.

        Args:
            plan_options: The other options of the plan.

        Raises:
            LangsyncError: A file or an option is invalid.
        """
        from langsync.engine.workspace import open_workspace

        return open_workspace(self.config, self.env, self.target, plan_options)

    def find(self) -> Place:
        """Read ``langsync.yaml``: the one that was named, or the nearest at or above this folder.

        Raises:
            LangsyncError: It is invalid, or is missing although an environment was named.
        """
        from langsync.cli.reading import Place

        return Place.find(self.config, self.env)


PlaceOptions = Annotated[WorkspaceOptions, Only("config", "env")]
"""Of commands that cannot be narrowed to a target."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputOptions:
    """How plans, reports, drift and the like are written.

    Args:
        format: The format on stdout.
        html: The file that gets the result as a page, too; None for no page.
        full: Whether nothing is folded in text.
        resolved: Whether changes of texts that refer to changed prompts are shown.
    """

    panel: ClassVar[str] = "Output"

    format: FormatOption = Format.TEXT
    html: Annotated[
        Path | None, option("--html FILE", "Save the result as one HTML page, too.")
    ] = None
    full: Annotated[bool, option("--full", "Fold nothing in the text output.")] = False
    resolved: Annotated[
        bool,
        option(
            "--resolved",
            "Show how the resolved texts of prompts that refer to what changes differ.",
        ),
    ] = False
