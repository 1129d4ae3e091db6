"""``langsync.yaml``: labels, environments, settings; and where there is no repository."""

from __future__ import annotations

import json
from typing import Any

from tests.situations.labels import LIVE, ONCE, TWICE
from tests.situations.scene import (
    SHALLOW,
    Scene,
    apply,
    branch,
    checkout,
    commit,
    edit,
    git,
    no_git,
    promote,
    reset,
    revert,
    squash,
    ui_create,
    ui_delete,
    ui_move,
)
from tests.situations.situation import (
    CONFLICT,
    GIT,
    OLDER,
    OVERWRITE,
    REMOTE,
    Situation,
    create,
    patch,
    post,
    update,
)


def settings(**keys: Any) -> dict[str, str | None]:
    """A ``langsync.yaml``."""
    return {"langsync.yaml": json.dumps({"version": 1, **keys})}


def environment(*labels: str) -> dict[str, str | None]:
    """A ``langsync.yaml`` with one environment."""
    return settings(environments={"live": {"labels": list(labels)}})


STAGES = settings(
    environments={"staging": {"labels": ["staging"]}, "production": {"labels": ["production"]}}
)
STAGING, PRODUCTION = ("--env", "staging"), ("--env", "production")

STAGED = (commit("one", STAGES, p="A"), apply(*STAGING), apply(*PRODUCTION))
"""A is deployed to staging and production: version 1."""

AHEAD = (*STAGED, commit("two", p="B"), apply(*STAGING))
"""B is deployed to staging: version 2."""

ENVIRONMENTS = [
    Situation(
        name="labels of the environment changed",
        says="A new label is put where its content is already.",
        steps=[
            commit("one", environment("production"), p="A"),
            apply(),
            commit("two", environment("live")),
        ],
        plan=[update(GIT, patch(1, "live"))],
    ),
    Situation(
        name="label added to the file",
        says="One more label is put on the version that is there.",
        steps=[*ONCE, commit("two", p={"prompt": "A", "labels": ["production", "canary"]})],
        plan=[update(GIT, patch(1, "canary"))],
    ),
    Situation(
        name="label added to the file, not deployed yet, others are",
        says="A label that is newer than all that is deployed is waiting, not deleted.",
        steps=[
            commit("one", p="A", q="Q"),
            apply(),
            commit("two", p={"prompt": "A", "labels": ["production", "canary"]}),
        ],
        plan=[update(GIT, patch(1, "canary"))],
    ),
    Situation(
        name="label removed from the file",
        says="A label that is no longer declared is never touched.",
        steps=[*ONCE, commit("two", p={"prompt": "A", "labels": ["other"]}), apply()],
    ),
    Situation(
        name="deployed in the other environment only",
        says="One project's environments share versions.",
        steps=[commit("one", STAGES, p="A"), apply(*STAGING)],
        options=PRODUCTION,
        plan=[update(GIT, patch(1, "production"))],
    ),
    Situation(
        name="staging is ahead",
        says="What staging has is deployed to production by moving the label.",
        steps=AHEAD,
        options=PRODUCTION,
        plan=[update(GIT, patch(2, "production"))],
    ),
    Situation(
        name="staging is ahead, seen from staging",
        says="What production lacks is no difference in staging.",
        steps=AHEAD,
        options=STAGING,
    ),
    Situation(
        name="staging touched by hand, seen from production",
        says="Nobody's change to another environment's label counts.",
        steps=[*STAGED, ui_create("U", "staging")],
        options=PRODUCTION,
    ),
    Situation(
        name="staging touched by hand",
        says="A change by hand counts in the environment whose label it moved.",
        steps=[*STAGED, ui_create("U", "staging")],
        options=STAGING,
        plan=[update(REMOTE, patch(1, "staging"))],
        needs=OVERWRITE,
        drift=2,
    ),
    Situation(
        name="promoted by hand",
        says="A promotion by hand to what Git wants needs nothing.",
        steps=[*AHEAD, ui_move("production", 2)],
        options=PRODUCTION,
    ),
    Situation(
        name="promoted by hand, then edited in Git",
        says="What somebody promoted by hand is Git's: a newer commit declares it.",
        steps=[*AHEAD, ui_move("production", 2), commit("three", p="C")],
        options=PRODUCTION,
        plan=[update(GIT, post("C", "production", by="three"))],
    ),
    Situation(
        name="promoted by hand, then reverted in Git",
        says="The newest commit of the two contents decides, by the letter: it declares A.",
        steps=[*AHEAD, ui_move("production", 2), revert()],
        options=PRODUCTION,
        plan=[update(REMOTE, patch(1, "production"))],
        needs=OVERWRITE,
        drift=2,
    ),
    Situation(
        name="promoted by langsync, then edited in Git",
        says="A promotion brings the marker.",
        steps=[*AHEAD, promote("p"), commit("three", p="C")],
        options=PRODUCTION,
        plan=[update(GIT, post("C", "production", by="three"))],
    ),
    Situation(
        name="promoted by langsync, another prompt of that commit not",
        says="A prompt that was not promoted yet is no drift.",
        steps=[*STAGED, commit("two", p="B", q="Q"), apply(*STAGING), promote("p")],
        options=PRODUCTION,
        plan=[update(GIT, patch(1, "production", name="q"), address="prompt/q")],
    ),
    Situation(
        name="a content of its own in each environment",
        says="What a file says for one environment is deployed there only.",
        steps=[
            commit("one", STAGES, p={"prompt": "A", "overrides": {"staging": {"prompt": "S"}}}),
            apply(*STAGING),
        ],
        options=PRODUCTION,
        plan=[update(GIT, post("A", "production", by="one"))],
    ),
    Situation(
        name="another environment's content by hand",
        says="What Git declares for another environment was not committed for this one.",
        steps=[
            commit("one", STAGES, p={"prompt": "A", "overrides": {"staging": {"prompt": "S"}}}),
            apply(*STAGING),
            apply(*PRODUCTION),
            ui_move("production", 1),
        ],
        options=PRODUCTION,
        plan=[update(REMOTE, patch(2, "production"))],
        needs=OVERWRITE,
        drift=2,
    ),
]

