"""Plans and reports for a terminal."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter

from rich.console import Group, RenderableType
from rich.text import Text

from langsync.kinds.folding import folded_refusals
from langsync.model import (
    Action,
    Change,
    Drift,
    FieldDifference,
    Json,
    Origin,
    Outcome,
    Permission,
    Plan,
    Refusal,
    Report,
)
from langsync.render.changes import drift_status, drifted, explanations, fields
from langsync.render.items import drift_lines, item_lines
from langsync.render.shape import (
    counted,
    drift_headline,
    escape_control,
    evidence,
    groups,
    headline,
    impact_line,
    line_differences,
    one_line,
    report_headline,
    value_text,
    value_texts,
    where,
)
from langsync.render.words import Piece, marked

_STYLES = {
    Action.CREATE: ("+", "green"),
    Action.UPDATE: ("~", "yellow"),
    Action.REPLACE: ("±", "bold red"),
    Action.ARCHIVE: ("-", "yellow"),
    Action.DELETE: ("-", "bold red"),
}
_ORIGINS = {
    Origin.GIT: "dim",
    Origin.UNKNOWN: "yellow",
    Origin.REMOTE: "bold magenta",
    Origin.CONFLICT: "bold magenta",
}
_SIGNS = {"+": "green", "-": "red", " ": "dim", "@": "cyan"}
_FOLD = 6
"""Lines of a new value, changes of one run, that are shown without ``full``."""

_LONG_RUN = 500
"""Lines of a difference that are removed, or added, in a row and shown without ``full``."""


def plan(
    plan: Plan,
    *,
    full: bool = False,
    resolved: bool = False,
    allowed: Collection[Permission | None] = (),
) -> RenderableType:
    """A plan as a person reads it.

    Args:
        plan: The plan.
        full: Whether nothing is folded.
        resolved: Whether it is shown how texts change that are made of what is changed.
        allowed: What may be done, so that no refusal for the lack of it is shown.
    """
    lines: list[Text] = [Text.assemble(("Plan for ", "bold"), one_line(where(plan))), Text()]
    lines += _changes(plan.changes, full=full)
    lines += _impacts(plan, full=full, resolved=resolved)
    lines += _notes(plan)
    lines += _refusals(plan.refusals if full else folded_refusals(plan), allowed)
    lines.append(Text(headline(plan), "bold" if plan.changes else "bold green"))
    return Group(*lines)


def between(title: str, changes: Sequence[Change], *, full: bool = False) -> RenderableType:
    """What differs between two states of the files.

    Args:
        title: What is compared.
        changes: The differences.
        full: Whether nothing is folded.
    """
    lines = [Text(one_line(title), "bold"), Text(), *_changes(changes, full=full)]
    if not changes:
        lines.append(Text("Nothing differs.", "bold green"))
    return Group(*lines)


def _changes(changes: Sequence[Change], *, full: bool) -> Iterator[Text]:
    for run, more in groups(changes, 0 if full else _FOLD):
        for change in run:
            yield from (*_change(change, full=full), Text())
        if more and run[0].action.deletes:
            yield from (*map(_title, more), Text())
        elif more:
            rest = counted(len(more), run[0].address.kind, "more ")
            message = f"  … and {rest} to {run[0].action} (--full shows all)"
            yield from (Text(message, "dim"), Text())
    if lines := item_lines(changes):
        yield from (*(Text(one_line(line), "cyan") for line in lines), Text())


def _title(change: Change) -> Text:
    sign, style = _STYLES[change.action]
    return Text.assemble(
        (f"{sign} {one_line(str(change.address))}", f"bold {style}"), (f"  {change.action}", style)
    )


def _change(change: Change, *, full: bool) -> Iterator[Text]:
    yield _title(change)
    for sentence in (", ".join(map(str, change.moves)), *explanations(change)):
        if sentence:
            yield Text(f"    {one_line(sentence)}", "cyan")
    for entry in change.provenance:
        if sentence := evidence(entry):
            yield Text(f"    {one_line(sentence)}", _ORIGINS[entry.origin])
    for warning in change.warnings:
        yield Text.assemble(("    Warning: ", "bold yellow"), one_line(warning))
    for difference in fields(change) if change.after is not None else ():
        if change.before is None:
            yield from _field(difference.path, difference.after, full=full)
        else:
            yield from _difference(difference, full=full)


def _impacts(plan: Plan, *, full: bool, resolved: bool) -> Iterator[Text]:
    if plan.impacts:
        yield Text("Change with them, since they are made of them:", "bold")
    for impact in plan.impacts:
        yield Text(f"  {one_line(impact_line(impact))}", "cyan")
        for warning in impact.warnings:
            yield Text.assemble(("    Warning: ", "bold yellow"), one_line(warning))
        if resolved:
            difference = FieldDifference("resolved", impact.before, impact.after)
            yield from _difference(difference, full=full)
    if plan.impacts:
        yield Text()


def _field(name: str, value: Json, *, full: bool) -> Iterator[Text]:
    lines = _lines(value)
    if len(lines) == 1:
        yield Text.assemble((f"    {name}: ", "dim"), (lines[0], "green"))
        return
    shown = lines if full or len(lines) <= _FOLD + 1 else lines[:_FOLD]
    yield Text(f"    {name}:", "dim")
    yield from (Text(f"      {line}".rstrip(), "green") for line in shown)
    if len(lines) > len(shown):
        yield Text(f"      … and {len(lines) - len(shown)} more lines", "dim")


def _lines(value: Json) -> list[str]:
    return escape_control(value_text(value)).split("\n")


def _difference(difference: FieldDifference, *, full: bool = False) -> Iterator[Text]:
    before, after = (
        escape_control(text) for text in value_texts(difference.before, difference.after)
    )
    path = one_line(difference.path)
    if "\n" not in before and "\n" not in after and len(before) + len(after) < 100:
        old = [(before, "red"), (" → ", "dim")] if difference.before is not None else []
        yield Text.assemble((f"    {path}: ", "dim"), *old, (after, "green"))
        return
    yield Text(f"    {path}:", "dim")
    for sign, run in groupby(marked(line_differences(before, after)), key=itemgetter(0)):
        lines = [pieces for _, pieces in run]
        shown = lines if full or len(lines) <= _LONG_RUN else lines[:_LONG_RUN]
        yield from (_line(sign, pieces) for pieces in shown)
        if hidden := len(lines) - len(shown):
            message = f"      {sign} … and {hidden:,} more lines (--full shows all)"
            yield Text(message, f"{_SIGNS[sign]} dim")


def _line(sign: str, pieces: Iterable[Piece]) -> Text:
    """A line of a difference."""
    style = _SIGNS[sign]
    line = Text(f"      {'…' if sign == '@' else sign} ", style)
    for piece, differs in pieces:
        line.append(piece, f"{style} reverse" if differs else style)
    line.rstrip()
    return line


def _notes(plan: Plan) -> Iterator[Text]:
    for kind, count in plan.unmanaged_count.items():
        names = plan.unmanaged.get(kind, ())[:5]
        more = f": {', '.join(names)}{', …' if count > len(names) else ''}" if names else ""
        message = f"In Langfuse and in no file, left alone: {counted(count, kind)}{more}"
        yield Text(one_line(message), "dim")
    if plan.other_labels:
        labels = [
            f"{label} ({', '.join(names[:3])}{', …' if len(names) > 3 else ''})"
            for label, names in plan.other_labels.items()
        ]
        message = f"Labels that nobody declares, left alone: {', '.join(labels)}"
        yield Text(one_line(message), "dim")
    for note in plan.notes:
        yield Text(f"Note: {one_line(note)}", "dim")
    for warning in plan.warnings:
        yield Text.assemble(("Warning: ", "bold yellow"), one_line(warning))


def _refusals(
    refusals: Iterable[Refusal], allowed: Collection[Permission | None]
) -> Iterator[Text]:
    for refusal in refusals:
        if refusal.allow not in allowed:
            need = f"Needs {refusal.option}: " if refusal.option else "Refused: "
            prefix = f"{refusal.address}: " if refusal.address else ""
            message = one_line(f"{prefix}{refusal.reason}")
            yield Text.assemble((need, "bold red"), message)


def drift(drift: Drift, *, full: bool = False) -> RenderableType:
    """Drift as a person reads it: from what the files declare to what Langfuse has.

    Args:
        drift: The drift.
        full: Whether nothing is folded.
    """
    lines: list[Text] = [Text.assemble(("Drift in ", "bold"), one_line(where(drift))), Text()]
    for run, hidden in groups(drift.changes, 0 if full else _FOLD):
        for change in run:
            effects = drift.effects.get(change.address, ())
            lines += (*_drifted(change, effects, full=full), Text())
        if hidden:
            rest = counted(len(hidden), run[0].address.kind, "more ")
            lines += (
                Text(f"  … and {rest} {drift_status(run[0])} (--full shows all)", "dim"),
                Text(),
            )
    if counts := drift_lines(drift.changes):
        lines += (*(Text(one_line(line), "magenta") for line in counts), Text())
    for title, addresses in (
        ("In Git and not deployed yet", drift.pending),
        ("Differs, and no history tells since when", drift.unknown),
    ):
        if addresses:
            names = ", ".join(map(str, addresses[:_FOLD]))
            more = f", … ({len(addresses)} in all)" if len(addresses) > _FOLD else ""
            lines.append(Text(one_line(f"{title}: {names}{more}"), "dim"))
    for kind, count in drift.unmanaged_count.items():
        names = ", ".join(drift.unmanaged.get(kind, ())[:_FOLD])
        message = f"In Langfuse and in no file: {counted(count, kind)}: {names}"
        lines.append(Text(one_line(message), "magenta"))
    lines += [
        Text.assemble(("Warning: ", "bold yellow"), one_line(warning)) for warning in drift.warnings
    ]
    lines.append(Text(drift_headline(drift), "bold" if drift.changes else "bold green"))
    return Group(*lines)


def _drifted(change: Change, effects: Iterable[str], *, full: bool) -> Iterator[Text]:
    yield Text(f"! {one_line(str(change.address))}  {drift_status(change)}", "bold magenta")
    sentences = (evidence(entry) for entry in change.provenance if entry.origin is not Origin.GIT)
    yield from (Text(f"    {one_line(sentence)}", "magenta") for sentence in sentences if sentence)
    for effect in effects:
        yield Text.assemble(("    Warning: ", "bold yellow"), one_line(effect))
    for difference in drifted(change):
        yield from _difference(difference, full=full)


def report(report: Report) -> RenderableType:
    """A report as a person reads it: failures with the server's messages, then the counts."""
    lines: list[Text] = []
    seen: dict[str, int] = {}
    for result in report.results:
        if result.outcome is not Outcome.APPLIED:
            seen[result.detail] = seen.get(result.detail, 0) + 1
            if seen[result.detail] > _FOLD:
                continue
            style = "red" if result.outcome is Outcome.FAILED else "yellow"
            message = one_line(f" {result.address}: {result.detail}")
            lines.append(Text.assemble((result.outcome.label, f"bold {style}"), message))
    for detail, number in seen.items():
        if number > _FOLD:
            message = f"… and {number - _FOLD} more: {one_line(detail)}"
            lines.append(Text(message, "dim"))
    lines += [
        Text.assemble(("Warning: ", "bold yellow"), one_line(warning))
        for warning in report.warnings
    ]
    style = "bold green" if report.ok else "bold red"
    lines.append(Text(report_headline(report), style))
    return Group(*lines)
