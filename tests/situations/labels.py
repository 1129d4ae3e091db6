"""Label here or there, marker here, there or gone; what they stand on is Git's or somebody's."""

from __future__ import annotations

from tests.situations.scene import apply, branch, checkout, commit, ui_create, ui_delete, ui_move
from tests.situations.situation import (
    CONFLICT,
    GIT,
    OVERWRITE,
    REMOTE,
    Situation,
    create,
    patch,
    post,
    update,
)

LIVE = "production"
BOTH = {"labels": ["production", "staging"]}

ONCE = (commit("one", p="A"), apply())
"""A is deployed: version 1."""

TWICE = (*ONCE, commit("two", p="B"), apply())
"""B is deployed: version 2; A was before."""

FIRST = [
    Situation(
        name="nothing there",
        says="The first deployment creates the prompt with its label and the marker beside it.",
        steps=[commit("one", p="A")],
        plan=[create(post("A", LIVE, by="one"))],
    ),
    Situation(
        name="somebody's version has the label",
        says="A first apply never overwrites what a person made.",
        steps=[commit("one", p="A"), ui_create("U", LIVE)],
        plan=[update(REMOTE, post("A", LIVE, by="one"))],
        needs=OVERWRITE,
        drift=2,
    ),
    Situation(
        name="somebody's version has the label and the content",
        says="What is right already is left alone, marker or not.",
        steps=[commit("one", p="A"), ui_create("A", LIVE)],
    ),
    Situation(
        name="somebody's version, since edited in Git",
        says="A person's version with the label is Git's once a commit declared its content.",
        steps=[ui_create("A", LIVE), commit("one", p="A"), commit("two", p="B")],
        plan=[update(GIT, post("B", LIVE, by="two"))],
    ),
    Situation(
        name="somebody's versions have no label",
        says="A label that is nowhere is put on a new version: nobody's work is overwritten.",
        steps=[commit("one", p="A"), ui_create("U")],
        plan=[update(GIT, post("A", LIVE, by="one"))],
    ),
    Situation(
        name="somebody's version has the content and no label",
        says="A label that is nowhere is put on the version that has the content.",
        steps=[commit("one", p="A"), ui_create("A"), ui_create("U")],
        plan=[update(GIT, patch(1, LIVE))],
    ),
    Situation(
        name="content of an old commit, no marker",
        says="Without a marker, what any commit declared may be replaced.",
        steps=[commit("one", p="A"), commit("two", p="B"), ui_create("A", LIVE)],
        plan=[update(GIT, post("B", LIVE, by="two"))],
    ),
    Situation(
        name="content of a branch that was never merged",
        says="Only commits that HEAD descends from count as Git's.",
        steps=[
            commit("one", p="A"),
            branch("side"),
            commit("side", p="U"),
            checkout("main"),
            ui_create("U", LIVE),
        ],
        plan=[update(REMOTE, post("A", LIVE, by="one"))],
        needs=OVERWRITE,
        drift=2,
    ),
    Situation(
        name="same text, other config",
        says="A version with another config has other content.",
        steps=[commit("one", p="A"), ui_create("A", LIVE, config={"t": 1})],
        plan=[update(REMOTE, post("A", LIVE, by="one"))],
        needs=OVERWRITE,
        drift=2,
    ),
]

TOGETHER = [
    Situation(
        name="nothing happened",
        says="After a deployment nothing differs.",
        steps=ONCE,
    ),
    Situation(
        name="edited in Git",
        says="Where the label is with its marker, whatever differs is Git's.",
        steps=[*ONCE, commit("two", p="B")],
        plan=[update(GIT, post("B", LIVE, by="two"))],
    ),
    Situation(
        name="the same edit in Git and in the UI",
        says="A label is right wherever it sits, if the content is the wanted one.",
        steps=[*ONCE, commit("two", p="B"), ui_create("B", LIVE)],
    ),
    Situation(
        name="somebody's versions without a label",
        says="A version that nobody deployed is nobody's business.",
        steps=[*ONCE, ui_create("U"), ui_create("W", "their-own")],
    ),
    Situation(
        name="edited in Git to what somebody made",
        says="The label is moved to a person's version if Git wants its content.",
        steps=[*ONCE, ui_create("U"), commit("two", p="U")],
        plan=[update(GIT, patch(2, LIVE))],
    ),
    Situation(
        name="label moved by hand and back",
        says="What is as it was deployed did not drift.",
        steps=[*TWICE, ui_move(LIVE, 1), ui_move(LIVE, 2)],
    ),
    Situation(
        name="marker moved by hand with its label",
        says="Where label and marker are together nobody is taken to have touched it.",
        steps=[*ONCE, ui_create("U", LIVE, f"langsync.{LIVE}")],
        plan=[update(GIT, patch(1, LIVE))],
    ),
    Situation(
        name="marker moved away by hand",
        says="A label that stands on the declared content is right, wherever its marker is.",
        steps=[*TWICE, ui_move(f"langsync.{LIVE}", 1)],
    ),
]

