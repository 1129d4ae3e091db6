"""JSON Schemas of datasets: which are taken, and what items are told."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from langsync.formats.json_schema import schema_violation
from langsync.local.schemas import schema_errors

OBJECT = {"type": "object", "required": ["q"], "properties": {"q": {"type": "string"}}}


@pytest.mark.parametrize(
    "schema",
    [
        {},
        OBJECT,
        {"$schema": "http://json-schema.org/draft-07/schema#", **OBJECT},
        {"type": ["string", "null"], "minLength": 1},
        {"type": "string", "nullable": True, "format": "no-such-format"},
        {"type": "integer", "minimum": 1},
        {"enum": ["a", 1], "title": "t", "description": "d", "default": "a", "examples": []},
        {"type": "object", "allOf": [{"properties": {"a": {}}}, {"required": []}]},
        {"type": "object", "properties": {"a": {}}, "anyOf": [{"required": ["a"]}]},
        {"anyOf": [{"type": "string"}, {"type": "number"}]},
        {"type": "array", "items": {"type": "string"}, "contains": {"const": "a"}},
        {"type": "array", "items": [{}, {}], "minItems": 2, "additionalItems": False},
        {
            "type": "object",
            "properties": {"n": {"$ref": "#/definitions/node"}},
            "definitions": {
                "node": {"type": "object", "properties": {"n": {"$ref": "#/definitions/node"}}}
            },
        },
        {"type": "object", "propertyNames": {"pattern": "^a"}},
        {"if": {"type": "string"}, "then": {"minLength": 1, "type": "string"}},
    ],
)
def test_schemas_that_ajv_compiles_are_taken(schema: dict[str, Any]) -> None:
    """In its strict mode."""
    assert not schema_violation(schema)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "nonsense"},
        {"type": "string", "minLength": "1"},
        {"type": "object", "required": ["q"]},
        {"type": "object", "required": ["q"], "properties": {"other": {}}},
        {"type": "object", "properties": {"a": {"type": "object", "required": ["b"]}}},
        {"$schema": "https://json-schema.org/draft/2020-12/schema"},
        {"$schema": "http://json-schema.org/draft-04/schema#"},
        {"unknownKeyword": 1},
        {"type": "object", "properties": {"a": {"unknownKeyword": 1}}},
        {"properties": {"a": {}}},
        {"minimum": 1},
        {"type": "string", "minimum": 1},
        {"type": ["string", "number"]},
        {"type": "string", "anyOf": [{"type": "number"}]},
        {"nullable": True},
        {"type": "array", "items": [{}]},
        {"type": "array", "additionalItems": False},
        {"if": {"type": "string"}},
        {"then": {"type": "string"}},
        {"$ref": "#/definitions/missing"},
        {
            "type": "object",
            "properties": {"a": {"$ref": "#/definitions/b"}},
            "definitions": {"b": {"x": 1}},
        },
        {"type": "string", "pattern": "("},
    ],
)
def test_schemas_that_ajv_refuses_are_refused(schema: dict[str, Any]) -> None:
    """For a wrong form, another draft, or a rule of its strict mode."""
    assert schema_violation(schema)


@pytest.mark.parametrize(
    ("schema", "value", "path", "message"),
    [
        ({"type": "object"}, None, "/", "must be object"),
        ({"type": ["string", "null"]}, 1, "/", "must be string,null"),
        (OBJECT, {}, "/", "must have required property 'q'"),
        (OBJECT, {"q": 1}, "/q", "must be string"),
        ({"minLength": 2}, "a", "/", "must NOT have fewer than 2 characters"),
        ({"maxLength": 1}, "ab", "/", "must NOT have more than 1 characters"),
        ({"minItems": 1}, [], "/", "must NOT have fewer than 1 items"),
        ({"maxItems": 1}, [1, 2], "/", "must NOT have more than 1 items"),
        ({"minProperties": 1}, {}, "/", "must NOT have fewer than 1 properties"),
        ({"maxProperties": 0}, {"a": 1}, "/", "must NOT have more than 0 properties"),
        ({"minimum": 1}, 0, "/", "must be >= 1"),
        ({"maximum": 1.5}, 2, "/", "must be <= 1.5"),
        ({"exclusiveMinimum": 1}, 1, "/", "must be > 1"),
        ({"exclusiveMaximum": 1}, 1, "/", "must be < 1"),
        ({"multipleOf": 2}, 3, "/", "must be multiple of 2"),
        ({"pattern": "^a"}, "b", "/", 'must match pattern "^a"'),
        ({"enum": [1]}, 2, "/", "must be equal to one of the allowed values"),
        ({"const": 1}, 2, "/", "must be equal to constant"),
        ({"additionalProperties": False}, {"a": 1}, "/", "must NOT have additional properties"),
        ({"items": [{}], "additionalItems": False}, [1, 2], "/", "must NOT have more than 1 items"),
        ({"contains": {"type": "string"}}, [1], "/", "must contain at least 1 valid item(s)"),
        ({"not": {}}, 1, "/", "must NOT be valid"),
        (
            {"uniqueItems": True},
            [1, 2, 1],
            "/",
            "must NOT have duplicate items (items ## 0 and 2 are identical)",
        ),
        ({"properties": {"a": False}}, {"a": 1}, "/a", "boolean schema is false"),
        ({"items": {"type": "string"}}, ["a", 1], "/1", "must be string"),
        ({"properties": {"a/b": {"type": "string"}}}, {"a/b": 1}, "/a~1b", "must be string"),
    ],
)
def test_an_error_is_told_in_ajvs_words(
    schema: dict[str, Any], value: object, path: str, message: str
) -> None:
    """With the place of the value."""
    (error,) = schema_errors(json.dumps(schema), value)
    assert (error.path, error.message) == (path, message)


@pytest.mark.parametrize(
    ("schema", "value", "messages"),
    [
        (
            {"anyOf": [{"type": "string"}, {"minimum": 2}]},
            1,
            ["must be string", "must be >= 2", "must match a schema in anyOf"],
        ),
        ({"oneOf": [{}, {}]}, 1, ["must match exactly one schema in oneOf"]),
        (
            {"if": {"type": "number"}, "then": {"minimum": 2}},
            1,
            ["must be >= 2", 'must match "then" schema'],
        ),
        (
            {"propertyNames": {"maxLength": 1}},
            {"ab": 1},
            ["must NOT have more than 1 characters", "property name must be valid"],
        ),
    ],
)
def test_a_composition_tells_its_branches_first(
    schema: dict[str, Any], value: object, messages: list[str]
) -> None:
    """Then that none, or too many, of them matched."""
    assert [error.message for error in schema_errors(json.dumps(schema), value)] == messages


def test_only_the_first_error_is_told() -> None:
    """The type before what depends on it, then in the order of Ajv's keywords."""
    schema = json.dumps({"type": "object", "minProperties": 2, **OBJECT})
    assert [error.message for error in schema_errors(schema, [])] == ["must be object"]
    assert [error.keyword for error in schema_errors(schema, {"q": 1})] == ["minProperties"]


