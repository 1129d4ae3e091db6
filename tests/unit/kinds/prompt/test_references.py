"""What a prompt refers to, as the server reads it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langsync.kinds.prompt.references import (
    Reference,
    malformed,
    misread,
    placeholders,
    references,
    substitute,
    texts,
    variables,
)
from langsync.local.references import find_references
from langsync.model import Json
from tests.unit.repository import problems
from tests.unit.strategies import STORABLE

TONE = "@@@langfusePrompt:name=tone|label=production@@@"
CHAT = [
    {"role": "system", "content": f"{TONE} {{{{a}}}}"},
    {"type": "placeholder", "name": "history"},
    {"role": "user", "content": "{{b}} {{a}} @@@langfusePrompt:name=x|version=2@@@"},
]


def test_a_reference_names_a_prompt_and_a_label_or_a_version() -> None:
    """Several can stand in one text, each counts once."""
    text = f"{TONE}, @@@langfusePrompt:name=a/b c|version=12@@@{TONE}"
    assert references(text) == (Reference("tone", "production"), Reference("a/b c", version=12))
    assert list(map(str, references(text))) == ["tone (label production)", "a/b c (version 12)"]


def test_a_chat_refers_by_all_of_its_messages() -> None:
    """Placeholders have no text."""
    assert references(CHAT) == (Reference("tone", "production"), Reference("x", version=2))
    assert list(texts(CHAT)) == [CHAT[0]["content"], CHAT[2]["content"]]


@pytest.mark.parametrize(
    "inner",
    [
        "label=production|name=tone",
        "name=tone",
        "name=tone|",
        "name=|label=production",
        "name=tone|label=a|version=1",
        "name=tone|version=",
        "name=tone|version=one",
        "name=tone|version=٣",
        "name=tone|tag=x",
        "NAME=tone|label=a",
        " name=tone|label=a",
        "",
    ],
)
def test_anything_else_is_plain_text(inner: str) -> None:
    """Recorded: prompt-composition 7."""
    text = f"@@@langfusePrompt:{inner}@@@"
    assert references(text) == ()
    assert malformed(f"{text} {TONE} {text}") == (text,)


@pytest.mark.parametrize(
    "text", ["@@langfusePrompt:name=a|label=b@@", "@@@langfusePrompt:name=a|label=b", "{{a}}", ""]
)
def test_a_text_without_the_signs_refers_to_nothing(text: str) -> None:
    """All six of them are needed."""
    assert references(text) == ()


@pytest.mark.parametrize(
    "inner",
    [
        "name=tone|label=",
        "name=tone|label=a=b",
        "name=a=b|label=c",
        "name=tone|version=1.0",
        "name=tone|version=01",
        "name=tone|version= 1",
        "name=tone|version=0x1",
        "name=tone|version=Infinity",
        f"name=tone|version={'9' * 16}",
        f"name=tone|version={'9' * 5000}",
        'name="tone"|label=a',
        "name=a\\b|label=a",
    ],
)
def test_what_the_server_understands_in_another_way_is_told(inner: str) -> None:
    """It would look for another prompt or version, or never put its text in."""
    text = f"@@@langfusePrompt:{inner}@@@"
    assert references(text) == ()
    assert malformed(text) == ()
    assert len(misread(f"{text} {TONE} {text}")) == 1
    assert find_references(text) != []


def test_a_reference_may_span_lines_to_the_server(folder: Path) -> None:
    """It searches the prompt's JSON, where a line break is two plain characters."""
    text = "@@@langfusePrompt:name=tone\n|label=production@@@"
    assert (references(text), len(misread(text))) == ((), 1)
    (found,) = problems(folder, {"prompts/a.yaml": f"config: {{}}\nprompt: {json.dumps(text)}\n"})
    assert found.startswith("prompts/a.yaml:2:9: ")
    assert "is another reference to Langfuse than it says" in found


def test_signs_that_are_not_closed_swallow_the_next_reference() -> None:
    """In the next message, too."""
    chat = [{"role": "user", "content": "@@@langfusePrompt: x"}, {"role": "user", "content": TONE}]
    assert references(chat) == references("@@@langfusePrompt:\n" + TONE) == ()
    assert malformed(chat) == ("@@@langfusePrompt: x@@@",)
    unclosed = "@@@langfusePrompt:\n" + TONE
    assert substitute(unclosed, lambda reference: "x") == unclosed


SIGNS = ("@@@langfusePrompt:", "@@@langfusePrompt:name=", "@@@", "name=", "|", "|label=")
PIECES = st.lists(
    st.sampled_from(
        [
            *(*SIGNS, "label=", "version=", "|version=", "tone", "1", "prod", " ", "@", "="),
            *("\n", '"', "\\", "\u2028", "\r", "0x", "1.5", "1e0", "Infinity", "é"),
        ]
    ),
    max_size=14,
).map("".join)
MESSAGES = PIECES.map(lambda text: {"role": "user", "content": text})
PLACEHOLDER = {"type": "placeholder", "name": "history"}
PROMPTS = st.one_of(PIECES, st.lists(st.one_of(MESSAGES, st.just(PLACEHOLDER)), max_size=3))


@given(PROMPTS)
def test_references_are_those_that_the_server_sees(prompt: Json) -> None:
    """Hold it against the embedded server, which holds it against the recordings."""
    theirs = {(one.name, one.label, one.version) for one in find_references(prompt)}
    ours = {(one.name, one.label, one.version) for one in references(prompt)}
    if misread(prompt):
        assert theirs - ours
    else:
        assert ours == theirs


def test_a_reference_is_replaced_by_its_text() -> None:
    """What has none stays; backslashes and dollar signs mean nothing."""
    found = {Reference("tone", "production"): r"Be \1 $1 \n"}
    text = f"{TONE}! @@@langfusePrompt:name=x|version=2@@@ @@@langfusePrompt:odd@@@"
    assert substitute(text, found.get) == text.replace(TONE, r"Be \1 $1 \n")
    chat = substitute(CHAT, found.get)
    assert chat == [{"role": "system", "content": r"Be \1 $1 \n {{a}}"}, *CHAT[1:]]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("{{a}} {{b_1}} {{a}}", ("a", "b_1")),
        ("{{ a }} {{a }} {{ a}}", ()),
        ("{{1a}} {{_a}} {{}} {{a-b}} {{a.b}} {a}", ()),
        ("{{ünï}} {{文}} {{é2}}", ("ünï", "文", "é2")),
        ("{{{a}}}", ("a",)),
        ("{{a{{b}}}}", ("b",)),
        ("{{a\n}}", ()),
    ],
)
def test_variables_are_those_that_the_server_sees(text: str, names: tuple[str, ...]) -> None:
    """A letter first, no spaces inside; each once, in their order."""
    assert variables(text) == names


def test_a_chat_has_the_variables_of_its_messages_and_placeholders() -> None:
    """A text has no placeholders."""
    assert (variables(CHAT), placeholders(CHAT)) == (("a", "b"), ("history",))
    assert placeholders("{{history}}") == ()


@given(STORABLE)
def test_a_text_without_references_stays_as_it_is(text: str) -> None:
    """Nothing is put in its place."""
    if not references(text):
        assert substitute(text, lambda reference: "x") == text