OFF = settings(deployment_markers=False)
UNMARKED = (commit("one", OFF, p="A"), apply())
UNMARKED_TWICE = (*UNMARKED, commit("two", p="B"), apply())


def vars_of(company: str) -> dict[str, str | None]:
    """A ``langsync.yaml`` with a value for templates, and without markers."""
    one = {"labels": [LIVE], "vars": {"company": company}}
    return settings(deployment_markers=False, environments={"live": one})


MARKERS = [
    Situation(
        name="no markers, nothing there",
        says="Without markers, labels are put alone.",
        steps=[commit("one", OFF, p="A")],
        plan=[create(post("A", LIVE, by="one", markers=False))],
    ),
    Situation(
        name="no markers, edited in Git",
        says="History alone tells that what stands in Langfuse was committed.",
        steps=[*UNMARKED, commit("two", p="B")],
        plan=[update(GIT, post("B", LIVE, by="two", markers=False))],
    ),
    Situation(
        name="no markers, edited in Git, shallow clone",
        says="The stamp tells that langsync made it from a commit.",
        steps=[*UNMARKED, commit("two", p="B"), SHALLOW],
        plan=[update(GIT, post("B", LIVE, by="two", markers=False))],
    ),
    Situation(
        name="no markers, deployed from a branch, then squashed",
        says="The stamp tells that langsync made it from a commit, be that gone.",
        steps=[
            *UNMARKED,
            branch("side"),
            commit("two", p="B"),
            apply(),
            commit("three", p="C"),
            checkout("main"),
            squash("side", "squashed"),
        ],
        plan=[update(GIT, post("C", LIVE, by="squashed", markers=False))],
    ),
    Situation(
        name="no markers, reverted",
        says="A rollback needs no markers.",
        steps=[*UNMARKED_TWICE, revert()],
        plan=[update(GIT, patch(1, LIVE, markers=False))],
    ),
    Situation(
        name="no markers, somebody's version took the label",
        says="What no commit declared is a person's.",
        steps=[*UNMARKED, ui_create("U", LIVE)],
        plan=[update(REMOTE, patch(1, LIVE, markers=False))],
        needs=OVERWRITE,
        drift=2,
    ),
    Situation(
        name="no markers, label moved by hand to an older version",
        says="History alone cannot see a rollback by hand.",
        steps=[*UNMARKED_TWICE, ui_move(LIVE, 1)],
        plan=[update(GIT, patch(2, LIVE, markers=False))],
    ),
    Situation(
        name="no markers, a value of the templates changed",
        says="An old commit declares what it did with the values that it had.",
        steps=[
            commit("one", vars_of("X"), p={"template": True, "prompt": "${vars.company}"}),
            apply(),
            git("commit", "--quiet", "--allow-empty", "-m", "between"),
            commit("two", vars_of("Y")),
        ],
        plan=[update(GIT, post("Y", LIVE, by="one", touched="one", markers=False))],
    ),
    Situation(
        name="no markers, a work tree deployed, then taken back",
        says="What was never committed is nobody's that Git knows of.",
        steps=[*UNMARKED, edit(p="X"), apply(), git("checkout", "--quiet", ".")],
        plan=[update(REMOTE, patch(1, LIVE, markers=False))],
        needs=OVERWRITE,
        drift=2,
    ),
    Situation(
        name="markers switched off",
        says="Markers that are there from before are left where they are.",
        steps=[*ONCE, commit("two", OFF, p="B")],
        plan=[update(GIT, post("B", LIVE, by="two", markers=False))],
    ),
    Situation(
        name="markers switched off, deployed, and on again",
        says="A marker that stayed behind is no sign of drift where Git went on since.",
        steps=[*ONCE, commit("two", OFF, p="B"), apply(), commit("three", settings(), p="C")],
        plan=[update(GIT, post("C", LIVE, by="three"))],
    ),
    Situation(
        name="markers switched on",
        says="The next write brings the marker.",
        steps=[*UNMARKED, commit("two", settings(), p="B")],
        plan=[update(GIT, post("B", LIVE, by="two"))],
    ),
]