def test_a_value_that_matches_has_no_errors() -> None:
    """Formats are not looked at."""
    assert schema_errors(json.dumps({"type": "string", "format": "date"}), "no date") == []


def test_a_refused_schema_tells_the_first_ten_offenders(api: httpx.Client) -> None:
    """Each with its field; the dataset keeps the schema it had."""
    api.post("/v2/datasets", json={"name": "d"})
    for index in range(12):
        item = {"datasetName": "d", "id": f"i{index:02}", "input": index, "expectedOutput": index}
        api.post("/dataset-items", json=item)
    answer = api.post("/v2/datasets", json={"name": "d", "inputSchema": OBJECT})
    message = answer.json()["message"]
    assert message.startswith("Schema validation failed for 10 item(s). Details: [")
    details = json.loads(message.partition("Details: ")[2])
    assert [entry["datasetItemId"] for entry in details] == [f"i{n:02}" for n in range(10)]
    assert details[0]["errors"] == [{"path": "/", "message": "must be object", "keyword": "type"}]
    assert api.get("/v2/datasets/d").json()["inputSchema"] is None


def test_a_new_dataset_with_a_bad_schema_is_not_made(api: httpx.Client) -> None:
    """The request is refused as a whole."""
    answer = api.post("/v2/datasets", json={"name": "d", "inputSchema": {"type": "x"}})
    assert answer.json()["error"][0]["message"] == "Must be a valid JSON Schema"
    assert api.post("/v2/datasets", json={"name": "d", "inputSchema": "x"}).status_code == 400
    assert api.get("/v2/datasets/d").status_code == 404
