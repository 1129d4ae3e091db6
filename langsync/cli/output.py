"""Writes plans, reports and drift in the chosen format."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from langsync.cli import console
from langsync.cli.options import Format, OutputOptions
from langsync.cli.results import emit
from langsync.config import Config
from langsync.model import Drift, Plan, Report
from langsync.render.links import Links, github_links


def links_of(config: Config) -> Links:
    """Returns links to the files of a ``langsync.yaml``, if a workflow provides them."""
    folder = config.root.resolve().relative_to(config.repository.resolve()).as_posix()
    return github_links(os.environ, "" if folder == "." else folder)


@dataclass(frozen=True)
class Output:
    """How results are written.

    Args:
        options: The format, and how much is shown.
        config: The parsed ``langsync.yaml``; links depend on its path.
    """

    options: OutputOptions
    config: Config

    @cached_property
    def links(self) -> Links:
        """Links to files and to the run."""
        return links_of(self.config)

    def plan(self, plan: Plan) -> None:
        """Write a plan."""
        from langsync.render import html, json, markdown, text

        emit(plan)
        if self.options.format is Format.JSON:
            console.write(json.plan(plan))
        elif self.options.format is Format.MARKDOWN:
            console.write(markdown.plan(plan, resolved=self.options.resolved, links=self.links))
        else:
            console.show(text.plan(plan, full=self.options.full, resolved=self.options.resolved))
        self._save(lambda: html.plan(plan, links=self.links))

    def asked(self, plan: Plan) -> None:
        """Show a plan to the user who is asked whether to send it."""
        from langsync.render import text

        shown_last = {refusal.allow for refusal in plan.refusals}  # the refusals come last
        shown = text.plan(
            plan, full=self.options.full, resolved=self.options.resolved, allowed=shown_last
        )
        console.err().print(shown)

    def refused(self, plan: Plan) -> None:
        """Write a plan that is refused; as text it was shown already."""
        from langsync.render import html

        if self.options.format is not Format.TEXT:
            self.plan(plan)
        else:
            self._save(lambda: html.plan(plan, links=self.links))

    def report(self, report: Report, plan: Plan) -> None:
        """Write the report of an apply."""
        from langsync.render import html, json, markdown, text

        emit(report)
        if self.options.format is Format.JSON:
            console.write(json.report(report))
        elif self.options.format is Format.MARKDOWN:
            console.write(markdown.report(report, links=self.links))
        else:
            console.show(text.report(report))
        self._save(lambda: html.report(report, plan, links=self.links))

    def drift(self, drift: Drift) -> None:
        """Write what was changed in Langfuse."""
        from langsync.render import html, json, markdown, text

        emit(drift)
        if self.options.format is Format.JSON:
            console.write(json.drift(drift))
        elif self.options.format is Format.MARKDOWN:
            console.write(markdown.drift(drift, links=self.links))
        else:
            console.show(text.drift(drift, full=self.options.full))
        self._save(lambda: html.drift(drift, links=self.links))

    def _save(self, make: Callable[[], str]) -> None:
        """Save a page whole or not at all, readable by its owner only, as prompts can be secret."""
        if self.options.html is not None:
            from langsync.source.files import write_file

            write_file(self.options.html, make(), private=True)
            console.notice(f"Saved the page to {self.options.html}")