def rewritten(scene: Scene) -> None:
    """The prompt is edited where there is no Git."""
    edit(p="B")(scene)


NOWHERE = (edit(p="A"), no_git, apply())

REPOSITORIES = [
    Situation(
        name="no repository, nothing there",
        says="Without a repository versions have no message of langsync's.",
        steps=[edit(p="A"), no_git],
        plan=[create(post("A", LIVE, by=None))],
    ),
    Situation(
        name="no repository, edited",
        says="Label and marker together need no history.",
        steps=[*NOWHERE, rewritten],
        plan=[update(GIT, post("B", LIVE, by=None))],
    ),
    Situation(
        name="no repository, somebody's version took the label",
        says="A change by hand is seen without a repository.",
        steps=[*NOWHERE, ui_create("U", LIVE)],
        plan=[update(REMOTE, patch(1, LIVE))],
        needs=OVERWRITE,
        drift=2,
    ),
    Situation(
        name="no repository, somebody's version took the label, edited",
        says="A conflict is seen without a repository.",
        steps=[*NOWHERE, ui_create("U", LIVE), rewritten],
        plan=[update(CONFLICT, post("B", LIVE, by=None))],
        needs=OVERWRITE,
        drift=2,
    ),
    Situation(
        name="no repository, no markers, edited",
        says="With neither history nor markers every edit is taken for somebody's, by the letter.",
        steps=[edit(OFF, p="A"), no_git, apply(), rewritten],
        plan=[update(REMOTE, post("B", LIVE, by=None, markers=False))],
        needs=OVERWRITE,
        drift=2,
    ),
    Situation(
        name="no commit yet, nothing there",
        says="A repository without a commit is as good as none.",
        steps=[edit(p="A")],
        plan=[create(post("A", LIVE, by=None))],
    ),
    Situation(
        name="deployed before the first commit",
        says="What was deployed before there was a commit is known by its marker.",
        steps=[edit(p="A"), apply(), commit("one", p="B")],
        plan=[update(GIT, post("B", LIVE, by="one"))],
    ),
    Situation(
        name="work tree edited",
        says="A version of an edited work tree says so in its stamp.",
        steps=[*ONCE, edit(p="B")],
        plan=[update(GIT, post("B", LIVE, by="uncommitted changes", stamp="HEAD+dirty"))],
    ),
    Situation(
        name="work tree edited and deployed, then committed",
        says="Committing what is deployed changes nothing.",
        steps=[*ONCE, edit(p="B"), apply(), commit("two")],
    ),
    Situation(
        name="work tree edited and deployed, then taken back",
        says="What langsync deployed is Git's to replace, be it committed or not.",
        steps=[*ONCE, edit(p="B"), apply(), git("checkout", "--quiet", ".")],
        plan=[update(GIT, patch(1, LIVE))],
    ),
    Situation(
        name="edited work tree of a newer commit deployed",
        says="A work tree is as new as the commit that it is of.",
        steps=[*TWICE, edit(p="C"), apply(), reset("HEAD~1")],
        plan=[update(GIT, patch(1, LIVE))],
        needs=OLDER,
    ),
    Situation(
        name="prompt not committed",
        says="A file that no commit has is called uncommitted.",
        steps=[*ONCE, edit(q="Q")],
        plan=[
            create(
                post("Q", LIVE, name="q", by="uncommitted changes", stamp="HEAD+dirty"),
                address="prompt/q",
            )
        ],
    ),
    Situation(
        name="an unrelated file edited",
        says="Only what is deployed makes a work tree dirty.",
        steps=[*ONCE, commit("two", p="B"), edit({"../outside.txt": "x", "plan.json": "{}"})],
        plan=[update(GIT, post("B", LIVE, by="two"))],
    ),
    Situation(
        name="no history searched, reverted",
        says="With history_depth 0 a rollback makes a new version.",
        steps=[commit("zero", settings(history_depth=0)), *TWICE, revert()],
        plan=[update(GIT, post("A", LIVE, by='Revert "two"'))],
    ),
    Situation(
        name="no history searched, label moved by hand",
        says="The marker's version is known at any depth.",
        steps=[commit("zero", settings(history_depth=0)), *TWICE, ui_move(LIVE, 1)],
        plan=[update(REMOTE, patch(2, LIVE))],
        needs=OVERWRITE,
        drift=2,
    ),
    Situation(
        name="history searched one version deep",
        says="A content that is further back than history_depth is made again.",
        steps=[commit("zero", settings(history_depth=1)), *TWICE, revert()],
        plan=[update(GIT, post("A", LIVE, by='Revert "two"'))],
    ),
    Situation(
        name="older version deleted, label on the newest",
        says="A version that nobody deployed may go.",
        steps=[*TWICE, ui_delete(1)],
    ),
]

ROWS = [*ENVIRONMENTS, *MARKERS, *REPOSITORIES]
