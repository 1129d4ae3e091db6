"""Counts the changes of the items of each dataset."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from langsync.model import Change, Json

_WORDS = {
    "added": "added",
    "changed": "changed",
    "archived": "archived",
    "restored": "made active again",
    "deleted": "deleted",
}


@dataclass(frozen=True, slots=True)
class ItemSummary:
    """The items of one dataset.

    Args:
        dataset: Its name.
        counts: How many are ``added``, ``changed``, ``archived``, ``restored`` (made active
            again) and ``deleted``.
        fields: In how many of the changed ones a field differs.
    """

    dataset: str
    counts: Counter[str] = field(default_factory=Counter)
    fields: Counter[str] = field(default_factory=Counter)

    @property
    def line(self) -> str:
        """``dataset/qa: 3 items added, 5 changed (input 4, metadata 2)``."""
        parts: list[str] = []
        for key, word in _WORDS.items():
            if number := self.counts[key]:
                noun = "" if parts else " item" if number == 1 else " items"
                names = [f"{name} {count:,}" for name, count in sorted(self.fields.items())]
                more = f" ({', '.join(names)})" if key == "changed" and names else ""
                parts.append(f"{number:,}{noun} {word}{more}")
        return f"dataset/{self.dataset}: {', '.join(parts)}"

    @property
    def data(self) -> dict[str, Json]:
        """The same as JSON."""
        return {**{key: self.counts[key] for key in _WORDS}, "fields": dict(self.fields)}


def item_summaries(changes: Iterable[Change]) -> list[ItemSummary]:
    """The datasets whose items change, in the order of the changes."""
    summaries: dict[str, ItemSummary] = {}
    for change in changes:
        if change.address.kind != "dataset_item":
            continue
        dataset = change.address.name.rpartition("/")[0]
        summary = summaries.setdefault(dataset, ItemSummary(dataset))
        outcome = _outcome(change)
        summary.counts[outcome] += 1
        if outcome == "changed":
            summary.fields.update(
                {difference.path.split(".")[0].split("[")[0] for difference in change.differences}
            )
    return [*summaries.values()]


def _outcome(change: Change) -> str:
    if change.before is None:
        return "added"
    if change.after is None:
        return "deleted"
    before, after = change.before.get("status"), change.after.get("status")
    if before == after or "archived" not in (before, after):
        return "changed"
    return "archived" if after == "archived" else "restored"


def item_lines(changes: Iterable[Change]) -> list[str]:
    """A line for each dataset of which several items change."""
    return [summary.line for summary in item_summaries(changes) if summary.counts.total() > 1]


def drift_lines(changes: Iterable[Change]) -> list[str]:
    """The same for drift of the items in Langfuse: what is missing was deleted there."""
    return item_lines(
        replace(change, before=change.after, after=change.before) for change in changes
    )
