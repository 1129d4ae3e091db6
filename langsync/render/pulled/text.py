"""What a pull writes, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from langsync.model import FileChange, Pulled
from langsync.render.pulled.shape import diff, headline
from langsync.render.shape import one_line

_FOLD = 20
"""Lines of a file's diff that are shown where nothing else is wanted."""

_MARKS = {"create": ("+", "green"), "update": ("~", "yellow"), "delete": ("-", "red")}
_SIGNS = {"+": "green", "-": "red", "@": "cyan"}


def pulled(pulled: Pulled, *, full: bool = False) -> RenderableType:
    """What a pull writes as a person reads it.

    Args:
        pulled: What it writes.
        full: Whether nothing is folded.
    """
    lines = [line for change in pulled.files for line in (*_file(change, full=full), Text())]
    differs = pulled.files or pulled.left_alone
    return Group(*lines, Text(headline(pulled), "bold" if differs else "bold green"))


def _file(change: FileChange, *, full: bool) -> Iterator[Text]:
    mark, style = _MARKS[change.action]
    yield Text.assemble((f"{mark} ", style), (one_line(change.path), "bold"), f"  {change.action}")
    lines = list(diff(change))
    if change.old is None or change.new is None:
        lines = lines[1:]
    shown = lines if full or len(lines) <= _FOLD + 1 else lines[:_FOLD]
    yield from (Text(f"    {line}".rstrip(), _SIGNS.get(line[:1], "")) for line in shown)
    if len(lines) > len(shown):
        yield Text(f"    … and {len(lines) - len(shown):,} more lines (--full shows all)", "dim")
