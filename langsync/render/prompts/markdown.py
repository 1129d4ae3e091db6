"""The versions of a prompt as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from langsync.kinds.prompt.contrast import Side
from langsync.kinds.prompt.versions import Versions
from langsync.model import FieldDifference, Project
from langsync.render.markdown import table
from langsync.render.marks import fenced, inline
from langsync.render.prompts import shape


def versions(project: Project, found: Versions) -> str:
    """A table with a row for each version that was read."""
    rows = [
        {
            "version": f"v{one.number}",
            "labels": ", ".join(one.labels),
            "when": shape.when(one.created_at),
            "who": one.created_by,
            "commit": one.source,
            "message": one.commit_message,
        }
        for one in found.versions
    ]
    title = f"{found.name}: {shape.facts(found)}"
    lines = [f"### {inline(title)}", "", inline(shape.where(project)), "", table(rows)]
    return "\n".join([*lines, inline(shape.left_out(found))]).rstrip() + "\n"


def version(project: Project, found: Versions) -> str:
    """One version: its messages or its text, then its config."""
    [one] = found.versions
    labels = f" ({', '.join(one.labels)})" if one.labels else ""
    made = shape.origin(one.created_by, one.created_at, one.source, one.commit_message)
    lines = [f"### {inline(f'{found.name} v{one.number}{labels}')}", ""]
    lines += [f"- {inline(words)}" for words in (made, shape.facts(found), shape.where(project))]
    for role, text in shape.messages(one.prompt):
        lines += ["", f"**{inline(role)}**"] if role else []
        lines += ["", fenced(text)] if text or not role else []
    if one.config != {}:
        lines += ["", "**config**", "", fenced(shape.config_text(one.config), "json")]
    return "\n".join(lines) + "\n"


def contrast(
    project: Project | None,
    name: str,
    before: Side,
    after: Side,
    found: Iterable[FieldDifference],
) -> str:
    """Two sides and the lines that differ, or that none does."""
    lines = [f"### {inline(f'{name}: {before.title} → {after.title}')}", ""]
    for one in (before, after):
        about = shape.side(one)
        lines.append(f"- **{inline(one.title)}**{inline(f': {about}' if about else '')}")
    if project is not None:
        lines.append(f"- {inline(shape.where(project))}")
    body = "\n".join(_lines(found))
    lines += ["", fenced(body, "diff") if body else inline(shape.same(before, after))]
    return "\n".join(lines) + "\n"


def _lines(found: Iterable[FieldDifference]) -> Iterator[str]:
    for one in found:
        yield f"# {shape.path(one)}"
        yield from (f"{sign}{line}" for sign, line in shape.changed_lines(one))
