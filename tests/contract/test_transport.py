"""Keys, methods, paths and bodies."""

from __future__ import annotations

import httpx
import pytest


def test_health_needs_no_keys(host: str) -> None:
    """It tells the version."""
    answer = httpx.get(f"{host}/api/public/health")
    assert answer.status_code == 200
    assert answer.json()["status"] == "OK"
    assert answer.json()["version"]


def test_the_keys_belong_to_one_project(api: httpx.Client) -> None:
    """With id, name and organization."""
    (project,) = api.get("/projects").json()["data"]
    assert project["id"]
    assert project["name"]
    assert {"id", "name"} <= project["organization"].keys()


def test_unknown_keys_are_a_401(host: str) -> None:
    """The message speaks of credentials."""
    answer = httpx.get(f"{host}/api/public/projects", auth=("pk-lf-bad", "sk-lf-bad"))
    assert answer.status_code == 401
    assert answer.json()["message"].startswith("Invalid credentials")


def test_a_request_without_keys_is_a_401(host: str) -> None:
    """Named as such."""
    answer = httpx.get(f"{host}/api/public/v2/prompts")
    assert answer.status_code == 401
    assert answer.json() == {"message": "No authorization header", "error": "UnauthorizedError"}


@pytest.mark.parametrize(
    ("method", "path"),
    [("PUT", "/v2/prompts"), ("DELETE", "/v2/datasets/x"), ("DELETE", "/score-configs/x")],
)
def test_a_method_that_an_endpoint_does_not_have_is_a_405(
    api: httpx.Client, method: str, path: str
) -> None:
    """In JSON; datasets and score configs cannot be deleted."""
    assert api.request(method, path).status_code == 405


def test_an_unknown_path_is_a_page(api: httpx.Client) -> None:
    """A 404 in HTML, not in JSON."""
    answer = api.get("/no-such-endpoint")
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")


def test_malformed_json_is_refused_in_plain_text(api: httpx.Client) -> None:
    """Not in JSON."""
    headers = {"Content-Type": "application/json"}
    answer = api.post("/v2/prompts", content=b"{bad", headers=headers)
    assert (answer.status_code, answer.text) == (400, "Invalid JSON")


def test_a_body_past_one_megabyte_is_a_413(api: httpx.Client, unique: str) -> None:
    """For prompts."""
    answer = api.post("/v2/prompts", json={"name": unique, "prompt": "x" * 1024 * 1024})
    assert answer.status_code == 413


def test_an_item_may_be_larger_than_a_prompt(api: httpx.Client, dataset: str) -> None:
    """Up to four and a half megabytes."""
    for size, status in ((4_000_000, 200), (4_800_000, 413)):
        item = {"datasetName": dataset, "input": "x" * size}
        assert api.post("/dataset-items", json=item).status_code == status


def test_a_slash_in_a_name_is_encoded(api: httpx.Client) -> None:
    """A plain one leads to another path."""
    encoded, plain = api.get("/v2/prompts/no%2Fsuch"), api.get("/v2/prompts/no/such")
    assert encoded.json()["message"] == "Prompt not found: 'no/such' with label 'production'"
    assert plain.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize(
    "path", ["/traces", "/observations", "/sessions", "/v2/scores", "/datasets/x/runs"]
)
def test_endpoints_of_version_3_are_gone(api: httpx.Client, path: str) -> None:
    """Servers in the v4 mode say so; older ones still have them."""
    answer = api.get(path, params={"limit": 1})
    if answer.status_code == 200:
        pytest.skip("the host is a Langfuse 3")
    assert answer.status_code == 404
    assert "not available" in answer.json()["message"]


def test_the_reference_is_served(host: str) -> None:
    """As OpenAPI in YAML, with the prompts in it."""
    answer = httpx.get(f"{host}/generated/api/openapi.yml")
    assert answer.status_code == 200
    assert "/api/public/v2/prompts" in answer.text
