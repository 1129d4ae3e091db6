"""References through prompts that only Langfuse has, and where in the files an error points."""

from __future__ import annotations

from pathlib import Path

import pytest

from langsync import kinds
from langsync.config import Connection, read_config
from langsync.errors import RejectedError
from langsync.kinds.base import Scope, View
from langsync.kinds.prompt import KIND
from langsync.kinds.prompt.composition import check
from langsync.kinds.prompt.references import MAX_NESTING
from langsync.kinds.prompt.spec import PromptSpec, PromptVariant
from langsync.load import place
from langsync.local import LocalServer
from langsync.model import Address, Json, Request, Resource, State
from tests.unit.calls import create, run
from tests.unit.repository import Files, loaded, problems
from tests.work import calls

ENVIRONMENTS = """
    version: 1
    environments:
      staging: {labels: [staging]}
      production: {labels: [production]}
    """


def tag(name: str, target: str = "label=production") -> str:
    return f"@@@langfusePrompt:name={name}|{target}@@@"


def by_hand(name: str, text: Json, *labels: str) -> Json:
    """What somebody created in Langfuse."""
    kind = "text" if isinstance(text, str) else "chat"
    return {"name": name, "type": kind, "prompt": text, "labels": labels or ["production"]}


def put_in_production(name: str) -> Request:
    """Move the label to the second version."""
    where = f"/v2/prompts/{name}/versions/2"
    return Request("PATCH", where, {"newLabels": ["production"]})


def declare(**texts: str) -> dict[str, str]:
    """Prompt files by name: their texts."""
    return {f"prompts/{name}.yaml": f"prompt: '{text}'\n" for name, text in texts.items()}


def refused(
    connection: Connection, folder: Path, files: Files, env: str | None = None
) -> list[str]:
    """What is wrong with files in the light of what Langfuse holds, as a user reads it."""
    found = loaded(folder, files, env)
    wanted = found.state.of_kind("prompt")
    fetched = run(connection, lambda client: KIND.fetch(client, wanted, Scope(found.state)))
    violations = KIND.verify(View(found.state, fetched.state))
    config = read_config(folder / "langsync.yaml", kinds.folders())
    return list(map(str, place(config, violations)))


def refuses(connection: Connection, name: str, text: str) -> bool:
    """Whether the server refuses to create a text for what it refers to."""
    try:
        create(connection, by_hand(name, text))
    except RejectedError as error:
        return "dependency" in str(error) or "nesting depth" in str(error)
    return False


def test_a_circle_through_langfuse_is_told(connection: Connection, folder: Path) -> None:
    """A declared prompt refers to one of Langfuse, which refers back; the server agrees."""
    create(connection, by_hand("a", "x"), by_hand("theirs", tag("a")))
    assert refused(connection, folder, declare(a=f"see {tag('theirs')}")) == [
        "prompts/a.yaml:1:9: references form a circle: a → theirs → a"
    ]
    assert refuses(connection, "a", tag("theirs"))


def test_a_circle_that_only_langfuse_has_is_told_by_who_leads_to_it(
    connection: Connection, folder: Path
) -> None:
    """Moved labels can close one behind everybody's back."""
    create(connection, by_hand("u", "x", "production"), by_hand("v", "y", "production"))
    create(connection, by_hand("u", tag("v"), "next"), by_hand("v", tag("u"), "next"))
    run(connection, lambda client: client.send(put_in_production("u")))
    with pytest.raises(RejectedError, match="Circular dependency"):  # the label moves all the same
        run(connection, lambda client: client.send(put_in_production("v")))
    (found,) = refused(connection, folder, declare(a=tag("u")))
    assert found == "prompts/a.yaml:1:9: references form a circle: u → v → u"
    assert refuses(connection, "a", tag("u"))


def test_a_chain_through_langfuse_counts(
    server: LocalServer, connection: Connection, folder: Path
) -> None:
    """Five prompts in all, declared or not."""
    create(connection, by_hand("e", "x"))
    for name, below in (("d", "e"), ("c", "d"), ("b", "c")):
        create(connection, by_hand(name, tag(below)))
    assert refused(connection, folder, declare(a=tag("b"))) == []
    files = {**declare(a=tag("b")), **declare(top=tag("a"))}
    deep = "references nest deeper than 5 prompts, Langfuse's limit"
    assert refused(connection, folder, files) == [f"prompts/top.yaml:1:9: {deep}"]
    create(connection, by_hand("a", tag("b")))
    assert refuses(connection, "top", tag("a"))
    assert server.requests[-1].status == 400


