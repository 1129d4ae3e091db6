"""How a prompt is made right: a table of situations and the requests that each takes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from langsync.config import Environment, Settings
from langsync.kinds.base import Proposal, View
from langsync.kinds.prompt import compare as comparing
from langsync.kinds.prompt.spec import PromptSpec, PromptVariant
from langsync.kinds.prompt.state import PromptState, PromptType, PromptVersion
from langsync.model import (
    Action,
    Address,
    Json,
    LabelMove,
    Permission,
    Refusal,
    Request,
    Resource,
    State,
)

Call = tuple[Any, ...]

UNMARKED = View(State(), State(), settings=Settings(deployment_markers=False))
"""Markers have a test of their own below: here they would only be noise."""


def compare(desired: Resource[PromptSpec], remote: Resource[PromptState] | None) -> Proposal | None:
    return comparing.compare(desired, remote, UNMARKED)


def desired(prompt: Json = "new", **fields: Any) -> Resource[PromptSpec]:
    """A declared prompt; deployed to production unless it says otherwise."""
    is_draft = fields.pop("is_draft", False)
    labels = tuple(fields.pop("labels", () if is_draft else ("production",)))
    config, message = fields.pop("config", {}), fields.pop("commit_message", None)
    variant = PromptVariant(prompt, config, labels, is_draft, message)
    kind: PromptType = "chat" if isinstance(prompt, list) else "text"
    tags = fields.pop("tags", None)
    assert not fields
    content = PromptSpec(kind, (variant,), None if tags is None else tuple(tags))
    return Resource(Address("prompt", "a/b"), content)


def remote(
    *texts: Json,
    configs: dict[int, Json] | None = None,
    newest: int = 0,
    tags: tuple[str, ...] = (),
    **labels: int,
) -> Resource[PromptState]:
    """A fetched prompt, whose versions hold these texts; None for one that was not read."""
    versions = {
        number: PromptVersion(f"id{number}", text, (configs or {}).get(number, {}))
        for number, text in enumerate(texts, 1)
        if text is not None
    }
    kind = "chat" if isinstance(texts[0], list) else "text"
    content = PromptState(kind, tags, newest or len(texts), labels, tuple(sorted(labels)), versions)
    return Resource(Address("prompt", "a/b"), content)


def variants(*given: tuple[str, str | None], **fields: Any) -> Resource[PromptSpec]:
    """A declared prompt of several contents: each text with its label, None for a draft."""
    made = tuple(
        PromptVariant(text, {}, (label,) if label else (), is_draft=label is None)
        for text, label in given
    )
    tags = fields.get("tags")
    content = PromptSpec("text", made, None if tags is None else tuple(tags))
    return Resource(Address("prompt", "a/b"), content)


def calls(proposal: Proposal | None) -> list[Call]:
    """The requests of a proposal, in short."""
    return [] if proposal is None else [_short(request) for request in proposal.requests]


def _short(request: Request) -> Call:
    assert not request.repeatable  # while one is under way: another write of it may lose a label
    if request.method == "POST":
        assert request.path == "/v2/prompts"
        return ("POST", request.body["prompt"], request.body["labels"])
    assert request.path.startswith("/v2/prompts/a%2Fb")
    where = request.path.removeprefix("/v2/prompts/a%2Fb").removeprefix("/versions/")
    if request.method == "DELETE":
        return ("DELETE", where)
    return ("PATCH", int(where), request.body["newLabels"])


POST = ("POST", "new", ["production"])
TWO = {"labels": ["production", "staging"]}

SITUATIONS: dict[str, tuple[Resource, Resource | None, list[Call]]] = {
    "nothing is there": (desired(), None, [POST]),
    "nothing is there, two labels": (
        desired(**TWO),
        None,
        [("POST", "new", ["production", "staging"])],
    ),
    "nothing is there, a draft": (desired(is_draft=True), None, [("POST", "new", [])]),
    "nothing is there, and nothing to deploy here": (desired(labels=[]), None, []),
    "the label is right": (desired(), remote("new", production=1), []),
    "the label is right on an older version": (desired(), remote("new", "x", production=1), []),
    "another label is on the newest": (desired(), remote("new", "x", production=1, staging=2), []),
    "the label is on other content": (desired(), remote("old", production=1), [POST]),
    "the label is nowhere, the content is": (
        desired(),
        remote("new"),
        [("PATCH", 1, ["production"])],
    ),
    "the label is nowhere, nor the content": (desired(), remote("old"), [POST]),
    "the content is on a newer version": (
        desired(),
        remote("old", "new", production=1),
        [("PATCH", 2, ["production"])],
    ),
    "the content is on an older version": (
        desired(),
        remote("new", "bad", production=2),
        [("PATCH", 1, ["production"])],
    ),
    "the content is on two versions": (
        desired(),
        remote("new", "bad", "new", "bad", production=4),
        [("PATCH", 3, ["production"])],
    ),
    "the label's version was not read": (
        desired(),
        remote("old", None, newest=2),
        [POST],
    ),
    "two labels are wrong, the content is there": (
        desired(**TWO),
        remote("old", "new", production=1),
        [("PATCH", 2, ["production", "staging"])],
    ),
    "two labels, one is wrong": (
        desired(**TWO),
        remote("old", "new", production=2, staging=1),
        [("PATCH", 2, ["staging"])],
    ),
    "two labels, one is missing": (
        desired(**TWO),
        remote("new", production=1),
        [("PATCH", 1, ["staging"])],
    ),
    "two labels on two versions of one content": (
        desired(**TWO),
        remote("new", "new", production=1, staging=2),
        [],
    ),
    "two labels on two other contents": (
        desired(**TWO),
        remote("a", "b", production=1, staging=2),
        [("POST", "new", ["production", "staging"])],
    ),
    "a draft that is the newest": (desired(is_draft=True), remote("old", "new"), []),
    "a draft that is new": (desired(is_draft=True), remote("old"), [("POST", "new", [])]),
    "a draft whose content is not the newest": (
        desired(is_draft=True),
        remote("new", "old"),
        [("POST", "new", [])],
    ),
    "nothing to deploy here": (desired(labels=[]), remote("old", production=1), []),
    "nothing to deploy here, other tags": (
        desired(labels=[], tags=["x"]),
        remote("old", production=1),
        [],
    ),
    "nothing to deploy here, another type": (desired([], labels=[]), remote("old"), []),
    "tags are not managed": (desired(), remote("new", tags=("x",), production=1), []),
    "tags in another order": (
        desired(tags=["a", "b"]),
        remote("new", tags=("b", "a"), production=1),
        [],
    ),
    "tags differ": (desired(tags=["a"]), remote("new", tags=("b",), production=1), [POST]),
    "tags are cleared": (desired(tags=[]), remote("new", tags=("b",), production=1), [POST]),
    "tags differ, with two labels that are right": (
        desired(tags=["a"], **TWO),
        remote("new", production=1, staging=1),
        [("POST", "new", ["production", "staging"])],
    ),
    "tags and content differ": (desired(tags=["a"]), remote("old", production=1), [POST]),
    "tags and one label differ": (
        desired(tags=["a"]),
        remote("new", "old", production=2),
        [POST],
    ),
    "tags of a draft differ": (
        desired(is_draft=True, tags=["a"]),
        remote("new"),
        [("POST", "new", [])],
    ),
    "the config differs": (
        desired(config={"a": 1}),
        remote("new", configs={1: {"a": 2}}, production=1),
        [POST],
    ),
    "the config is absent": (desired(), remote("new", configs={1: {"a": 2}}, production=1), [POST]),
    "the config's keys are in another order": (
        desired(config={"a": 1, "b": 2}),
        remote("new", configs={1: {"b": 2, "a": 1}}, production=1),
        [],
    ),
    "one is not true": (
        desired(config={"a": 1}),
        remote("new", configs={1: {"a": True}}, production=1),
        [POST],
    ),
    "only the commit message differs": (
        desired(commit_message="Why"),
        remote("new", production=1),
        [],
    ),
    "a chat is right": (
        desired([{"role": "user", "content": "x"}]),
        remote([{"role": "user", "content": "x"}], production=1),
        [],
    ),
    "a chat differs by one role": (
        desired([{"role": "user", "content": "x"}]),
        remote([{"role": "system", "content": "x"}], production=1),
        [("POST", [{"role": "user", "content": "x"}], ["production"])],
    ),
    "the type differs": (
        desired([]),
        remote("old", production=1, staging=1),
        [("DELETE", ""), ("POST", [], ["production"])],
    ),
}


@pytest.mark.parametrize("situation", SITUATIONS)
def test_the_requests_of_a_situation(situation: str) -> None:
    """As few as it takes, and none where nothing is wrong."""
    wanted, there, expected = SITUATIONS[situation]
    assert calls(compare(wanted, there)) == expected


@pytest.mark.parametrize(
    ("wanted", "there", "action"),
    [
        (desired(), None, Action.CREATE),
        (desired(), remote("old"), Action.UPDATE),
        (desired([]), remote("old"), Action.REPLACE),
    ],
)
def test_the_action_says_what_becomes_of_it(
    wanted: Resource, there: Resource | None, action: Action
) -> None:
    """A new version is an update of the prompt."""
    proposal = compare(wanted, there)
    assert proposal is not None
    assert proposal.action is action


def test_a_create_sends_the_whole_version() -> None:
    """Langfuse takes over neither config nor message from the version before."""
    wanted = desired(config={"a": 1}, tags=["t"], commit_message="Why", **TWO)
    proposal = compare(wanted, None)
    assert proposal is not None
    body = {
        "name": "a/b",
        "type": "text",
        "prompt": "new",
        "config": {"a": 1},
        "labels": ["production", "staging"],
        "tags": ["t"],
        "commitMessage": "Why",
    }
    assert proposal.requests == (Request("POST", "/v2/prompts", body, repeatable=False),)


def test_tags_that_are_not_managed_are_not_sent() -> None:
    """Then the new version has those of the prompt."""
    proposal = compare(desired(), remote("old", tags=("kept",)))
    assert proposal is not None
    assert "tags" not in proposal.requests[0].body
    assert "tags" not in (proposal.after or {})
    assert proposal.before is not None
    assert "tags" not in proposal.before


@pytest.mark.parametrize(
    ("wanted", "there", "reasons"),
    [
        (desired(), None, ("production → v1 (new)",)),
        (desired(), remote("old", production=1), ("production v1 → v2 (new)",)),
        (desired(), remote("new", "bad", production=2), ("production v2 → v1 (existing)",)),
        (desired(is_draft=True), remote("old"), ("draft v1 → v2 (new), no label",)),
        (
            desired(tags=["a"], **TWO),
            remote("new", production=1),
            (
                "production v1 → v2 (new)",
                "staging → v2 (new)",
                "tags differ: Langfuse changes them with a new version only",
            ),
        ),
        (
            desired([]),
            remote("old", "old", production=1),
            (
                "type text → chat: Langfuse cannot change a prompt's type",
                "production v1 → v1 (new)",
            ),
        ),
    ],
)
def test_reasons_say_where_each_label_goes(
    wanted: Resource, there: Resource | None, reasons: tuple[str, ...]
) -> None:
    """From which version to which, and whether that is there already."""
    proposal = compare(wanted, there)
    assert proposal is not None
    action = (proposal.action_reason,) if proposal.action_reason else ()
    assert (*action, *map(str, proposal.moves), *proposal.details) == reasons


def test_before_and_after_show_what_changes_at_the_label() -> None:
    """The version that has it now, and the one that will."""
    there = remote("old", "x", configs={1: {"m": 1}}, tags=("b",), production=1)
    proposal = compare(desired(tags=["a"], **TWO), there)
    assert proposal is not None
    assert proposal.before == {
        "type": "text",
        "prompt": "old",
        "config": {"m": 1},
        "labels": {"production": 1},
        "tags": ["b"],
    }
    assert proposal.after == {
        "type": "text",
        "prompt": "new",
        "config": {},
        "labels": {"production": 3, "staging": 3},
        "tags": ["a"],
    }


def test_a_type_changes_only_when_that_is_allowed() -> None:
    """It deletes every version; nothing else is refused."""
    proposal = compare(desired([]), remote("old", production=1))
    assert proposal is not None
    assert proposal.refusal == Refusal(
        "changing its type from text to chat deletes all its versions: "
        "give it another name, or allow it",
        Permission.ALLOW_REPLACE,
        Address("prompt", "a/b"),
    )
    markers: dict[str, Any] = {"langsync.production": 1, "langsync.a": 1}
    many = compare(desired([]), remote("old", production=1, b=1, a=1, **markers))
    assert many is not None
    assert many.refusal is not None
    assert "deletes all its versions and takes the labels a, b away: " in many.refusal.reason
    ordinary = compare(desired(), remote("old", production=1))
    assert ordinary is not None
    assert ordinary.refusal is None


@pytest.mark.parametrize(("managed", "sent"), [({}, ["b"]), ({"tags": ["a"]}, ["a"])])
def test_a_changed_type_keeps_the_tags(managed: dict[str, Json], sent: list[str]) -> None:
    """They would be gone with the versions, though nobody asked for that."""
    proposal = compare(desired([], **managed), remote("old", tags=("b",), production=1))
    assert proposal is not None
    assert proposal.requests[-1].body["tags"] == sent


DRAFT_LAST: dict[str, tuple[Resource, Resource | None, list[Call]]] = {
    "nothing is there": (
        variants(("d", None), ("p", "production")),
        None,
        [("POST", "p", ["production"]), ("POST", "d", [])],
    ),
    "both are new": (
        variants(("d", None), ("p", "production")),
        remote("old", production=1),
        [("POST", "p", ["production"]), ("POST", "d", [])],
    ),
    "the other one is new": (
        variants(("d", None), ("new", "production")),
        remote("old", "d", production=1),
        [("POST", "new", ["production"]), ("POST", "d", [])],
    ),
    "the draft is new": (
        variants(("p", "production"), ("new", None)),
        remote("p", "d", production=1),
        [("POST", "new", [])],
    ),
    "a label of the other one is moved": (
        variants(("d", None), ("p", "production")),
        remote("p", "old", "d", production=2),
        [("PATCH", 1, ["production"])],
    ),
    "the draft is new, a label of the other one is moved": (
        variants(("new", None), ("p", "production")),
        remote("p", "old", production=2),
        [("PATCH", 1, ["production"]), ("POST", "new", [])],
    ),
    "all is right": (
        variants(("d", None), ("p", "production")),
        remote("p", "d", production=1),
        [],
    ),
    "the tags differ": (
        variants(("p", "production"), ("d", None), tags=["t"]),
        remote("p", "d", production=1),
        [("POST", "d", [])],
    ),
    "the tags and the other one differ": (
        variants(("d", None), ("new", "production"), tags=["t"]),
        remote("p", "d", production=1),
        [("POST", "new", ["production"]), ("POST", "d", [])],
    ),
}


@pytest.mark.parametrize("situation", DRAFT_LAST)
def test_a_draft_beside_deployed_variants_ends_as_the_newest(situation: str) -> None:
    """A new version of another variant would leave it behind, so it is created again, last."""
    wanted, there, expected = DRAFT_LAST[situation]
    proposal = compare(wanted, there)
    assert calls(proposal) == expected
    posts = [one for one in expected if one[0] == "POST"]
    if there is not None and posts and proposal is not None and proposal.after is not None:
        assert proposal.after["labels"]["latest"] == there.content.newest + len(posts)


def test_a_draft_that_is_created_again_says_why() -> None:
    """Its content did not change."""
    wanted = variants(("d", None), ("new", "production"))
    proposal = compare(wanted, remote("old", "d", production=1))
    assert proposal is not None
    assert proposal.moves == (
        LabelMove("production", 1, 3, creates_version=True),
        LabelMove(None, 2, 4, creates_version=True),
    )
    assert proposal.details == ("the draft is created again: it has to be the newest version",)
    edited = compare(wanted, remote("old", "x", production=1))
    assert edited is not None
    assert not edited.details


def test_a_draft_of_a_changed_type_is_created_last() -> None:
    """Like that of a new prompt."""
    wanted = variants(("d", None), ("p", "production"))
    proposal = compare(wanted, remote([], production=1))
    assert calls(proposal) == [
        ("DELETE", ""),
        ("POST", "p", ["production"]),
        ("POST", "d", []),
    ]


def renamed(
    wanted: Resource[PromptSpec],
    old: Resource[PromptState],
    labels: tuple[str, ...] | None = None,
) -> list[Call]:
    """The requests for a prompt whose former name is in Langfuse, where labels may be listed."""
    former = Resource(Address("prompt", "old"), old.content)
    view = replace(UNMARKED, remote=State([former]), environment=Environment(labels=labels))
    return calls(comparing.compare(replace(wanted, replaces=(former.address,)), None, view))


def test_a_draft_of_a_renamed_prompt_comes_after_what_is_carried_over() -> None:
    """The versions under other labels of the old name are created before it."""
    wanted = variants(("d", None), ("p", "production"))
    assert renamed(wanted, remote("p", "c", production=1, canary=2)) == [
        ("POST", "p", ["production"]),
        ("POST", "c", ["canary"]),
        ("POST", "d", []),
    ]


def test_a_rename_in_one_environment_carries_its_labels_alone() -> None:
    """Those of other environments come with an apply of theirs."""
    old = remote("p", "s", "c", production=1, staging=2, canary_eu=3)
    assert renamed(desired("p"), old, ("production", "canary_*")) == [
        ("POST", "p", ["production"]),
        ("POST", "c", ["canary_eu"]),
    ]


def test_a_rename_to_another_type_carries_nothing() -> None:
    """All versions of a prompt are of one type, so that Langfuse would refuse the others."""
    wanted = desired([{"role": "user", "content": "x"}])
    assert renamed(wanted, remote("p", "c", production=1, canary=2)) == [
        ("POST", [{"role": "user", "content": "x"}], ["production"])
    ]


def test_a_name_that_reads_like_the_move_of_a_label_is_none() -> None:
    """A move is data: no sentence about a prompt of such a name is taken for one."""
    name = "production v1 → v2"
    wanted = replace(desired(), replaces=(Address("prompt", name),))
    there = Resource(Address("prompt", name), remote("new", production=1).content)
    proposal = comparing.compare(wanted, None, View(State(), State([there])))
    assert proposal is not None
    assert proposal.action_reason == f"renamed from {name}"
    assert proposal.moves == (LabelMove("production", None, 1, creates_version=True),)
    assert proposal.details == (f"{name} stays in Langfuse: --allow-delete deletes it",)


def labeled(there: Resource[PromptState], labels: dict[str, int]) -> Resource[PromptState]:
    """A fetched prompt with labels that are no names in Python."""
    content = replace(there.content, labels=labels, all_labels=tuple(sorted(labels)))
    return replace(there, content=content)


def test_a_rename_carries_the_labels_that_its_environment_moves() -> None:
    """Markers are put anew, and labels of other environments stay with the old name."""
    labels = {"production": 1, "production-a": 2, "staging": 2, "langsync.staging": 2}
    old = labeled(remote("new", "x"), labels)
    created = ("POST", "new", ["production"])
    assert renamed(desired(), old, ("production*",)) == [created, ("POST", "x", ["production-a"])]
    everything = [created, ("POST", "x", ["production-a", "staging"])]
    assert renamed(desired(), old) == everything


def test_a_pinned_version_is_taken_before_a_newer_one_of_the_same_content() -> None:
    """A promotion moves the label to the very version that was promoted, if that was read."""
    wanted, there = desired(), remote("new", "x", "new", staging=1)
    pinned = replace(wanted.content.variants[0], pinned_version=1)
    content = replace(wanted.content, variants=(pinned,))
    assert calls(compare(wanted, there)) == [("PATCH", 3, ["production"])]
    assert calls(compare(replace(wanted, content=content), there)) == [("PATCH", 1, ["production"])]
    unread = replace(content, variants=(replace(pinned, pinned_version=9),))
    assert calls(compare(replace(wanted, content=unread), there)) == [("PATCH", 3, ["production"])]


def test_markers_are_not_among_the_labels_that_a_changed_type_takes_away() -> None:
    """They are langsync's own, and mean nothing without the labels that they mark."""
    there = labeled(remote("old"), {"production": 1, "canary": 1, "langsync.canary": 1})
    proposal = compare(desired([]), there)
    assert proposal is not None
    assert proposal.refusal is not None
    assert "takes the labels canary away" in proposal.refusal.reason


