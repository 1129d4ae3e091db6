"""References that break after they were made, and odd ones."""

from __future__ import annotations

import httpx
import pytest

from langsync.local.references import PromptReference, find_references


def create(api: httpx.Client, name: str, prompt: str, *labels: str) -> None:
    body = {"name": name, "prompt": prompt, "labels": labels}
    api.post("/v2/prompts", json=body).raise_for_status()


def tag(name: str, label: str) -> str:
    return f"@@@langfusePrompt:name={name}|label={label}@@@"


def test_a_circle_that_labels_made_is_a_409(api: httpx.Client) -> None:
    """The label that closes it has moved all the same; without resolving the prompts are read."""
    create(api, "x", "plain", "production")
    create(api, "z", "plain", "l")
    create(api, "z", tag("x", "production"))
    create(api, "x", tag("z", "l"))
    create(api, "outside", tag("x", "production"), "production")
    for name, label, status in (("x", "production", 200), ("z", "l", 409)):
        patch = api.patch(f"/v2/prompts/{name}/versions/2", json={"newLabels": [label]})
        assert patch.status_code == status
    moved = api.get("/v2/prompts/z", params={"label": "l", "resolve": "false"})
    assert moved.json()["version"] == 2
    answer = api.get("/v2/prompts/outside")
    assert answer.status_code == 409
    assert answer.json()["message"].startswith("Circular dependency detected involving prompt 'x'")
    raw = api.get("/v2/prompts/outside", params={"resolve": "false"})
    assert raw.json()["prompt"] == tag("x", "production")


def test_a_prompt_used_twice_is_no_circle(api: httpx.Client) -> None:
    """Side by side, and through another."""
    create(api, "leaf", "L", "production")
    create(api, "middle", tag("leaf", "production"), "production")
    text = f"{tag('leaf', 'production')} {tag('middle', 'production')} {tag('leaf', 'production')}"
    create(api, "top", text, "production")
    assert api.get("/v2/prompts/top").json()["prompt"] == "L L L"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (tag("a", "b"), [PromptReference("a", label="b")]),
        ("@@@langfusePrompt:name=a|version=2@@@", [PromptReference("a", version=2)]),
        (tag("a", ""), [PromptReference("a", label="")]),
        (tag("a=b", "c"), [PromptReference("a", label="c")]),
        (
            f"{tag('a', 'x')}{tag('b', 'y')}",
            [PromptReference("a", label="x"), PromptReference("b", label="y")],
        ),
        ("@@@langfusePrompt:name=a|label@@@", []),
        ("@@@langfusePrompt:name=a|other=b@@@", []),
        ("@@langfusePrompt:name=a|label=b@@@", []),
    ],
)
def test_references_are_found_as_the_server_finds_them(
    text: str, found: list[PromptReference]
) -> None:
    """What stands after a second equals sign is dropped."""
    assert find_references(text) == found
    assert find_references([{"role": "user", "content": text}]) == found
