"""Tags, types, variants, drafts; what was deleted and made again."""

from __future__ import annotations

from typing import Any

from tests.situations.labels import LIVE, ONCE, TWICE
from tests.situations.scene import (
    SHALLOW,
    apply,
    commit,
    edit,
    no_git,
    revert,
    ui_create,
    ui_delete,
    ui_move,
    warm,
)
from tests.situations.situation import (
    CONFLICT,
    GIT,
    OVERWRITE,
    OVERWRITE_UNKNOWN,
    REMOTE,
    UNKNOWN,
    Situation,
    create,
    deleted,
    patch,
    post,
    replace,
    update,
)


def tagged(*tags: str, prompt: str = "A") -> dict[str, Any]:
    """A prompt with tags."""
    return {"prompt": prompt, "tags": list(tags)}


TAGGED = (commit("one", p=tagged("x")), apply())

TAGS = [
    Situation(
        name="tags changed in Git",
        says="Tags change with a new version only, which takes the labels along.",
        steps=[*TAGGED, commit("two", p=tagged("x", "y"))],
        plan=[update(GIT, post("A", LIVE, by="two", tags=["x", "y"]))],
    ),
    Situation(
        name="tags changed in the UI",
        says="Tags that no commit declared are a person's.",
        steps=[*TAGGED, ui_create("A", tags=["u"])],
        plan=[update(REMOTE, post("A", LIVE, by="one", tags=["x"]))],
        needs=OVERWRITE,
        drift=2,
    ),
    Situation(
        name="tags changed in the UI, shallow clone",
        says="Where no history tells whose tags they are, an apply refuses to overwrite them.",
        steps=[*TAGGED, ui_create("A", tags=["u"]), SHALLOW],
        plan=[update(UNKNOWN, post("A", LIVE, by="one", tags=["x"]))],
        needs=OVERWRITE_UNKNOWN,
    ),
    Situation(
        name="tags changed in the UI to older ones of Git",
        says="Tags that some commit declared are Git's.",
        steps=[*TAGGED, commit("two", p=tagged("y")), apply(), ui_create("A", tags=["x"])],
        plan=[update(GIT, post("A", LIVE, by="two", tags=["y"]))],
    ),
    Situation(
        name="tags in another order",
        says="The order of tags means nothing.",
        steps=[commit("one", p=tagged("x", "y")), apply(), ui_create("A", tags=["y", "x"])],
    ),
    Situation(
        name="tags not managed, changed in the UI",
        says="Tags that no file declares are left alone, and ride along.",
        steps=[*ONCE, ui_create("A", tags=["u"]), commit("two", p="B")],
        plan=[update(GIT, post("B", LIVE, by="two"))],
    ),
    Situation(
        name="tags not managed, then managed",
        says="No tags at all are Git's to fill.",
        steps=[*ONCE, commit("two", p=tagged("x"))],
        plan=[update(GIT, post("A", LIVE, by="two", tags=["x"]))],
    ),
    Situation(
        name="tags not managed, changed in the UI, then managed",
        says="Tags that a person made are not overwritten by the first commit that manages them.",
        steps=[*ONCE, ui_create("A", tags=["u"]), commit("two", p=tagged("x"))],
        plan=[update(REMOTE, post("A", LIVE, by="two", tags=["x"]))],
        needs=OVERWRITE,
        drift=2,
    ),
    Situation(
        name="tags and text changed in Git",
        says="One version carries both.",
        steps=[*TAGGED, commit("two", p=tagged("y", prompt="B"))],
        plan=[update(GIT, post("B", LIVE, by="two", tags=["y"]))],
    ),
    Situation(
        name="tags changed in Git, somebody's version took the label",
        says="The gravest of a prompt's differences counts.",
        steps=[*TAGGED, ui_create("U", LIVE), commit("two", p=tagged("y"))],
        plan=[update(REMOTE, post("A", LIVE, by="two", tags=["y"]))],
        needs=OVERWRITE,
        drift=2,
    ),
]

CHAT = [{"role": "user", "content": "A"}]

TYPES = [
    Situation(
        name="type changed in Git",
        says="Langfuse cannot change a type: the prompt is deleted and made again, if allowed.",
        steps=[*ONCE, commit("two", p={"prompt": CHAT})],
        plan=[replace(GIT, deleted(), post(CHAT, LIVE, by="two", tags=[]))],
        needs=["--allow-replace"],
    ),
    Situation(
        name="type changed in the UI",
        says="A prompt that somebody made again with another type takes two permissions.",
        steps=[*ONCE, ui_delete(), ui_create(CHAT, LIVE)],
        plan=[replace(REMOTE, deleted(), post("A", LIVE, by="one", tags=[]))],
        needs=[*OVERWRITE, "--allow-replace"],
        drift=2,
    ),
]