APART = [
    Situation(
        name="somebody's version took the label",
        says="A version made in the UI after a deployment is not overwritten.",
        steps=[*ONCE, ui_create("U", LIVE)],
        plan=[update(REMOTE, patch(1, LIVE))],
        needs=OVERWRITE,
        drift=2,
    ),
    Situation(
        name="somebody's version took the label, Git changed too",
        says="Where both sides went on it is a conflict.",
        steps=[*ONCE, ui_create("U", LIVE), commit("two", p="B")],
        plan=[update(CONFLICT, post("B", LIVE, by="two"))],
        needs=OVERWRITE,
        drift=2,
    ),
    Situation(
        name="label moved by hand to an older version",
        says="A rollback by hand is not undone unasked, though Git knows the content.",
        steps=[*TWICE, ui_move(LIVE, 1)],
        plan=[update(REMOTE, patch(2, LIVE))],
        needs=OVERWRITE,
        drift=2,
    ),
    Situation(
        name="label moved by hand to an older version, Git changed too",
        says="A rollback by hand and a new commit are a conflict.",
        steps=[*TWICE, ui_move(LIVE, 1), commit("three", p="C")],
        plan=[update(CONFLICT, post("C", LIVE, by="three"))],
        needs=OVERWRITE,
        drift=2,
    ),
    Situation(
        name="drift was overwritten, then edited in Git",
        says="Overwriting brings label and marker together again.",
        steps=[*ONCE, ui_create("U", LIVE), apply(*OVERWRITE), commit("two", p="B")],
        plan=[update(GIT, post("B", LIVE, by="two"))],
    ),
    Situation(
        name="one of two labels moved by hand",
        says="Only the label that somebody moved is put back.",
        steps=[commit("one", p={"prompt": "A", **BOTH}), apply(), ui_create("U", "staging")],
        plan=[update(REMOTE, patch(1, "staging"))],
        needs=OVERWRITE,
        drift=2,
    ),
    Situation(
        name="one of two labels moved by hand, Git changed too",
        says="A change is as grave as the gravest of its labels.",
        steps=[
            commit("one", p={"prompt": "A", **BOTH}),
            apply(),
            ui_create("U", "staging"),
            commit("two", p={"prompt": "B", **BOTH}),
        ],
        plan=[update(CONFLICT, post("B", "production", "staging", by="two"))],
        needs=OVERWRITE,
        drift=2,
    ),
    Situation(
        name="somebody saved the same content again, then edited in Git",
        says="Marker and label apart count as touched, by the letter, even if the content is one.",
        steps=[*ONCE, ui_create("A", LIVE), commit("two", p="B")],
        plan=[update(CONFLICT, post("B", LIVE, by="two"))],
        needs=OVERWRITE,
        drift=2,
    ),
]

GONE = [
    Situation(
        name="label gone, marker there",
        says="A label that somebody took away is not put back unasked.",
        steps=[*TWICE, ui_create("U", LIVE), ui_delete(3)],
        plan=[update(REMOTE, patch(2, LIVE))],
        needs=OVERWRITE,
        drift=2,
    ),
    Situation(
        name="label gone, marker there, Git changed too",
        says="A label that somebody took away and a new commit are a conflict.",
        steps=[*TWICE, ui_create("U", LIVE), ui_delete(3), commit("three", p="C")],
        plan=[update(CONFLICT, post("C", LIVE, by="three"))],
        needs=OVERWRITE,
        drift=2,
    ),
    Situation(
        name="label on an older version, marker gone",
        says="Without a marker only the history tells, and that knows the content.",
        steps=[*TWICE, ui_move(LIVE, 1), ui_delete(2)],
        plan=[update(GIT, post("B", LIVE, by="two"))],
    ),
    Situation(
        name="label on somebody's version, marker gone",
        says="Without a marker, what no commit declared is a person's.",
        steps=[*ONCE, ui_create("U", LIVE), ui_delete(1)],
        plan=[update(REMOTE, post("A", LIVE, by="one"))],
        needs=OVERWRITE,
        drift=2,
    ),
    Situation(
        name="label and marker gone with their version",
        says="Where nothing carries the label a new version is made; no other one tells of drift.",
        steps=[*TWICE, ui_delete(2)],
        plan=[update(GIT, post("B", LIVE, by="two"))],
    ),
    Situation(
        name="label and marker gone, the content is there",
        says="The label is put on an older version that has the content.",
        steps=[*TWICE, ui_create("B"), ui_delete(2)],
        plan=[update(GIT, patch(3, LIVE))],
    ),
]

ROWS = [*FIRST, *TOGETHER, *APART, *GONE]
