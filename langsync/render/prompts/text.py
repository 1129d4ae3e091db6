"""The versions of a prompt for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.text import Text

from langsync.kinds.prompt.contrast import Side
from langsync.kinds.prompt.state import LATEST
from langsync.kinds.prompt.versions import Version, Versions
from langsync.model import FieldDifference, Project
from langsync.render.prompts import shape
from langsync.render.shape import escape_control, one_line, value_texts

_SIGNS = {"+": "green", "-": "red", " ": "dim", "@": "cyan"}
_SHORT = 100
"""Characters that two values may have together to stand on one line."""


def versions(project: Project, prompt: Versions) -> RenderableType:
    """A line for each version that was read, newest first."""
    lines = [
        Text.assemble((one_line(prompt.name), "bold"), f"  {one_line(shape.facts(prompt))}"),
        Text(one_line(shape.where(project)), "dim"),
        Text(),
        *_table([_cells(version) for version in prompt.versions]),
    ]
    if note := shape.left_out(prompt):
        lines += [Text(), Text(note, "dim")]
    return Group(*lines)


_HEADINGS = ("version", "labels", "when", "who", "commit", "message")


def _cells(version: Version) -> list[Text]:
    return [
        Text(f"v{version.number}", "bold"),
        _labels(version),
        Text(one_line(shape.when(version.created_at))),
        Text(one_line(version.created_by)),
        Text(version.source, "cyan"),
        Text(" ".join(one_line(version.commit_message).split())),
    ]


def _labels(version: Version) -> Text:
    styled = [
        Text(one_line(label), "dim" if label == LATEST else "green") for label in version.labels
    ]
    return Text(", ").join(styled)


def _table(rows: Sequence[list[Text]]) -> Iterator[Text]:
    """Aligned columns, those left out that have nothing; no cell is cut, so that grep finds it."""
    shown = [column for column in range(len(_HEADINGS)) if any(row[column] for row in rows)]
    table = [[Text(_HEADINGS[column], "dim") for column in shown]]
    table += [[row[column] for column in shown] for row in rows]
    widths = [max(cell_len(cell.plain) for cell in column) for column in zip(*table, strict=True)]
    for row in table:
        line = Text()
        for cell, width in zip(row, widths, strict=True):
            line.append_text(cell).append(" " * (width - cell_len(cell.plain) + 2))
        line.rstrip()
        yield line


def version(project: Project, prompt: Versions) -> RenderableType:
    """One version: who made it and why, its text or its messages, its config."""
    [shown] = prompt.versions
    made = shape.origin(shown.created_by, shown.created_at, shown.source, shown.commit_message)
    lines = [
        Text.assemble((one_line(f"{prompt.name} v{shown.number}"), "bold"), "  ", _labels(shown)),
        Text(one_line(" ".join(made.split())), "dim"),
        Text(one_line(shape.facts(prompt)), "dim"),
        Text(one_line(shape.where(project)), "dim"),
    ]
    for role, text in shape.messages(shown.prompt):
        lines.append(Text())
        lines += [Text(one_line(f"[{role}]"), "bold cyan")] if role else []
        lines += [Text(escape_control(text))] if text else []
    if shown.config != {}:
        lines += [Text(), Text("[config]", "bold cyan")]
        lines.append(Text(escape_control(shape.config_text(shown.config))))
    return Group(*lines)


def contrast(
    project: Project | None,
    name: str,
    before: Side,
    after: Side,
    differences: Iterable[FieldDifference],
) -> RenderableType:
    """Two sides and the lines that differ, or that none does."""
    lines = [Text(one_line(name), "bold")]
    if project is not None:
        lines.append(Text(one_line(shape.where(project)), "dim"))
    lines += [_side("-", before), _side("+", after), Text()]
    differing = [line for difference in differences for line in _difference(difference)]
    return Group(*lines, *(differing or [Text(one_line(shape.same(before, after)), "bold green")]))


def _side(sign: str, side: Side) -> Text:
    origin = " ".join(one_line(shape.side(side)).split())
    title = (one_line(f"{sign * 3} {side.title}"), f"bold {_SIGNS[sign]}")
    return Text.assemble(title, f"  {origin}" if origin else "")


def _difference(difference: FieldDifference) -> Iterator[Text]:
    path = one_line(shape.path(difference))
    old, new = (escape_control(text) for text in value_texts(difference.before, difference.after))
    plain = not difference.path.startswith("prompt") and "\n" not in old + new
    if plain and len(old) + len(new) < _SHORT:
        before = ("added ", "dim") if difference.before is None else (old, "red")
        after = ("removed ", "dim") if difference.after is None else (new, "green")
        arrow = [(" → ", "dim")] if None not in (difference.before, difference.after) else []
        pair = (before, *arrow, after) if difference.after is not None else (after, before)
        yield Text.assemble((f"{path}: ", "bold"), *pair)
        return
    yield Text(f"{path}:", "bold")
    for sign, line in shape.changed_lines(difference):
        mark = "…" if sign == "@" else sign
        yield Text(f"  {mark} {one_line(line)}".rstrip(), _SIGNS[sign])
