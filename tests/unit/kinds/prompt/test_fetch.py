"""What is read of prompts, and with how many requests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from langsync.client import Client
from langsync.config import Connection
from langsync.errors import UnexpectedAnswerError
from langsync.kinds.base import Fetched, Scope
from langsync.kinds.prompt import KIND
from langsync.local import Fault, LocalServer
from langsync.model import Action, Address, Change, Json, LabelMove, Request, State
from tests.unit.calls import create, run, seen
from tests.unit.repository import loaded


def prompt(name: str, text: str = "x", *labels: str, **fields: Json) -> Json:
    return {"name": name, "type": "text", "prompt": text, "labels": labels, **fields}


def fetched(connection: Connection, folder: Path, **texts: str) -> Fetched:
    """What Langfuse holds of some prompt files."""
    files = {f"prompts/{name}.yaml": text for name, text in texts.items()}
    state = loaded(folder, files).state
    return run(connection, lambda client: KIND.fetch(client, state.of_kind("prompt"), Scope(state)))


def state_of(found: Fetched) -> dict[str, Json]:
    """Newest version, labels and texts of each fetched prompt."""
    return {
        one.address.name: (
            one.content.newest,
            dict(one.content.labels),
            {number: version.prompt for number, version in one.content.versions.items()},
        )
        for one in found.state.values()
    }


def test_one_list_and_one_call_for_each_label(
    server: LocalServer, connection: Connection, folder: Path
) -> None:
    """The label's version, and no other where its content is the declared one."""
    create(connection, prompt("a", "1", "production"), prompt("a", "2"), prompt("b", "x", "other"))
    server.app.requests.clear()
    found = fetched(connection, folder, a="prompt: '1'\n", c="prompt: x\n")
    assert state_of(found) == {"a": (2, {"production": 1}, {1: "1"})}
    assert seen(server) == [
        "GET /v2/prompts?limit=100&page=1 200",
        "GET /v2/prompts/a?label=production&resolve=false 200",
    ]
    assert (found.unmanaged, found.unmanaged_count, found.warnings) == (("b",), 1, ())


def test_two_labels_on_one_version_are_one_call(
    server: LocalServer, connection: Connection, folder: Path
) -> None:
    """It tells both; a label that the list does not show is not asked for."""
    create(connection, prompt("a", "1", "x", "y"))
    server.app.requests.clear()
    found = fetched(connection, folder, a="prompt: '1'\nlabels: [x, y, z]\n")
    assert state_of(found) == {"a": (1, {"x": 1, "y": 1}, {1: "1"})}
    assert len(server.requests) == 2


def test_older_versions_are_read_where_the_content_was_not_seen(
    connection: Connection, folder: Path
) -> None:
    """A label can be moved to one of them."""
    create(connection, *(prompt("a", text, "production") for text in ("1", "2", "3")))
    found = fetched(connection, folder, a="prompt: '1'\n")
    assert state_of(found)["a"][2] == {1: "1", 2: "2", 3: "3"}


def test_a_draft_is_compared_with_the_newest(connection: Connection, folder: Path) -> None:
    """Which has no label but ``latest``."""
    create(connection, prompt("a", "1", "production"), prompt("a", "2"))
    found = fetched(connection, folder, a="prompt: '2'\nlabels: []\n")
    assert state_of(found)["a"][2] == {2: "2"}


def test_what_is_referred_to_is_read_as_well(connection: Connection, folder: Path) -> None:
    """Declared or not, by label or version."""
    create(connection, prompt("b", "1", "live"), prompt("b", "2"), prompt("c", "x", "production"))
    text = (
        "prompt: '@@@langfusePrompt:name=b|label=live@@@ @@@langfusePrompt:name=c|version=1@@@'\n"
    )
    found = fetched(connection, folder, a=text)
    assert state_of(found) == {
        "b": (2, {"live": 1}, {1: "1"}),
        "c": (1, {"production": 1}, {1: "x"}),
    }
    assert found.unmanaged == ("b", "c")


@pytest.fixture
def older(folder: Path) -> Iterator[Connection]:
    """A server that resolves references always."""
    with LocalServer(knows_resolve=False) as server:
        project = server.projects[0]
        yield Connection(server.url, project.public_key, project.secret_key)


TONE = "@@@langfusePrompt:name=tone|label=production@@@"


def test_an_older_server_is_compared_by_resolved_text(older: Connection, folder: Path) -> None:
    """The own text is put back where it resolves to what is there, and a warning says so."""
    create(older, prompt("tone", "kind", "production"), prompt("a", f"Be {TONE}", "production"))
    found = fetched(older, folder, a=f"prompt: 'Be {TONE}'\n")
    assert state_of(found)["a"][2] == {1: f"Be {TONE}"}
    assert found.warnings == ("this server resolves references: compared by resolved text: a",)
    found = fetched(older, folder, a=f"prompt: 'Not {TONE}'\n")
    assert state_of(found)["a"][2] == {1: "Be kind"}


