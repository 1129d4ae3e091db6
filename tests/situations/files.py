"""Commit messages, names, included files, and what is narrowed."""

from __future__ import annotations

import json

from tests.situations.environments import settings
from tests.situations.labels import LIVE, ONCE
from tests.situations.scene import SHALLOW, apply, commit, edit, git, ui_create
from tests.situations.situation import (
    GIT,
    Situation,
    create,
    delete,
    patch,
    post,
    update,
)

LONG = "x" * 600

MESSAGES = [
    Situation(
        name="subject of the commit that touched the prompt",
        says="A version is called after the commit that last touched its prompt.",
        steps=[commit("one", p="A", q="Q"), commit("two", q="R"), commit("three", {"n.txt": ""})],
        plan=[
            create(post("A", LIVE, by="one", touched="one")),
            create(post("R", LIVE, name="q", by="two", touched="two"), address="prompt/q"),
        ],
    ),
    Situation(
        name="included file edited",
        says="The file that a prompt includes is part of it.",
        steps=[
            commit("one", {"prompts/texts/a.txt": "A\n"}, p={"prompt": {"file": "texts/a.txt"}}),
            apply(),
            commit("two", {"prompts/texts/a.txt": "B\n"}),
            commit("three", {"n.txt": ""}),
        ],
        plan=[update(GIT, post("B", LIVE, by="two", touched="two"))],
    ),
    Situation(
        name="included file edited back",
        says="An included file that is reverted moves the label back.",
        steps=[
            commit("one", {"prompts/texts/a.txt": "A\n"}, p={"prompt": {"file": "texts/a.txt"}}),
            apply(),
            commit("two", {"prompts/texts/a.txt": "B\n"}),
            apply(),
            commit("three", {"prompts/texts/a.txt": "A\n"}),
        ],
        plan=[update(GIT, patch(1, LIVE))],
    ),
    Situation(
        name="message of the run",
        says="--message goes before what files and commits say.",
        steps=[commit("one", p={"prompt": "A", "commit_message": "mine"})],
        planning=("--message", "of this run"),
        plan=[create(post("A", LIVE, by="of this run"))],
    ),
    Situation(
        name="message of the file",
        says="What a file says of itself goes before its commit.",
        steps=[commit("one", p={"prompt": "A", "commit_message": "mine"})],
        plan=[create(post("A", LIVE, by="mine"))],
    ),
    Situation(
        name="message of langsync.yaml",
        says="A template says how messages are made.",
        steps=[
            commit(
                "one",
                settings(
                    commit_message="{environment}: {subject} by {author}",
                    environments={"live": {"labels": [LIVE]}},
                ),
                p="A",
            )
        ],
        plan=[create(post("A", LIVE, by="live: one by Ada"))],
    ),
    Situation(
        name="long message",
        says="A message is cut so that the stamp fits into 500 characters.",
        steps=[commit(LONG, p="A")],
        plan=[create(post("A", LIVE, by=f"{'x' * 475}…"))],
    ),
    Situation(
        name="long message of emoji",
        says="Characters count as Langfuse counts them, and none is torn.",
        steps=[commit("😀" * 300, p="A")],
        plan=[create(post("A", LIVE, by=f"{'😀' * 237}…"))],
    ),
    Situation(
        name="long message, no repository",
        says="Without a stamp a file's message is sent as it is.",
        steps=[edit(p={"prompt": "A", "commit_message": "m" * 500})],
        plan=[create(post("A", LIVE, by="m" * 500, stamp=None))],
    ),
    Situation(
        name="subject in a shallow clone",
        says="A clone of one commit knows the subject of that commit.",
        steps=[commit("one", q="Q"), commit("two", p="A", q=None), SHALLOW],
        plan=[create(post("A", LIVE, by="two"))],
    ),
]

MOVED_WITH_NAME = {
    "prompts/p.yaml": None,
    "prompts/sub/x.yaml": json.dumps({"name": "p", "prompt": "A"}),
}

