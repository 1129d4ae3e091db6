"""Plans and reports as Markdown, for job summaries and comments."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from langsync.errors import Problem
from langsync.model import Change, Outcome, Plan, Report
from langsync.render.shape import harmless, headline, line_differences, value_texts, where


def plan(plan: Plan) -> str:
    """A plan: the counts, a table of changes, then each change with its differences."""
    lines = [f"### langsync plan: {_inline(where(plan))}", "", f"**{headline(plan)}**", ""]
    lines += [f"> ⚠️ {_inline(warning)}" for warning in plan.warnings]
    lines += [f"> ⛔ {_inline(f'{one.address}: {one.reason}')}" for one in plan.refusals]
    if plan.changes:
        lines += ["", "| resource | action | why |", "|---|---|---|"]
        lines += [
            f"| {_code(str(one.address))} | {one.action} | {_inline('; '.join(one.reasons))} |"
            for one in plan.changes
        ]
        lines.append("")
    for change in plan.changes:
        lines += _details(change)
    return "\n".join(lines).rstrip() + "\n"


def _details(change: Change) -> Iterator[str]:
    before = {one.path: one.before for one in change.differences}
    after = {one.path: one.after for one in change.differences}
    if change.before is None:
        before, after = {}, dict(change.after or {})
    body = []
    for path in dict.fromkeys([*before, *after]):
        old, new = value_texts(before.get(path), after.get(path))
        old, new = (
            text if side.get(path) is not None else ""
            for text, side in ((old, before), (new, after))
        )
        body.append(f"# {path}")
        body += [f"{sign}{line}" for sign, line in line_differences(old, new)]
    text = harmless("\n".join(body))
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
    yield f"<details><summary>{_html(str(change.address))}</summary>"
    yield ""
    yield f"{fence}diff\n{text}\n{fence}"
    yield ""
    yield "</details>"
    yield ""


def report(report: Report) -> str:
    """A report: the counts, then what failed and what was skipped."""
    counts = ", ".join(
        f"{report.count(outcome)} {outcome.value}" for outcome in Outcome if report.count(outcome)
    )
    lines = [f"### langsync apply: {counts or 'nothing to do'}", ""]
    lines += [
        f"- **{one.outcome}** {_code(str(one.address))}: {_inline(one.detail)}"
        for one in report.results
        if one.outcome is not Outcome.APPLIED
    ]
    return "\n".join(lines).rstrip() + "\n"


def findings(errors: Sequence[Problem], warnings: Sequence[Problem]) -> str:
    """What ``validate`` found."""
    lines = [f"### langsync validate: {len(errors)} errors, {len(warnings)} warnings", ""]
    lines += [f"- ⛔ {_code(one.place)}: {_inline(one.message)}" for one in errors]
    lines += [f"- ⚠️ {_code(one.place)}: {_inline(one.message)}" for one in warnings]
    return "\n".join(lines).rstrip() + "\n"


def table(rows: Sequence[Mapping[str, str]]) -> str:
    """Rows of texts with the same keys."""
    names = list(rows[0]) if rows else []
    lines = [f"| {' | '.join(names)} |", f"|{'---|' * len(names)}"]
    lines += [f"| {' | '.join(_inline(str(row[name])) for name in names)} |" for row in rows]
    return "\n".join(lines) + "\n"


def _inline(text: str) -> str:
    """A text on one line in which Markdown and HTML mean nothing."""
    flat = " ".join(harmless(text).split())
    return re.sub(r"([\\`*_{}\[\]<>()#+!|~@])", r"\\\1", flat)


def _code(text: str) -> str:
    return f"<code>{_html(text)}</code>"


def _html(text: str) -> str:
    flat = " ".join(harmless(text).split())
    for plain, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("|", "&#124;")):
        flat = flat.replace(plain, entity)
    return re.sub(r"([\\`*_{}\[\]@#])", lambda match: f"&#{ord(match[0])};", flat)
