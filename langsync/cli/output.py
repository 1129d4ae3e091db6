"""Writes plans, reports and drift in the format that was asked for."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import cached_property

from langsync.cli import console
from langsync.cli.options import Format
from langsync.cli.results import give
from langsync.config import Config
from langsync.model import Drift, Plan, Report
from langsync.render.links import Links, github_links


def links_of(config: Config) -> Links:
    """Where the files of a ``langsync.yaml`` can be looked at, where a workflow knows that."""
    folder = config.root.resolve().relative_to(config.repository.resolve()).as_posix()
    return github_links(os.environ, "" if folder == "." else folder)


@dataclass(frozen=True)
class Output:
    """How results are written.

    Args:
        format: The format on stdout.
        config: What ``langsync.yaml`` says; links come from where it is.
        full: Whether nothing is folded in text.
        resolved: Whether it is shown how texts change that are made of what is changed.
    """

    format: Format
    config: Config
    full: bool = field(default=False, kw_only=True)
    resolved: bool = field(default=False, kw_only=True)

    @cached_property
    def links(self) -> Links:
        """Where files and the run can be looked at."""
        return links_of(self.config)

    def plan(self, plan: Plan) -> None:
        """Write a plan."""
        give(plan)
        from langsync.render import json, markdown, text

        if self.format is Format.JSON:
            console.write(json.plan(plan))
        elif self.format is Format.MARKDOWN:
            console.write(markdown.plan(plan, resolved=self.resolved, links=self.links))
        else:
            console.show(text.plan(plan, full=self.full, resolved=self.resolved))

    def asked(self, plan: Plan) -> None:
        """Show a plan to who is asked whether to send it."""
        from langsync.render import text

        said = {refusal.allow for refusal in plan.refusals}  # what stands in the way comes last
        shown = text.plan(plan, full=self.full, resolved=self.resolved, allowed=said)
        console.err().print(shown)

    def refused(self, plan: Plan) -> None:
        """Write a plan that is refused; as text it was shown already."""
        if self.format is not Format.TEXT:
            self.plan(plan)

    def report(self, report: Report) -> None:
        """Write what became of a plan."""
        give(report)
        from langsync.render import json, markdown, text

        if self.format is Format.JSON:
            console.write(json.report(report))
        elif self.format is Format.MARKDOWN:
            console.write(markdown.report(report, links=self.links))
        else:
            console.show(text.report(report))

    def drift(self, found: Drift) -> None:
        """Write what was changed in Langfuse."""
        give(found)
        from langsync.render import json, markdown, text

        if self.format is Format.JSON:
            console.write(json.drift(found))
        elif self.format is Format.MARKDOWN:
            console.write(markdown.drift(found, links=self.links))
        else:
            console.show(text.drift(found))
