"""Datasets and their items, which have no markers: their history is all there is."""

from __future__ import annotations

import json
from typing import Any

from tests.situations.scene import (
    SHALLOW,
    apply,
    commit,
    edit,
    no_git,
    revert,
    ui_dataset,
    ui_delete_item,
    ui_item,
)
from tests.situations.situation import (
    GIT,
    OVERWRITE,
    OVERWRITE_UNKNOWN,
    REMOTE,
    UNKNOWN,
    Expected,
    Situation,
    create,
    post,
    put_dataset,
    put_item,
    recreate,
    update,
)

SCHEMA = {"type": "object", "properties": {"q": {"type": "string"}}}
OTHER_SCHEMA = {"type": "object", "properties": {"q": {"type": "number"}}}


def dataset(*items: tuple[str, Any], **fields: Any) -> dict[str, str | None]:
    """The file of the dataset ``d``; an item is an id and an input."""
    listed = [{"id": name, "input": given} for name, given in items]
    return {"datasets/d.yaml": json.dumps({**fields, "items": listed})}


DATASET, ITEM, OTHER = "dataset/d", "dataset_item/d/a", "dataset_item/d/b"

FULL = (commit("one", dataset(description="D", metadata={"m": 1}, input_schema=SCHEMA)), apply())


def described(origin: str, **fields: Any) -> list[Expected]:
    """The dataset is written."""
    return [update(origin, put_dataset(**fields), address=DATASET)]


DATASETS = [
    Situation(
        name="nothing there",
        says="A dataset is made before its items.",
        steps=[commit("one", dataset(("a", 1), description="D"))],
        plan=[
            create(put_dataset(description="D"), address=DATASET),
            create(put_item("a", input=1), address=ITEM),
        ],
    ),
    Situation(
        name="description edited in Git",
        says="A value that an older commit declared is Git's.",
        steps=[*FULL, commit("two", dataset(description="E"))],
        plan=described(GIT, description="E"),
    ),
    Situation(
        name="description edited in the UI",
        says="A value that no commit declared is a person's.",
        steps=[*FULL, ui_dataset(description="U")],
        plan=described(REMOTE, description="D"),
        needs=OVERWRITE,
        drift=2,
    ),
    Situation(
        name="description edited in the UI to an older one of Git",
        says="A value that some commit declared is Git's, whoever put it there.",
        steps=[
            *FULL,
            commit("two", dataset(description="E")),
            apply(),
            ui_dataset(description="D"),
        ],
        plan=described(GIT, description="E"),
    ),
    Situation(
        name="metadata edited in the UI",
        says="Metadata that no commit declared is a person's.",
        steps=[*FULL, ui_dataset(metadata={"m": 2})],
        plan=described(REMOTE, metadata={"m": 1}),
        needs=OVERWRITE,
        drift=2,
    ),
    Situation(
        name="schema edited in the UI",
        says="A schema that no commit declared is a person's.",
        steps=[*FULL, ui_dataset(inputSchema=OTHER_SCHEMA)],
        plan=described(REMOTE, inputSchema=SCHEMA),
        needs=OVERWRITE,
        drift=2,
    ),
    Situation(
        name="schema cleared in the UI",
        says="A schema that is not there is Git's to set: nothing that a person made is lost.",
        steps=[*FULL, ui_dataset(inputSchema=None)],
        plan=described(GIT, inputSchema=SCHEMA),
    ),
    Situation(
        name="a dataset made in the UI gets a description, metadata and a schema",
        says="What nobody has set is Git's to set.",
        steps=[
            ui_dataset(),
            commit("one", dataset(description="D", metadata={"m": 1}, input_schema=SCHEMA)),
        ],
        plan=described(GIT, description="D", metadata={"m": 1}, inputSchema=SCHEMA),
    ),
    Situation(
        name="description not managed, edited in the UI",
        says="A field that no file declares is left alone.",
        steps=[commit("one", dataset(metadata={})), apply(), ui_dataset(description="U")],
    ),
    Situation(
        name="description not managed, edited in the UI, then managed",
        says="The first commit that manages a field does not overwrite what a person wrote.",
        steps=[
            commit("one", dataset(metadata={})),
            apply(),
            ui_dataset(description="U"),
            commit("two", dataset(metadata={}, description="D")),
        ],
        plan=described(REMOTE, description="D"),
        needs=OVERWRITE,
        drift=2,
    ),
    Situation(
        name="description not managed, then managed",
        says="An empty field is Git's to fill.",
        steps=[
            commit("one", dataset(metadata={})),
            apply(),
            commit("two", dataset(metadata={}, description="D")),
        ],
        plan=described(GIT, description="D"),
    ),
    Situation(
        name="description edited in the UI, another field in Git",
        says="A change is as grave as the gravest of its fields.",
        steps=[
            *FULL,
            ui_dataset(description="U"),
            commit("two", dataset(description="D", metadata={"m": 2})),
        ],
        plan=described(REMOTE, description="D", metadata={"m": 2}),
        needs=OVERWRITE,
        drift=2,
    ),
    Situation(
        name="description edited in the UI, shallow clone",
        says="Where the history is cut off, an apply refuses to overwrite what may be a person's.",
        steps=[*FULL, ui_dataset(description="U"), SHALLOW],
        plan=described(UNKNOWN, description="D"),
        needs=OVERWRITE_UNKNOWN,
    ),
    Situation(
        name="description edited, no repository",
        says="Where there is no history, a plan warns that it cannot tell, and goes on.",
        steps=[edit(dataset(description="D")), no_git, apply(), edit(dataset(description="E"))],
        plan=described(UNKNOWN, description="E"),
        warns="no Git history at hand",
    ),
    Situation(
        name="description edited, no commit yet",
        says="A repository without a commit has no history.",
        steps=[edit(dataset(description="D")), apply(), edit(dataset(description="E"))],
        plan=described(UNKNOWN, description="E"),
        warns="no Git history at hand",
    ),
    Situation(
        name="somebody's dataset has the name",
        says="A first apply does not overwrite the description that a person wrote.",
        steps=[ui_dataset(description="U"), commit("one", dataset(description="D"))],
        plan=described(REMOTE, description="D"),
        needs=OVERWRITE,
        drift=2,
    ),
]

