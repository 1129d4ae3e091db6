"""Each target passes over what people and tools write, damaged or whole."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langsync.formats.yaml_layout import laid_out
from langsync.formats.yaml_spans import EditError
from langsync.saved import SavedPlan, dump
from tests.fuzz.targets import TARGETS
from tests.fuzz.yaml_texts import ORDER
from tests.unit.formats.test_yaml_properties import texts as yaml_texts
from tests.unit.kinds.prompt.test_references import PIECES
from tests.unit.strategies import JSON, TEXTS
from tests.unit.test_saved import PLANS

FILES = st.lists(yaml_texts().map(lambda pair: pair[1]), min_size=1, max_size=3)
YAML = st.builds(str.join, st.sampled_from(["---\n", "\n--- # next\n", "...\n---\n"]), FILES)
BREAKS = st.sampled_from(["\n", "\r\n"])
CELLS = st.one_of(
    st.text(st.sampled_from('a1,";\t \n\r\0\ufeff\u2028'), max_size=6), JSON.map(json.dumps), TEXTS
)
TABLES = st.lists(st.lists(CELLS, min_size=3, max_size=3), max_size=4)


def table(rows: Sequence[Sequence[str]], mark: str, end: str) -> str:
    """Rows as Python writes them."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator=end)
    writer.writerows([("id", "input", "metadata"), *rows])
    return mark + stream.getvalue()


def json_rows(rows: Sequence[object], mark: str, end: str, *, ascii_only: bool) -> str:
    """Objects as Python writes them."""
    return mark + end.join(json.dumps(row, ensure_ascii=ascii_only) for row in rows)


MARKS = st.sampled_from(["", "\ufeff"])
WRITTEN: dict[str, st.SearchStrategy[str]] = {
    "yaml": YAML,
    "fmt": st.builds(str.replace, YAML, st.just("\n"), BREAKS),
    "plan": PLANS.map(SavedPlan).map(dump),
    "references": st.lists(PIECES, max_size=3).map("\0".join),
    "jsonl": st.builds(
        json_rows,
        st.lists(st.dictionaries(TEXTS, JSON, max_size=3), max_size=4),
        MARKS,
        BREAKS,
        ascii_only=st.booleans(),
    ),
    "csv": st.builds(table, TABLES, MARKS, BREAKS),
}


@settings(max_examples=20, deadline=None)
@pytest.mark.parametrize("name", TARGETS)
@given(data=st.data())
def test_a_target_passes_over_what_is_written(name: str, data: st.DataObject) -> None:
    """Whole, and with a piece cut out or put in."""
    whole = data.draw(WRITTEN[name]).encode()
    TARGETS[name](whole)
    start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(whole))] * 2)))
    TARGETS[name](whole[:start] + data.draw(st.binary(max_size=2)) + whole[end:])


def test_most_files_can_be_laid_out() -> None:
    """So that what holds for a file that is laid out is not held of nothing."""
    tried: list[bool] = []

    @settings(max_examples=30, deadline=None, derandomize=True, database=None)
    @given(YAML)
    def try_out(text: str) -> None:
        try:
            laid_out(text, ORDER)
            tried.append(True)
        except EditError:
            tried.append(False)

    try_out()
    assert sum(tried) > len(tried) / 2