def test_only_the_version_that_is_meant_counts(connection: Connection, folder: Path) -> None:
    """That another version of a prompt refers back is no circle."""
    create(connection, by_hand("a", "x"), by_hand("theirs", tag("a"), "old"))
    create(connection, by_hand("theirs", "fine", "production"))
    text = f"{tag('theirs')} {tag('other', 'label=x')}"
    create(connection, by_hand("other", tag("theirs", "label=old"), "y"))
    create(connection, by_hand("other", "fine", "x"))
    assert refused(connection, folder, declare(a=text)) == []
    assert not refuses(connection, "a", text)
    assert refused(connection, folder, declare(a=tag("theirs", "version=1"))) == [
        "prompts/a.yaml:1:9: references form a circle: a → theirs → a"
    ]


def test_only_the_variant_that_is_meant_counts(connection: Connection, folder: Path) -> None:
    """The other variant is on the circle: it leads back to another version of its own prompt."""
    files = {
        "prompts/a.yaml": f"prompt: '{tag('b', 'label=x')}'\n",
        "prompts/b.yaml": f"""
            variants:
              - {{prompt: plain, labels: [x]}}
              - {{prompt: "{tag("a")}", labels: [y]}}
            """,
    }
    assert problems(folder, files) == ["prompts/b.yaml:3:14: references form a circle: b → a → b"]
    create(connection, by_hand("b", "plain", "x"))
    assert not refuses(connection, "a", tag("b", "label=x"))
    assert refuses(connection, "b", tag("a"))


def test_latest_means_the_version_that_a_plan_creates(connection: Connection, folder: Path) -> None:
    """Not the one that is the newest before."""
    create(connection, by_hand("a", "x"), by_hand("b", "x"))
    files = declare(a=tag("b", "label=latest"), b=tag("a"))
    assert refused(connection, folder, declare(a=tag("b", "label=latest"))) == []
    circles = problems(folder, files)
    assert [one.split("circle: ")[1] for one in circles] == ["a → b → a", "b → a → b"]


def test_a_chat_of_langfuse_is_no_target(connection: Connection, folder: Path) -> None:
    """The server refuses it too."""
    create(connection, by_hand("chat", [{"role": "user", "content": "x"}]))
    (found,) = refused(connection, folder, declare(a=tag("chat")))
    assert found.endswith("chat (label production) is a chat prompt: only texts can be referred to")
    assert refuses(connection, "a", tag("chat"))


def test_a_version_that_this_plan_would_create_is_refused(
    connection: Connection, folder: Path
) -> None:
    """Somebody may be faster, and then the number is another."""
    create(connection, by_hand("b", "old"))
    files = declare(a=tag("b", "version=2"), b="new")
    promise = "a plan cannot promise a number: refer to a label"
    assert refused(connection, folder, files) == [
        f"prompts/a.yaml:1:9: b (version 2) does not exist yet, and {promise}"
    ]
    assert refused(connection, folder, declare(a=tag("b", "version=1"), b="new")) == []


def test_a_target_has_to_be_there_in_this_environment(connection: Connection, folder: Path) -> None:
    """That another environment would deploy it does not help."""
    files = {
        "langsync.yaml": ENVIRONMENTS,
        "prompts/a.yaml": f"prompt: '{tag('b')}'\nlabels: [staging]\n",
        "prompts/b.yaml": "prompt: x\n",
    }
    (found,) = refused(connection, folder, files, "staging")
    assert "b (label production) is neither declared for this environment nor in" in found
    create(connection, by_hand("b", "x"))
    assert refused(connection, folder, files, "staging") == []


def test_a_variant_of_another_environment_needs_nothing_here(
    connection: Connection, folder: Path
) -> None:
    """It is not written; there it is refused."""
    variants = f"""
        variants:
          - {{prompt: x, labels: [staging]}}
          - {{prompt: "{tag("b")}", labels: [production]}}
        """
    files = {"langsync.yaml": ENVIRONMENTS, "prompts/a.yaml": variants}
    assert refused(connection, folder, files, "staging") == []
    (found,) = refused(connection, folder, files, "production")
    assert found.startswith("prompts/a.yaml:3:14: b (label production) is neither")


def test_labels_of_a_prompt_that_is_created_anew_are_gone(
    connection: Connection, folder: Path
) -> None:
    """A changed type deletes every version that there is."""
    create(connection, by_hand("b", [], "beta", "production"))
    (found,) = refused(connection, folder, declare(a=tag("b", "label=beta"), b="x"))
    assert "b (label beta) is neither declared" in found
    assert refused(connection, folder, declare(a=tag("b"), b="x")) == []


def test_the_first_label_of_the_environment_composes(connection: Connection, folder: Path) -> None:
    """Staging is made of staging's snippets."""
    files = {
        "langsync.yaml": ENVIRONMENTS,
        **declare(a=tag("b", "label=${environment.label}"), b="x"),
    }
    assert refused(connection, folder, files, "staging") == []
    assert refused(connection, folder, files, "production") == []


