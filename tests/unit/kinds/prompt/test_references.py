"""What a prompt refers to, as the server reads it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langsync.kinds.prompt.references import (
    Reference,
    malformed,
    placeholders,
    references,
    substitute,
    texts,
    variables,
)
from langsync.local.references import find_references
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
        "name=tone|label=",
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


PIECES = st.lists(
    st.sampled_from(
        [
            *("@@@langfusePrompt:", "@@@", "name=", "tone", "|", "label=", "version="),
            *("1", "prod", " ", "@"),
        ]
    ),
    max_size=14,
).map("".join)


@given(PIECES)
def test_references_are_those_that_the_server_sees(text: str) -> None:
    """Hold it against the embedded server, which holds it against the recordings."""
    theirs = [
        Reference(one.name, one.label, None if one.version is None else int(one.version))
        for one in find_references(text)
        if one.label != ""
    ]
    assert references(text) == tuple(dict.fromkeys(theirs))


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