ITEMS_THERE = (commit("one", dataset(("a", 1), ("b", 2))), apply())

IN_ORDER = (commit("one", dataset(("a", 1), ("b", 2))), apply("--concurrency", "1"))
"""Items of which `b` was written last."""

ITEMS = [
    Situation(
        name="item edited in Git",
        says="What an older commit declared of an item is Git's.",
        steps=[*ITEMS_THERE, commit("two", dataset(("a", 3), ("b", 2)))],
        plan=[update(GIT, put_item("a", input=3), address=ITEM)],
    ),
    Situation(
        name="item edited in Git and back",
        says="A revert writes the old value again.",
        steps=[*ITEMS_THERE, commit("two", dataset(("a", 3), ("b", 2))), apply(), revert()],
        plan=[update(GIT, put_item("a", input=1), address=ITEM)],
    ),
    Situation(
        name="item edited in the UI",
        says="What no commit declared of an item is a person's.",
        steps=[*ITEMS_THERE, ui_item("a", input=9)],
        plan=[update(REMOTE, put_item("a", input=1), address=ITEM)],
        needs=OVERWRITE,
        drift=2,
    ),
    Situation(
        name="item edited in the UI and in Git",
        says="What no commit declared of an item stays a person's when Git goes on.",
        steps=[*ITEMS_THERE, ui_item("a", input=9), commit("two", dataset(("a", 3), ("b", 2)))],
        plan=[update(REMOTE, put_item("a", input=3), address=ITEM)],
        needs=OVERWRITE,
        drift=2,
    ),
    Situation(
        name="item given an expected output in the UI",
        says="An absent field of an item is null, and managed.",
        steps=[*ITEMS_THERE, ui_item("a", expectedOutput="x")],
        plan=[update(REMOTE, put_item("a", input=1, expectedOutput=""), address=ITEM)],
        needs=OVERWRITE,
        drift=2,
    ),
    Situation(
        name="item edited in the UI, shallow clone",
        says="Where the history is cut off, nobody knows who edited an item.",
        steps=[*ITEMS_THERE, ui_item("a", input=9), SHALLOW],
        plan=[update(UNKNOWN, put_item("a", input=1), address=ITEM)],
        needs=OVERWRITE_UNKNOWN,
    ),
    Situation(
        name="item deleted in the UI",
        says="An item that is gone while others of its commit are there was deleted.",
        steps=[*IN_ORDER, ui_delete_item("a")],
        plan=[recreate(put_item("a", input=1), address=ITEM)],
        needs=OVERWRITE,
        drift=2,
    ),
    Situation(
        name="item deleted in the UI, then edited in Git",
        says="That Git went on since does not hide that somebody deleted an item.",
        steps=[*IN_ORDER, ui_delete_item("a"), commit("two", dataset(("a", 3), ("b", 2)))],
        plan=[recreate(put_item("a", input=3), address=ITEM)],
        needs=OVERWRITE,
        drift=2,
    ),
    Situation(
        name="item deleted by Git and declared again",
        says="What Git took out and langsync deleted comes back without a question.",
        steps=[
            commit("one", dataset(("a", 1), ("b", 2), ("c", 3), prune="delete")),
            apply("--concurrency", "1"),
            commit("two", dataset(("b", 2), ("c", 3), prune="delete")),
            apply("--allow-prune", "1"),
            commit("three", dataset(("a", 1), ("b", 2), ("c", 3), prune="delete")),
        ],
        plan=[create(put_item("a", input=1), address=ITEM)],
        drift=2,
    ),
    Situation(
        name="item whose first apply was narrowed",
        says="An item that no apply has written yet is created, whatever others are there.",
        steps=[
            commit("one", dataset(("a", 1), ("b", 2))),
            apply("--target", OTHER),
        ],
        plan=[create(put_item("a", input=1), address=ITEM)],
        drift=2,
    ),
    Situation(
        name="all items deleted in the UI",
        says="The dataset itself tells that its items were there.",
        steps=[
            commit("one", dataset(("a", 1), description="D")),
            apply(),
            ui_delete_item("a"),
        ],
        plan=[create(put_item("a", input=1), address=ITEM)],
        drift=2,
    ),
    Situation(
        name="item not deployed yet",
        says="A new item in Git is no drift.",
        steps=[
            commit("one", dataset(("a", 1))),
            apply(),
            commit("two", dataset(("a", 1), ("b", 2))),
        ],
        plan=[create(put_item("b", input=2), address=OTHER)],
    ),
    Situation(
        name="item not deployed yet, prompt of an older commit is",
        says="A new item is no drift, whatever else was deployed before.",
        steps=[
            commit("one", dataset(("a", 1)), p="A"),
            apply(),
            commit("two", dataset(("a", 1), ("b", 2)), p="B"),
        ],
        plan=[
            create(put_item("b", input=2), address=OTHER),
            update(GIT, post("B", "production", by="two")),
        ],
    ),
    Situation(
        name="item archived in the UI",
        says="An item that somebody archived is a person's change.",
        steps=[*ITEMS_THERE, ui_item("a", status="ARCHIVED")],
        plan=[update(REMOTE, put_item("a", input=1), address=ITEM)],
        needs=OVERWRITE,
        drift=2,
    ),
    Situation(
        name="item removed from Git",
        says="An item that left the files stays.",
        steps=[*ITEMS_THERE, commit("two", dataset(("a", 1)))],
        warns="dataset_item/d/b was removed from Git in",
    ),
    Situation(
        name="item in a file of items edited in Git",
        says="Items in JSON Lines have a history, too.",
        steps=[
            commit(
                "one",
                {
                    "datasets/d.yaml": "items_from: [d.jsonl]",
                    "datasets/d.jsonl": '{"id": "a", "input": 1}\n',
                },
            ),
            apply(),
            commit("two", {"datasets/d.jsonl": '{"id": "a", "input": 2}\n'}),
        ],
        plan=[update(GIT, put_item("a", input=2), address=ITEM)],
    ),
    Situation(
        name="item moved to a file of items, then edited",
        says="An item is known by its id, wherever it is declared.",
        steps=[
            *ITEMS_THERE,
            commit(
                "two",
                {
                    "datasets/d.yaml": "items_from: [d.jsonl]",
                    "datasets/d.jsonl": '{"id": "a", "input": 3}\n{"id": "b", "input": 2}\n',
                },
            ),
        ],
        plan=[update(GIT, put_item("a", input=3), address=ITEM)],
    ),
]

ROWS = [*DATASETS, *ITEMS]
