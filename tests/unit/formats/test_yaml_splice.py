"""Edits of YAML files: what is not edited stays byte for byte."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langsync.formats import yaml, yaml_write
from langsync.formats.values import equal
from langsync.formats.yaml_splice import edited
from tests.unit.strategies import JSON, TEXTS, json_of

FILE = """\
# What this is
tags: [a, "b"]   # two
config: &c
  model: 'gpt'     # the model
  # how warm
  temperature:   0.20
  stop: ["x",
         'y']

prompt:
- system: |   # kept
     You are {{x}}.

     Be kind.
# the question
- user: "{{q}}"   # asked
variants:
  - labels: [a]
    config: *c
"""


def value() -> Any:  # noqa: ANN401 - any JSON
    return json.loads(json.dumps(yaml.read(FILE, "")[0]))


def edit(new: Any) -> list[str]:  # noqa: ANN401 - any JSON
    """Edit the file; gives the lines that differ, with a sign."""
    text, kept = edited(FILE, 0, new)
    assert kept
    assert yaml.read(text, "")[0] == new
    old, now = FILE.split("\n"), text.split("\n")
    gone = [f"-{line}" for line in old if line not in now]
    return [*gone, *(f"+{line}" for line in now if line not in old)]


def test_a_scalar_changes_where_it_stands() -> None:
    """The spaces before it and the comment behind it stay."""
    new = value()
    new["config"]["temperature"] = 0.7
    new["variants"][0]["config"] = new["config"]
    assert edit(new) == ["-  temperature:   0.20", "+  temperature:   0.7"]


def test_a_block_keeps_its_indentation() -> None:
    """As far as it is one afterwards."""
    new = value()
    new["prompt"][0]["system"] = "You are {{y}}.\n\nBe kind.\n"
    assert edit(new) == [
        "-- system: |   # kept",
        "-     You are {{x}}.",
        "+- system: |",
        "+     You are {{y}}.",
    ]


def test_keys_come_where_they_belong_and_go_with_their_line() -> None:
    """The order of the new value tells."""
    new = value()
    del new["config"]["model"]
    new["variants"][0]["config"] = new["config"]
    new = {"name": "it", **new, "z": {"a": {"b": [1, {"c": 2}]}}}
    assert edit(new) == [
        "-  model: 'gpt'     # the model",
        "+name: it",
        "+z:",
        "+  a:",
        "+    b:",
        "+      - 1",
        "+      - c: 2",
    ]


def test_entries_of_lists_come_and_go() -> None:
    """Others keep their quotes and comments."""
    new = value()
    new["prompt"].insert(1, {"user": "first"})
    new["tags"] = ["b", "c"]
    assert edit(new) == [
        '-tags: [a, "b"]   # two',
        '+tags: ["b", c]   # two',
        "+- user: first",
    ]
    new = value()
    del new["prompt"][1]
    new["tags"] = []
    assert edit(new) == [
        '-tags: [a, "b"]   # two',
        '-- user: "{{q}}"   # asked',
        "+tags: []   # two",
    ]


def test_an_alias_stands_for_itself_once_its_anchor_changes() -> None:
    """So that the other place says what it said."""
    new = value()
    new["config"]["model"] = "claude"
    assert "+  model: claude     # the model" in edit(new)
    new["variants"][0]["config"] = new["config"]
    assert edit(new) == ["-  model: 'gpt'     # the model", "+  model: claude     # the model"]


def test_other_documents_stay() -> None:
    """Whatever is in them."""
    text = "# one\na: 1\n---\na: 1 # two\n--- # three\n{a: 1}\n"
    assert edited(text, 1, {"a": 2}) == (text.replace("a: 1 # two", "a: 2 # two"), True)
    assert edited(text, 2, {"b": [1]}) == (text.replace("{a: 1}", "b: [1]"), False)


def test_json_stays_json() -> None:
    """Values in braces are written in them."""
    text = '{\n  "a": "x",\n  "b": [1, 2]\n}\n'
    expected = '{\n  "a": "y",\n  "b": [1, 3, 2], c: {d: 1}\n}\n'
    assert edited(text, 0, {"a": "y", "b": [1, 3, 2], "c": {"d": 1}}) == (expected, True)


MAPS = st.dictionaries(TEXTS, JSON, min_size=1, max_size=4)
SIMPLE = json_of(st.sampled_from([1, 2, "a", "b\nc", "b\nd\n", None]), st.sampled_from("abc"))
SIMPLE_MAPS = st.dictionaries(st.sampled_from("abcd"), SIMPLE, min_size=1, max_size=4)


@given(MAPS)
def test_what_is_written_is_read_as_it_is(value: dict[str, Any]) -> None:
    """Whatever texts, keys and numbers are in it."""
    try:
        text = yaml_write.document(value)
    except ValueError:
        pytest.fail(f"{value} cannot be written")
    assert equal(yaml.read(text, "")[0], value)


@given(st.one_of(st.tuples(MAPS, MAPS), st.tuples(SIMPLE_MAPS, SIMPLE_MAPS)))
def test_any_value_becomes_any_other(values: tuple[dict[str, Any], dict[str, Any]]) -> None:
    """And back again; then the value is the old one."""
    old, new = values
    text = yaml_write.document(old)
    there, _ = edited(text, 0, new)
    assert equal(yaml.read(there, "")[0], new)
    back, _ = edited(there, 0, old)
    assert equal(yaml.read(back, "")[0], old)
    assert edited(text, 0, old) == (text, True)
