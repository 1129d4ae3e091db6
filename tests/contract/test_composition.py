"""References from one prompt to another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import httpx
import pytest

Make = Callable[..., dict[str, Any]]
Name = Callable[[str], str]


def tag(name: str, target: str = "label=production") -> str:
    return f"@@@langfusePrompt:name={name}|{target}@@@"


@pytest.fixture
def refused(api: httpx.Client) -> Callable[..., str]:
    """The message with which a create is refused."""

    def send(name: str, prompt: str, **fields: object) -> str:
        answer = api.post("/v2/prompts", json={"name": name, "prompt": prompt, **fields})
        assert answer.status_code == 400, answer.text
        return str(answer.json()["message"])

    return send


@pytest.fixture
def tone(create: Make, prompt_name: Name) -> dict[str, Any]:
    text = 'Be $1 \\ "nice" {{who}}\n'
    return create(prompt_name("tone"), text, labels=["production"])


def test_a_fetch_resolves_references(
    create: Make, fetch: Make, prompt_name: Name, tone: dict[str, Any]
) -> None:
    """The text is put in as it is, and the graph tells what was used."""
    name = prompt_name("parent")
    parent = create(name, f"Start {tag(tone['name'])} end", labels=["production"])
    found = fetch(name)
    assert found["prompt"] == f"Start {tone['prompt']} end"
    assert found["resolutionGraph"] == {
        "root": {"name": name, "version": 1, "id": parent["id"]},
        "dependencies": {parent["id"]: [{"id": tone["id"], "name": tone["name"], "version": 1}]},
    }


def test_resolution_can_be_declined(
    api: httpx.Client, create: Make, fetch: Make, prompt_name: Name, tone: dict[str, Any]
) -> None:
    """With exactly ``false``."""
    name = prompt_name("parent")
    create(name, tag(tone["name"]), labels=["production"])
    raw = fetch(name, resolve="false")
    assert (raw["prompt"], raw["resolutionGraph"]) == (tag(tone["name"]), None)
    assert fetch(name, resolve="true")["prompt"] == tone["prompt"]
    answer = api.get(f"/v2/prompts/{quote(name, safe='')}", params={"resolve": "0"})
    assert answer.json()["error"][0]["message"] == (
        'Invalid option: expected one of "true"|"false"'
    )


def test_a_label_is_followed_and_a_version_stays(
    create: Make, fetch: Make, prompt_name: Name, tone: dict[str, Any]
) -> None:
    """When the label moves."""
    by_label, by_version = prompt_name("by-label"), prompt_name("by-version")
    create(by_label, tag(tone["name"]), labels=["production"])
    create(by_version, tag(tone["name"], "version=1"), labels=["production"])
    create(tone["name"], "two", labels=["production"])
    assert fetch(by_label)["prompt"] == "two"
    assert fetch(by_version)["prompt"] == tone["prompt"]


def test_chat_messages_may_refer_to_text_prompts(
    create: Make, fetch: Make, prompt_name: Name, tone: dict[str, Any]
) -> None:
    """Their contents are resolved."""
    name = prompt_name("chat")
    messages = [{"role": "system", "content": f"X {tag(tone['name'], 'version=1')}"}]
    create(name, messages, type="chat", labels=["production"])
    assert fetch(name)["prompt"] == [{"role": "system", "content": f"X {tone['prompt']}"}]


def test_references_are_resolved_below_each_other(
    create: Make, fetch: Make, prompt_name: Name, tone: dict[str, Any]
) -> None:
    """And more than one in a text."""
    middle, top = prompt_name("middle"), prompt_name("top")
    create(middle, f"<{tag(tone['name'])}>", labels=["production"])
    create(top, f"{tag(middle)} {tag(middle, 'version=1')}", labels=["production"])
    assert fetch(top)["prompt"] == f"<{tone['prompt']}> <{tone['prompt']}>"


@pytest.mark.parametrize(
    "malformed",
    [
        "@@@langfusePrompt:label=production|name=NAME@@@",
        "@@@langfusePrompt:name=NAME@@@",
        "@@@langfusePrompt:name=NAME|label=production|version=1@@@",
        "@@@langfusePrompt:name=NAME|version=x@@@",
        "@@@langfusePrompt:name=|label=production@@@",
        "@@@langfusePrompt: name=NAME|label=production@@@",
    ],
)
def test_a_tag_that_is_not_well_formed_is_text(
    create: Make, fetch: Make, prompt_name: Name, malformed: str
) -> None:
    """It is neither checked nor resolved."""
    name = prompt_name("p")
    text = malformed.replace("NAME", f"{name}-nope")
    create(name, text, labels=["production"])
    assert (fetch(name)["prompt"], fetch(name)["resolutionGraph"]) == (text, None)


def test_the_target_must_exist(refused: Callable[..., str], prompt_name: Name) -> None:
    """By its label or its version; a prompt's first version cannot refer to itself."""
    name = prompt_name("p")
    for target, told in (("label=production", "label production"), ("version=7", "version 7")):
        message = refused(name, tag(f"{name}-nope", target))
        assert message == f"Prompt dependency not found: {name}-nope - {told}"
    message = refused(name, tag(name), labels=["production"])
    assert message == f"Prompt dependency not found: {name} - label production"


