"""Whatever JSON value stands in a YAML text, in whatever style, is read as it is."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from langsync.formats.yaml import locate, read
from langsync.formats.yaml_exact import nodes
from tests.unit.strategies import JSON, json_of

PRINTABLE = st.characters(
    codec="utf-8",
    exclude_categories=("Cc", "Cs", "Zl", "Zp"),
    exclude_characters="\ufeff\ufffe\uffff",
)
"""Characters that stand in YAML as they are, to every reader of it."""

ODD = st.sampled_from(
    [
        "1_000", "0x1F", "-0o7", "_1", "017", ".5", "1e3", "12:30", "2020-01-01", "yes", "~", "+1",
        "null", "true", "-", "0b1", "<<", "*a", "&a", "!x", "- a", "a: b", "a #b", "#", "", " ",
        "{{name}}", "|", ">", "%YAML", "---", "...", "x\n", "\nx", "a\n\n b", "a\tb", "'", '"',
        "\\",
    ]
)  # fmt: skip
VALUES = json_of(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**63), 2**63),
        st.floats(allow_nan=False, allow_infinity=False),
        ODD,
        st.text(PRINTABLE, max_size=12),
    ),
    st.one_of(ODD, st.text(PRINTABLE, max_size=6)),
)


def packed(value: Any) -> str:  # noqa: ANN401 - any JSON value
    """A text in which values of different types, and -0.0, differ."""
    return json.dumps(value, sort_keys=True)


def documents(value: Any) -> list[Any]:  # noqa: ANN401 - any JSON value
    """What reading a value gives: a bare null is no document to tell from an empty file."""
    return [] if value is None else [value]


@given(JSON)
def test_json_is_yaml(value: object) -> None:
    """As Python writes it, spread over lines or not."""
    for indent in (None, 2):
        text = json.dumps(value, indent=indent)
        assert packed(read(text, "a.yaml")) == packed(documents(value))


@given(json_of(st.one_of(ODD, st.text(PRINTABLE), st.integers(-9, 9)), st.text(PRINTABLE)))
def test_json_with_raw_characters_is_yaml(value: object) -> None:
    """As orjson writes it: nothing is escaped that need not be."""
    assert packed(read(orjson.dumps(value).decode(), "a.yaml")) == packed(documents(value))


@given(VALUES)
def test_block_style_is_read_back(value: object) -> None:
    """As ruamel.yaml writes it."""
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.allow_unicode = True
    stream = io.StringIO()
    yaml.dump(value, stream)
    assert packed(read(stream.getvalue(), "a.yaml")) in (packed([value]), packed(documents(value)))


@dataclass(frozen=True)
class Leaf:
    """A scalar as it stands in a text."""

    source: str


PLAIN = [
    "1_000", "0x1F", "-0o7", "_1", "017", ".5", "1e3", "12:30", "2020-01-01", "yes", "~", "+1",
    "0o17", "0b1", "-0x1", "1__2", "1_", "1.", "-.5", "+.5", "0.1_0", "1e+5", "1E-5", "00", "-0",
    "-0.0", "99999999999999999999", "null", "NULL", "nuLL", "true", "TRUE", "tRue", "no", "off",
    "a", "a b", "é 文", "a#b", "x-y", "x.y", "1 a", "a 1", "0x", "0o8", "0xG", "e5", ".", "..", "+",
    "''", "'it''s'", '""', '"a\\nb"', '"\\u00e9\\x41"', "'1'", '"true"', "'# x'", '"a: b"', '"<<"',
]  # fmt: skip
LEAVES = st.sampled_from(PLAIN).map(Leaf)
KEYS = st.sampled_from(["a", "b", "a b", "x.y", '"1"', "'c: d'", "é", '"<<"', "a1", "-x", "_1"])
TREES: st.SearchStrategy[Any] = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=4)),
    max_leaves=14,
)


def flow(tree: Any) -> str:  # noqa: ANN401 - a tree of leaves
    """A tree on one line."""
    if isinstance(tree, Leaf):
        return tree.source
    if isinstance(tree, list):
        return f"[{', '.join(map(flow, tree))}]"
    return f"{{{', '.join(f'{key}: {flow(item)}' for key, item in tree.items())}}}"


def block(tree: Any, draw: st.DrawFn, indent: str) -> str:  # noqa: ANN401 - a tree of leaves
    """A tree over lines, parts of it on one line, with comments and empty lines."""
    if isinstance(tree, Leaf) or not tree or draw(st.integers(0, 3)) == 0:
        return f" {flow(tree)}{draw(COMMENTS)}\n"
    lines = [draw(COMMENTS), "\n"]
    entries = [("-", item) for item in tree] if isinstance(tree, list) else tree.items()
    for head, item in entries:
        colon = "" if head == "-" else ":"
        lines += [draw(EMPTY), indent, head, colon, block(item, draw, f"{indent}  ")]
    return "".join(lines)


COMMENTS = st.sampled_from(["", "", "", "  # why: x", " # 0x1 &a *b"])
EMPTY = st.sampled_from(["", "", "", "\n", "# - x\n", "  \n"])


@st.composite
def texts(draw: st.DrawFn) -> tuple[Any, str]:
    """A tree and a YAML text of it."""
    tree = draw(TREES)
    return tree, block(tree, draw, "")


@given(texts())
def test_the_two_readers_agree(given: tuple[Any, str]) -> None:
    """The one that is fast, and the one that knows places."""
    _, text = given
    exact = [node.value for node in nodes(text)]
    assert packed(read(text, "a.yaml")) in (packed(exact), packed([] if exact == [None] else exact))


@given(st.lists(texts(), max_size=3), st.sampled_from(["---\n", "--- # next\n", "---  \n"]))
def test_the_two_readers_agree_on_documents(given: list[tuple[Any, str]], border: str) -> None:
    """Of one file, one of them may be nothing."""
    text = border.join(["", *(f"{text}\n" for _, text in given)])
    exact = [node.value for node in nodes(text)]
    assert packed(read(text, "a.yaml")) in (packed(exact), packed([] if exact == [None] else exact))


@given(texts())
def test_each_value_is_where_it_is_said_to_be(given: tuple[Any, str]) -> None:
    """The text at the place of a scalar is the scalar."""
    tree, text = given
    (value,) = (node.value for node in nodes(text))
    lines = text.split("\n")
    waiting: list[tuple[Any, Any, tuple[str | int, ...]]] = [(tree, value, ())]
    while waiting:
        part, inner, path = waiting.pop()
        if isinstance(part, Leaf):
            line, column = locate(text, 0, path)
            assert lines[line - 1][column - 1 :].startswith(part.source)
            continue
        keys: list[str | int] = list(inner) if isinstance(inner, dict) else [*range(len(inner))]
        parts = part.values() if isinstance(part, dict) else part
        waiting += [(one, inner[key], (*path, key)) for one, key in zip(parts, keys, strict=True)]
