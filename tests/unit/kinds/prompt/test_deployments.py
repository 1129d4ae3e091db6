"""Labels and their markers, the stamp in a commit message, what counts as deployed."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from langsync.config import Connection
from langsync.kinds.prompt.deployments import (
    MAX_LABEL,
    MAX_MESSAGE,
    is_marker,
    marker,
    stamp,
    stamped,
    unstamped,
    with_markers,
)
from langsync.kinds.prompt.spec import PromptSpec, PromptVariant, merge_environments
from langsync.kinds.prompt.state import PromptState, PromptVersion
from langsync.model import Address, Commit, Json, Resource
from tests.unit.calls import create
from tests.unit.strategies import JSON

LABELS = st.from_regex(re.compile(r"[a-z0-9_\-.]{1,36}", re.ASCII), fullmatch=True)
HEAD = Commit("0123456789abcdef" * 2)


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("production", "langsync.production"),
        ("a" * 27, f"langsync.{'a' * 27}"),
        ("a" * 28, "langsync.9c547cb8115a44883b9f70ba68f"),
        ("-", "langsync.-"),
    ],
)
def test_a_marker_is_the_label_or_a_digest_of_it(label: str, expected: str) -> None:
    """A digest from 28 characters on; a fixed one, since Langfuse holds it."""
    assert marker(label) == expected


@given(LABELS, LABELS)
@example("a" * 28, "a" * 29)
@example("a" * 35 + "b", "a" * 36)
def test_markers_are_labels_of_their_own(one: str, other: str) -> None:
    """They fit, Langfuse takes them, and no two labels share one."""
    assert len(marker(one)) <= MAX_LABEL
    assert re.fullmatch(r"[a-z0-9_\-.]+", marker(one))
    assert is_marker(marker(one))
    assert (marker(one) == marker(other)) is (one == other)


def test_the_longest_label_and_its_marker_are_taken_by_the_server(connection: Connection) -> None:
    """In one request."""
    labels = with_markers(["x" * MAX_LABEL], marked=True)
    create(connection, {"name": "a", "type": "text", "prompt": "x", "labels": labels})
    assert len(labels) == 2


def test_markers_follow_the_labels() -> None:
    """Without markers there are labels only."""
    both = ["a", "b", "langsync.a", "langsync.b"]
    assert with_markers(["a", "b"], marked=True) == both
    assert with_markers(["a", "b"], marked=False) == ["a", "b"]
    assert with_markers([], marked=True) == []


MESSAGES = st.one_of(
    st.text(st.characters(codec="utf-8"), max_size=700),
    st.integers(0, 700).map(lambda count: "🎉" * count),
    st.integers(480, 500).map(lambda count: "a" * count + "🎉🎉🎉👩‍👩‍👧"),
    st.text("ab \n\t🎉", max_size=700),
)


def units(text: str) -> int:
    """How long Langfuse finds a text: UTF-16 units, as JavaScript counts."""
    return len(text.encode("utf-16-le")) // 2


@given(MESSAGES, st.booleans())
@example("a" * 474 + "🎉", False)  # noqa: FBT003 - hypothesis takes no names here
@example("", True)  # noqa: FBT003
@example("Back to [langsync 0123456]", False)  # noqa: FBT003
def test_a_stamp_is_found_again(message: str, dirty: bool) -> None:  # noqa: FBT001
    """Within 500 units together, no emoji torn; what is left is the message, or a start of it."""
    made = stamped(message, HEAD, dirty=dirty)
    assert made is not None
    assert units(made) <= MAX_MESSAGE
    assert stamp(made) == (HEAD.hash[:12], dirty)
    subject = " ".join(message.split("\n", 1)[0].split())
    rest = unstamped(made)
    if rest != subject:
        assert rest.endswith("…")
        assert subject.startswith(rest[:-1])
        assert units(made) > MAX_MESSAGE - 40 or not subject[len(rest) - 1 :].strip()
        assert units(f"{subject} {made[len(rest) :].strip()}") > MAX_MESSAGE


def test_the_server_takes_the_longest_message(connection: Connection) -> None:
    """It refuses one of 501 units."""
    body = {"name": "a", "type": "text", "prompt": "x"}
    for text in ("🎉" * 400, "x" + "🎉" * 400, "x" * 900):
        create(connection, {**body, "commitMessage": stamped(text, HEAD, dirty=True)})


@pytest.mark.parametrize(
    ("message", "found"),
    [
        ("Why [langsync 0123456789ab]", ("0123456789ab", False)),
        ("Why [langsync 0123456789ab+dirty]", ("0123456789ab", True)),
        ("[langsync 0123456]", ("0123456", False)),
        ("a [langsync 0123456] b", ("", False)),
        ("[langsync 012345]", ("", False)),
        ("[langsync XYZ0123]", ("", False)),
        ("", ("", False)),
        (None, ("", False)),
    ],
)
def test_a_stamp_stands_at_the_end(message: str | None, found: tuple[str, bool]) -> None:
    """Anything else is somebody's text."""
    assert stamp(message) == found
    if not found[0]:
        assert unstamped(message) == (message or "")


