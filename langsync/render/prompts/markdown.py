"""The versions of a prompt as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from langsync.kinds.prompt.contrast import Side
from langsync.kinds.prompt.versions import Versions
from langsync.model import FieldDifference, Project
from langsync.render.markdown import table
from langsync.render.marks import fenced, inline
from langsync.render.prompts import shape


def versions(project: Project, prompt: Versions) -> str:
    """A table with a row for each version that was read."""
    rows = [
        {
            "version": f"v{version.number}",
            "labels": ", ".join(version.labels),
            "when": shape.when(version.created_at),
            "who": version.created_by,
            "commit": version.source,
            "message": version.commit_message,
        }
        for version in prompt.versions
    ]
    title = f"{prompt.name}: {shape.facts(prompt)}"
    lines = [f"### {inline(title)}", "", inline(shape.where(project)), "", table(rows)]
    return "\n".join([*lines, inline(shape.left_out(prompt))]).rstrip() + "\n"


def version(project: Project, prompt: Versions) -> str:
    """One version: its messages or its text, then its config."""
    [shown] = prompt.versions
    labels = f" ({', '.join(shown.labels)})" if shown.labels else ""
    made = shape.origin(shown.created_by, shown.created_at, shown.source, shown.commit_message)
    lines = [f"### {inline(f'{prompt.name} v{shown.number}{labels}')}", ""]
    lines += [
        f"- {inline(sentence)}" for sentence in (made, shape.facts(prompt), shape.where(project))
    ]
    for role, text in shape.messages(shown.prompt):
        lines += ["", f"**{inline(role)}**"] if role else []
        lines += ["", fenced(text)] if text or not role else []
    if shown.config != {}:
        lines += ["", "**config**", "", fenced(shape.config_text(shown.config), "json")]
    return "\n".join(lines) + "\n"


def contrast(
    project: Project | None,
    name: str,
    before: Side,
    after: Side,
    differences: Iterable[FieldDifference],
) -> str:
    """Two sides and the lines that differ, or that none does."""
    lines = [f"### {inline(f'{name}: {before.title} → {after.title}')}", ""]
    for side in (before, after):
        origin = shape.side(side)
        lines.append(f"- **{inline(side.title)}**{inline(f': {origin}' if origin else '')}")
    if project is not None:
        lines.append(f"- {inline(shape.where(project))}")
    body = "\n".join(_lines(differences))
    lines += ["", fenced(body, "diff") if body else inline(shape.same(before, after))]
    return "\n".join(lines) + "\n"


def _lines(differences: Iterable[FieldDifference]) -> Iterator[str]:
    for difference in differences:
        yield f"# {shape.path(difference)}"
        yield from (f"{sign}{line}" for sign, line in shape.changed_lines(difference))
