"""Every operation of a real server's API reference: listed, described, called with an example."""

from __future__ import annotations

import gzip
from functools import cache
from pathlib import Path

import pytest

from langsync.api import Operation, Reference, prepare
from langsync.cli.api_reference import example
from langsync.errors import ConfigError
from langsync.formats import yaml

FILE = Path(__file__).parents[2] / "contract" / "openapi.yml.gz"


@cache
def reference() -> Reference:
    """The one of Langfuse 4.16.0."""
    (document,) = yaml.read(gzip.decompress(FILE.read_bytes()).decode(), FILE.name)
    return Reference(document)


def text(value: object) -> str:
    """A value as a command line has it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def given(one: Operation) -> dict[str, list[str]]:
    """Examples of the parameters that it needs."""
    schemas = reference().schemas
    return {p.name: [text(schemas.example(p.schema))] for p in one.parameters if p.required}


def test_all_operations_are_there() -> None:
    """As many as the document has, each with a name of its own."""
    count = sum(len(methods) for methods in reference().document["paths"].values())
    assert len(reference().operations) == count == 114


@pytest.mark.parametrize("name", sorted(reference().operations))
def test_an_example_of_each_operation_is_a_good_call(name: str) -> None:
    """And without a parameter that it needs, or with one that it has not, it is none."""
    one, schemas = reference().find(name), reference().schemas
    assert one.summary
    assert example(reference(), one).startswith("langsync api ")
    assert all(line.strip() for line in schemas.shape(one.answer or {}))
    body = None if one.body is None else schemas.example(one.body)
    call = prepare(reference(), one, given(one), body)
    assert "{" not in call.path
    found = reference().at(call.method, call.path)
    assert found is not None
    assert found.id == name or found.path.count("{") >= one.path.count("{")
    with pytest.raises(ConfigError, match="there is no --nonsense"):
        prepare(reference(), one, {**given(one), "nonsense": ["1"]}, body)
    for missing in given(one):
        fewer = {key: value for key, value in given(one).items() if key != missing}
        with pytest.raises(ConfigError, match=f"--{missing} is missing"):
            prepare(reference(), one, fewer, body)


@pytest.mark.parametrize("name", [n for n, o in sorted(reference().operations.items()) if o.body])
def test_a_body_lacks_nothing_that_it_needs(name: str) -> None:
    """Each required field is missed."""
    one, schemas = reference().find(name), reference().schemas
    body = schemas.example(one.body or {})
    for field in schemas.required(one.body or {}):
        fewer = {key: value for key, value in body.items() if key != field}
        with pytest.raises(ConfigError, match=field):
            prepare(reference(), one, given(one), fewer)
    with pytest.raises(ConfigError, match="body"):
        prepare(reference(), one, given(one), None)
    with pytest.raises(ConfigError, match="body"):
        prepare(reference(), one, given(one), 5)


@pytest.mark.parametrize(
    ("name", "successor"),
    [
        ("scores_get-many", "GET /v3/scores"),
        ("legacy_observationsV1_getMany", "GET /v2/observations"),
        ("legacy_metricsV1_metrics", "GET /v2/metrics"),
        ("datasets_getRuns", "GET /experiments"),
        ("trace_list", "GET /v2/observations"),
        ("ingestion_batch", "POST /otel/v1/traces"),
        ("datasets_deleteRun", ""),
        ("prompts_list", ""),
    ],
)
def test_a_deprecated_operation_names_its_successor(name: str, successor: str) -> None:
    """As its description does."""
    assert reference().find(name).successor == successor


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("observations_getMany", {"limit": ["many"]}),
        ("observations_getMany", {"level": ["WARN"]}),
        ("observations_getMany", {"isRootObservation": ["maybe"]}),
        ("observations_getMany", {"limit": ["1", "2"]}),
        ("observations_getMany", {"limmit": ["1"]}),
    ],
)
def test_a_parameter_of_another_type_is_refused(name: str, words: dict[str, list[str]]) -> None:
    """With its name, and what is allowed or near."""
    with pytest.raises(ConfigError, match=f"--{next(iter(words))}"):
        prepare(reference(), reference().find(name), words, None)


def test_a_name_that_is_near_is_named() -> None:
    """And the case of a name is of no matter."""
    with pytest.raises(ConfigError, match="did you mean trace_list"):
        reference().find("trace_lst")
    assert reference().find("TRACE_LIST").id == "trace_list"
