"""The blocks of which plans, reports and drift are made as Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from langsync.model import Change, Drift, FieldDifference, Plan, Report
from langsync.render.fit import DocumentBlock, Part
from langsync.render.links import Links, in_langfuse
from langsync.render.marks import code, fenced, folded, inline, link
from langsync.render.shape import counted, line_differences, value_text, value_texts

_RANKS = {"prompt": 4, "dataset": 5}
"""How soon the differences of a kind are left out; those of items, which are many, first."""

_BRIEF = 15
"""Lines of a difference where room is short."""

_LONG = 240
"""Characters of a sentence where room is short."""


def heading(command: str, subject: Plan | Drift | Report, counts: str) -> DocumentBlock:
    """The title and the counts, which are never left out."""
    where = [
        _cut(part) for part in (subject.project.name, subject.project.host, subject.environment)
    ]
    environment = f", environment {inline(where[2])}" if subject.environment else ""
    project = link(inline(where[0]), in_langfuse(subject.project))
    title = f"### langsync {command}: {project} at {code(where[1])}{environment}"
    return DocumentBlock([Part(f"{title}\n\n**{inline(counts)}**")])


def alert(kind: str, category: str, sentences: Iterable[str]) -> DocumentBlock:
    """Sentences in a box: ``WARNING`` or ``CAUTION``, as GitHub and GitLab show them."""
    parts = [_item(sentence, 2, category, "> - ") for sentence in sentences if sentence.strip()]
    return DocumentBlock(parts, f"> [!{kind}]\n")


def listing(title: str, sentences: Iterable[str]) -> DocumentBlock:
    """Sentences one below the other."""
    parts = [_item(sentence, 3, "note", "- ") for sentence in sentences]
    return DocumentBlock(parts, f"{title}\n\n" if title else "")


def _item(sentence: str, rank: int, category: str, mark: str) -> Part:
    return Part(f"{mark}{inline(sentence)}", f"{mark}{inline(_cut(sentence))}", rank, category)


def row(*cells: Sequence[str], deletion: bool = False) -> Part:
    """A row of a table.

    Args:
        cells: For each column its Markdown, and that where room is short.
        deletion: Whether something is deleted: that is left out last.
    """
    whole, brief = (f"| {' | '.join(texts)} |" for texts in zip(*cells, strict=True))
    return Part(whole, brief, *((1, "deletion") if deletion else (2, "table row")))


def cell(text: str) -> tuple[str, str]:
    """A text as a cell of a table."""
    return inline(text), inline(_cut(text))


def resource(subject: Plan | Drift, change: Change, links: Links) -> tuple[str, str]:
    """The address of a change as a cell, with links to it."""
    text = str(change.address)
    page = in_langfuse(subject.project, change.address) if change.before is not None else ""
    file = links.file(change.source)
    beside = f" ({link('file', file)})" if file else ""
    whole, brief = (link(code(shown, cell=True), page) + beside for shown in (text, _cut(text)))
    return whole, brief


def difference_lines(differences: Iterable[FieldDifference]) -> Iterator[str]:
    """The fields that differ as lines of a diff."""
    for difference in differences:
        yield comment(difference.path)
        if difference.before is None or difference.after is None:
            sign, value = (
                ("-", difference.before) if difference.after is None else ("+", difference.after)
            )
            yield from (f"{sign}{line}" for line in value_text(value).split("\n"))
            continue
        for sign, line in line_differences(*value_texts(difference.before, difference.after)):
            yield "@@ @@" if sign == "@" else f"{sign}{line}"


def comment(text: str) -> str:
    """A line of a diff that belongs to neither side."""
    return f"# {' '.join(text.split())}"


def differences(title: str, kind: str, note: str, lines: Sequence[str]) -> DocumentBlock:
    """Lines of a diff behind a title; where room is short, the first ones."""
    if not lines:
        return DocumentBlock(())
    brief = [_cut(line, 100) for line in lines[:_BRIEF]]
    if len(lines) > _BRIEF:
        brief.append(f"# … {counted(len(lines) - _BRIEF, 'line', 'more ')}")
    texts = [folded(title, fenced("\n".join(shown), "diff"), note) for shown in (lines, brief)]
    whole, cut = texts
    rank = _RANKS.get(kind, 6)
    return DocumentBlock([Part(whole, min(cut, whole, key=len), rank, "diff")])


def notice(links: Links) -> Callable[[Counter[str], int], str]:
    """The note where something is left out; see `fit`."""

    def sentence(left_out: Counter[str], briefs: int) -> str:
        counts = [counted(number, category) for category, number in left_out.items() if number]
        parts = [f"left out: {', '.join(counts)}"] if counts else []
        parts += [f"cut short: {counted(briefs, 'other part')}"] if briefs else []
        where = link("the run", links.run) if links.run else "what langsync prints as text"
        return f"> [!NOTE]\n> To fit here, {'; '.join(parts)}. All of it is in {where}."

    return sentence


def _cut(text: str, limit: int = _LONG) -> str:
    return text if len(text) <= limit else f"{text[:limit]}…"
