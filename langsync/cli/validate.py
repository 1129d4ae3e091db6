"""``langsync validate``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from langsync.cli import console
from langsync.cli.option_groups import option
from langsync.cli.options import ConfigOption, TargetOption, env_option
from langsync.errors import InvalidFilesError, Problem
from langsync.render.shape import counted

if TYPE_CHECKING:
    from langsync.lint import Finding
    from langsync.load import Loaded
    from langsync.model import State


class ValidateFormat(StrEnum):
    """How findings are written."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    GITHUB = "github"


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found.

    Args:
        errors: The errors.
        warnings: The warnings, each with its source.
        counts: How many resources there are of each kind, if there are no errors.
        environments: For how many environments the files were read.
    """

    errors: tuple[Problem, ...] = ()
    warnings: list[Finding] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    environments: int = 1

    def code(self, *, strict: bool) -> int:
        """The exit code."""
        return 1 if self.errors or (strict and self.warnings) else 0


@dataclass(frozen=True, kw_only=True)
class FixOptions:
    """What is fixed in the files.

    Args:
        fix: Whether problems are fixed whose fix changes no value.
        fix_texts: Whether texts are fixed, too.
    """

    fix: Annotated[
        bool, option("--fix", "Fix what changes no value: spaces that are in no text.")
    ] = False
    fix_texts: Annotated[
        bool,
        option(
            "--fix-texts",
            "Fix texts as well, which changes what is deployed: spaces at the "
            "ends of lines, and inside the braces of variables.",
        ),
    ] = False


def command(
    *,
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="PATH",
            help="The paths of files, as pre-commit gives them: every langsync.yaml is checked, "
            "whole, that is the nearest one of any of them.",
            exists=True,
        ),
    ] = None,
    config: ConfigOption = None,
    env: Annotated[
        str | None, env_option("Only this environment; else LANGSYNC_ENV, else all of them.")
    ] = None,
    target: TargetOption = None,
    format: Annotated[
        ValidateFormat,
        option(
            "--format FORMAT",
            "How the result is written to stdout: text, json, markdown, or "
            "github, which makes annotations.",
            panel="Output",
        ),
    ] = ValidateFormat.TEXT,
    strict: Annotated[
        bool, option("--strict", "End with 1 where there is a warning, too.")
    ] = False,
    fixes: FixOptions,
) -> int:
    """Check all files, offline.

    Reads langsync.yaml and every file that declares prompts or datasets, for each environment, and
    shows all that is wrong at once, each with file, line and column; then what is probably not
    meant, each with the code of its rule. Nothing is sent.

    Examples:
        langsync validate
        langsync validate --strict --format github   # annotations in a workflow
        langsync validate --fix
    """
    from langsync.engine.workspace import configs_of

    configs = configs_of(paths) if paths and config is None else [config]
    targets = target or ()
    results = [_check(path, env, targets, format, fixes, strict=strict) for path in configs]
    if format is ValidateFormat.JSON:
        from langsync.render import json

        errors = [problem for result in results for problem in result.errors]
        warnings = [problem for result in results for problem, _ in result.warnings]
        count = sum(number for result in results for number in result.counts.values())
        console.write(json.findings(errors, warnings, count))
    return max((result.code(strict=strict) for result in results), default=0)


def _check(
    config: Path | None,
    env: str | None,
    targets: Sequence[str],
    format: ValidateFormat,
    fixes: FixOptions,
    *,
    strict: bool,
) -> Findings:
    """Check the files of one ``langsync.yaml``, and show the findings unless they are JSON."""
    try:
        findings = _find(config, env, targets)
        if (fixes.fix or fixes.fix_texts) and _fix(findings, texts=fixes.fix_texts):
            findings = _find(config, env, targets)
    except InvalidFilesError as error:
        findings = Findings(error.problems)
        _show(findings, format, config, strict=strict)
        console.print_error(error)
        return findings
    _show(findings, format, config, strict=strict)
    return findings


def _find(config: Path | None, env: str | None, targets: Sequence[str]) -> Findings:
    from langsync.engine import workspace as work
    from langsync.history import History
    from langsync.lint import lint

    parsed, loaded = work.open_everything(config, env)
    work.check_targets(targets, loaded[0].state)
    environment = work.every_environment(parsed, env)[0]
    with History.open(parsed, environment) as history:
        if left_out := history.left_out.warning:
            console.notice(f"Note: {left_out}")
    warnings = [warning for environment in loaded for warning in environment.warnings]
    findings = lint(
        parsed,
        work.without_left_out(parsed, environment, warnings),
        [text for environment in loaded for text in environment.texts],
        frozenset().union(*(environment.named for environment in loaded)),
        whole=len(loaded) >= len(parsed.environments),
    )
    counts = _declared(loaded, targets).counts()
    return Findings((), findings, counts, len(loaded))


def _declared(loaded: Sequence[Loaded], targets: Sequence[str]) -> State:
    """Returns the declared resources: the same addresses in every environment."""
    return loaded[0].state.select(targets)


def _fix(findings: Findings, *, texts: bool) -> bool:
    """Fix files; returns whether any was written."""
    from langsync.lint.fixing import fix_layout, fix_texts
    from langsync.lint.places import TextFinding

    files = fix_layout(problem for problem, _ in findings.warnings)
    if texts:
        files += fix_texts(
            warning for _, warning in findings.warnings if isinstance(warning, TextFinding)
        )
    for file in dict.fromkeys(files):
        console.notice(f"Fixed {file}")
    return bool(files)


def _show(
    findings: Findings,
    format: ValidateFormat,
    config: Path | None,
    *,
    strict: bool,
) -> None:
    from langsync.config import repository_of
    from langsync.render import annotations, markdown

    warnings = [problem for problem, _ in findings.warnings]
    for problem in warnings:
        console.warn(problem, counts=strict)
    if format is ValidateFormat.MARKDOWN:
        console.write(markdown.findings(findings.errors, warnings))
    elif format is ValidateFormat.GITHUB:
        top = repository_of(config.parent.resolve() if config is not None else Path.cwd())
        console.write(annotations.findings(findings.errors, warnings, top), verbatim=True)
    elif format is ValidateFormat.TEXT and not findings.errors:
        listed = ", ".join(
            counted(number, kind) for kind, number in sorted(findings.counts.items())
        )
        within = f" in {findings.environments} environments" if findings.environments > 1 else ""
        console.write(f"Valid{within}: {listed or 'nothing is declared yet'}.\n")