TAG = tag("b")
PLACES = {
    "labels: [production]\nprompt: '{}'\n": "a.yaml:2:9",
    "prompt:\n- system: hello\n- user: 'x {}'\n": "a.yaml:3:9",
    "prompt:\n- {role: system, content: x}\n- {role: user, content: '{}'}\n": "a.yaml:3:25",
    "variants:\n- labels: [production]\n  prompt: '{}'\n": "a.yaml:3:11",
    "variants:\n- {prompt: x, labels: [staging]}\n- {prompt: '{}', labels: [production]}\n": (
        "a.yaml:3:12"
    ),
    "variants:\n- labels: [production]\n  prompt: [{user: x}, {user: '{}'}]\n": "a.yaml:3:30",
    "prompt: x\noverrides:\n  production:\n    prompt: '{}'\n": "a.yaml:4:13",
    "prompt: '{}'\noverrides:\n  production: {config: {a: 1}}\n": "a.yaml:1:9",
    "prompt: []\noverrides:\n  production:\n    prompt: [{user: x}, {user: '{}'}]\n": (
        "a.yaml:4:32"
    ),
    "variants: []\noverrides:\n  production:\n    variants:\n"
    "    - {prompt: '{}', labels: [production]}\n": "a.yaml:5:16",
    "prompt: {file: a.md}\n": "a.md:2",
    "prompt:\n- system: x\n- user: {file: a.md}\n": "a.md:2",
    "prompt: x\noverrides: {production: {prompt: {file: a.md}}}\n": "a.md:2",
    "name: b2\nprompt: x\n---\nname: a\nprompt: '{}'\n": "a.yaml:5:9",
}


@pytest.mark.parametrize("text", PLACES)
def test_an_error_points_at_the_text_that_holds_the_reference(folder: Path, text: str) -> None:
    """In the variant, the override, the message or the included file that it stands in."""
    files = {
        "langsync.yaml": ENVIRONMENTS,
        "prompts/a.yaml": text.replace("{}", TAG),
        "prompts/a.md": f"One.\nTwo {TAG}\n",
    }
    place = f"prompts/{PLACES[text]}"
    words = "b (label production) is declared in no file: a plan looks for it in Langfuse"
    assert list(map(str, loaded(folder, files, "production").warnings)) == [f"{place}: {words}"]
    with_chat = {**files, "prompts/b.yaml": "prompt: []\n"}
    assert problems(folder, with_chat, "production") == [
        f"{place}: b (label production) is a chat prompt: only texts can be referred to"
    ]


def test_a_circle_points_at_the_reference_that_begins_it(folder: Path) -> None:
    """Not at the first one of the prompt."""
    files = {
        "prompts/a.yaml": f"prompt:\n- user: '{tag('c')}'\n- user: '{tag('b')}'\n",
        "prompts/b.yaml": f"prompt: '{tag('a')}'\n",
        "prompts/c.yaml": "prompt: x\n",
    }
    found = [one for one in problems(folder, files) if "circle" in one]
    assert found[0] == "prompts/a.yaml:3:9: references form a circle: a → b → a"


def test_plain_text_that_looks_like_a_reference_has_its_place(folder: Path) -> None:
    """In an included file, too."""
    files = {
        "prompts/a.yaml": "prompt: [{user: x}, {user: {file: a.md}}]\n",
        "prompts/a.md": "One.\n@@@langfusePrompt:odd@@@\n",
    }
    assert list(map(str, loaded(folder, files).warnings)) == [
        "prompts/a.md:2: '@@@langfusePrompt:odd@@@' is no reference to Langfuse, but plain text"
    ]


def layers(width: int, count: int) -> State:
    """Layers of prompts, each of which refers to all of the next layer."""
    found = []
    for layer in range(count):
        text = "".join(tag(f"{layer + 1}-{one}") for one in range(width))
        variant = PromptVariant(text if layer < count - 1 else "x", {}, ("production",))
        content = PromptSpec("text", (variant,))
        found += [Resource(Address("prompt", f"{layer}-{n}"), content) for n in range(width)]
    return State(found)


@pytest.mark.parametrize(("count", "violations"), [(MAX_NESTING, 0), (MAX_NESTING + 1, 1)])
def test_chains_that_meet_are_followed_once(count: int, violations: int) -> None:
    """Twice as many prompts to a layer have 32 times as many chains, and 4 times as many steps."""
    few, many = (layers(width, count) for width in (6, 12))
    assert len([*check(many)]) == 12 * violations
    assert calls(lambda: [*check(many)]) < 10 * calls(lambda: [*check(few)])
