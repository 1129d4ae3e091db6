"""What is wrong with a body is named, with what is allowed there; what it holds is not."""

from __future__ import annotations

from typing import Any

import pytest

from langsync.api import SchemaChecker, Schemas, prepare
from langsync.errors import ConfigError
from tests.unit.api.conftest import real


def refusal(operation: str, body: Any) -> str:  # noqa: ANN401 - any JSON
    """Why a body is refused."""
    with pytest.raises(ConfigError) as error:
        prepare(real(), real().find(operation), {}, body)
    return error.value.message


@pytest.mark.parametrize(
    ("operation", "body", "words"),
    [
        (
            "scores_create",
            {"name": "s", "value": 1, "dataType": "NUMERC"},
            "dataType is not allowed: did you mean NUMERIC? (there are NUMERIC, BOOLEAN, ",
        ),
        (
            "datasetItems_create",
            {"datasetName": "d", "status": "ACTIV"},
            "status is not allowed: did you mean ACTIVE? (there are ACTIVE, ARCHIVED)",
        ),
        (
            "prompts_create",
            {"name": "x", "prompt": "a", "typ": "text"},
            "body has no field 'typ': did you mean type?",
        ),
        (
            "prompts_create",
            {"name": "x", "prompt": "a", "type": "txt"},
            "type is not allowed: did you mean text? (there are chat, text)",
        ),
        ("prompts_create", {"name": "x", "prompt": "a", "tags": "b"}, "tags is no list"),
        (
            "prompts_create",
            {"name": "x", "type": "chat", "prompt": [{"role": "user", "contnt": "hi"}]},
            "prompt.0 has no field 'contnt': did you mean content?",
        ),
        ("scores_create", {"name": "s", "value": []}, "value is none of number | string"),
        ("scores_create", {"name": "s", "value": 1, "metadata": 1}, "metadata is no object"),
        ("scores_create", [], "body is no object"),
        ("scores_create", {"value": True, "name": "s"}, "value is none of number | string"),
        (
            "comments_create",
            {"projectId": "p", "objectType": "TRACE", "objectId": "o"},
            "content is missing: string",
        ),
        ("ingestion_batch", {"batch": [{"id": "1"}]}, "batch.0.type is missing: there are"),
        (
            "ingestion_batch",
            {"batch": [{"type": "trace-create", "id": "1", "timestamp": "t", "body": {"nme": 1}}]},
            "batch.0.body has no field 'nme': did you mean name?",
        ),
    ],
)
def test_a_flaw_is_named(operation: str, body: object, words: str) -> None:
    """Its place, what is allowed, what is near."""
    assert f"  {words}" in refusal(operation, body).replace("  body: ", "  ")


def test_fields_of_an_evaluator_are_named() -> None:
    """Of one of several forms: not the whole body."""
    found = refusal("unstable_evaluators_create", {"name": "n", "type": "llm_as_judge"})
    assert "missing" in found
    assert "llm_as_judge" not in found.partition("\n")[2].replace("(there are", "")


@pytest.mark.parametrize(
    "body",
    [
        {"provider": "o", "adapter": "openai", "secretKey": {"k": "sk-SECRET"}},
        {"provider": "o", "adapter": "sk-SECRET", "secretKey": "k"},
        {"provider": "o", "adapter": "openai", "secretKey": "k", "extraHeaders": ["sk-SECRET"]},
        "sk-SECRET",
    ],
)
def test_a_value_is_never_told(body: object) -> None:
    """It may be a secret."""
    assert "SECRET" not in refusal("llmConnections_upsert", body)