def variants(**contents: str) -> dict[str, Any]:
    """A prompt with one variant for each label."""
    return {"variants": [{"prompt": text, "labels": [label]} for label, text in contents.items()]}


AB = (commit("one", p=variants(a="A", b="B")), apply())

VARIANTS = [
    Situation(
        name="variants for the first time",
        says="Each variant is a version of its own.",
        steps=[commit("one", p=variants(a="A", b="B"))],
        plan=[create(post("A", "a", by="one"), post("B", "b", by="one"))],
    ),
    Situation(
        name="labels of variants swapped in Git",
        says="Labels trade places, and no version is made.",
        steps=[*AB, commit("two", p=variants(a="B", b="A"))],
        plan=[update(GIT, patch(2, "a"), patch(1, "b"))],
    ),
    Situation(
        name="labels of variants swapped by hand",
        says="That Git declares both contents makes nobody's swap its own.",
        steps=[*AB, ui_move("a", 2), ui_move("b", 1)],
        plan=[update(REMOTE, patch(1, "a"), patch(2, "b"))],
        needs=OVERWRITE,
        drift=2,
    ),
    Situation(
        name="labels of variants swapped by hand, then in Git",
        says="A swap that Git takes up is right.",
        steps=[*AB, ui_move("a", 2), ui_move("b", 1), commit("two", p=variants(a="B", b="A"))],
    ),
    Situation(
        name="one label moved by hand between variants",
        says="A label that somebody moved to another variant is put back when told.",
        steps=[*AB, ui_move("a", 2)],
        plan=[update(REMOTE, patch(1, "a"))],
        needs=OVERWRITE,
        drift=2,
    ),
    Situation(
        name="one label moved by hand between variants, the other edited",
        says="What Git wants of one label does not hide what somebody did to the other.",
        steps=[*AB, ui_move("a", 2), commit("two", p=variants(a="A", b="C"))],
        plan=[update(REMOTE, patch(1, "a"), post("C", "b", by="two"))],
        needs=OVERWRITE,
        drift=2,
    ),
    Situation(
        name="one variant edited",
        says="Only the variant that differs is made.",
        steps=[*AB, commit("two", p=variants(a="A", b="C"))],
        plan=[update(GIT, post("C", "b", by="two"))],
    ),
    Situation(
        name="one variant removed",
        says="A label that nobody declares any more is left alone.",
        steps=[*AB, commit("two", p=variants(a="A"))],
    ),
    Situation(
        name="one variant added",
        says="A new variant is a new version.",
        steps=[*AB, commit("two", p=variants(a="A", b="B", c="C"))],
        plan=[update(GIT, post("C", "c", by="two"))],
    ),
    Situation(
        name="one variant takes over",
        says="Variants that become one content share its version.",
        steps=[*AB, commit("two", p={"prompt": "A", "labels": ["a", "b"]})],
        plan=[update(GIT, patch(1, "b"))],
    ),
]

DRAFT = (commit("one", p={"prompt": "A", "labels": []}), apply())

DRAFTS = [
    Situation(
        name="draft for the first time",
        says="A draft has no label, and no marker.",
        steps=[commit("one", p={"prompt": "A", "labels": []})],
        plan=[create(post("A", by="one"))],
    ),
    Situation(
        name="draft edited",
        says="A draft is compared with the newest version.",
        steps=[*DRAFT, commit("two", p={"prompt": "B", "labels": []})],
        plan=[update(GIT, post("B", by="two"))],
    ),
    Situation(
        name="draft edited, shallow clone",
        says="What langsync made from a commit is Git's, history or not.",
        steps=[*DRAFT, commit("two", p={"prompt": "B", "labels": []}), SHALLOW],
        plan=[update(GIT, post("B", by="two"))],
    ),
    Situation(
        name="draft, the newest version made in the UI",
        says="A version that somebody made after the draft is not superseded unasked.",
        steps=[*DRAFT, ui_create("U")],
        plan=[update(REMOTE, post("A", by="one"))],
        needs=OVERWRITE,
        drift=2,
    ),
    Situation(
        name="draft reverted",
        says="To be the newest again takes a new version.",
        steps=[*DRAFT, commit("two", p={"prompt": "B", "labels": []}), apply(), revert()],
        plan=[update(GIT, post("A", by='Revert "two"'))],
    ),
    Situation(
        name="draft becomes deployed",
        says="A draft that gets a label is labeled where it is.",
        steps=[*DRAFT, commit("two", p="A")],
        plan=[update(GIT, patch(1, LIVE))],
    ),
    Situation(
        name="draft edited, no repository",
        says="Without marker and history the newest version is taken to be a person's.",
        steps=[
            commit("one", p={"prompt": "A", "labels": []}),
            no_git,
            apply(),
            edit(p={"prompt": "B", "labels": []}),
        ],
        plan=[update(REMOTE, post("B", by=None))],
        needs=OVERWRITE,
        drift=2,
    ),
]

