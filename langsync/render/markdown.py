"""Plans and reports as Markdown, for comments and job summaries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from langsync.errors import Problem
from langsync.kinds.folding import folded_refusals
from langsync.model import (
    Action,
    Change,
    Drift,
    FieldDifference,
    Impact,
    Origin,
    Outcome,
    Plan,
    Refusal,
    Report,
    Result,
)
from langsync.render import blocks
from langsync.render.changes import drift_status, drifted, explanations, fields, risks, runs
from langsync.render.fit import Budget, DocumentBlock, Part, fit
from langsync.render.items import drift_lines, item_lines
from langsync.render.links import Links, in_langfuse
from langsync.render.marks import code, inline, link
from langsync.render.shape import (
    counted,
    drift_headline,
    evidence,
    headline,
    impact_line,
    report_headline,
)

_ANY = Budget()
_NO_LINKS = Links()


def plan(
    plan: Plan,
    *,
    resolved: bool = False,
    links: Links = _NO_LINKS,
    budget: Budget = _ANY,
    texts: bool = True,
) -> str:
    """A plan: the counts, what to look out for, a table of changes, each one's differences.

    Args:
        plan: The plan.
        resolved: Whether it is shown how texts change that are made of what is changed.
        links: Where files and the run can be looked at.
        budget: How large it may be.
        texts: Whether differences are shown: prompts can be confidential.
    """
    impacts = map(impact_line, plan.impacts)
    together = [*runs(plan.changes)]
    sections = [
        blocks.heading("plan", plan, headline(plan)),
        blocks.alert("CAUTION", "refusal", map(_refusal, folded_refusals(plan))),
        blocks.alert("WARNING", "warning", _warnings(plan)),
        DocumentBlock([_row(plan, run, links) for run in _rows(together)], _HEAD),
        blocks.listing("", item_lines(plan.changes)),
        blocks.listing("Change with them, since they are made of them:", impacts),
        *(map(_details, together) if texts else ()),
        *(map(_resolved, plan.impacts) if resolved and texts else ()),
        blocks.listing("", (*_left_alone(plan), *plan.notes)),
    ]
    return fit(sections, budget, blocks.notice(links))


_HEAD = "| resource | action | deployment | origin | why |\n|---|---|---|---|---|\n"


def between(
    title: str, changes: Sequence[Change], *, budget: Budget = _ANY, texts: bool = True
) -> str:
    """What differs between two states of the files.

    Args:
        title: What is compared.
        changes: The differences.
        budget: How large it may be.
        texts: Whether differences are shown.
    """
    sections = [
        DocumentBlock([Part(f"### {inline(title)}")]),
        blocks.listing("", item_lines(changes) or ([] if changes else ["Nothing differs."])),
        *(map(_details, runs(changes)) if texts else ()),
    ]
    return fit(sections, budget, blocks.notice(_NO_LINKS))


def _refusal(refusal: Refusal) -> str:
    prefix = f"{refusal.address}: " if refusal.address else ""
    need = f"Needs {refusal.option}: " if refusal.option else "Refused: "
    return f"{need}{prefix}{refusal.reason}"


def _warnings(plan: Plan) -> Iterator[str]:
    yield from risks(plan)
    yield from plan.warnings
    named: tuple[Change | Impact, ...] = (*plan.changes, *plan.impacts)
    for changed in named:
        yield from (f"{changed.address}: {warning}" for warning in changed.warnings)


def _rows(together: Iterable[Sequence[Change]]) -> Iterator[Sequence[Change]]:
    """The changes of each row: each deletion has a row of its own."""
    for run in together:
        if run[0].action.deletes:
            yield from ((change,) for change in run)
        else:
            yield run


def _row(plan: Plan, run: Sequence[Change], links: Links) -> Part:
    change = run[0]
    reasons = explanations(change) if len(run) == 1 else ()
    origins = ", ".join(dict.fromkeys(change.origin.value for change in run))
    cells = (
        _name(plan, run, links),
        (change.action.value, change.action.value),
        blocks.cell(", ".join(map(str, change.moves))),
        (origins, origins),
        blocks.cell("; ".join(reasons)),
    )
    return blocks.row(*cells, deletion=change.action.deletes)


def _name(subject: Plan | Drift, run: Sequence[Change], links: Links) -> tuple[str, str]:
    if len(run) == 1:
        return blocks.resource(subject, run[0], links)
    title = code(_title(run), cell=True)
    return title, title


def _title(run: Sequence[Change]) -> str:
    """The address of a change; of several items their dataset, and how many."""
    if len(run) == 1:
        return str(run[0].address)
    dataset = ", ".join(need.name for need in run[0].needs)
    return f"{f'{dataset}: ' if dataset else ''}{counted(len(run), run[0].address.kind)}"


def _details(run: Sequence[Change]) -> DocumentBlock:
    lines: list[str] = []
    for change in run:
        lines += _beginning(change, run)
        lines += (
            blocks.comment(sentence) for sentence in map(evidence, change.provenance) if sentence
        )
        lines += blocks.difference_lines(fields(change))
    return blocks.differences(_title(run), run[0].address.kind, run[0].action, lines)


def _beginning(change: Change, run: Sequence[Change]) -> Iterator[str]:
    """The line of a diff that names the change whose differences follow, if there are several."""
    if len(run) > 1:
        yield f"@@ {' '.join(str(change.address).split())} @@"


def _resolved(impact: Impact) -> DocumentBlock:
    difference = FieldDifference("resolved", impact.before, impact.after)
    lines = [*blocks.difference_lines([difference])]
    return blocks.differences(str(impact.address), impact.address.kind, "resolved", lines)


def _left_alone(subject: Plan | Drift) -> Iterator[str]:
    alone = ", left alone" if isinstance(subject, Plan) else ""
    for kind, count in subject.unmanaged_count.items():
        names = subject.unmanaged.get(kind, ())[:5]
        more = f": {', '.join(names)}{', …' if count > len(names) else ''}" if names else ""
        yield f"In Langfuse and in no file{alone}: {counted(count, kind)}{more}"
    if isinstance(subject, Plan) and subject.other_labels:
        yield f"Labels that nobody declares, left alone: {', '.join(subject.other_labels)}"


def drift(
    drift: Drift, *, links: Links = _NO_LINKS, budget: Budget = _ANY, texts: bool = True
) -> str:
    """Drift: the counts, then each resource with how it differs in Langfuse.

    Args:
        drift: The drift.
        links: Where files and the run can be looked at.
        budget: How large it may be.
        texts: Whether differences are shown: prompts can be confidential.
    """
    together = [*runs(drift.changes)]
    head = "| resource | in Langfuse | who and when |\n|---|---|---|\n"
    made = [
        blocks.heading("drift", drift, drift_headline(drift)),
        blocks.alert("WARNING", "warning", (*drift.warnings, *_effects(drift))),
        DocumentBlock([_drift_row(drift, run, links) for run in together], head),
        blocks.listing("", drift_lines(drift.changes)),
        *(map(_drift_details, together) if texts else ()),
        blocks.listing("In Git and not deployed yet:", map(str, drift.pending)),
        blocks.listing("Differs, and no history tells since when:", map(str, drift.unknown)),
        blocks.listing("", _left_alone(drift)),
    ]
    return fit(made, budget, blocks.notice(links))


def _effects(drift: Drift) -> Iterator[str]:
    for address, effects in drift.effects.items():
        yield from (f"{address}: {effect}" for effect in effects)


def _drift_row(drift: Drift, run: Sequence[Change], links: Links) -> Part:
    sentences = (
        evidence(entry)
        for change in run
        for entry in change.provenance
        if entry.origin is not Origin.GIT
    )
    evidence_cell = blocks.cell("; ".join(dict.fromkeys(filter(None, sentences))))
    return blocks.row(_name(drift, run, links), (drift_status(run[0]),) * 2, evidence_cell)


def _drift_details(run: Sequence[Change]) -> DocumentBlock:
    lines: list[str] = []
    for change in run:
        lines += (*_beginning(change, run), *blocks.difference_lines(drifted(change)))
    return blocks.differences(_title(run), run[0].address.kind, drift_status(run[0]), lines)


def report(report: Report, *, links: Links = _NO_LINKS, budget: Budget = _ANY) -> str:
    """A report: the counts, then what failed and was skipped, then what was applied.

    Args:
        report: The report.
        links: Where the run can be looked at.
        budget: How large it may be.
    """
    done = [result for result in report.results if result.outcome is Outcome.APPLIED]
    sections = [
        blocks.heading("apply", report, report_headline(report)),
        blocks.alert("WARNING", "warning", report.warnings),
        DocumentBlock(
            [_failure(result) for result in report.results if result.outcome is not Outcome.APPLIED]
        ),
        DocumentBlock(
            [
                Part(_applied(report, result), rank=3, category="applied resource")
                for result in done
            ],
            f"<details><summary>{len(done)} applied</summary>\n\n",
            tail="\n\n</details>",
        ),
    ]
    return fit(sections, budget, blocks.notice(links))


def _failure(result: Result) -> Part:
    category = f"{result.outcome} resource"
    start = f"- **{result.outcome.label}** {code(str(result.address))}: "
    whole, brief = blocks.cell(result.detail)
    return Part(start + whole, start + brief, 1, category)


def _applied(report: Report, result: Result) -> str:
    gone = result.action is Action.DELETE
    page = "" if gone else in_langfuse(report.project, result.address)
    return f"- {result.action} {link(code(str(result.address)), page)}"


def findings(
    errors: Sequence[Problem], warnings: Sequence[Problem], command: str = "validate"
) -> str:
    """What is wrong with the files, and what deserves a look."""
    counts = f"{counted(len(errors), 'error')}, {counted(len(warnings), 'warning')}"
    lines = [f"### langsync {command}: {counts}", ""]
    lines += [f"- ⛔ {code(error.place)}: {inline(error.message)}" for error in errors]
    lines += [f"- ⚠️ {code(warning.place)}: {inline(_with_code(warning))}" for warning in warnings]
    return "\n".join(lines).rstrip() + "\n"


def _with_code(problem: Problem) -> str:
    return f"{problem.message} ({problem.code})" if problem.code else problem.message


def table(rows: Sequence[Mapping[str, str]]) -> str:
    """Rows of texts with the same keys."""
    names = list(rows[0]) if rows else []
    lines = [f"| {' | '.join(names)} |", f"|{'---|' * len(names)}"]
    lines += [f"| {' | '.join(inline(str(row[name])) for name in names)} |" for row in rows]
    return "\n".join(lines) + "\n"