def violations(schema: dict[str, Any], value: object, *, strict: bool = True) -> list[str]:
    """What is wrong with a value."""
    return list(SchemaChecker(Schemas({}), "it", strict).violations(schema, value))


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        ({"type": "integer"}, [1, -1, 2.0], [1.5, True, "1", None, float("inf")]),
        ({"type": "number"}, [1, 0.5], [False, "1"]),
        ({"type": "boolean"}, [True], [1, "true"]),
        ({"type": "string", "nullable": True}, ["a", None], [1]),
        ({"type": ["string", "null"]}, ["a", None], [1]),
        ({"type": ["string", "integer"]}, ["a", 1], [1.5, None]),
        ({"type": "integer", "minimum": 1, "maximum": 9}, [1, 9], [0, 10]),
        ({"type": "string", "minLength": 1, "maxLength": 2}, ["a", "ab"], ["", "abc"]),
        ({"type": "array", "items": {"type": "string"}, "maxItems": 1}, [["a"]], [[1], ["a", "b"]]),
        ({"const": "a"}, ["a"], ["b"]),
        ({"type": ["string", "integer"], "minLength": 1}, [5, "a"], [""]),
        ({"minimum": 0, "maxItems": 1}, ["x", {}, [1], True], [-1, [1, 2]]),
        ({"format": "date-time"}, [5, "2026-01-31T12:00:00Z"], ["x"]),
        ({"allOf": [{"type": "string"}, {"minLength": 1}]}, ["a"], [5, ""]),
        ({"allOf": [{"type": ["string", "null"]}]}, ["a", None], [5]),
        ({"allOf": [{"items": {"type": "string"}}]}, [["a"]], [[1]]),
        ({}, [1, None, {"a": 1}, []], []),
        ({"type": "object"}, [{}, {"any": 1}], [[]]),
        (
            {"type": "object", "additionalProperties": {"type": "integer"}},
            [{"a": 1}],
            [{"a": "b"}],
        ),
        (
            {"properties": {"a": {}}, "oneOf": [{"properties": {"b": {"type": "integer"}}}]},
            [{"a": 1, "b": 2}],
            [{"a": 1, "c": 2}, {"b": "x"}],
        ),
        (
            {"type": "string", "format": "date-time"},
            ["2026-01-31T12:00:00Z", "2026-01-31T12:00:00.123+02:00"],
            ["2026-01-31", "2026-13-31T12:00:00Z", "2026-01-31T12:00:00", "x"],
        ),
    ],
)
def test_schemas_mean_what_they_say(
    schema: dict[str, Any], good: list[object], bad: list[object]
) -> None:
    """Types, limits, lists, forms."""
    assert [value for value in good if violations(schema, value)] == []
    assert [value for value in bad if not violations(schema, value)] == []


LOOPS: dict[str, dict[str, Any]] = {
    "Self": {"allOf": [{"$ref": "#/components/schemas/Self"}], "properties": {"a": {}}},
    "Union": {"oneOf": [{"$ref": "#/components/schemas/Union"}, {"type": "integer"}]},
    "List": {"type": "array", "items": {"$ref": "#/components/schemas/List"}},
    "Node": {"required": ["next"], "properties": {"next": {"$ref": "#/components/schemas/Node"}}},
    "Shape": {
        "required": ["kind"],
        "properties": {"kind": {"type": "string"}},
        "oneOf": [{"$ref": "#/components/schemas/Circle"}, {"$ref": "#/components/schemas/Line"}],
    },
    "Circle": {
        "allOf": [{"$ref": "#/components/schemas/Shape"}],
        "required": ["radius"],
        "properties": {"radius": {"type": "number"}},
    },
    "Line": {
        "allOf": [{"$ref": "#/components/schemas/Shape"}],
        "required": ["length"],
        "properties": {"length": {"type": "number"}},
    },
}
"""Schemas that lead back to themselves."""


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("Self", {"a": 1}, {"b": 1}),
        ("Union", 1, None),
        ("List", [[], [[]]], [[1]]),
        ("Node", None, {"next": {}}),
        ("Shape", {"kind": "circle", "radius": 1}, {"kind": "circle", "radius": "x"}),
        ("Circle", {"kind": "circle", "radius": 1}, {"kind": "circle"}),
    ],
)
def test_a_schema_may_lead_back_to_itself(name: str, good: object, bad: object) -> None:
    """By what it takes over, by its forms, by its fields: it is checked and described."""
    schemas, schema = Schemas(LOOPS), {"$ref": f"#/components/schemas/{name}"}
    assert good is None or not list(SchemaChecker(schemas, "it").violations(schema, good))
    assert bad is None or list(SchemaChecker(schemas, "it").violations(schema, bad))
    assert schemas.type(schema)
    assert len(list(schemas.fields(schema))) < 9
    assert schemas.example(schema) is not None


def test_an_answer_may_have_more_fields() -> None:
    """A server that is newer than its reference is no fault."""
    schema = {"type": "object", "properties": {"a": {"type": "string", "format": "date-time"}}}
    assert violations(schema, {"b": 1, "a": "x"})
    assert not violations(schema, {"b": 1, "a": "x"}, strict=False)
    assert violations(schema, {"a": 1}, strict=False)
