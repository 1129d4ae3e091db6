"""``langsync github``: runs commands in a workflow and reports their results on pull requests."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from langsync.cli import console
from langsync.cli.option_groups import option
from langsync.cli.options import TextOrJson, TextOrJsonOption
from langsync.cli.registration import Group, add_command
from langsync.cli.results import collected
from langsync.errors import ConfigError, LangsyncError
from langsync.render.shape import one_line

if TYPE_CHECKING:
    from langsync.github import Workflow
    from langsync.github.inputs import Inputs
    from langsync.github.publish import CommandResult

app = typer.Typer(
    cls=Group,
    no_args_is_help=True,
    help="What the GitHub Action does, step by step, for workflows and other CI.",
)


def command(
    *,
    format: TextOrJsonOption = TextOrJson.TEXT,
) -> int:
    """Run one command as the Action does.

    Reads the inputs of the Action from variables (INPUT_COMMAND, INPUT_ENVIRONMENT,
    INPUT_COMMENT_DETAIL and so on), runs the command, writes the step's outputs, the job's summary
    and annotations, and keeps the comment of the pull request, or the drift issue, up to date.
    With --format json stdout has the outputs alone, and stderr what the command and the runner say.

    Examples:
        INPUT_COMMAND=plan langsync github run
        INPUT_COMMAND=drift INPUT_ENVIRONMENT=production langsync github run
    """
    from langsync.github import Event, Workflow
    from langsync.github.inputs import Inputs
    from langsync.github.publish import Publisher

    variables = os.environ
    log = sys.stderr if format is TextOrJson.JSON else sys.stdout  # a runner reads commands of both
    workflow = Workflow(log, variables)
    workflow.mask(*_secrets())
    inputs = Inputs.read(variables)
    _use_keys(inputs)
    result = _run(inputs, workflow)
    publisher = Publisher(inputs, workflow, Event.read(variables), Path.cwd())
    code, outputs = publisher.publish(result)
    if format is TextOrJson.JSON:
        from langsync.render import json

        console.write(
            json.result({"command": inputs.command, "exit_code": code, "outputs": outputs})
        )
        if result.error is not None:
            console.print_error(result.error)
    return code


@dataclass(frozen=True, kw_only=True)
class CommentOptions:
    """Which comment is written.

    Args:
        pull_request: On this pull request; None for that of the workflow.
        repository: Of this repository; None for that of the workflow.
        subject: What it is about.
    """

    pull_request: Annotated[
        int | None,
        option("--pull-request N", "The number; by default that of the workflow's event."),
    ] = None
    repository: Annotated[
        str | None, option("--repository NAME", "As owner/name; by default that of the workflow.")
    ] = None
    subject: Annotated[
        str, option("--subject WORD", "What it is about: each subject has one comment.")
    ] = "plan"


def comment(
    *,
    file: Annotated[Path, typer.Argument(help="The Markdown to write; - for the standard input.")],
    options: CommentOptions,
    format: TextOrJsonOption = TextOrJson.TEXT,
) -> int:
    """Write the one comment of a subject on a pull request, or bring it up to date.

    The token is that of the variable GITHUB_TOKEN.

    Examples:
        langsync github comment plan.md
        langsync plan --format markdown | langsync github comment - --subject plan
    """
    from langsync.github import Event, GithubApi, GithubError, Sticky, keep_comment

    event = Event.read(os.environ)
    number, name = (
        options.pull_request or event.pull_request,
        options.repository or event.repository,
    )
    if number is None or not name:
        raise ConfigError("say which: --pull-request and --repository")
    if not (token := os.environ.get("GITHUB_TOKEN")):
        raise ConfigError("the variable GITHUB_TOKEN is not set")
    text = sys.stdin.read() if str(file) == "-" else file.read_text("utf-8")
    sticky = Sticky(options.subject, "", "")
    if len(text) > sticky.room:
        raise GithubError(f"a comment holds {sticky.room:,} characters, and this has {len(text):,}")
    with GithubApi(event.api_url, token) as api:
        url = keep_comment(api, name, number, sticky, text)
    if format is TextOrJson.JSON:
        from langsync.render import json

        console.write(json.result({"url": url}))
    else:
        console.write(f"{one_line(url)}\n")
    return 0


def _secrets() -> list[str]:
    names = ("INPUT_SECRET_KEY", "INPUT_GITHUB_TOKEN", "LANGFUSE_SECRET_KEY")
    return [value for name in names if (value := os.environ.get(name))]


def _use_keys(inputs: Inputs) -> None:
    """Export the given keys under the variables that the environment names for its keys."""
    from langsync.config import Environment
    from langsync.engine.workspace import open_config, read

    config = Path(inputs.config) if inputs.config else None
    try:
        environments = [open_config(config, inputs.environment or None)[1]]
    except LangsyncError:
        try:  # promote has two of them
            environments = [*read(config).environments.values()]
        except LangsyncError:
            return  # the command says what is wrong
    for environment in (Environment(), *environments):
        if inputs.public_key:
            os.environ[environment.public_key_env or "LANGFUSE_PUBLIC_KEY"] = inputs.public_key
        if inputs.secret_key:
            os.environ[environment.secret_key_env or "LANGFUSE_SECRET_KEY"] = inputs.secret_key


def _run(inputs: Inputs, workflow: Workflow) -> CommandResult:
    """Run the command; its output is shown, and never taken for commands of the runner."""
    from langsync.cli import run
    from langsync.github.publish import CommandResult

    with ExitStack() as stack:
        stack.enter_context(workflow.plain())
        # The runner reads the two streams apart: a line of the other one could come before the
        # command that stops commands, or after the one that starts them again.
        stack.enter_context(redirect_stderr(workflow.log))
        results = stack.enter_context(collected())
        if not inputs.texts:
            nowhere = stack.enter_context(Path(os.devnull).open("w", encoding="utf-8"))
            stack.enter_context(redirect_stdout(nowhere))
        else:
            stack.enter_context(redirect_stdout(workflow.log))
        if inputs.command == "plan":
            Path(inputs.plan_file).parent.mkdir(parents=True, exist_ok=True)
        page = Path(inputs.page)
        page.parent.mkdir(parents=True, exist_ok=True)
        page.unlink(missing_ok=True)  # that of a step before
        code = run(inputs.command_line)
    return CommandResult.from_results(code, results)


add_command(app, "run", command)
add_command(app, "comment", comment)
