"""Tells a workflow and its pull request what a command found."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from langsync.config import find_config
from langsync.errors import InvalidFilesError, LangsyncError, Problem, RefusedError
from langsync.github.api import Api, GithubError
from langsync.github.event import Event
from langsync.github.inputs import Inputs
from langsync.github.threads import Sticky, close_issue, keep_comment, keep_issue
from langsync.github.workflow import SHOWN, SUMMARY_BYTES, Workflow
from langsync.model import Action, Change, Drift, Plan, Pulled, Report
from langsync.render import markdown
from langsync.render.fit import Budget
from langsync.render.links import github_links
from langsync.render.marks import inline
from langsync.render.pulled.markdown import pulled as pulled_markdown
from langsync.render.shape import harmless

_DIFFERS = 2
"""The exit code of a command that found what it looked for: drift, changes."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a command found.

    Args:
        code: Its exit code.
        plan: The plan that it made.
        report: What became of that.
        drift: The drift.
        pulled: What it wrote.
        warnings: What deserves a look in the files.
        error: Why it ended; None where it did what it was asked for.
    """

    code: int
    plan: Plan | None = None
    report: Report | None = None
    drift: Drift | None = None
    pulled: Pulled | None = None
    warnings: tuple[Problem, ...] = ()
    error: LangsyncError | None = None

    @classmethod
    def of(cls, code: int, results: Sequence[object]) -> Found:
        """What a command handed over: the last of each."""
        found: dict[type, object] = {}
        for one in results:
            for kind in (Plan, Report, Drift, Pulled, LangsyncError):
                if isinstance(one, kind):
                    found[kind] = one
        warnings = tuple(one for one in results if isinstance(one, Problem))
        plan, report, drift, pulled, error = (
            found.get(kind) for kind in (Plan, Report, Drift, Pulled, LangsyncError)
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

    Whatever GitHub refuses becomes a warning: it changes nothing of what the command found.

    Args:
        inputs: What the workflow asked for.
        workflow: The runner.
        event: What the workflow runs for.
        folder: The working directory.
    """

    inputs: Inputs
    workflow: Workflow
    event: Event
    folder: Path

    def publish(self, found: Found) -> tuple[int, dict[str, str]]:
        """Tell everybody, and give the exit code of the step and its outputs."""
        self._annotate(found)
        if self.inputs.summary:
            budget = Budget(SUMMARY_BYTES // 2, in_bytes=True)  # other steps' counts are theirs
            self.workflow.summary(self.markdown(found, budget))
        outputs = self.outputs(found)
        if self.inputs.comment:
            outputs["comment-url"] = self._tell(found)
        self.workflow.output(outputs)
        return self._code(found), outputs

    def outputs(self, found: Found) -> dict[str, str]:
        """The outputs of the step."""
        plan, drift, pulled = found.plan, found.drift, found.pulled
        counts = plan.summary if plan else {}
        saved = Path(self.inputs.plan_file).resolve()
        page = Path(self.inputs.page).resolve()
        is_saved = bool(plan) and self.inputs.command == "plan" and saved.is_file()
        return {
            "has-changes": _word(bool((plan and plan.changes) or (pulled and pulled.files))),
            "has-drift": _word(bool(drift and drift.found)),
            **{action.value: str(counts.get(action.value, 0)) for action in Action},
            "plan-file": os.fspath(saved) if is_saved else "",
            "report-html": os.fspath(page) if page.is_file() else "",
            "comment-url": "",
            "exit-code": str(found.code),
        }

    def markdown(self, found: Found, budget: Budget) -> str:
        """What was found, as large as it may be."""
        links = github_links(os.environ | {"GITHUB_SHA": self.event.sha}, self._place(""))
        if found.drift is not None:
            return markdown.drift(found.drift, links=links, budget=budget, texts=self.inputs.texts)
        if found.report is not None:
            return markdown.report(found.report, links=links, budget=budget)
        if found.plan is not None:
            shown = markdown.plan(found.plan, links=links, budget=budget, texts=self.inputs.texts)
            reasons = found.error.reasons if isinstance(found.error, RefusedError) else ()
            return shown + "".join(f"\n> ⛔ {inline(reason)}\n" for reason in reasons)
        if found.pulled is not None:
            texts = self.inputs.texts
            return pulled_markdown(found.pulled, links=links, budget=budget, texts=texts)
        if found.error is None and self.inputs.command != "validate":
            return f"### langsync {self.inputs.command}\n\nDone.\n"
        return self._failed(found, budget)

    def _failed(self, found: Found, budget: Budget) -> str:
        """What is wrong, or what ``validate`` found."""
        errors = found.error.problems if isinstance(found.error, InvalidFilesError) else ()
        if found.error is not None and not errors:
            words = inline(harmless(found.error.message))[: (budget.size or 10**6) - 200]
            return f"### langsync {self.inputs.command} failed\n\n⛔ {words}\n"
        warnings = found.warnings
        command = self.inputs.command
        while not budget.holds(made := markdown.findings(errors, warnings, command)):
            errors, warnings = errors[: len(errors) // 2], warnings[: len(warnings) // 2]
        return made

    def _annotate(self, found: Found) -> None:
        """Show beside lines of files what is wrong with them, or what they change."""
        top = Path(os.environ.get("GITHUB_WORKSPACE") or self.folder)
        if isinstance(found.error, InvalidFilesError):
            self.workflow.annotate("error", found.error.problems, top)
        elif found.error is not None:
            self.workflow.error(found.error.message)
        self.workflow.annotate("warning", found.warnings, top)
        changes = found.plan.changes if found.plan and self.inputs.command == "plan" else ()
        named = [problem for change in changes if (problem := self._beside(change))]
        self.workflow.annotate("notice", named, top)
        if len(named) > SHOWN:
            self.workflow.notice(f"{len(named) - SHOWN} more changes are in the job's summary")

    def _beside(self, change: Change) -> Problem | None:
        if change.source is None:
            return None
        words = "; ".join((*change.reasons, *change.warnings))
        message = f"{change.address}: {change.action.value}{f' ({words})' if words else ''}"
        config = Path(self.inputs.config or ".")
        root = config.parent if self.inputs.config else self._root()
        return Problem(os.fspath(root / change.source.file), message, change.source.line)

    def _root(self) -> Path:
        """The folder of the nearest ``langsync.yaml``."""
        try:
            return find_config(self.folder).parent
        except LangsyncError:
            return self.folder

    def _tell(self, found: Found) -> str:
        """Keep the comment or the issue up to date; its address."""
        event, sticky = self.event, Sticky(self._subject, self.inputs.environment, self._place())
        if not event.repository or (self.inputs.command != "drift" and event.pull_request is None):
            return ""
        if not self.inputs.github_token:
            self.workflow.warning("No comment was written: there is no github-token")
            return ""
        try:
            with Api(event.api_url, self.inputs.github_token) as api:
                if self.inputs.command == "drift":
                    return self._tell_issue(api, sticky, found)
                return self._tell_pull_request(api, sticky, found)
        except GithubError as error:
            self.workflow.warning(f"Nothing was written to {event.repository}: {error}")
            return ""

    @property
    def _subject(self) -> str:
        return "plan" if self.inputs.command in ("plan", "validate") else self.inputs.command

    def _tell_pull_request(self, api: Api, sticky: Sticky, found: Found) -> str:
        number = self.event.pull_request
        assert number is not None  # noqa: S101 - was looked at before
        if self.inputs.command == "validate" and found.error is None:
            return ""
        same = found.plan is not None and not found.plan.changes and not found.plan.refusals
        resolved = "✅ **Resolved:** nothing differs any more.\n\n" if same else ""
        body = resolved + self.markdown(found, Budget(sticky.room - len(resolved)))
        return keep_comment(api, self.event.repository, number, sticky, body, needed=not same)

    def _tell_issue(self, api: Api, sticky: Sticky, found: Found) -> str:
        repository = self.event.repository
        if found.drift is None:
            return ""  # it could not be found out
        if not found.drift.found:
            run = f" ([run]({self.event.run_url}))" if self.event.run_url else ""
            return close_issue(api, repository, sticky, f"The drift is gone{run}.")
        within = f" in {self.inputs.environment}" if self.inputs.environment else ""
        count = len(found.drift.changes)
        title = f"Drift{within}: {count} changed in Langfuse behind Git's back"
        return keep_issue(api, repository, sticky, title, self.markdown(found, Budget(sticky.room)))

    def _place(self, file: str = "langsync.yaml") -> str:
        """Where ``langsync.yaml``, or its folder, is in the repository."""
        top = Path(os.environ.get("GITHUB_WORKSPACE") or self.folder)
        config = self.folder / self.inputs.config if self.inputs.config else None
        where = config.parent if config is not None else self._root()
        name = config.name if config is not None and file else file
        place = Path(os.path.relpath(where.resolve(), top.resolve()), name).as_posix()
        return "" if place == "." else place

    def _code(self, found: Found) -> int:
        if found.code == _DIFFERS:
            return _DIFFERS if self.inputs.command == "drift" and self.inputs.fail_on_drift else 0
        changed = self.inputs.command == "plan" and found.plan is not None and found.plan.changes
        if found.code == 0 and changed and self.inputs.fail_on_changes:
            return _DIFFERS
        return found.code


def _word(value: bool) -> str:  # noqa: FBT001 - an output's value
    return "true" if value else "false"
