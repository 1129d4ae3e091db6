"""Makes a document fit its size limit: what matters least is left out, and counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Budget:
    """How large a document may be.

    Args:
        size: How many characters; None for any number.
        in_bytes: Whether bytes of UTF-8 are counted instead.
    """

    size: int | None = None
    in_bytes: bool = False

    def measure(self, text: str) -> int:
        """The size of a text."""
        return len(text.encode("utf-8", "replace")) if self.in_bytes else len(text)

    def holds(self, text: str) -> bool:
        """Whether a text fits."""
        return self.size is None or self.measure(text) <= self.size


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a document.

    Args:
        text: Its text.
        brief: Its text where room is short; empty for the same.
        rank: How soon it is left out: the highest first, 0 never.
        category: As what it is counted if it is left out, such as ``warning``.
    """

    text: str
    brief: str = ""
    rank: int = 0
    category: str = ""


@dataclass(frozen=True, slots=True)
class DocumentBlock:
    """Parts that belong together, one a line, and what encloses them if there are any."""

    parts: Sequence[Part]
    head: str = ""
    between: str = "\n"
    tail: str = ""

    def with_texts(self, texts: Sequence[str | None]) -> str:
        """The block with these parts; empty if it has none."""
        kept = [text for text in texts if text is not None]
        if not kept:
            return ""
        return f"{self.head}{self.between.join(kept)}{self.tail}"


def fit(
    blocks: Sequence[DocumentBlock], budget: Budget, notice: Callable[[Counter[str], int], str]
) -> str:
    """A document of blocks, a blank line after each.

    Where it is too large, each part is made brief and then those of the highest rank are left
    out; what room that leaves is for the whole text of the parts of the lowest rank.

    Args:
        blocks: The blocks, in their order.
        budget: How large it may be.
        notice: The text after the first block where something is left out: of how many
            of each sort, and how many are brief.
    """
    whole = _joined([block.with_texts([part.text for part in block.parts]) for block in blocks])
    if budget.holds(whole):
        return whole
    chosen = _Choice(blocks, budget)
    droppable = Counter(part.category for block in blocks for part in block.parts if part.rank)
    chosen.room -= budget.measure(notice(droppable, droppable.total()) + "\n\n")
    chosen.choose()
    texts = [block.with_texts(own) for block, own in zip(blocks, chosen.texts, strict=True)]
    text = _joined([texts[0], notice(chosen.left_out(), chosen.briefs()), *texts[1:]])
    return text if budget.holds(text) else _cut(text, budget)


def _joined(texts: Sequence[str]) -> str:
    return "\n\n".join(text for text in texts if text) + "\n"


def _cut(text: str, budget: Budget) -> str:
    """The start of a text, where not even the required parts fit."""
    size = budget.size or 0
    if budget.in_bytes:
        return text.encode("utf-8", "replace")[:size].decode("utf-8", "ignore")
    return text[:size]


@dataclass(slots=True)
class _Choice:
    """Which parts are kept, and with which text."""

    blocks: Sequence[DocumentBlock]
    budget: Budget
    texts: list[list[str | None]] = field(init=False)
    room: int = field(init=False)

    def __post_init__(self) -> None:
        self.texts = [[None for _ in block.parts] for block in self.blocks]
        self.room = (self.budget.size or 0) - 1

    def choose(self) -> None:
        """Take the brief parts by rank, then replace them by the whole ones, by rank."""
        places = sorted(
            (part.rank, index, number)
            for index, block in enumerate(self.blocks)
            for number, part in enumerate(block.parts)
        )
        for _, index, number in places:
            part = self.blocks[index].parts[number]
            self._take(index, number, part.brief or part.text)
        for _, index, number in places:
            if self.texts[index][number] is not None:
                self._take(index, number, self.blocks[index].parts[number].text)

    def _take(self, index: int, number: int, text: str) -> None:
        block, old = self.blocks[index], self.texts[index][number]
        cost = self.budget.measure(text)
        if old is not None:
            cost -= self.budget.measure(old)
        elif any(part is not None for part in self.texts[index]):
            cost += self.budget.measure(block.between)
        else:
            cost += self.budget.measure(f"{block.head}{block.tail}\n\n")
        if cost <= self.room or not block.parts[number].rank:
            self.texts[index][number] = text
            self.room -= cost

    def left_out(self) -> Counter[str]:
        return Counter(
            part.category
            for block, texts in zip(self.blocks, self.texts, strict=True)
            for part, text in zip(block.parts, texts, strict=True)
            if text is None
        )

    def briefs(self) -> int:
        return sum(
            text is not None and text != part.text
            for block, texts in zip(self.blocks, self.texts, strict=True)
            for part, text in zip(block.parts, texts, strict=True)
        )
