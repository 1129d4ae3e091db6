"""What an application gets of a prompt: the very result of the official SDK."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langfuse.api import Prompt_Chat, Prompt_Text
from langfuse.model import ChatPromptClient, TextPromptClient

from langsync.formats.limits import RESOLVED_TEXT
from langsync.kinds.prompt.compiled import compile_prompt, missing, resolve, variables
from langsync.kinds.prompt.spec import PromptSpec, PromptVariant
from langsync.model import Address, Json, Resource

HISTORY = {"type": "placeholder", "name": "history"}


def official(prompt: Json, values: dict[str, Json]) -> Json:
    """What the SDK's own ``compile`` returns."""
    fields: dict[str, Any] = {
        "name": "a",
        "version": 1,
        "config": {},
        "labels": [],
        "tags": [],
        "prompt": prompt,
    }
    logging.getLogger("langfuse").setLevel(logging.CRITICAL)
    if isinstance(prompt, str):
        return TextPromptClient(Prompt_Text(**fields)).compile(**values)
    found = ChatPromptClient(Prompt_Chat(**fields)).compile(**values)
    return [dict(message) for message in found]


NAMES = st.sampled_from(["a", "b c", "ä", "", "history", "x.y", "{a"])
PIECES = st.lists(
    st.one_of(
        st.sampled_from(["{{", "}}", "{", "}", " ", "\n", "{{a}}", "{{ a }}", "{{history}}"]), NAMES
    ),
    max_size=12,
).map("".join)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), PIECES)
GIVEN_MESSAGES = st.lists(
    st.one_of(
        st.fixed_dictionaries(
            {}, optional={"role": NAMES, "content": PIECES, "tool_calls": SCALARS}
        ),
        SCALARS,
    ),
    max_size=3,
)
VALUES = st.dictionaries(NAMES, st.one_of(SCALARS, GIVEN_MESSAGES), max_size=4)
MESSAGES = st.lists(
    st.one_of(
        st.fixed_dictionaries({"role": NAMES, "content": PIECES}),
        st.sampled_from(["a", "history"]).map(lambda name: {"type": "placeholder", "name": name}),
    ),
    max_size=4,
)


@given(st.one_of(PIECES, MESSAGES), VALUES)
def test_a_prompt_compiles_as_the_official_sdk_compiles_it(
    prompt: Json, values: dict[str, Json]
) -> None:
    """Texts and chats, whatever the values are."""
    assert compile_prompt(prompt, values) == official(prompt, values)


@given(PIECES)
def test_variables_are_those_that_the_official_sdk_finds(text: str) -> None:
    """In their order, each as often as it stands there."""
    fields: dict[str, Any] = {"name": "a", "version": 1, "config": {}, "labels": [], "tags": []}
    assert [*variables(text)] == TextPromptClient(Prompt_Text(**fields, prompt=text)).variables


@pytest.mark.parametrize(
    ("prompt", "values", "expected"),
    [
        ("Hi {{ name }}!", {"name": "Ann"}, "Hi Ann!"),
        ("Hi {{name}}{{other}}", {"name": None}, "Hi {{other}}"),
        ("{{a}} {{b}}", {"a": "{{b}}", "b": 2}, "{{b}} 2"),
        ("{{a}} {{a", {"a": True}, "True {{a"),
        ("{{first name}}", {"first name": [1, "x"]}, "[1, 'x']"),
        ([HISTORY], {}, [HISTORY]),
        ([HISTORY], {"history": []}, []),
        (
            [HISTORY, {"role": "user", "content": "{{q}}"}],
            {"history": [{"role": "tool", "content": "{{q}}!", "tool_call_id": "1"}], "q": "Why?"},
            [
                {"role": "tool", "content": "Why?!", "tool_call_id": "1"},
                {"role": "user", "content": "Why?"},
            ],
        ),
        ([HISTORY], {"history": [{}]}, [{"role": "NOT_GIVEN", "content": ""}]),
        ([HISTORY], {"history": "text"}, [{"role": "NOT_GIVEN", "content": "text"}]),
        ([HISTORY], {"history": ["text"]}, [{"role": "NOT_GIVEN", "content": "['text']"}]),
    ],
)
def test_compiling_by_example(prompt: Json, values: dict[str, Json], expected: Json) -> None:
    """Spaces in braces do not count, what is not given stays, values are not gone through."""
    assert compile_prompt(prompt, values) == expected == official(prompt, values)


