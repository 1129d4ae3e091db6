"""Creating and fetching versions of prompts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import httpx
import pytest

Make = Callable[..., dict[str, Any]]
Name = Callable[[str], str]


def test_each_create_is_a_new_version(create: Make, prompt_name: Name) -> None:
    """From 1, also where nothing differs; the answer has no graph and no ``isActive``."""
    name = prompt_name("p")
    first, second = create(name), create(name)
    assert (first["version"], second["version"]) == (1, 2)
    assert (first["isActive"], first["createdBy"]) == (None, "API")
    assert "resolutionGraph" not in first


def test_a_fetch_takes_the_version_in_production(
    create: Make, fetch: Make, prompt_name: Name
) -> None:
    """Where neither version nor label is named; ``isActive`` tells production."""
    name = prompt_name("p")
    create(name, "1", labels=["production"])
    create(name, "2", labels=["staging"])
    assert fetch(name)["prompt"] == "1"
    assert fetch(name, label="staging")["prompt"] == "2"
    assert fetch(name, label="latest")["prompt"] == "2"
    assert [fetch(name, version=number)["isActive"] for number in (1, 2)] == [True, False]
    assert fetch(name)["resolutionGraph"] is None


@pytest.mark.parametrize(
    ("params", "wanted"),
    [
        ({}, "label 'production'"),
        ({"label": "nope"}, "label 'nope'"),
        ({"version": "99"}, "version 99"),
    ],
)
def test_a_prompt_that_is_not_there_is_a_404(
    api: httpx.Client,
    create: Make,
    prompt_name: Name,
    params: dict[str, str],
    wanted: str,
) -> None:
    """The message says what was looked for."""
    name = prompt_name("p")
    create(name)
    answer = api.get(f"/v2/prompts/{quote(name, safe='')}", params=params)
    assert answer.status_code == 404
    assert answer.json() == {
        "message": f"Prompt not found: '{name}' with {wanted}",
        "error": "LangfuseNotFoundError",
    }


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_version_and_a_label_cannot_be_asked_for_together(api: httpx.Client, method: str) -> None:
    """Neither to fetch nor to delete."""
    answer = api.request(method, "/v2/prompts/x", params={"version": 1, "label": "production"})
    assert answer.status_code == 400
    assert answer.json()["message"] == "Cannot specify both version and label"


def test_config_and_message_are_not_inherited(create: Make, prompt_name: Name) -> None:
    """A version without them has none."""
    name = prompt_name("p")
    first = create(name, config={"t": 1.0, "z": 1, "a": 2}, commitMessage="why")
    second = create(name)
    assert (first["config"], first["commitMessage"]) == ({"t": 1, "z": 1, "a": 2}, "why")
    assert (second["config"], second["commitMessage"]) == ({}, None)


@pytest.mark.parametrize(
    ("config", "stored"), [([1, 2], [1, 2]), ("s", "s"), (5, 5), (False, False), (None, {})]
)
def test_a_config_may_be_any_json(
    create: Make, prompt_name: Name, config: object, stored: object
) -> None:
    """Null is an empty one."""
    assert create(prompt_name("p"), config=config)["config"] == stored


def test_numbers_in_a_config_are_doubles(create: Make, fetch: Make, prompt_name: Name) -> None:
    """Large integers lose digits."""
    name = prompt_name("p")
    create(name, config={"big": 12345678901234567890, "e": 1e300}, labels=["production"])
    assert fetch(name)["config"] == {"big": 12345678901234570000, "e": 1e300}


def test_tags_belong_to_the_prompt(create: Make, fetch: Make, prompt_name: Name) -> None:
    """A create with tags rewrites them on every version, one without inherits them."""
    name = prompt_name("p")
    assert create(name, tags=["b", "a", "a"])["tags"] == ["b", "a"]
    assert create(name)["tags"] == ["b", "a"]
    assert create(name, tags=None)["tags"] == ["b", "a"]
    create(name, tags=["c"])
    assert fetch(name, version=1)["tags"] == ["c"]
    create(name, tags=[])
    assert fetch(name, version=1)["tags"] == []


@pytest.mark.parametrize("text", ["", "a\u0007c \r\n tab\t end  \n", "{{ x }} é 😀"])
def test_a_text_is_kept_as_it_is(create: Make, fetch: Make, prompt_name: Name, text: str) -> None:
    """Control characters, line ends and spaces included."""
    name = prompt_name("p")
    create(name, text, labels=["production"])
    assert fetch(name)["prompt"] == text


@pytest.mark.parametrize("escape", [r"\u0000", r"\ud800"])
def test_a_text_that_the_database_cannot_hold_is_a_500(
    api: httpx.Client, prompt_name: Name, escape: str
) -> None:
    """A NUL, or a lone surrogate."""
    body = f'{{"name": "{prompt_name("p")}", "prompt": "a{escape}b"}}'
    headers = {"Content-Type": "application/json"}
    assert api.post("/v2/prompts", content=body, headers=headers).status_code == 500


def test_unknown_keys_are_ignored(create: Make, prompt_name: Name) -> None:
    """Not refused."""
    assert "unknownField" not in create(prompt_name("p"), unknownField=1)


def test_a_commit_message_has_at_most_500_characters(
    api: httpx.Client, create: Make, prompt_name: Name
) -> None:
    """One more is refused."""
    name = prompt_name("p")
    assert create(name, commitMessage="m" * 500)["commitMessage"] == "m" * 500
    answer = api.post("/v2/prompts", json={"name": name, "prompt": "", "commitMessage": "m" * 501})
    assert answer.status_code == 400


def test_the_type_of_a_prompt_stays(api: httpx.Client, create: Make, prompt_name: Name) -> None:
    """Text after chat, and chat after text, are refused."""
    chat, text = prompt_name("chat"), prompt_name("text")
    create(chat, [], type="chat")
    create(text, "x", type="text")
    for body in ({"name": chat, "prompt": "x"}, {"name": text, "prompt": [], "type": "chat"}):
        answer = api.post("/v2/prompts", json=body)
        assert answer.status_code == 400
        assert answer.json()["message"].startswith("Previous versions have different prompt type")


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ("name", "Invalid input: expected string, received undefined"),
        ("prompt", "Invalid input: expected string, received undefined"),
    ],
)
def test_a_field_that_is_missing_is_told_for_both_types(
    api: httpx.Client, field: str, message: str
) -> None:
    """The issue is a union of those of text and chat."""
    body = {"name": "langsync-contract", "prompt": "x"}
    del body[field]
    answer = api.post("/v2/prompts", json=body)
    assert answer.status_code == 400
    (union,) = answer.json()["error"]
    assert union["code"] == "invalid_union"
    text, chat = union["errors"]
    assert (text[0]["path"], text[0]["message"]) == ([field], message)
    assert 'Invalid input: expected "chat"' in [issue["message"] for issue in chat]


def test_messages_keep_role_and_content_only(create: Make, fetch: Make, prompt_name: Name) -> None:
    """Any role is taken, an empty content too; placeholders keep their name."""
    name = prompt_name("chat")
    sent = [
        {"role": "system", "content": "You are {{x}}", "type": "chatmessage", "extra": 1},
        {"type": "placeholder", "name": "history"},
        {"role": "anything", "content": ""},
    ]
    stored = [
        {"role": "system", "content": "You are {{x}}"},
        {"type": "placeholder", "name": "history"},
        {"role": "anything", "content": ""},
    ]
    assert create(name, sent, type="chat", labels=["production"])["prompt"] == stored
    assert fetch(name)["prompt"] == stored
    assert create(prompt_name("empty"), [], type="chat")["prompt"] == []


@pytest.mark.parametrize(
    ("messages", "told"),
    [
        ([{"role": "system", "content": "{{h}}"}, {"type": "placeholder", "name": "h"}], "not: h"),
        ([{"type": "placeholder", "name": "1bad"}], "Placeholder name must start with a letter"),
        ([{"role": "system", "content": ["a"]}], "expected string, received array"),
        ([{"content": "no role"}], "Invalid input"),
    ],
)
def test_messages_that_are_wrong_are_refused(
    api: httpx.Client, prompt_name: Name, messages: list[object], told: str
) -> None:
    """With the reason."""
    body = {"name": prompt_name("chat"), "type": "chat", "prompt": messages}
    answer = api.post("/v2/prompts", json=body)
    assert answer.status_code == 400
    assert told in answer.text


def test_spaces_in_braces_make_no_variable(create: Make, prompt_name: Name) -> None:
    """So a placeholder may have the name."""
    messages = [{"role": "user", "content": "{{ h }}"}, {"type": "placeholder", "name": "h"}]
    assert create(prompt_name("chat"), messages, type="chat")["version"] == 1