BESIDE = (commit("one", p="A", q="Q"), apply())
"""Two prompts are deployed."""

DELETED = [
    Situation(
        name="prompt deleted",
        says="A prompt that is gone while others of its commit are there was deleted by somebody.",
        steps=[*BESIDE, ui_delete()],
        plan=[create(post("A", LIVE, by="one"))],
        drift=2,
    ),
    Situation(
        name="only prompt deleted",
        says="With nothing left in Langfuse nothing tells that there was a deployment.",
        steps=[*ONCE, ui_delete()],
        plan=[create(post("A", LIVE, by="one"))],
    ),
    Situation(
        name="prompt not deployed yet",
        says="A prompt that is newer than all that is deployed is waiting, not deleted.",
        steps=[*ONCE, commit("two", q="Q")],
        plan=[create(post("Q", LIVE, name="q", by="two"), address="prompt/q")],
    ),
    Situation(
        name="prompt deleted, then edited in Git",
        says="That Git went on since does not hide that somebody deleted a prompt.",
        steps=[*BESIDE, ui_delete(), commit("two", p="B")],
        plan=[create(post("B", LIVE, by="two"))],
        drift=2,
    ),
    Situation(
        name="version of the label deleted",
        says="A label that is gone while others of an older commit are there was deleted.",
        steps=[*BESIDE, commit("two", p="B"), apply(), ui_delete(2)],
        plan=[update(GIT, post("B", LIVE, by="two"))],
        drift=2,
    ),
    Situation(
        name="version of one of two labels deleted, the other edited in Git",
        says="That Git edits one label does not hide that somebody deleted another one's version.",
        steps=[
            commit("one", p=variants(a="A", b="B"), q="Q"),
            apply(),
            ui_delete(2),
            commit("two", p=variants(a="C", b="B")),
        ],
        plan=[update(GIT, post("C", "a", by="two"), post("B", "b", by="two"))],
        drift=2,
    ),
    Situation(
        name="deleted and made again, same numbers",
        says="The cache does not take new versions for old ones of the same number.",
        steps=[*TWICE, warm, ui_delete(), ui_create("U1"), ui_create("U2", LIVE)],
        plan=[update(REMOTE, post("B", LIVE, by="two"))],
        needs=OVERWRITE,
        drift=2,
    ),
    Situation(
        name="deleted and made again, same numbers, then reverted",
        says="A label is never moved to what used to be a version's content.",
        steps=[*TWICE, warm, ui_delete(), ui_create("U1"), ui_create("B", LIVE), warm, revert()],
        plan=[update(GIT, post("A", LIVE, by='Revert "two"'))],
    ),
    Situation(
        name="deleted and made again with the same content",
        says="A prompt that somebody restored is right.",
        steps=[*TWICE, warm, ui_delete(), ui_create("A"), ui_create("B", LIVE)],
    ),
    Situation(
        name="newest version deleted and made again",
        says="The cache does not take the new version for the one that was deleted.",
        steps=[*TWICE, warm, ui_delete(2), ui_create("U", LIVE)],
        plan=[update(REMOTE, post("B", LIVE, by="two"))],
        needs=OVERWRITE,
        drift=2,
    ),
    Situation(
        name="newest version deleted and made again, label on the older one",
        says="The cache does not offer the version that was deleted.",
        steps=[*TWICE, warm, ui_move(LIVE, 1), warm, ui_delete(2), ui_create("U")],
        plan=[update(GIT, post("B", LIVE, by="two"))],
    ),
    Situation(
        name="somebody's version took the label, Git's deleted",
        says="A label on a person's version is that person's, marker or not.",
        steps=[*TWICE, warm, ui_create("U", LIVE), ui_delete(2), commit("three", p="C")],
        plan=[update(REMOTE, post("C", LIVE, by="three"))],
        needs=OVERWRITE,
        drift=2,
    ),
    Situation(
        name="marker's content edited away in Git, label taken away",
        says="A label that is gone and an edited file are a conflict.",
        steps=[*ONCE, warm, ui_create("U", LIVE), ui_delete(2), commit("two", p="B")],
        plan=[update(CONFLICT, post("B", LIVE, by="two"))],
        needs=OVERWRITE,
        drift=2,
    ),
]

ROWS = [*TAGS, *TYPES, *VARIANTS, *DRAFTS, *DELETED]
