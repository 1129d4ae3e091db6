"""The API reference."""

from __future__ import annotations

from typing import Any

import httpx
from ruamel.yaml import YAML

from langsync.local import LocalServer
from langsync.local.openapi import document
from langsync.local.routing import ENDPOINTS, PREFIX


def _reference(server: LocalServer) -> httpx.Response:
    return httpx.get(f"{server.url}/generated/api/openapi.yml")


def test_the_reference_is_yaml_and_needs_no_keys(server: LocalServer) -> None:
    """What is sent is what was made."""
    answer = _reference(server)
    assert answer.headers["content-type"].startswith("text/yaml")
    assert YAML(typ="safe").load(answer.text) == document()


def test_each_endpoint_is_an_operation() -> None:
    """With an id of its own, its tag, its parameters and its answer."""
    paths: dict[str, Any] = document()["paths"]
    operations = {
        (method.upper(), path): operation
        for path, methods in paths.items()
        for method, operation in methods.items()
    }
    assert operations.keys() == {(e.method, PREFIX + e.path) for e in ENDPOINTS}
    assert len({operation["operationId"] for operation in operations.values()}) == len(ENDPOINTS)
    get = operations["GET", "/api/public/v2/prompts/{promptName}"]
    assert (get["operationId"], get["tags"]) == ("prompts_get", ["Prompts"])
    places = [(p["name"], p["in"], p["required"]) for p in get["parameters"]]
    assert places == [
        ("promptName", "path", True),
        ("version", "query", False),
        ("label", "query", False),
        ("resolve", "query", False),
    ]


def test_references_in_the_document_lead_somewhere() -> None:
    """Every request body has a schema."""
    made = document()
    bodies = [
        operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
        for methods in made["paths"].values()
        for operation in methods.values()
        if "requestBody" in operation
    ]
    schemas = {f"#/components/schemas/{name}" for name in made["components"]["schemas"]}
    assert set(bodies) == schemas
    assert len(bodies) == 8


def test_an_unchanged_reference_is_not_sent_again(server: LocalServer) -> None:
    """A client that tells its ETag gets 304 without a body."""
    tag = _reference(server).headers["etag"]
    url = f"{server.url}/generated/api/openapi.yml"
    again = httpx.get(url, headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    assert httpx.get(url, headers={"If-None-Match": '"other"'}).status_code == 200
