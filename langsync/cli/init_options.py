"""The options of ``langsync init``, and the questions it asks."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from langsync.cli.option_groups import option
from langsync.errors import ConfigError

if TYPE_CHECKING:
    from langsync.cli.scaffold import Answers

_NAME = re.compile(r"[a-z][a-z0-9_.-]{0,35}")
_FILES = "What is written"


@dataclass(frozen=True, kw_only=True)
class RepositoryOptions:
    """What a new repository gets; None asks the user.

    Args:
        host: Langfuse's URL, or a region.
        project: The project that keys have to belong to.
        environment: The environments, in the order of deployment.
        github: Whether workflows for GitHub Actions are written.
        workflows: Which workflows.
        pre_commit: Whether a pre-commit configuration is written.
        vscode: Whether settings for VS Code are written.
    """

    host: Annotated[
        str | None, option("--host URL", "Langfuse's base URL, or a region: EU, US, Japan, HIPAA.")
    ] = None
    project: Annotated[
        str | None,
        option("--project NAME", "Name or id of the Langfuse project: a guard. '' for none."),
    ] = None
    environment: Annotated[
        list[str] | None,
        option(
            "--environment NAME",
            "An environment, which moves the label of its name; repeatable, in "
            "the order of deployment. Without: production.",
        ),
    ] = None
    github: Annotated[
        bool | None,
        option("--github/--no-github", "Write workflows for GitHub Actions.", panel=_FILES),
    ] = None
    workflows: Annotated[
        list[str] | None,
        option(
            "--workflow NAME",
            "A workflow to write: review, deploy, drift, promote, sync-back, "
            "many-projects; repeatable. Without: the first three.",
            panel=_FILES,
        ),
    ] = None
    pre_commit: Annotated[
        bool | None,
        option("--pre-commit/--no-pre-commit", "Write a pre-commit configuration.", panel=_FILES),
    ] = None
    vscode: Annotated[
        bool | None, option("--vscode/--no-vscode", "Write settings for VS Code.", panel=_FILES)
    ] = None

    def answers(self, ask: Questions) -> Answers:
        """Returns the options, completed by the user's answers.

        Raises:
            ConfigError: An option or answer is invalid.
        """
        from langsync.cli.scaffold import Answers

        environments = " ".join(self.environment or ())
        return Answers(
            _url(ask.text("Langfuse: a URL, or EU, US, Japan, HIPAA", self.host, _default_host())),
            ask.text("Project, as a guard against wrong keys (empty for none)", self.project, ""),
            _names(ask.text("Environments, in order", environments, "production")),
            ask.whether("Workflows for GitHub Actions?", value=self.github),
            ask.whether("A pre-commit configuration?", value=self.pre_commit),
            ask.whether("Settings for VS Code?", value=self.vscode),
            _workflows(self.workflows or ()),
        )


@dataclass(frozen=True, slots=True)
class Questions:
    """Asks for what the options leave open.

    Args:
        asked: Whether the user is asked at all.
        first: Whether ``langsync.yaml`` is yet to be written: its settings are not asked for again.
    """

    asked: bool
    first: bool

    def text(self, question: str, value: str | None, default: str) -> str:
        """Returns the option's value, else the answer, else the default."""
        if value or value == "" == default:
            return value
        if not (self.asked and self.first):
            return default
        answer: str = typer.prompt(question, default=default, err=True, show_default=bool(default))
        return answer.strip()

    def whether(self, question: str, *, value: bool | None) -> bool:
        """Returns the option's value, else the answer, else yes."""
        if value is not None:
            return value
        return typer.confirm(question, default=True, err=True) if self.asked else True


def _default_host() -> str:
    from langsync.config.trust import HOST_VARIABLES

    return next(filter(None, map(os.environ.get, HOST_VARIABLES)), "EU")


def _url(host: str) -> str:
    """The URL of a host or a region.

    Raises:
        ConfigError: It is neither.
    """
    from langsync.config import REGIONS
    from langsync.config.connection import host_violation

    regions = {name.lower(): url for name, url in REGIONS.items()}
    url = regions.get(host.lower(), host)
    if violation := host_violation(url):
        raise ConfigError(f"host {violation}, or a region: {', '.join(REGIONS)}")
    return url.rstrip("/")


def _workflows(names: Sequence[str]) -> tuple[str, ...]:
    """Which workflows are written.

    Raises:
        ConfigError: There is no such workflow.
    """
    from langsync.cli.workflows import NAMES, USUAL

    if unknown := [name for name in names if name not in NAMES]:
        raise ConfigError(f"there is no workflow {unknown[0]!r}: {', '.join(NAMES)}")
    return tuple(dict.fromkeys(names)) or USUAL


def _names(text: str) -> tuple[str, ...]:
    """The names of environments.

    Raises:
        ConfigError: A name is not valid both as a name and as a label.
    """
    names = tuple(dict.fromkeys(re.split(r"[\s,]+", text.strip())))
    for name in names:
        if not _NAME.fullmatch(name) or name in ("local", "latest") or name.startswith("langsync."):
            raise ConfigError(
                f"environment {name!r}: lower-case letters, digits, _ - and . from a letter on, "
                "and neither local, which is the embedded server, nor latest"
            )
    return names
