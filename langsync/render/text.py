"""Plans and reports for a terminal."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from langsync.model import Action, Change, FieldDifference, Json, Outcome, Plan, Report
from langsync.render.shape import (
    counted,
    groups,
    harmless,
    headline,
    line_differences,
    value_text,
    value_texts,
    where,
)

_STYLES = {
    Action.CREATE: ("+", "green"),
    Action.UPDATE: ("~", "yellow"),
    Action.REPLACE: ("±", "bold red"),
    Action.ARCHIVE: ("-", "yellow"),
    Action.DELETE: ("-", "bold red"),
}
_SIGNS = {"+": "green", "-": "red", " ": "dim", "@": "cyan"}
_HIDDEN = frozenset({"id", "labels", "type"})
_FOLD = 6
"""Lines of a new value, changes of one run, that are shown without ``full``."""


def plan(plan: Plan, *, full: bool = False, allowed: Collection[str] = ()) -> RenderableType:
    """A plan as a person reads it.

    Args:
        plan: The plan.
        full: Whether nothing is folded.
        allowed: The options that were given, such as ``--allow-replace``.
    """
    lines: list[Text] = [Text.assemble(("Plan for ", "bold"), harmless(where(plan))), Text()]
    for changes, more in groups(plan, 0 if full else _FOLD):
        for change in changes:
            lines += [*_change(change, full=full), Text()]
        if more:
            rest = counted(more, changes[0].address.kind, "more ")
            words = f"  … and {rest} to {changes[0].action} (--full shows all)"
            lines += [Text(words, "dim"), Text()]
    lines += _notes(plan, allowed)
    lines.append(Text(headline(plan), "bold" if plan.changes else "bold green"))
    return Group(*lines)


def _change(change: Change, *, full: bool) -> Iterator[Text]:
    sign, style = _STYLES[change.action]
    yield Text.assemble(
        (f"{sign} {harmless(str(change.address))}", f"bold {style}"), (f"  {change.action}", style)
    )
    for reason in change.reasons:
        yield Text(f"    {harmless(reason)}", "cyan")
    if change.before is None:
        for field, value in (change.after or {}).items():
            if field not in _HIDDEN and value not in (None, {}, [], "active"):
                yield from _field(field, value, full=full)
    for difference in change.differences:
        if not difference.path.startswith("labels"):
            yield from _difference(difference)


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
    """A value as lines: messages by role, one after the other."""
    if isinstance(value, list) and value and all(_is_message(item) for item in value):
        lines = []
        for message in value:
            if "content" not in message:
                lines.append(f"[{harmless(message['name'])}]")
                continue
            first, *rest = harmless(message["content"]).split("\n")
            lines += [f"{harmless(message['role'])}: {first}", *(f"  {line}" for line in rest)]
        return lines
    return harmless(value_text(value)).split("\n")


def _is_message(value: Json) -> bool:
    return isinstance(value, dict) and (
        value.keys() == {"role", "content"} or value.get("type") == "placeholder"
    )


def _difference(difference: FieldDifference) -> Iterator[Text]:
    before, after = (harmless(text) for text in value_texts(difference.before, difference.after))
    path = harmless(difference.path)
    if "\n" not in before and "\n" not in after and len(before) + len(after) < 100:
        old = [(before, "red"), (" → ", "dim")] if difference.before is not None else []
        yield Text.assemble((f"    {path}: ", "dim"), *old, (after, "green"))
        return
    yield Text(f"    {path}:", "dim")
    for sign, line in line_differences(before, after):
        mark = "…" if sign == "@" else sign
        yield Text(f"      {mark} {line}".rstrip(), _SIGNS[sign])


def _notes(plan: Plan, allowed: Collection[str]) -> Iterator[Text]:
    for kind, count in plan.unmanaged_count.items():
        names = ", ".join(plan.unmanaged.get(kind, ())[:5])
        more = f": {names}{', …' if count > 5 else ''}" if names else ""
        words = f"In Langfuse and in no file, left alone: {counted(count, kind)}{more}"
        yield Text(harmless(words), "dim")
    for warning in plan.warnings:
        yield Text.assemble(("Warning: ", "bold yellow"), harmless(warning))
    for refusal in plan.refusals:
        if refusal.allow not in allowed:
            need = f"Needs {refusal.allow}: " if refusal.allow else "Refused: "
            words = harmless(f"{refusal.address}: {refusal.reason}")
            yield Text.assemble((need, "bold red"), words)


def report(report: Report) -> RenderableType:
    """A report as a person reads it: failures with the server's words, then the counts."""
    lines: list[Text] = []
    seen: dict[str, int] = {}
    for result in report.results:
        if result.outcome is not Outcome.APPLIED:
            seen[result.detail] = seen.get(result.detail, 0) + 1
            if seen[result.detail] > _FOLD:
                continue
            style = "red" if result.outcome is Outcome.FAILED else "yellow"
            words = harmless(f" {result.address}: {result.detail}")
            lines.append(Text.assemble((result.outcome.value, f"bold {style}"), words))
    for detail, number in seen.items():
        if number > _FOLD:
            words = f"… and {number - _FOLD} more: {harmless(detail)}"
            lines.append(Text(words, "dim"))
    counts = {outcome: report.count(outcome) for outcome in Outcome}
    parts = [f"{counts[outcome]} {outcome.value}" for outcome in Outcome if counts[outcome]]
    style = "bold green" if report.ok else "bold red"
    lines.append(Text(f"{', '.join(parts) or 'Nothing to do'}.", style))
    return Group(*lines)
