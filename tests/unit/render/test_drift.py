"""Drift of many items: text and Markdown show them as a plan does."""

from __future__ import annotations

from langsync.model import Action, Address, Change, Drift, Origin, Provenance
from langsync.render import markdown, text
from tests.unit.render.plans import PROJECT, UPDATED, change, shown


def items(count: int, *, missing: bool = False) -> list[Change]:
    """Items of one dataset that somebody edited, or deleted."""
    wanted = {"input": "right"}
    before, action = (None, Action.CREATE) if missing else ({"input": "wrong"}, Action.UPDATE)
    word = "m" if missing else "e"
    made = [
        change(f"dataset_item/big/{word}{number}", before, wanted, action=action)
        for number in range(count)
    ]
    origins = (Provenance("input", Origin.REMOTE),)
    needs = (Address("dataset", "big"),)
    return [
        Change(
            one.address, one.action, one.before, one.after, one.differences,
            origin=Origin.REMOTE, provenance=origins, needs=needs,
        )
        for one in made
    ]  # fmt: skip


MANY = Drift(PROJECT, "", (UPDATED, *items(800), *items(20, missing=True)))
LINE = "dataset/big: 800 items changed (input 800), 20 deleted"


def test_text_shows_a_few_of_a_run_and_counts_the_others() -> None:
    """What was edited and what is missing, each by itself, then the numbers of the dataset."""
    lines = shown(text.drift(MANY)).splitlines()
    assert [one for one in lines if one.startswith("! dataset_item")] == [
        *(f"! dataset_item/big/e{number}  changed" for number in range(6)),
        *(f"! dataset_item/big/m{number}  missing" for number in range(6)),
    ]
    assert "  … and 794 more dataset items changed (--full shows all)" in lines
    assert "  … and 14 more dataset items missing (--full shows all)" in lines
    assert LINE in lines


def test_full_text_folds_nothing() -> None:
    """Every item is there."""
    found = shown(text.drift(MANY, full=True))
    assert found.count("! dataset_item/big/") == 820
    assert "--full" not in found


def test_markdown_has_one_row_and_one_diff_for_a_run() -> None:
    """The diff has them all, each after its address."""
    found = markdown.drift(MANY)
    assert "| `big: 800 dataset items` | changed | input: in no commit |\n" in found
    assert "| `big: 20 dataset items` | missing | input: in no commit |\n" in found
    assert f"- {LINE}\n" in found
    assert found.count("<details>") == 3
    assert found.count("@@ dataset_item/big/") == 820
