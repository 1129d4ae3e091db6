"""Datasets: what files declare, and the calls that make them right in an order that works."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from langsync.kinds.base import Proposal, View
from langsync.kinds.dataset import KIND
from langsync.kinds.dataset_item.dataset_spec import DatasetSpec, DatasetState
from langsync.kinds.dataset_item.state import ItemState
from langsync.kinds.dataset_item.values import item_address
from langsync.model import Action, Address, Json, Request, Resource, State, fields_of
from tests.unit.repository import problems, resources

ADDRESS = Address("dataset", "d")
NUMBER = {"type": "number"}
STRING = {"type": "string"}


def declared(**content: Json) -> Resource[DatasetSpec]:
    return Resource(ADDRESS, DatasetSpec(**content))


def fetched(**content: Json) -> Resource[DatasetState]:
    return Resource(ADDRESS, DatasetState(**content))


def item(
    value: Json, name: str = "a", dataset: str = "d", output: Json = None
) -> Resource[ItemState]:
    """An item, declared and fetched alike."""
    content = ItemState(name, dataset, value, output)
    needs = (Address("dataset", dataset),)
    return Resource(item_address(dataset, name), content, needs=needs)


def propose(
    want: Resource[DatasetSpec],
    there: Resource[DatasetState] | None,
    items: tuple[Resource, ...] = (),
    stored: tuple[Resource, ...] = (),
) -> Proposal | None:
    """How to make a dataset right, with declared items and stored ones."""
    view = View(State([want, *items]), State([*([there] if there else []), *stored]))
    return KIND.compare(want, there, view)


def bodies(requests: tuple[Request, ...]) -> list[Json]:
    """The bodies of upserts, without the name."""
    for request in requests:
        assert (request.method, request.path, request.repeatable) == ("POST", "/v2/datasets", True)
        assert request.body["name"] == "d"
    return [{key: value for key, value in one.body.items() if key != "name"} for one in requests]


def content(folder: Path, text: str) -> dict[str, Any]:
    """What one dataset file declares."""
    return dict(fields_of(resources(folder, {"datasets/d.yaml": text})["dataset/d"].content))


def test_what_is_absent_is_not_managed(folder: Path) -> None:
    """What is cleared is."""
    assert content(folder, "items: []\n") == {}
    text = "description: ''\nmetadata: {}\ninput_schema: null\nexpected_output_schema:\n"
    assert content(folder, text) == {
        "description": "",
        "metadata": {},
        "input_schema": None,
        "expected_output_schema": None,
    }


def test_a_file_can_say_everything(folder: Path) -> None:
    """Numbers have one form."""
    text = """
        description: Questions
        metadata: {owner: support, weight: 1.0}
        input_schema: {type: number, minimum: 0.0}
        """
    assert content(folder, text) == {
        "description": "Questions",
        "metadata": {"owner": "support", "weight": 1},
        "input_schema": {"type": "number", "minimum": 0},
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("metadata:\n", "1:1: metadata cannot be null in Langfuse: write {} to clear it"),
        ("description:\n", "1:1: description cannot be null in Langfuse: write '' to clear it"),
        ("input_schema: [1]\n", "1:15: input_schema must be a mapping, not a list"),
        ("input_schema: {type: x}\n", "1:15: input_schema: Langfuse would refuse this schema: "),
        (
            "input_schema: {type: object, required: [q]}\n",
            "would refuse this schema: required property q is not defined",
        ),
        ("input_schema: {$schema: 'x'}\n", "would refuse this schema: $schema must be draft-07"),
        ("name: a//b\n", "1:7: dataset name must not have two slashes in a row"),
        ('description: "\\0"\n', "1:14: description: the text has a NUL character"),
        ('metadata: {a: ["\\0"]}\n', "1:16: metadata.a[0]: the text has a NUL character"),
        ("item: []\n", "1:1: unknown key 'item': did you mean 'items'?"),
        (
            "input_schema: {type: number}\nitems:\n  - {id: a, input: x}\n",
            "3:5: input breaks the dataset's schema: ",
        ),
    ],
)
def test_what_is_wrong_is_found_with_its_place(folder: Path, text: str, words: str) -> None:
    """In words that say what to do."""
    (problem,) = problems(folder, {"datasets/d.yaml": text})
    assert words in problem


@pytest.mark.parametrize("name", ["new", "a|b", " spaces ", "a/b", "ünï"])
def test_names_that_prompts_cannot_have(folder: Path, name: str) -> None:
    """Recorded: dataset-names."""
    found = resources(folder, {"datasets/d.yaml": f"name: {json.dumps(name)}\n"})
    assert list(found) == [f"dataset/{name}"]


def test_a_dataset_that_is_not_there_is_created_whole() -> None:
    """With what is managed."""
    want = declared(description="x", input_schema=NUMBER, expected_output_schema=None)
    proposal = propose(want, None, (item(1),))
    assert proposal is not None
    assert (proposal.action, proposal.before, proposal.closing) == (Action.CREATE, None, ())
    assert bodies(proposal.requests) == [
        {"description": "x", "inputSchema": NUMBER, "expectedOutputSchema": None}
    ]


@pytest.mark.parametrize(
    ("want", "there"),
    [
        ({}, {"description": "x", "metadata": 1, "input_schema": NUMBER}),
        ({"description": "x"}, {"description": "x", "metadata": 1}),
        ({"description": "", "metadata": {}}, {}),
        ({"input_schema": None}, {}),
        ({"metadata": {"a": 1, "b": 2}}, {"metadata": {"b": 2, "a": 1}}),
    ],
)
def test_nothing_is_sent_where_nothing_differs(
    want: dict[str, Json], there: dict[str, Json]
) -> None:
    """What is not managed does not count; never set is as good as cleared."""
    assert propose(declared(**want), fetched(**there)) is None


@pytest.mark.parametrize(
    ("want", "there", "body"),
    [
        ({"description": ""}, {"description": "x"}, {"description": ""}),
        ({"metadata": {}}, {"metadata": {"a": 1}}, {"metadata": {}}),
        ({"metadata": {"a": 1}}, {"metadata": {"a": True}}, {"metadata": {"a": 1}}),
        ({"metadata": ""}, {"metadata": "x"}, {"metadata": ""}),
        ({"metadata": []}, {}, {"metadata": []}),
        ({"metadata": 0}, {"metadata": False}, {"metadata": 0}),
        ({"input_schema": None}, {"input_schema": NUMBER}, {"inputSchema": None}),
        ({"description": "a", "metadata": 1}, {"description": "b", "metadata": 1},
         {"description": "a"}),
    ],
)  # fmt: skip
def test_only_what_differs_is_sent(
    want: dict[str, Json], there: dict[str, Json], body: dict[str, Json]
) -> None:
    """What is left out keeps its value."""
    proposal = propose(declared(**want), fetched(**there))
    assert proposal is not None
    assert (proposal.action, bodies(proposal.requests), proposal.closing) == (
        Action.UPDATE,
        [body],
        (),
    )
    assert (proposal.before, proposal.after) == ({key: there.get(key) for key in want}, want)


SET_NUMBER: Json = {"inputSchema": NUMBER}
Items = tuple[Resource, ...]
SCHEMA_ORDER: dict[str, tuple[dict[str, Json], Items, Items, list[Json], list[Json]]] = {
    "no items": ({}, (), (), [SET_NUMBER], []),
    "the stored items satisfy it": ({}, (item(2),), (item(1),), [SET_NUMBER], []),
    "the stored items will satisfy it": ({}, (item(2),), (item("x"),), [], [SET_NUMBER]),
    "new items satisfy it": ({}, (item(2, "b"),), (item(1),), [SET_NUMBER], []),
    "new items break the old one, stored ones the new": (
        {"input_schema": STRING},
        (item(2),),
        (item("x"),),
        [{"inputSchema": None}],
        [SET_NUMBER],
    ),
    "new items satisfy both": (
        {"input_schema": {"type": ["number", "null"]}},
        (item(2),),
        (item(None),),
        [],
        [SET_NUMBER],
    ),
    "items of another dataset do not count": (
        {},
        (item("x", "y", "other"),),
        (item("x", "y", "other"),),
        [SET_NUMBER],
        [],
    ),
}


@pytest.mark.parametrize("situation", SCHEMA_ORDER)
def test_a_schema_is_set_when_the_items_satisfy_it(situation: str) -> None:
    """Before them, after them, or after them with the old one cleared in between."""
    there, items, stored, opening, closing = SCHEMA_ORDER[situation]
    proposal = propose(declared(input_schema=NUMBER), fetched(**there), items, stored)
    assert proposal is not None
    assert (bodies(proposal.requests), bodies(proposal.closing)) == (opening, closing)
    assert bool(proposal.details) is bool(closing)


def test_what_else_differs_waits_with_the_schema() -> None:
    """One call, not two."""
    want = declared(description="new", input_schema=NUMBER)
    proposal = propose(want, fetched(), (item(2),), (item("x"),))
    assert proposal is not None
    assert bodies(proposal.requests) == []
    assert bodies(proposal.closing) == [{"description": "new", **SET_NUMBER}]


def test_only_the_schemas_that_change_are_cleared() -> None:
    """The other one holds all along."""
    want = declared(input_schema=NUMBER, expected_output_schema=STRING)
    there = fetched(input_schema=STRING, expected_output_schema=STRING)
    proposal = propose(want, there, (item(2, output="x"),), (item("x", output="x"),))
    assert proposal is not None
    assert bodies(proposal.requests) == [{"inputSchema": None}]


def test_a_schema_that_is_cleared_needs_no_order() -> None:
    """Every item satisfies none."""
    proposal = propose(
        declared(input_schema=None), fetched(input_schema=NUMBER), (item("x"),), (item(1),)
    )
    assert proposal is not None
    assert (bodies(proposal.requests), proposal.closing) == ([{"inputSchema": None}], ())


def test_stored_items_that_no_file_declares_must_not_break_a_new_schema() -> None:
    """Nothing would make them right."""
    want = declared(input_schema=NUMBER)
    desired = State([want, item(1)])
    remote = State([fetched(), item("x"), item("y", "b")])
    (violation,) = KIND.verify(View(desired, remote))
    assert (violation.resource, violation.steps) == (want, ("input_schema",))
    assert violation.message.startswith(
        "item 'b', which is in Langfuse and not in this plan, would break it"
    )


def test_declared_items_must_not_break_a_schema_that_only_langfuse_has() -> None:
    """It is not managed, so it stays."""
    bad = item("x", "b")
    (violation,) = KIND.verify(
        View(State([declared(), item(1), bad]), State([fetched(input_schema=NUMBER)]))
    )
    assert violation.resource == bad
    assert "(the schema is in Langfuse, not in the file)" in violation.message


def test_nothing_is_wrong_with_a_dataset_that_is_not_there() -> None:
    """Its items are checked against its own schemas elsewhere."""
    assert list(KIND.verify(View(State([declared(input_schema=NUMBER), item(1)]), State()))) == []


def test_a_hundred_items_that_break_a_schema_are_told_and_the_others_counted(folder: Path) -> None:
    """Of each dataset, wherever its items stand, in the words that `verify` has as well."""
    rows = "".join(json.dumps({"id": f"i{n}", "input": "x"}) + "\n" for n in range(1150))
    text = "input_schema: {type: number}\nitems_from: [d.jsonl]\n"
    found = problems(folder, {"datasets/d.yaml": text, "datasets/d.jsonl": rows})
    told = [one for one in found if "breaks the dataset's schema" in one]
    assert [one.split(":")[1] for one in told] == [str(n) for n in range(1, 101)]
    (rest,) = [one for one in found if one not in told]
    assert rest.endswith("d.yaml:1:1: 1,050 more problems with the schemas of dataset/d")


@pytest.mark.parametrize("managed", [True, False])
def test_no_more_are_told_where_langfuse_has_the_schema_or_the_items(*, managed: bool) -> None:
    """The last one says how many more there are."""
    items = [item("x", f"i{n}") for n in range(150)]
    want = declared(input_schema=NUMBER) if managed else declared()
    there = fetched() if managed else fetched(input_schema=NUMBER)
    desired, remote = ([want], [there, *items]) if managed else ([want, *items], [there])
    *told, rest = KIND.verify(View(State(desired), State(remote)))
    assert len(told) == 100
    assert rest.message == "50 more problems with the schemas of dataset/d"


SCHEMA = {"type": "object", "properties": {"q": {"type": "string"}}, "required": ["q"]}


def test_a_schema_may_be_in_a_file_of_its_own(folder: Path) -> None:
    """JSON or YAML, relative to the dataset's; items are checked against it."""
    text = "input_schema: {file: schemas/q.json}\nitems: [{id: a, input: {q: x}}]\n"
    files = {
        "datasets/d.yaml": text,
        "datasets/schemas/q.json": json.dumps(SCHEMA),
    }
    dataset = resources(folder, files)["dataset/d"]
    assert dataset.content.input_schema == SCHEMA
    assert dataset.files == ("datasets/d.yaml", "datasets/schemas/q.json")
    (problem,) = problems(
        folder, {"datasets/d.yaml": files["datasets/d.yaml"].replace("q: x", "q: 1")}
    )
    assert "breaks the dataset's schema" in problem


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ("{file: none.json}", "d.yaml:1:22: error: there is no file 'none.json'"),
        ("{file: 5}", "d.yaml:1:22: error: input_schema.file must be a string"),
        ("{file: broken.json}", "datasets/broken.json:2:1: not valid YAML"),
        ("{file: empty.json}", "d.yaml:1:22: error: empty.json must hold one JSON Schema"),
        ("{file: list.json}", "input_schema must be a mapping, not a list"),
        ("{file: bad.json}", "Langfuse would refuse this schema"),
        ("{file: ../../x.json}", "is outside the repository"),
    ],
)
def test_what_is_wrong_with_a_file_of_a_schema_is_told(
    schema: str, words: str, folder: Path
) -> None:
    """With its place."""
    files = {
        "datasets/d.yaml": f"input_schema: {schema}\n",
        "datasets/broken.json": "{",
        "datasets/empty.json": "",
        "datasets/list.json": "[]",
        "datasets/bad.json": '{"type": "wrong"}',
    }
    found = problems(folder, files)
    assert any(words.replace("error: ", "") in one for one in found), found
