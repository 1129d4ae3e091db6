"""References among declared prompts, and to prompts that only Langfuse has."""

from __future__ import annotations

from pathlib import Path

import pytest

from langsync.kinds.base import View
from langsync.kinds.prompt import KIND
from langsync.kinds.prompt.state import PromptState, PromptVersion
from langsync.model import Address, Resource, State
from tests.unit.repository import loaded, problems

UNDECLARED = "declared in no file: a plan looks for it in Langfuse"


def refer(name: str, target: str = "label=production") -> str:
    """A prompt file that refers to another prompt."""
    return f"prompt: '@@@langfusePrompt:name={name}|{target}@@@'\n"


def files(**references: str) -> dict[str, str]:
    """Prompts by name, each of which refers to one other."""
    return {f"prompts/{name}.yaml": refer(other) for name, other in references.items()}


def test_a_chain_up_to_the_limit_is_fine(folder: Path) -> None:
    """Five prompts, the first included (recorded: prompt-composition 17)."""
    chain = files(a="b", b="c", c="d", d="e")
    assert problems(folder, {**chain, "prompts/e.yaml": "prompt: x\n"}) == []


def test_a_chain_past_the_limit_is_a_problem_of_its_top(folder: Path) -> None:
    """The prompts below are fine (recorded: prompt-composition 18)."""
    chain = files(a="b", b="c", c="d", d="e", e="f")
    assert problems(folder, {**chain, "prompts/f.yaml": "prompt: x\n"}) == [
        "prompts/a.yaml:1:9: references nest deeper than 5 prompts, Langfuse's limit"
    ]


@pytest.mark.parametrize(
    ("references", "circles"),
    [
        ({"a": "a"}, ["a → a"]),
        ({"a": "b", "b": "a"}, ["a → b → a", "b → a → b"]),
        ({"a": "b", "b": "c", "c": "b"}, ["b → c → b", "c → b → c"]),
    ],
)
def test_a_circle_is_a_problem_of_each_prompt_on_it(
    folder: Path, references: dict[str, str], circles: list[str]
) -> None:
    """With the way round; one that only leads to it is told by those."""
    found = [one for one in problems(folder, files(**references)) if "circle" in one]
    assert [one.split("circle: ")[1] for one in found] == circles


def test_only_texts_can_be_referred_to(folder: Path) -> None:
    """Recorded: prompt-composition 10."""
    assert problems(folder, {**files(a="b"), "prompts/b.yaml": "prompt: []\n"}) == [
        "prompts/a.yaml:1:9: b (label production) is a chat prompt: only texts can be referred to"
    ]


def test_a_reference_to_nothing_declared_is_worth_a_look(folder: Path) -> None:
    """It may be in Langfuse."""
    assert list(map(str, loaded(folder, files(a="b")).warnings)) == [
        f"prompts/a.yaml:1:9: b (label production) is {UNDECLARED}"
    ]


def remote(
    name: str, *, kind: str = "text", versions: tuple[int, ...] = (1,)
) -> Resource[PromptState]:
    """A fetched prompt whose newest version is in production."""
    labels = {"production": versions[-1]}
    read = {number: PromptVersion(f"id{number}", "x", {}) for number in versions}
    content = PromptState(kind, (), versions[-1], labels, ("production",), read)
    return Resource(Address("prompt", name), content)


@pytest.mark.parametrize(
    ("target", "there", "fine"),
    [
        ("label=production", [remote("b")], True),
        ("label=latest", [remote("b")], True),
        ("version=2", [remote("b", versions=(1, 2))], True),
        ("label=staging", [remote("b")], False),
        ("version=3", [remote("b", versions=(1, 2))], False),
        ("label=production", [], False),
    ],
)
def test_what_is_referred_to_has_to_be_in_langfuse(
    folder: Path,
    target: str,
    there: list[Resource],
    fine: bool,  # noqa: FBT001 - a column
) -> None:
    """By its label or version, where no file declares it."""
    state = loaded(folder, {"prompts/a.yaml": refer("b", target)}).state
    found = [violation.message for violation in KIND.verify(View(state, State(there)))]
    assert (found == []) is fine
    assert all("is neither declared for this environment nor in Langfuse" in one for one in found)


@pytest.mark.parametrize(
    ("target", "labels", "there", "fine"),
    [
        ("label=production", "[production]", [], True),
        ("label=latest", "[production]", [], True),
        ("label=staging", "[production]", [], False),
        ("label=production", "[]", [], False),
        ("label=production", "[]", [remote("b")], True),
        ("version=1", "[production]", [], False),
        ("version=1", "[production]", [remote("b")], True),
    ],
)
def test_what_is_referred_to_can_come_with_the_same_plan(
    folder: Path,
    target: str,
    labels: str,
    there: list[Resource],
    fine: bool,  # noqa: FBT001 - a column
) -> None:
    """By a label that it will have; the number of a version is known only once it is there."""
    wanted = {
        "prompts/a.yaml": refer("b", target),
        "prompts/b.yaml": f"prompt: x\nlabels: {labels}",
    }
    state = loaded(folder, wanted).state
    assert (list(KIND.verify(View(state, State(there)))) == []) is fine


def test_a_chat_in_langfuse_cannot_be_referred_to(folder: Path) -> None:
    """Like a declared one."""
    state = loaded(folder, files(a="b")).state
    (violation,) = KIND.verify(View(state, State([remote("b", kind="chat")])))
    assert "b (label production) is a chat prompt" in violation.message
    assert (str(violation.resource.address), violation.steps) == ("prompt/a", ("prompt",))
