"""Publishes the result of a command in a workflow and its pull request."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from langsync.config import find_config
from langsync.errors import InvalidFilesError, LangsyncError, Problem, RefusedError
from langsync.github.api import GithubApi, GithubError
from langsync.github.event import Event
from langsync.github.inputs import Inputs
from langsync.github.threads import Sticky, close_issue, keep_comment, keep_issue
from langsync.github.workflow import MAX_ANNOTATIONS, SUMMARY_BYTES, Workflow
from langsync.model import Action, Change, Drift, Plan, Pulled, Report
from langsync.render import markdown
from langsync.render.fit import Budget
from langsync.render.links import github_links
from langsync.render.marks import inline
from langsync.render.pulled.markdown import pulled as pulled_markdown
from langsync.render.shape import escape_control

_DIFFERS = 2
"""The exit code of a command that found drift or changes."""


@dataclass(frozen=True, slots=True)
class CommandResult:
    """The result of a command.

    Args:
        code: Its exit code.
        plan: The plan that it made.
        report: The report of an apply.
        drift: The drift.
        pulled: The files that it wrote.
        warnings: Warnings about the files.
        error: Why it failed; None if it succeeded.
    """

    code: int
    plan: Plan | None = None
    report: Report | None = None
    drift: Drift | None = None
    pulled: Pulled | None = None
    warnings: tuple[Problem, ...] = ()
    error: LangsyncError | None = None

    @classmethod
    def from_results(cls, code: int, results: Sequence[object]) -> CommandResult:
        """Returns the last of each type of result that a command returned."""
        last_results: dict[type, object] = {}
        for result in results:
            for type_ in (Plan, Report, Drift, Pulled, LangsyncError):
                if isinstance(result, type_):
                    last_results[type_] = result
        warnings = tuple(result for result in results if isinstance(result, Problem))
        plan, report, drift, pulled, error = (
            last_results.get(type_) for type_ in (Plan, Report, Drift, Pulled, LangsyncError)
        )
        assert plan is None or isinstance(plan, Plan)  # noqa: S101 - for the type checker
        assert report is None or isinstance(report, Report)  # noqa: S101
        assert drift is None or isinstance(drift, Drift)  # noqa: S101
        assert pulled is None or isinstance(pulled, Pulled)  # noqa: S101
        assert error is None or isinstance(error, LangsyncError)  # noqa: S101
        return cls(code, plan, report, drift, pulled, warnings, error)


@dataclass(frozen=True, slots=True)
class Publisher:
    """Writes outputs, summary, annotations, the comment and the issue.

    Whatever GitHub refuses becomes a warning: it does not change the result of the command.

    Args:
        inputs: The inputs of the Action.
        workflow: The runner.
        event: The event that triggered the workflow.
        folder: The working directory.
    """

    inputs: Inputs
    workflow: Workflow
    event: Event
    folder: Path

    def publish(self, result: CommandResult) -> tuple[int, dict[str, str]]:
        """Publishes a result; returns the exit code of the step and its outputs."""
        self._annotate(result)
        if self.inputs.summary:
            budget = Budget(SUMMARY_BYTES // 2, in_bytes=True)  # the limit applies to each step
            self.workflow.summary(self.markdown(result, budget))
        outputs = self.outputs(result)
        if self.inputs.comment:
            outputs["comment-url"] = self._write_thread(result)
        self.workflow.output(outputs)
        return self._exit_code(result), outputs

    def outputs(self, result: CommandResult) -> dict[str, str]:
        """Returns the outputs of the step."""
        plan, drift, pulled = result.plan, result.drift, result.pulled
        counts = plan.summary if plan else {}
        plan_file = Path(self.inputs.plan_file).resolve()
        report_file = Path(self.inputs.page).resolve()
        is_saved = bool(plan) and self.inputs.command == "plan" and plan_file.is_file()
        return {
            "has-changes": _boolean(bool((plan and plan.changes) or (pulled and pulled.files))),
            "has-drift": _boolean(bool(drift and drift.found)),
            **{action.value: str(counts.get(action.value, 0)) for action in Action},
            "plan-file": os.fspath(plan_file) if is_saved else "",
            "report-html": os.fspath(report_file) if report_file.is_file() else "",
            "comment-url": "",
            "exit-code": str(result.code),
        }

    def markdown(self, result: CommandResult, budget: Budget) -> str:
        """Returns a result as Markdown, within a budget."""
        links = github_links(os.environ | {"GITHUB_SHA": self.event.sha}, self._config_path(""))
        if result.drift is not None:
            return markdown.drift(result.drift, links=links, budget=budget, texts=self.inputs.texts)
        if result.report is not None:
            return markdown.report(result.report, links=links, budget=budget)
        if result.plan is not None:
            text = markdown.plan(result.plan, links=links, budget=budget, texts=self.inputs.texts)
            reasons = result.error.reasons if isinstance(result.error, RefusedError) else ()
            return text + "".join(f"\n> ⛔ {inline(reason)}\n" for reason in reasons)
        if result.pulled is not None:
            texts = self.inputs.texts
            return pulled_markdown(result.pulled, links=links, budget=budget, texts=texts)
        if result.error is None and self.inputs.command != "validate":
            return f"### langsync {self.inputs.command}\n\nDone.\n"
        return self._failure(result, budget)

    def _failure(self, result: CommandResult, budget: Budget) -> str:
        """Returns the error, or the findings of ``validate``, as Markdown."""
        errors = result.error.problems if isinstance(result.error, InvalidFilesError) else ()
        if result.error is not None and not errors:
            message = inline(escape_control(result.error.message))[: (budget.size or 10**6) - 200]
            return f"### langsync {self.inputs.command} failed\n\n⛔ {message}\n"
        warnings = result.warnings
        command = self.inputs.command
        while not budget.holds(text := markdown.findings(errors, warnings, command)):
            errors, warnings = errors[: len(errors) // 2], warnings[: len(warnings) // 2]
        return text

    def _annotate(self, result: CommandResult) -> None:
        """Annotates lines of files with their errors, warnings and changes."""
        workspace = Path(os.environ.get("GITHUB_WORKSPACE") or self.folder)
        if isinstance(result.error, InvalidFilesError):
            self.workflow.annotate("error", result.error.problems, workspace)
        elif result.error is not None:
            self.workflow.error(result.error.message)
        self.workflow.annotate("warning", result.warnings, workspace)
        changes = result.plan.changes if result.plan and self.inputs.command == "plan" else ()
        notices = [problem for change in changes if (problem := self._notice(change))]
        self.workflow.annotate("notice", notices, workspace)
        if len(notices) > MAX_ANNOTATIONS:
            self.workflow.notice(
                f"{len(notices) - MAX_ANNOTATIONS} more changes are in the job's summary"
            )

    def _notice(self, change: Change) -> Problem | None:
        if change.source is None:
            return None
        details = "; ".join((*change.reasons, *change.warnings))
        message = f"{change.address}: {change.action.value}{f' ({details})' if details else ''}"
        config = Path(self.inputs.config or ".")
        root = config.parent if self.inputs.config else self._root()
        return Problem(os.fspath(root / change.source.file), message, change.source.line)

    def _root(self) -> Path:
        """Returns the folder of the nearest ``langsync.yaml``."""
        try:
            return find_config(self.folder).parent
        except LangsyncError:
            return self.folder

    def _write_thread(self, result: CommandResult) -> str:
        """Updates the comment or the issue; returns its URL."""
        event = self.event
        sticky = Sticky(self._subject, self.inputs.environment, self._config_path())
        if not event.repository or (self.inputs.command != "drift" and event.pull_request is None):
            return ""
        if not self.inputs.github_token:
            self.workflow.warning("No comment was written: there is no github-token")
            return ""
        try:
            with GithubApi(event.api_url, self.inputs.github_token) as api:
                if self.inputs.command == "drift":
                    return self._write_issue(api, sticky, result)
                return self._write_comment(api, sticky, result)
        except GithubError as error:
            self.workflow.warning(f"Nothing was written to {event.repository}: {error}")
            return ""

    @property
    def _subject(self) -> str:
        return "plan" if self.inputs.command in ("plan", "validate") else self.inputs.command

    def _write_comment(self, api: GithubApi, sticky: Sticky, result: CommandResult) -> str:
        number = self.event.pull_request
        assert number is not None  # noqa: S101 - was checked before
        if self.inputs.command == "validate" and result.error is None:
            return ""
        plan = result.plan
        is_unchanged = plan is not None and not plan.changes and not plan.refusals
        prefix = "✅ **Resolved:** nothing differs any more.\n\n" if is_unchanged else ""
        body = prefix + self.markdown(result, Budget(sticky.room - len(prefix)))
        return keep_comment(
            api, self.event.repository, number, sticky, body, needed=not is_unchanged
        )

    def _write_issue(self, api: GithubApi, sticky: Sticky, result: CommandResult) -> str:
        repository = self.event.repository
        if result.drift is None:
            return ""  # the command failed
        if not result.drift.found:
            run = f" ([run]({self.event.run_url}))" if self.event.run_url else ""
            return close_issue(api, repository, sticky, f"The drift is gone{run}.")
        place = f" in {self.inputs.environment}" if self.inputs.environment else ""
        count = len(result.drift.changes)
        title = f"Drift{place}: {count} changed in Langfuse behind Git's back"
        body = self.markdown(result, Budget(sticky.room))
        return keep_issue(api, repository, sticky, title, body)

    def _config_path(self, file: str = "langsync.yaml") -> str:
        """Returns the path of ``langsync.yaml``, or of its folder, in the repository."""
        workspace = Path(os.environ.get("GITHUB_WORKSPACE") or self.folder)
        config = self.folder / self.inputs.config if self.inputs.config else None
        folder = config.parent if config is not None else self._root()
        name = config.name if config is not None and file else file
        path = Path(os.path.relpath(folder.resolve(), workspace.resolve()), name).as_posix()
        return "" if path == "." else path

    def _exit_code(self, result: CommandResult) -> int:
        if result.code == _DIFFERS:
            return _DIFFERS if self.inputs.command == "drift" and self.inputs.fail_on_drift else 0
        has_changes = result.plan is not None and bool(result.plan.changes)
        fails = self.inputs.command == "plan" and self.inputs.fail_on_changes
        if result.code == 0 and has_changes and fails:
            return _DIFFERS
        return result.code


def _boolean(value: bool) -> str:  # noqa: FBT001 - an output's value
    return "true" if value else "false"