def test_without_history_a_message_stays_as_it_is() -> None:
    """There is no commit to tell."""
    assert stamped("Why\nbecause", None, dirty=True) == "Why\nbecause"
    assert stamped(None, None, dirty=False) is None
    assert stamped(None, HEAD, dirty=False) == "[langsync 0123456789ab]"


def variant(prompt: str, config: Json, *labels: str) -> PromptVariant:
    return PromptVariant(prompt, config, labels)


DRAFT = PromptVariant("x", {}, is_draft=True)


def version(prompt: str, config: Json) -> PromptVersion:
    return PromptVersion("id", prompt, config)


def remote(labels: dict[str, int], newest: int = 0, **texts: str) -> PromptState:
    """A fetched prompt, ``v1="text"`` for its versions."""
    versions = {int(key[1:]): version(text, {}) for key, text in texts.items()}
    newest = newest or max(versions)
    return PromptState("text", (), newest, labels, tuple(labels), versions)


@given(JSON, JSON)
def test_contents_match_where_they_are_the_same_json(one: Json, other: Json) -> None:
    """Each is itself; text and config both count."""
    assert variant("x", one).matches(version("x", one))
    assert not variant("x", one).matches(version("y", one))
    same = variant("x", one).matches(version("x", other))
    assert same is variant("x", other).matches(version("x", one))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        ({"a": 1}, {"a": 1.0}, True),
        ({"a": 1}, {"a": True}, False),
        ({"a": [1, 2]}, {"a": [2, 1]}, False),
        ({"a": None}, {}, False),
        ([], {}, False),
    ],
)
def test_configs_are_compared_as_json(one: Json, other: Json, same: bool) -> None:  # noqa: FBT001
    """The order of keys means nothing, 1 is not true, null is a value."""
    assert variant("x", one).matches(version("x", other)) is same


@pytest.mark.parametrize(
    ("declared", "there", "misplaced"),
    [
        (variant("x", {}, "p"), remote({"p": 1}, v1="x"), []),
        (variant("x", {}, "p"), remote({"p": 1}, v1="y"), ["p"]),
        (variant("x", {}, "p"), remote({}, v1="x"), ["p"]),
        (variant("x", {}, "p"), remote({"p": 2}, v1="x"), ["p"]),
        (variant("x", {}, "p", "q"), remote({"p": 1, "q": 2}, v1="x", v2="y"), ["q"]),
        (variant("x", {}, "p", "q"), remote({"p": 1, "q": 2}, v1="x", v2="x"), []),
        (DRAFT, remote({}, v1="y", v2="x"), []),
        (DRAFT, remote({}, v1="x", v2="y"), [None]),
        (DRAFT, remote({}, newest=2, v1="x"), [None]),
        (variant("x", {}), remote({}, v1="y"), []),
    ],
)
def test_a_label_is_wrong_where_its_version_has_other_content(
    declared: PromptVariant, there: PromptState, misplaced: list[str | None]
) -> None:
    """Or where there is none, or none that was read; wherever it sits, else, it is right."""
    assert declared.misplaced(there) == misplaced


def test_where_a_label_sits() -> None:
    """A draft is the newest version, which Langfuse itself calls ``latest``."""
    there = remote({"p": 1, "q": 3}, newest=3, v1="x", v2="y")
    assert [there.position(one) for one in ("p", "q", "none", "latest", None)] == [1, 3, None, 3, 3]
    assert there.version_at("p") == version("x", {})
    assert there.version_at("q") is None
    assert there.version_at("none") is None
    assert there.version_at(None) is None


def test_a_variant_without_a_label_here_is_not_deployed() -> None:
    """A draft is, in its way."""
    variants = variant("a", {}), DRAFT, variant("z", {}, "p")
    assert PromptSpec("text", variants).deployed == variants[1:]


def test_two_environments_of_one_prompt_are_one() -> None:
    """Where both move a label the first one has it; there is one draft at most."""
    address = Address("prompt", "a")
    first = Resource(address, PromptSpec("text", (variant("a", {}, "p"), DRAFT)))
    other = PromptVariant("d", {}, is_draft=True)
    second = Resource(address, PromptSpec("text", (variant("b", {}, "p", "q"), other)))
    expected = (variant("a", {}, "p"), DRAFT, variant("b", {}, "q"))
    assert merge_environments([first, second]).content.variants == expected