def test_what_is_missing_is_known() -> None:
    """Variables of messages that are put in count; placeholders do not."""
    prompt = [HISTORY, {"role": "user", "content": "{{a}} {{ b }} {{a}} {{}}"}]
    values: dict[str, Json] = {"history": [{"content": "{{c}}"}, "{{d}}", {"content": 1}], "b": 1}
    assert missing(prompt, values) == ("a", "c")
    assert missing("{{x}}{{y}}", {"y": None}) == ("x",)


def declared(**prompts: list[tuple[Json, list[str] | None]]) -> dict[Address, Resource]:
    """Prompts as variants of text and labels, None for those of a draft."""
    found = {}
    for name, variants in prompts.items():
        address = Address("prompt", name)
        made = tuple(
            PromptVariant(text, {}, tuple(labels or ()), is_draft=labels is None)
            for text, labels in variants
        )
        found[address] = Resource(address, PromptSpec("text", made))
    return found


def tag(name: str, target: str = "label=production") -> str:
    return f"@@@langfusePrompt:name={name}|{target}@@@"


def test_references_are_resolved_at_any_depth() -> None:
    """A label means the variant that has it; messages are gone through as texts are."""
    state = declared(
        tone=[("Be rude.", ["staging"]), (f"Be {tag('how')}.", ["production", "x"])],
        how=[("kind", ["production"])],
    )
    assert resolve(f"{tag('tone')} {tag('how')}", state) == ("Be kind. kind", ())
    chat = [HISTORY, {"role": "system", "content": tag("tone", "label=staging")}]
    assert resolve(chat, state)[0] == [HISTORY, {"role": "system", "content": "Be rude."}]


@pytest.mark.parametrize(
    ("reference", "left"),
    [
        (tag("none"), "none (label production): it is declared in no file"),
        (tag("tone", "version=1"), "tone (version 1): only Langfuse knows the versions"),
        (tag("tone", "label=y"), "tone (label y): the files deploy no such label in this"),
        (tag("two", "label=latest"), "two (label latest): the files deploy no such label"),
        (tag("chat"), "chat (label production): it is a chat prompt"),
        (tag("itself"), "itself (label production): references nest deeper than 5 prompts"),
    ],
)
def test_what_the_files_do_not_tell_is_left_with_the_reason(reference: str, left: str) -> None:
    """Once, however often it stands there."""
    state = declared(
        tone=[("x", ["production"])],
        two=[("x", ["a"]), ("y", ["b"])],
        chat=[([], ["production"])],
        itself=[(tag("itself"), ["production"])],
    )
    found, reasons = resolve(f"{reference} {reference}", state)
    assert (found, len(reasons)) == (f"{reference} {reference}", 1)
    assert reasons[0].startswith(left)


def test_latest_is_the_draft_or_the_only_one() -> None:
    """The newest version, that is; of several, the files do not tell which one."""
    state = declared(one=[("x", ["production"])], draft=[("y", ["a"]), ("z", None)])
    assert resolve(tag("one", "label=latest"), state) == ("x", ())
    assert resolve(tag("draft", "label=latest"), state) == ("z", ())


@pytest.mark.parametrize("leaf", ["x" * 1000, ""])
def test_what_references_bring_in_is_bounded(leaf: str) -> None:
    """Three prompts that name the next one a thousand times would bring in a million copies."""
    a, b = (tag(name) * 1000 for name in "bc")
    deployed: list[str] | None = ["production"]
    state = declared(a=[(a, deployed)], b=[(b, deployed)], c=[(leaf, deployed)])
    text, reasons = resolve(tag("a"), state)
    assert len(text) < RESOLVED_TEXT.most + 100_000
    assert RESOLVED_TEXT.exceeded() in reasons[0]
    assert resolve(tag("c") * 1000, state) == (leaf * 1000, ())
