"""``langsync init``."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import ExitStack, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import indent
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from langsync.cli import console
from langsync.cli.connection_options import ConnectionOptions
from langsync.cli.init_options import Questions, RepositoryOptions
from langsync.cli.option_groups import option
from langsync.cli.options import (
    OutputOptions,
    TextOrJson,
    TextOrJsonOption,
    WorkspaceOptions,
    YesOption,
)
from langsync.cli.results import collected
from langsync.errors import ConfigError, LangsyncError, command_options
from langsync.render.shape import one_line

if TYPE_CHECKING:
    from langsync.cli.scaffold import Answers, Site

_BRANCHES = ("main", "master", "trunk")
_SHARED = (".pre-commit-config.yaml", "settings.json")
"""Files that other programs have their part in."""


def command(
    *,
    folder: Annotated[
        Path, typer.Argument(help="The folder that langsync.yaml stands in; made if it is missing.")
    ] = Path(),
    repository: RepositoryOptions,
    from_remote: Annotated[
        bool, option("--from-remote", "Pull everything that Langfuse has; no examples.")
    ] = False,
    yes: YesOption = False,
    format: TextOrJsonOption = TextOrJson.TEXT,
) -> int:
    """Begin a repository, or add what is missing to one.

    Writes langsync.yaml, an example of a prompt and of a dataset, JSON Schemas for editors,
    workflows for GitHub Actions and a pre-commit configuration. What is there is never touched,
    and nothing is sent. With --from-remote what Langfuse has becomes the first files.

    Examples:
        langsync init
        langsync init --host EU --environment staging --environment production --yes
        langsync init --from-remote --no-vscode
    """
    from langsync.cli.connecting import trust_named
    from langsync.cli.scaffold import environments_of, pushes_past_promotion, scaffold

    if not yes and not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise LangsyncError("there is no terminal to ask on: say --yes")
    site = _site(folder)
    answers = repository.answers(Questions(asked=not yes, first=site.config is None))
    if "promote" in answers.workflows and len(environments_of(site, answers)) < 2:
        raise ConfigError(
            "the workflow promote goes from one environment to another: name both, such as "
            "--environment staging --environment production"
        )
    if site.config is None:
        trust_named(answers.host, site.repository)
    files = list(scaffold(site, answers, examples=not from_remote))
    _check_links(site, [path for path, _ in files])
    writer = _RepositoryWriter(shown=format is TextOrJson.TEXT)
    for path, text in files:
        writer.write(path, text)
    try:
        code = writer.pull(files[0][0], yes=yes) if from_remote else 0
    finally:
        writer.tell()
    for warning in pushes_past_promotion(site, answers):
        console.notice(f"Warning: {warning}", "yellow")
    if code == 0:
        _next(site, answers)
    return code


@dataclass(slots=True)
class _RepositoryWriter:
    """Writes the files, and records what it did with each.

    Args:
        shown: Whether each is reported as it is written; else all of them at the end, as JSON.
        wrote: Those that did not exist.
        kept: Those that existed.
        to_add: What is missing from files of other programs, which are kept.
        pulled: The files that were written with what Langfuse has.
    """

    shown: bool
    wrote: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    to_add: list[dict[str, str]] = field(default_factory=list)
    pulled: list[str] = field(default_factory=list)

    def write(self, path: Path, text: str) -> None:
        """Write a file unless it exists.

        Raises:
            LangsyncError: It cannot be written.
        """
        from langsync.source.files import write_file

        name = os.path.relpath(path)
        is_there = path.is_symlink() or path.exists()
        if not is_there:
            write_file(path, text)
        (self.kept if is_there else self.wrote).append(name)
        if self.shown:
            word = ("kept   ", "dim") if is_there else ("wrote  ", "green")
            console.show(Text.assemble(word, one_line(name)))
        shared = is_there and path.name in _SHARED
        if shared and text.strip() not in path.read_text("utf-8", "replace"):
            self.to_add.append({"file": name, "text": text})
            console.notice(f"       to add to it:\n{indent(text, '         ')}", "yellow")

    def pull(self, config: Path, *, yes: bool) -> int:
        """Pull everything from the default environment; returns the exit code."""
        from langsync.cli.pull import PullOptions
        from langsync.cli.pull import command as pull
        from langsync.model import Pulled

        with ExitStack() as stack:
            if not self.shown:
                stack.enter_context(redirect_stdout(sys.stderr))
            results = stack.enter_context(collected())
            code = pull(
                workspace=WorkspaceOptions(config=config),
                options=PullOptions(all=True),
                yes=yes,
                output=OutputOptions(),
                connection=ConnectionOptions(),
            )
        if code == 0:
            files = [
                file for result in results if isinstance(result, Pulled) for file in result.files
            ]
            self.pulled += [os.path.relpath(config.parent / file.path) for file in files]
        return code

    def tell(self) -> None:
        """Write the result as JSON, unless it is shown as text."""
        if not self.shown:
            from langsync.render import json

            written = {"wrote": self.wrote, "kept": self.kept}
            console.write(json.result({**written, "to_add": self.to_add, "pulled": self.pulled}))


def _site(folder: Path) -> Site:
    """Where the files go.

    Raises:
        LangsyncError: The folder cannot be made, or its ``langsync.yaml`` is wrong.
    """
    from langsync.cli.scaffold import Site
    from langsync.config import FILE_NAMES, read_config, repository_of
    from langsync.kinds import folders

    if folder.exists() and not folder.is_dir():
        raise ConfigError(f"{folder} is no folder")
    folder.mkdir(parents=True, exist_ok=True)
    root = folder.resolve()
    configs = [root / name for name in FILE_NAMES if (root / name).is_file()]
    config = read_config(configs[0], folders()) if configs else None
    repository = repository_of(root)
    return Site(root, repository, _branch(repository), config)


def _branch(repository: Path) -> str:
    """The branch that is deployed: the one that is checked out, if it has such a name."""
    from langsync.source.git import find_program

    if (program := find_program()) is None:
        return _BRANCHES[0]
    ended = subprocess.run(  # noqa: S603 - our own words
        [program, "symbolic-ref", "--short", "HEAD"],
        cwd=repository,
        capture_output=True,
        text=True,
        check=False,
    )
    branch = ended.stdout.strip()
    return branch if branch in _BRANCHES else _BRANCHES[0]


def _check_links(site: Site, paths: list[Path]) -> None:
    """Check that nothing will be written outside the repository.

    Raises:
        LangsyncError: A link leads out of the repository.
    """
    for path in paths:
        where = path.parent.resolve()
        if ".git" in where.parts or not where.is_relative_to(site.repository):
            raise LangsyncError(f"{os.path.relpath(path)} is outside the repository: see its links")


def _next(site: Site, answers: Answers) -> None:
    """Print the next steps."""
    from langsync.config.hosts import parse_origin
    from langsync.config.trust import TRUSTED_HOSTS

    where = os.path.relpath(site.root)
    local = site.config is None or "local" in site.config.environments
    lines = [
        f"cd {where}" if where != "." else "",
        "langsync validate                  # the files are right",
        "langsync serve                     # in another terminal: Langfuse on this machine"
        if local
        else "",
        "langsync apply --env local         # try it there" if local else "",
        f"langsync trust {command_options(answers.host)}   # it is not encrypted"
        if site.config is None and parse_origin(answers.host).is_insecure
        else "",
        "export LANGFUSE_PUBLIC_KEY=pk-lf-… LANGFUSE_SECRET_KEY=sk-lf-…",
        "langsync doctor && langsync plan   # what would change in Langfuse",
        "git init" if not (site.repository / ".git").exists() else "",
        "git add --all && git commit -m 'Keep prompts and datasets in Git'",
        "pre-commit install" if answers.pre_commit else "",
    ]
    console.notice("\nNext:", "bold")
    for line in filter(None, lines):
        console.notice(f"  {line}")
    if answers.github:
        http = parse_origin(answers.host).is_insecure
        allow = f"; allow http:// by {TRUSTED_HOSTS}={answers.host} in the env of each workflow"
        console.notice(
            "On GitHub, give the repository (or its environments) the secrets "
            "LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY; of a Langfuse of your own, its URL in "
            f"the variable LANGFUSE_BASE_URL, too{allow if http else ''}."
        )
