"""The official SDK against the embedded server."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from langfuse import Langfuse

from langsync.local import LocalProject, LocalServer


@pytest.fixture
def sdk() -> Iterator[Langfuse]:
    """A client of an empty server; with new keys, since the SDK shares clients by public key."""
    name = uuid4().hex
    project = LocalProject("proj-sdk", "sdk", f"pk-lf-{name}", f"sk-lf-{name}")
    with LocalServer(projects=[project]) as server:
        client = Langfuse(
            public_key=project.public_key,
            secret_key=project.secret_key,
            base_url=server.url,
            tracing_enabled=False,
        )
        yield client
        client.shutdown()


def test_the_sdk_accepts_the_keys(sdk: Langfuse) -> None:
    """It asks for the project behind them."""
    assert sdk.auth_check()


def test_a_text_prompt_is_created_fetched_and_compiled(sdk: Langfuse) -> None:
    """By its label, by version, and by no more than its name, which may have slashes."""
    name = "support/greeting 100%"
    sdk.create_prompt(
        name=name, prompt="Hello {{name}}", labels=["production"], config={"t": 1}, tags=["a"]
    )
    sdk.create_prompt(name=name, prompt="Hi {{name}}", labels=["staging"], commit_message="why")
    production = sdk.get_prompt(name)
    assert (production.compile(name="Ada"), production.version) == ("Hello Ada", 1)
    assert (production.config, production.tags) == ({"t": 1}, ["a"])
    staging = sdk.get_prompt(name, label="staging")
    assert (staging.compile(name="Ada"), staging.commit_message) == ("Hi Ada", "why")
    assert sdk.get_prompt(name, version=1).prompt == "Hello {{name}}"


def test_a_chat_prompt_is_compiled_with_its_placeholders(sdk: Langfuse) -> None:
    """Messages keep their order."""
    sdk.create_prompt(
        name="chat",
        type="chat",
        prompt=[
            {"role": "system", "content": "You are {{who}}"},
            {"type": "placeholder", "name": "history"},
        ],
        labels=["production"],
    )
    history = [{"role": "user", "content": "hi"}]
    compiled = sdk.get_prompt("chat", type="chat").compile(who="a bot", history=history)
    assert compiled == [{"role": "system", "content": "You are a bot"}, *history]


def test_references_are_resolved_for_the_sdk(sdk: Langfuse) -> None:
    """It gets the text that applications use."""
    sdk.create_prompt(name="tone", prompt="Be kind to {{who}}.", labels=["production"])
    text = "@@@langfusePrompt:name=tone|label=production@@@ Answer."
    sdk.create_prompt(name="main", prompt=text, labels=["production"])
    assert sdk.get_prompt("main").compile(who="them") == "Be kind to them. Answer."


def test_a_label_is_moved(sdk: Langfuse) -> None:
    """The next fetch sees it."""
    for text in ("one", "two"):
        sdk.create_prompt(name="p", prompt=text, labels=["production"])
    sdk.update_prompt(name="p", version=1, new_labels=["production"])
    assert sdk.get_prompt("p", cache_ttl_seconds=0).prompt == "one"


def test_a_prompt_that_is_missing_falls_back(sdk: Langfuse) -> None:
    """The 404 is the SDK's own error where there is no fallback."""
    assert sdk.get_prompt("nope", fallback="plan b", max_retries=0).prompt == "plan b"
    with pytest.raises(Exception, match="Prompt not found"):
        sdk.get_prompt("nope", max_retries=0)


def test_a_dataset_and_its_items_are_created_and_read(sdk: Langfuse) -> None:
    """Over more than one page, newest first, without those that are archived."""
    sdk.create_dataset(
        name="qa/basic",
        description="d",
        metadata={"owner": "me"},
        input_schema={"type": "object", "required": ["q"], "properties": {"q": {"type": "string"}}},
    )
    for number in range(7):
        sdk.create_dataset_item(
            dataset_name="qa/basic",
            id=f"i{number}",
            input={"q": str(number)},
            expected_output=number,
            metadata={"n": number},
        )
    dataset = sdk.get_dataset("qa/basic", fetch_items_page_size=3)
    assert (dataset.description, dataset.metadata) == ("d", {"owner": "me"})
    assert [item.id for item in dataset.items] == [f"i{n}" for n in range(6, -1, -1)]
    assert [item.expected_output for item in dataset.items][:2] == [6, 5]


def test_a_dataset_is_read_as_it_was(sdk: Langfuse) -> None:
    """The SDK's ``version`` is the API's."""
    sdk.create_dataset(name="d")
    sdk.create_dataset_item(dataset_name="d", id="a", input=1)
    before = sdk.get_dataset("d", version=datetime(2020, 1, 1, tzinfo=UTC))
    assert (before.items, len(sdk.get_dataset("d").items)) == ([], 1)
