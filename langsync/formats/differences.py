"""Differences between sequences of lines, or of other values, in bounded time.

`difflib` takes time quadratic in the number of lines, or worse where lines repeat.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from difflib import SequenceMatcher

Opcode = tuple[str, int, int, int, int]

MOST_PAIRS = 100_000
"""Pairs of equal lines that `difflib` compares at once."""

MOST_CELLS = 4_000_000
"""Lines of one side times lines of the other that it compares at once."""


class LineMatcher(SequenceMatcher[Hashable]):
    """A `SequenceMatcher` that is exact for short texts, and bounded for all.

    Long ones are split at the lines that are in both sides once (as ``git diff --patience`` does);
    a part between them that is still too long counts as replaced.
    """

    def __init__(self, before: Sequence[Hashable], after: Sequence[Hashable]) -> None:
        self._before, self._after = before, after
        self._opcodes: list[Opcode] | None = None
        super().__init__(None, (), (), autojunk=False)

    def get_opcodes(self) -> list[Opcode]:  # type: ignore[override]
        """How to turn one side into the other; see `difflib.SequenceMatcher`."""
        if self._opcodes is None:
            runs = _joined(_equal_runs(self._before, self._after))
            self._opcodes = list(_opcodes(runs, len(self._before), len(self._after)))
        return self._opcodes


def unified(before: Sequence[str], after: Sequence[str], context: int = 3) -> Iterator[str]:
    """A unified diff without the names of the files, line by line, none of them ended."""
    for group in LineMatcher(before, after).get_grouped_opcodes(context):
        first, last = group[0], group[-1]
        yield f"@@ -{_range(first[1], last[2])} +{_range(first[3], last[4])} @@"
        for tag, i1, i2, j1, j2 in group:
            if tag == "equal":
                yield from (f" {line}" for line in before[i1:i2])
                continue
            yield from (f"-{line}" for line in before[i1:i2])
            yield from (f"+{line}" for line in after[j1:j2])


def _range(start: int, stop: int) -> str:
    """A range of lines as the header of a hunk has it."""
    length = stop - start
    begin = start + 1 if length else start
    return f"{begin}" if length == 1 else f"{begin},{length}"


Run = tuple[int, int, int]
"""Equal lines: where they begin on each side, and how many."""


def _equal_runs(before: Sequence[Hashable], after: Sequence[Hashable]) -> Iterator[Run]:
    if _is_short(before, after):
        yield from _short(before, after, (0, len(before), 0, len(after)))
        return
    most = min(len(before), len(after))
    start = next((index for index in range(most) if before[index] != after[index]), most)
    left = range(most - start)
    end = next((index for index in left if before[-1 - index] != after[-1 - index]), most - start)
    i2, j2 = len(before) - end, len(after) - end
    yield 0, 0, start
    i, j = start, start
    for anchor in (*_anchors(before, after, (start, i2, start, j2)), (i2, j2)):
        yield from _short(before, after, (i, anchor[0], j, anchor[1]))
        i, j = anchor
    yield i2, j2, end


def _is_short(before: Sequence[Hashable], after: Sequence[Hashable]) -> bool:
    if len(before) * len(after) > MOST_CELLS:
        return False
    counts = Counter(before), Counter(after)
    return sum(number * counts[1][line] for line, number in counts[0].items()) <= MOST_PAIRS


def _short(
    before: Sequence[Hashable], after: Sequence[Hashable], part: tuple[int, int, int, int]
) -> Iterator[Run]:
    """Equal lines of a part that is short enough; of another, those at its beginning."""
    i1, i2, j1, j2 = part
    old, new = before[i1:i2], after[j1:j2]
    if _is_short(old, new):
        for i, j, size in SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks():
            yield i1 + i, j1 + j, size
        return
    most = min(len(old), len(new))
    yield i1, j1, next((index for index in range(most) if old[index] != new[index]), most)


def _anchors(
    before: Sequence[Hashable], after: Sequence[Hashable], part: tuple[int, int, int, int]
) -> list[tuple[int, int]]:
    """The longest ascending pairs of lines that each side has once; none for short parts."""
    i1, i2, j1, j2 = part
    old, new = before[i1:i2], after[j1:j2]
    if _is_short(old, new):
        return []
    counts = Counter(old), Counter(new)
    place = {line: j1 + index for index, line in enumerate(new) if counts[1][line] == 1}
    pairs = [
        (i1 + index, place[x]) for index, x in enumerate(old) if counts[0][x] == 1 and x in place
    ]
    tails: list[int] = []  # the last pair of the best sequence of each length
    values: list[int] = []
    previous: list[int] = []
    for number, (_, j) in enumerate(pairs):
        length = bisect_left(values, j)
        previous.append(tails[length - 1] if length else -1)
        tails[length : length + 1] = [number]
        values[length : length + 1] = [j]
    chain: list[tuple[int, int]] = []
    index = tails[-1] if tails else -1
    while index >= 0:
        chain.append(pairs[index])
        index = previous[index]
    return chain[::-1]


def _joined(runs: Iterator[Run]) -> Iterator[Run]:
    """Runs without empty ones; those that follow each other on both sides are one."""
    i = j = size = 0
    for i2, j2, more in runs:
        if (i + size, j + size) == (i2, j2):
            size += more
        elif more:
            if size:
                yield i, j, size
            i, j, size = i2, j2, more
    if size:
        yield i, j, size


def _opcodes(runs: Iterator[Run], before: int, after: int) -> Iterator[Opcode]:
    i = j = 0
    for i2, j2, size in (*runs, (before, after, 0)):
        if i < i2 or j < j2:
            tag = "replace" if i < i2 and j < j2 else "delete" if i < i2 else "insert"
            yield tag, i, i2, j, j2
        if size:
            yield "equal", i2, i2 + size, j2, j2 + size
        i, j = i2 + size, j2 + size