def test_a_prompt_that_is_listed_and_not_there_is_an_error(
    server: LocalServer, connection: Connection, folder: Path
) -> None:
    """It must not be taken for a new one."""
    create(connection, prompt("a/b", "1", "production"))
    server.faults.add(Fault("GET", "a%2Fb", times=None, status=404, body={"message": "no"}))
    with pytest.raises(UnexpectedAnswerError, match="'a/b' is in Langfuse's list, but cannot be"):
        fetched(connection, folder, **{"a/b": "prompt: x\n"})


def test_few_of_many_are_asked_for_one_by_one(
    server: LocalServer, connection: Connection, folder: Path
) -> None:
    """The list is left after its first page; what is unmanaged is counted, not named."""
    create(connection, *(prompt(f"p{number:03}", "x", "production") for number in range(301)))
    server.app.requests.clear()
    found = fetched(connection, folder, p300="prompt: x\n", none="prompt: x\n")
    assert state_of(found) == {"p300": (1, {"production": 1}, {1: "x"})}
    assert (found.unmanaged, found.unmanaged_count) == ((), 300)
    assert sum("GET /v2/prompts?" in one for one in seen(server)) == 1
    assert len(server.requests) <= 4


def change(name: str, version: int) -> Change:
    """A change that was to make a version."""
    moves = (LabelMove("production", None, version, creates_version=True),)
    return Change(Address("prompt", name), Action.UPDATE, None, {}, moves=moves)


def was_applied(connection: Connection, version: int, sent: Json) -> bool | None:
    """Whether a create whose answer was lost has made its version."""
    body = {"config": {}, **sent}
    request = Request("POST", "/v2/prompts", body, repeatable=False)

    async def work(client: Client) -> bool | None:
        return await KIND.was_applied(client, change(sent["name"], version), request)

    return run(connection, work)


@pytest.mark.parametrize(
    ("there", "version", "result"),
    [
        ([], 1, False),
        ([prompt("a", "x", "production")], 1, True),
        ([prompt("a", "x", "production", "more")], 1, True),
        ([prompt("a", "old", "production"), prompt("a", "x", "production")], 2, True),
        ([prompt("a", "theirs", "b"), prompt("a", "x", "production")], 1, True),
        ([prompt("a", "x", "production"), prompt("a", "theirs", "b")], 2, False),
        ([prompt("a", "x", "other")], 1, False),
        ([prompt("a", "y", "production")], 1, False),
        ([prompt("a", "x", "production", config={"a": 1})], 1, False),
        ([prompt("a", "x", "production", commitMessage="Why")], 1, False),
    ],
)
def test_a_create_has_landed_if_its_version_is_there(
    connection: Connection,
    there: list[Json],
    version: int,
    result: bool,  # noqa: FBT001 - a column
) -> None:
    """From the expected number up: somebody else may have been faster."""
    create(connection, *there)
    assert was_applied(connection, version, prompt("a", "x", "production")) is result


def test_tags_and_message_are_looked_at_as_well(connection: Connection) -> None:
    """Where they were sent; the order of tags does not count."""
    sent = prompt("a", "x", tags=["1", "2"], commitMessage="Why", config={"a": 1})
    create(connection, sent)
    assert was_applied(connection, 1, {**sent, "tags": ["2", "1"]})
    assert not was_applied(connection, 1, {**sent, "tags": ["1"]})
    assert not was_applied(connection, 1, {**sent, "commitMessage": "Else"})
    assert not was_applied(connection, 1, {**sent, "config": {"a": 2}})


def test_a_create_with_references_has_landed_on_an_older_server_too(older: Connection) -> None:
    """It gives the resolved text back; sent again, there would be two versions."""
    sent = prompt("a", f"Be {TONE}", "production")
    create(older, prompt("tone", "kind", "production"), sent)
    assert was_applied(older, 1, sent)


def test_a_basis_tells_what_a_change_stands_on(connection: Connection, folder: Path) -> None:
    """The same while nothing happens to the labels; another one when somebody deploys."""
    state = loaded(folder, {"prompts/a.yaml": "prompt: '1'\n"}).state
    (want,) = state.of_kind("prompt")

    def basis() -> Json:
        found = run(connection, lambda client: KIND.fetch(client, [want], Scope(State([want]))))
        return KIND.basis(want, next(iter(found.state.values())))

    create(connection, prompt("a", "1", "production"))
    before = basis()
    assert basis() == before
    create(connection, prompt("a", "2", "production"))
    assert basis() != before
