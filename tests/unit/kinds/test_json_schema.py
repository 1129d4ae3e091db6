"""Items against the schemas of their dataset."""

from __future__ import annotations

import pytest

from langsync.kinds.dataset_item.spec import ItemSpec
from langsync.kinds.json_schema import item_violations
from langsync.model import Address, Json, Resource

QUESTION = {"type": "object", "required": ["q"], "properties": {"q": {"type": "string"}}}
SCHEMAS: dict[str, Json] = {"input": QUESTION, "expected_output": {"type": "string"}}


def item(**content: Json) -> Resource[ItemSpec]:
    """An item with some fields."""
    return Resource(Address("dataset_item", "d/a"), ItemSpec(**content, id="a"))


def violations(schemas: dict[str, Json], *items: Resource[ItemSpec]) -> list[tuple[str, str]]:
    """The field and the words of every flaw."""
    return [(field, message) for _, field, message in item_violations(schemas, items)]


def test_an_item_that_satisfies_its_schemas_has_no_violation() -> None:
    """Other fields may hold anything."""
    assert (
        violations(SCHEMAS, item(input={"q": "x", "more": 1}, expected_output="", metadata=1)) == []
    )


@pytest.mark.parametrize(
    ("content", "field", "words"),
    [
        ({"input": {}, "expected_output": "x"}, "input", '"q" is a required property'),
        ({"input": {"q": 1}, "expected_output": "x"}, "input['q']", 'is not of type "string"'),
        ({"input": {"q": "x"}, "expected_output": 1}, "expected_output", "is not of type"),
        ({"input": {"q": "x"}}, "expected_output", "null is not of type"),
        ({"input": None, "expected_output": "x"}, "input", "null is not of type"),
    ],
)
def test_an_item_that_breaks_one_is_told_where_and_how(
    content: dict[str, Json], field: str, words: str
) -> None:
    """A field without a value is null to the server (recorded: dataset-schemas 5)."""
    ((name, message),) = violations(SCHEMAS, item(**content))
    assert name == field.partition("[")[0]
    assert message.startswith(f"{field} breaks the dataset's schema: ")
    assert words in message


def test_every_flaw_of_every_item_is_told() -> None:
    """With the item that it is of."""
    first, second = item(input={}, expected_output=1), item(input={"q": "x"}, expected_output=2)
    found = [(one, field) for one, field, _ in item_violations(SCHEMAS, [first, second])]
    assert found == [(first, "input"), (first, "expected_output"), (second, "expected_output")]


@pytest.mark.parametrize("schema", [None, {}, {"type": "nonsense"}])
def test_no_schema_is_broken_by_nothing(schema: Json) -> None:
    """Nor is one that is refused itself: that is told elsewhere."""
    assert violations({"input": schema}, item(input=5)) == []


def test_formats_are_not_enforced() -> None:
    """The server does not either (observed on Langfuse 4.16.0)."""
    assert (
        violations({"input": {"type": "string", "format": "email"}}, item(input="no address")) == []
    )
