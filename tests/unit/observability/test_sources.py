"""What is asked of the API is what its reference has."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from langsync.errors import ConfigError
from langsync.formats import yaml
from langsync.local.endpoint import Endpoint
from langsync.local.routing import ENDPOINTS
from langsync.observability import SOURCES, ListQuery
from langsync.observability.sources import CHOICES, REPEATABLE, ListEndpoint

FILE = Path(__file__).parents[2] / "contract" / "openapi.yml.gz"
MEASURED = {"/v2/prompts": {"version"}}
"""What a real server knows and its reference does not say."""

LISTINGS = [one for source in SOURCES.values() for one in (source.v4, source.v3)]


@cache
def document() -> Mapping[str, Any]:
    """The reference of Langfuse 4.16.0."""
    (found,) = yaml.read(gzip.decompress(FILE.read_bytes()).decode(), FILE.name)
    assert isinstance(found, dict)
    return found


def parameters(path: str, method: str = "get") -> dict[str, dict[str, Any]]:
    """The query parameters of an endpoint."""
    found = document()["paths"][f"/api/public{path}"][method].get("parameters", [])
    return {one["name"]: one for one in found if one["in"] == "query"}


@pytest.mark.parametrize("listing", LISTINGS, ids=lambda one: one.path)
def test_every_parameter_is_in_the_reference(listing: ListEndpoint) -> None:
    """A server ignores what it does not know, and would give all there is."""
    known = parameters(listing.path)
    asked = {*listing.filters, listing.start, listing.end, "limit", *listing.fixed_params}
    asked |= {*listing.all_fields_params, "cursor" if listing.has_cursor else "page"}
    assert asked <= known.keys()
    for name in listing.filters:
        lists = known[name]["schema"].get("type") == "array"
        assert lists == (name == REPEATABLE and not listing.is_comma_separated)
        if listing.is_comma_separated:
            assert "comma-separated" in known[name]["description"].lower()


@pytest.mark.parametrize(
    ("name", "schema"),
    [
        ("type", "ObservationType"),
        ("level", "ObservationLevel"),
        ("source", "ScoreSource"),
        ("dataType", "ScoreDataType"),
    ],
)
def test_the_values_of_filters_are_those_of_the_reference(name: str, schema: str) -> None:
    """In any order, and in any case as they are given."""
    assert set(CHOICES[name]) == set(document()["components"]["schemas"][schema]["enum"])
    assert ListQuery(SOURCES["scores"], {name: [CHOICES[name][0].lower()]}).filters == {
        name: [CHOICES[name][0]]
    }
    with pytest.raises(ConfigError, match="there is no"):
        ListQuery(SOURCES["scores"], {name: "nonsense"})


@pytest.mark.parametrize(
    "endpoint",
    [one for one in ENDPOINTS if f"/api/public{one.path}" in document()["paths"]],
    ids=lambda one: f"{one.method} {one.path}",
)
def test_the_embedded_server_invents_no_parameter(endpoint: Endpoint) -> None:
    """What it says that it knows is in the reference of a real one."""
    known = parameters(endpoint.path, endpoint.method.lower())
    measured = MEASURED.get(endpoint.path, set())
    assert {one.name for one in endpoint.query} <= known.keys() | measured