def test_the_target_must_be_a_text_prompt(
    create: Make, refused: Callable[..., str], prompt_name: Name
) -> None:
    """Messages cannot be put into a text."""
    chat, name = prompt_name("chat"), prompt_name("p")
    create(chat, [], type="chat")
    message = refused(name, tag(chat, "version=1"))
    assert message == f"Prompt dependency is not a text prompt: {chat} - version 1"


def test_references_must_not_form_a_circle(
    create: Make, refused: Callable[..., str], prompt_name: Name, tone: dict[str, Any]
) -> None:
    """Nor may a prompt refer to another version of itself."""
    parent = prompt_name("parent")
    create(parent, tag(tone["name"]), labels=["production"])
    circle = f"Circular dependency detected involving prompt '{tone['name']}' version 1"
    assert refused(tone["name"], tag(parent)) == circle
    assert refused(tone["name"], tag(tone["name"], "version=1")) == circle


def test_references_nest_to_the_fifth_level(
    create: Make, fetch: Make, refused: Callable[..., str], prompt_name: Name, tone: dict[str, Any]
) -> None:
    """One more is refused."""
    below = tone["name"]
    for level in range(2, 6):
        name = prompt_name(f"level-{level}")
        create(name, tag(below), labels=["production"])
        below = name
    assert fetch(below)["prompt"] == tone["prompt"]
    assert refused(prompt_name("level-6"), tag(below)) == "Maximum nesting depth exceeded (5)"


@pytest.mark.parametrize("target", ["label=production", "version=1"])
def test_what_another_prompt_refers_to_cannot_be_deleted(
    api: httpx.Client, create: Make, prompt_name: Name, tone: dict[str, Any], target: str
) -> None:
    """The refusal lists who does; a version that nobody needs can go."""
    parent = prompt_name("parent")
    create(parent, tag(tone["name"], target), labels=["production"])
    create(tone["name"], "spare")
    path = f"/v2/prompts/{quote(tone['name'], safe='')}"
    answer = api.delete(path)
    shown = "v1" if target == "version=1" else "production"
    assert answer.status_code == 400
    assert answer.json()["message"] == (
        "Other prompts are depending on prompt versions you are trying to delete:\n\n"
        f"{parent} v1 depends on {tone['name']} {shown}\n\n"
        "Please delete the dependent prompts first."
    )
    assert api.delete(path, params={"version": 2}).status_code == 204
    assert api.delete(f"/v2/prompts/{quote(parent, safe='')}").status_code == 204
    assert api.delete(path).status_code == 204
