"""What a pull writes, as Markdown."""

from __future__ import annotations

from langsync.model import FileChange, Pulled
from langsync.render.marks import fenced, inline
from langsync.render.pulled.shape import diff, headline


def pulled(pulled: Pulled) -> str:
    """A heading, then the diff of each file."""
    parts = [f"### langsync pull: {headline(pulled).removesuffix('.')}"]
    parts += [_file(one) for one in pulled.files]
    return "\n\n".join(parts) + "\n"


def _file(change: FileChange) -> str:
    title = f"**{change.action}** {inline(change.path)}"
    return f"{title}\n\n{fenced(chr(10).join(diff(change)), 'diff')}"
