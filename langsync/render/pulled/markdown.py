"""What a pull writes, as Markdown."""

from __future__ import annotations

from langsync.model import FileChange, Pulled
from langsync.render import blocks
from langsync.render.fit import Budget, DocumentBlock, Part, fit
from langsync.render.links import Links
from langsync.render.marks import code, fenced, inline
from langsync.render.pulled.shape import diff, headline


def pulled(
    pulled: Pulled, *, links: Links | None = None, budget: Budget | None = None, texts: bool = True
) -> str:
    """A heading, what was left alone, then the diff of each file.

    Args:
        pulled: What it writes.
        links: Where the run can be looked at.
        budget: How large it may be.
        texts: Whether diffs are shown: prompts can be confidential.
    """
    sections = [
        DocumentBlock([Part(f"### langsync pull: {inline(headline(pulled).removesuffix('.'))}")]),
        blocks.alert("WARNING", "warning", pulled.warnings),
        DocumentBlock([_file(file, texts=texts) for file in pulled.files]),
        blocks.listing("", pulled.notes),
    ]
    return fit(sections, budget or Budget(), blocks.notice(links or Links()))


def _file(change: FileChange, *, texts: bool) -> Part:
    title = f"- {change.action} {code(change.path)}"
    body = f"\n\n{fenced(chr(10).join(diff(change)), 'diff')}\n" if texts else ""
    return Part(f"{title}{body}", title, 5, "file")