NAMES = [
    Situation(
        name="file renamed, name kept",
        says="A file's path is nobody's business where it gives its name.",
        steps=[*ONCE, commit("two", MOVED_WITH_NAME)],
    ),
    Situation(
        name="file renamed, name kept, then edited",
        says="History is matched by name, not by path.",
        steps=[
            commit("one", settings(deployment_markers=False), p="A"),
            apply(),
            commit("two", MOVED_WITH_NAME),
            commit("three", {"prompts/sub/x.yaml": json.dumps({"name": "p", "prompt": "B"})}),
        ],
        plan=[update(GIT, post("B", LIVE, by="three", markers=False))],
    ),
    Situation(
        name="file renamed",
        says="A renamed file is a new prompt, and a warning tells how to keep the old one.",
        steps=[*ONCE, commit("two", p=None, r="A")],
        plan=[create(post("A", LIVE, name="r", by="two"), address="prompt/r")],
        warns="looks like p",
    ),
    Situation(
        name="file removed",
        says="What left the files stays in Langfuse, and a warning says since when.",
        steps=[commit("one", p="A", q="Q"), apply(), commit("two", p=None)],
        warns="prompt/p was removed from Git in",
    ),
    Situation(
        name="renamed_from",
        says="A renamed prompt is made under its new name; the old one stays.",
        steps=[*ONCE, commit("two", p=None, r={"prompt": "A", "renamed_from": "p"})],
        plan=[create(post("A", LIVE, name="r", by="two"), address="prompt/r")],
    ),
    Situation(
        name="renamed_from, deleting allowed",
        says="With --allow-delete the old name goes once the new one is there.",
        steps=[*ONCE, commit("two", p=None, r={"prompt": "A", "renamed_from": "p"})],
        planning=("--allow-delete",),
        plan=[
            create(post("A", LIVE, name="r", by="two"), address="prompt/r"),
            delete("p"),
        ],
    ),
    Situation(
        name="renamed_from, deleting allowed later",
        says="The old name can be deleted later.",
        steps=[*ONCE, commit("two", p=None, r={"prompt": "A", "renamed_from": "p"}), apply()],
        planning=("--allow-delete",),
        plan=[delete("p")],
    ),
    Situation(
        name="file removed, prune covers it",
        says="With --allow-delete a prompt that left the files goes, if prune covers it.",
        steps=[
            commit("one", settings(prune={"prompts": ["*"], "max_share": 1}), p="A", q="Q"),
            apply(),
            commit("two", p=None),
        ],
        planning=("--allow-delete",),
        plan=[delete("p")],
        warns="prompt/p was removed from Git in",
    ),
    Situation(
        name="renamed_from, the old one gone",
        says="A rename that is done is none.",
        steps=[
            *ONCE,
            commit("two", p=None, r={"prompt": "A", "renamed_from": "p"}),
            apply("--allow-delete"),
            commit("three", r={"prompt": "B", "renamed_from": "p"}),
        ],
        planning=("--allow-delete",),
        plan=[update(GIT, post("B", LIVE, name="r", by="three"), address="prompt/r")],
    ),
    Situation(
        name="renamed_from, never deployed",
        says="A rename of what never was deployed is a new prompt.",
        steps=[commit("one", p="A"), commit("two", p=None, r={"prompt": "A", "renamed_from": "p"})],
        plan=[create(post("A", LIVE, name="r", by="two"), address="prompt/r")],
    ),
    Situation(
        name="renamed_from, other labels",
        says="Labels that somebody put on the old name are carried to the new one.",
        steps=[
            *ONCE,
            ui_create("U", "canary"),
            commit("two", p=None, r={"prompt": "A", "renamed_from": "p"}),
        ],
        plan=[
            create(
                post("A", LIVE, name="r", by="two"),
                post("U", "canary", name="r", by="two"),
                address="prompt/r",
            )
        ],
    ),
    Situation(
        name="renamed in Git and back",
        says="A rename that is reverted before it was deployed makes no difference.",
        steps=[
            *ONCE,
            commit("two", p=None, r={"prompt": "A", "renamed_from": "p"}),
            git("revert", "--no-edit", "HEAD"),
        ],
    ),
    Situation(
        name="narrowed to one prompt",
        says="--target narrows what is planned, checked and sent.",
        steps=[
            commit("one", p="A", q="Q"),
            apply(),
            ui_create("U", LIVE),
            commit("two", p="B", q="R"),
        ],
        options=("--target", "prompt/q"),
        plan=[update(GIT, post("R", LIVE, name="q", by="two"), address="prompt/q")],
    ),
]

ROWS = [*MESSAGES, *NAMES]
