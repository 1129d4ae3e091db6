"""Changes to a plan and back: order, guards, the saved form."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import replace

import pytest

from langsync.kinds.base import View
from langsync.kinds.prompt.spec import PromptSpec, PromptVariant
from langsync.kinds.prompt.state import PromptState, PromptVersion
from langsync.model import (
    Action,
    Address,
    Change,
    Commit,
    Declaration,
    Json,
    Origin,
    Permission,
    Plan,
    Project,
    Provenance,
    Refusal,
    Resource,
    State,
)
from langsync.plan import (
    drift_refusals,
    left_out,
    movements,
    older_checkout_refusals,
    plan,
    refusal_reasons,
)

PROJECT = Project("p1", "my-app", "https://langfuse.example")
A, B, C, D = (Address("prompt", name) for name in "abcd")


def change(address: Address, *needs: Address, basis: str = "") -> Change:
    """A change that needs others."""
    return Change(address, Action.UPDATE, None, {}, needs=needs, basis=basis)


@pytest.mark.parametrize("order", [*itertools.permutations(range(4))])
def test_what_a_change_needs_comes_before_it(order: tuple[int, ...]) -> None:
    """In whatever order they are found; else by address."""
    changes = [change(A, C), change(B), change(C, D), change(D)]
    made = plan(PROJECT, "", [changes[number] for number in order])
    assert [one.address for one in made.changes] == [B, D, C, A]


def test_needs_that_are_right_already_are_left_out() -> None:
    """Nothing has to wait for them."""
    made = plan(PROJECT, "", [change(A, B, C), change(C)])
    assert [(one.address, one.needs) for one in made.changes] == [(C, ()), (A, (C,))]


REPLACE = Refusal("it deletes", Permission.ALLOW_REPLACE, A)
NEVER = Refusal("it is stale", None, B)


@pytest.mark.parametrize(
    ("refusals", "allowed", "reasons"),
    [
        ((), (), []),
        ((REPLACE,), (), ["prompt/a: it deletes with --allow-replace"]),
        ((REPLACE,), (Permission.ALLOW_REPLACE,), []),
        ((REPLACE,), (Permission.ALLOW_DELETE,), ["prompt/a: it deletes with --allow-replace"]),
        ((NEVER, REPLACE), (Permission.ALLOW_REPLACE,), ["prompt/b: it is stale"]),
        ((NEVER,), tuple(Permission), ["prompt/b: it is stale"]),
    ],
)
def test_a_refusal_holds_unless_its_option_is_given(
    refusals: tuple[Refusal, ...], allowed: tuple[Permission, ...], reasons: list[str]
) -> None:
    """All reasons at once; some have no option."""
    assert refusal_reasons(Plan(PROJECT, refusals=refusals), allowed) == reasons


@pytest.mark.parametrize(
    ("basis", "now", "verb"),
    [
        ("", {}, ""),
        ("x", {A: "x"}, ""),
        ("x", {A: "y"}, "changed"),
        ("x", {}, "deleted"),
        ("", {A: "x"}, "created"),
        ("", {B: "x"}, ""),
    ],
)
def test_what_has_moved_since_a_plan_was_made(
    basis: str, now: dict[Address, str], verb: str
) -> None:
    """Changed, gone, or there now."""
    movement = f"was {verb} in Langfuse since the plan was made"
    assert movements([change(A, basis=basis)], now) == ({A: movement} if verb else {})


THEIRS = Provenance("production", Origin.REMOTE, version=3)


def drifted(change: Change, *provenance: Provenance, before: Json = ()) -> Change:
    """A change of what somebody changed in Langfuse; ``before`` is None where it is gone."""
    origin = Origin.CONFLICT if len(provenance) > 1 else Origin.REMOTE
    there = None if before is None else dict(before)
    return replace(change, origin=origin, provenance=provenance or (THEIRS,), before=there)


def test_skip_drift_leaves_what_drifted_and_what_needs_it() -> None:
    """All the way down, each with its reason; what drifted refuses nothing then."""
    changes = [drifted(change(A)), change(B, A), change(C, B), change(D)]
    refusals = [Refusal("somebody changed it", Permission.OVERWRITE_DRIFT, A), NEVER]
    made = plan(PROJECT, "", changes, refusals=refusals)
    assert left_out(made, {Permission.SKIP_DRIFT}) == {
        A: "production (v3) was changed in Langfuse: left out by --skip-drift",
        B: "because of prompt/a",
        C: "because of prompt/b",
    }
    assert refusal_reasons(made, {Permission.SKIP_DRIFT}) == []
    assert (
        left_out(made, ())
        == left_out(made, {Permission.SKIP_DRIFT, Permission.OVERWRITE_DRIFT})
        == {}
    )


class Past:
    """A history whose commits are not all read."""

    known = True

    def __init__(self, *, has_commits: bool = True) -> None:
        self.has_commits = has_commits

    def prefetch(self, addresses: Iterable[Address]) -> None: ...

    def declarations(self, address: Address) -> Iterator[Declaration]:
        return iter(())

    def gap(self, address: Address) -> str:
        return "fetch more"

    def commit(self, start: str) -> Commit | None:
        return None

    def declared(self, address: Address, commit: str) -> Resource | None:
        return None


BOTH = Provenance("staging", Origin.CONFLICT)
OURS = Provenance("tags", Origin.GIT)


@pytest.mark.parametrize(
    ("found", "words", "way_out"),
    [
        (
            drifted(change(A)),
            "production (v3) was changed in Langfuse: ",
            "'langsync pull prompt/a --env live', or overwrite it",
        ),
        (
            drifted(change(A), BOTH, OURS),
            "staging changed in Langfuse and in Git: ",
            "'langsync pull prompt/a --env live', or overwrite it",
        ),
        (
            drifted(change(A), before=None),
            "production (v3) was deleted in Langfuse: ",
            "'langsync pull prompt/a --prune --env live', or create it again",
        ),
        (
            drifted(change(A), replace(THEIRS, uncommitted=True)),
            "production (v3) in Langfuse is in no commit: somebody changed it there, or ",
            "'langsync pull prompt/a --env live', or overwrite it",
        ),
    ],
)
def test_what_somebody_did_in_langfuse_is_guarded(found: Change, words: str, way_out: str) -> None:
    """With what was done, how Git takes it up, and the option that undoes it."""
    [refusal] = drift_refusals([found, change(B)], "live", Past())
    assert (refusal.address, refusal.allow) == (A, Permission.OVERWRITE_DRIFT)
    assert refusal.reason.startswith(words)
    assert refusal.reason.endswith(way_out)


def test_values_of_unknown_origin_are_guarded_where_there_are_commits() -> None:
    """Those may tell; what is not there cannot be overwritten."""
    unknown = replace(change(A), origin=Origin.UNKNOWN, before={})
    missing = replace(change(B), origin=Origin.UNKNOWN)
    [refusal] = drift_refusals([unknown, missing], "", Past())
    assert (refusal.address, refusal.allow) == (A, Permission.OVERWRITE_UNKNOWN)
    assert "fetch more" in refusal.reason
    assert drift_refusals([unknown, missing], "", Past(has_commits=False)) == []


def test_a_checkout_is_too_old_where_a_later_commit_is_deployed() -> None:
    """Each such commit is told once; earlier ones and what is not deployed mean nothing."""
    commits = {"a": "1111111", "b": "2222222", "c": "1111111"}
    spec = PromptSpec("text", (PromptVariant("x", {}, ("production",)),))
    addresses = (A, B, C, D)
    desired = [Resource(address, spec) for address in addresses]
    labels = {"production": 1}
    remote = []
    for name, commit in commits.items():
        version = PromptVersion("v1", "x", {}, f"Why [langsync {commit}]")
        state = PromptState("text", (), 1, labels, tuple(labels), {1: version})
        remote.append(Resource(Address("prompt", name), state))
    changes = [change(one) for one in addresses]
    view = View(State(desired), State(remote))
    [refusal] = older_checkout_refusals(changes, view, lambda commit: commit == "1111111")
    assert refusal.allow == Permission.ALLOW_OLDER
    assert refusal.reason.startswith("commit 1111111, which is deployed already (prompt/a), ")
    assert older_checkout_refusals(changes, view, lambda _: False) == []


def test_a_plan_has_all_that_it_is_made_of() -> None:
    """Nothing that is told of is lost on the way."""
    made = plan(
        PROJECT,
        "live",
        [change(A)],
        unmanaged={"prompt": ("x",)},
        unmanaged_count={"prompt": 1},
        other_labels={"beta": ("a",)},
        unchanged=2,
        warnings=["a warning"],
        notes=["a note"],
        refusals=[NEVER],
    )
    assert made == Plan(
        PROJECT,
        "live",
        (change(A),),
        {"prompt": ("x",)},
        {"prompt": 1},
        {"beta": ("a",)},
        unchanged=2,
        warnings=("a warning",),
        notes=("a note",),
        refusals=(NEVER,),
    )