TAGS = {"tags": ["t"]}
RIDES: dict[str, tuple[Resource, Resource, list[Call]]] = {
    "nothing is created: the first variant, whole": (
        variants(("a", "x"), ("b", "y"), **TAGS),
        remote("a", "b", x=1, y=2),
        [("POST", "a", ["x"])],
    ),
    "the second one is created anyway": (
        variants(("a", "x"), ("new", "y"), **TAGS),
        remote("a", "b", x=1, y=2),
        [("POST", "new", ["y"])],
    ),
    "the second one's label only moves": (
        variants(("a", "x"), ("b", "y"), **TAGS),
        remote("a", "b", "c", x=1, y=3),
        [("POST", "a", ["x"]), ("PATCH", 2, ["y"])],
    ),
    "both are created": (
        variants(("new", "x"), ("newer", "y"), **TAGS),
        remote("a", "b", x=1, y=2),
        [("POST", "new", ["x"]), ("POST", "newer", ["y"])],
    ),
    "a label that is right comes along": (
        desired("a", labels=["x", "y"], **TAGS),
        remote("a", "b", x=1, y=2),
        [("POST", "a", ["x", "y"])],
    ),
}


@pytest.mark.parametrize("situation", RIDES)
def test_tags_ride_on_a_create_or_make_one(situation: str) -> None:
    """They cannot change otherwise; every create carries them, and the plan says so."""
    wanted, there, expected = RIDES[situation]
    proposal = compare(wanted, there)
    assert calls(proposal) == expected
    assert proposal is not None
    sent = [one.body["tags"] for one in proposal.requests if one.method == "POST"]
    assert sent == [["t"]] * len(sent)
    assert proposal.details[-1] == "tags differ: Langfuse changes them with a new version only"


def test_nothing_is_asked_of_the_content_that_is_compared() -> None:
    """Comparing changes neither side."""
    wanted, there = desired(tags=["a"]), remote("old", production=1)
    kept = str(wanted), str(there)
    compare(wanted, there)
    assert (str(wanted), str(there)) == kept


def test_each_label_takes_its_marker_along() -> None:
    """In the same request, a new version or an old one; a draft has neither."""
    view = View(State(), State())
    made = comparing.compare(desired(labels=["production"]), None, view)
    assert made is not None
    assert made.requests[0].body["labels"] == ["production", "langsync.production"]
    moved = comparing.compare(desired(), remote("old", "new", production=1), view)
    assert moved is not None
    assert moved.requests[0].body == {"newLabels": ["production", "langsync.production"]}
    draft = comparing.compare(desired(is_draft=True), None, view)
    assert draft is not None
    assert draft.requests[0].body["labels"] == []
