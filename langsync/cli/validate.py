"""``langsync validate``."""

from __future__ import annotations

from langsync.cli import console
from langsync.cli.options import ConfigOption, EnvOption, Format, FormatOption, TargetOption
from langsync.cli.workspace import open_workspace
from langsync.errors import InvalidFilesError, Problem
from langsync.render import json
from langsync.render.shape import counted


def command(
    config: ConfigOption = None,
    env: EnvOption = None,
    target: TargetOption = None,
    format: FormatOption = Format.TEXT,  # noqa: A002 - the option's name
) -> int:
    """Check all files, offline.

    Reads langsync.yaml and every file that declares prompts or datasets and shows all that is
    wrong at once, each with file, line and column. Nothing is sent.
    """
    try:
        workspace = open_workspace(config, env, target)
    except InvalidFilesError as error:
        if format is Format.JSON:
            console.write(json.findings(error.problems, (), 0))
        elif format is Format.MARKDOWN:
            console.write(_markdown(error.problems, ()))
        console.complain(error)
        return error.exit_code
    warnings = workspace.loaded.warnings
    count = len(workspace.desired)
    for problem in warnings:
        console.warn(problem)
    if format is Format.JSON:
        console.write(json.findings((), warnings, count))
    elif format is Format.MARKDOWN:
        console.write(_markdown((), warnings))
    else:
        kinds = sorted(workspace.desired.counts().items())
        listed = ", ".join(counted(number, kind) for kind, number in kinds)
        console.write(f"Valid: {listed or 'nothing is declared yet'}.\n")
    return 0


def _markdown(errors: tuple[Problem, ...], warnings: tuple[Problem, ...]) -> str:
    from langsync.render.markdown import findings

    return findings(errors, warnings)
