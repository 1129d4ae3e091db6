"""Plans and reports as Markdown, for job summaries and comments."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from langsync.errors import Problem
from langsync.model import Change, Drift, FieldDifference, Origin, Outcome, Plan, Refusal, Report
from langsync.render.marks import fenced, inline
from langsync.render.shape import (
    backwards,
    counted,
    drift_headline,
    evidence,
    harmless,
    headline,
    impact_line,
    line_differences,
    value_texts,
    where,
)


def plan(plan: Plan, *, resolved: bool = False) -> str:
    """A plan: the counts, a table of changes, then each change with its differences.

    Args:
        plan: The plan.
        resolved: Whether it is shown how texts change that are made of what is changed.
    """
    lines = [f"### langsync plan: {inline(where(plan))}", "", f"**{headline(plan)}**", ""]
    lines += [f"> ⚠️ {inline(warning)}" for warning in plan.warnings]
    lines += [f"> {inline(note)}" for note in plan.notes]
    for change in plan.changes:
        about = f"{change.address}: "
        lines += [f"> ⚠️ {inline(about + warning)}" for warning in change.warnings]
    for impact in plan.impacts:
        about = f"{impact.address}: "
        lines += [f"> ⚠️ {inline(about + warning)}" for warning in impact.warnings]
    lines += [f"> ⛔ {inline(_refusal(one))}" for one in plan.refusals]
    if plan.changes:
        lines += ["", "| resource | action | origin | why |", "|---|---|---|---|"]
        lines += [
            f"| {_code(str(one.address))} | {one.action} | {one.origin} | "
            f"{inline('; '.join(one.reasons))} |"
            for one in plan.changes
        ]
        lines.append("")
    for change in plan.changes:
        lines += _details(change)
    lines += _impacts(plan, resolved=resolved)
    lines += _left_alone(plan)
    return "\n".join(lines).rstrip() + "\n"


def _refusal(refusal: Refusal) -> str:
    about = f"{refusal.address}: " if refusal.address else ""
    return f"{about}{refusal.reason}{f' with {refusal.allow}' if refusal.allow else ''}"


def _impacts(plan: Plan, *, resolved: bool) -> Iterator[str]:
    if not plan.impacts:
        return
    yield "Change with them, since they are made of them:"
    yield ""
    yield from (f"- {inline(impact_line(impact))}" for impact in plan.impacts)
    yield ""
    for impact in plan.impacts if resolved else ():
        difference = FieldDifference("resolved", impact.before, impact.after)
        yield from _folded(str(impact.address), _difference_lines([difference]))


def _left_alone(plan: Plan) -> Iterator[str]:
    for kind, count in plan.unmanaged_count.items():
        names = ", ".join(plan.unmanaged.get(kind, ())[:5])
        more = f": {names}{', …' if count > 5 else ''}" if names else ""
        yield f"In Langfuse and in no file, left alone: {inline(counted(count, kind) + more)}"
        yield ""
    if plan.other_labels:
        yield f"Labels that nobody declares, left alone: {inline(', '.join(plan.other_labels))}"


def _details(change: Change) -> Iterator[str]:
    found: Iterable[FieldDifference] = change.differences
    if change.before is None:
        found = [FieldDifference(path, None, new) for path, new in (change.after or {}).items()]
    body = [f"# {words}" for words in map(evidence, change.provenance) if words]
    yield from _folded(str(change.address), [*body, *_difference_lines(found)])


def _difference_lines(differences: Iterable[FieldDifference]) -> Iterator[str]:
    for one in differences:
        old, new = value_texts(one.before, one.after)
        yield f"# {one.path}"
        lines = line_differences(
            "" if one.before is None else old, "" if one.after is None else new
        )
        yield from (f"{sign}{line}" for sign, line in lines)


def _folded(title: str, body: Iterable[str]) -> Iterator[str]:
    """Lines of a diff behind a title."""
    yield f"<details><summary>{_html(title)}</summary>"
    yield ""
    yield fenced("\n".join(body), "diff")
    yield ""
    yield "</details>"
    yield ""


def drift(found: Drift) -> str:
    """Drift: the counts, then each resource with what became of it in Langfuse."""
    lines = [f"### langsync drift: {inline(where(found))}", "", f"**{drift_headline(found)}**", ""]
    lines += [f"> ⚠️ {inline(warning)}" for warning in found.warnings]
    for change in found.changes:
        words = [evidence(one) for one in change.provenance if one.origin is not Origin.GIT]
        body = [f"# {one}" for one in words if one]
        body += ["# it is missing"] if change.before is None else []
        lines += _folded(str(change.address), [*body, *_difference_lines(backwards(change))])
    for title, addresses in (
        ("In Git and not deployed yet", found.pending),
        ("Differs, and no history tells since when", found.unknown),
    ):
        if addresses:
            lines += [f"{title}:", "", *(f"- {_code(str(one))}" for one in addresses), ""]
    for kind, count in found.unmanaged_count.items():
        names = ", ".join(found.unmanaged.get(kind, ()))
        lines.append(f"In Langfuse and in no file: {inline(f'{counted(count, kind)}: {names}')}")
    return "\n".join(lines).rstrip() + "\n"


def report(report: Report) -> str:
    """A report: the counts, then what failed and what was skipped."""
    counts = ", ".join(
        f"{report.count(outcome)} {outcome.value}" for outcome in Outcome if report.count(outcome)
    )
    lines = [f"### langsync apply: {counts or 'nothing to do'}", ""]
    lines += [
        f"- **{one.outcome}** {_code(str(one.address))}: {inline(one.detail)}"
        for one in report.results
        if one.outcome is not Outcome.APPLIED
    ]
    return "\n".join(lines).rstrip() + "\n"


def findings(errors: Sequence[Problem], warnings: Sequence[Problem]) -> str:
    """What ``validate`` found."""
    lines = [f"### langsync validate: {len(errors)} errors, {len(warnings)} warnings", ""]
    lines += [f"- ⛔ {_code(one.place)}: {inline(one.message)}" for one in errors]
    lines += [f"- ⚠️ {_code(one.place)}: {inline(_with_code(one))}" for one in warnings]
    return "\n".join(lines).rstrip() + "\n"


def _with_code(problem: Problem) -> str:
    return f"{problem.message} ({problem.code})" if problem.code else problem.message


def table(rows: Sequence[Mapping[str, str]]) -> str:
    """Rows of texts with the same keys."""
    names = list(rows[0]) if rows else []
    lines = [f"| {' | '.join(names)} |", f"|{'---|' * len(names)}"]
    lines += [f"| {' | '.join(inline(str(row[name])) for name in names)} |" for row in rows]
    return "\n".join(lines) + "\n"


def _code(text: str) -> str:
    return f"<code>{_html(text)}</code>"


def _html(text: str) -> str:
    flat = " ".join(harmless(text).split())
    for plain, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("|", "&#124;")):
        flat = flat.replace(plain, entity)
    return re.sub(r"([\\`*_{}\[\]@#])", lambda match: f"&#{ord(match[0])};", flat)
