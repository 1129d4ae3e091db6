"""Every refusal that was recorded of Langfuse is worded as Langfuse words it.

``refusals.jsonl`` holds, each once, the answers of 400 and above that were recorded of models,
connections, evaluators, rules, queues, dashboards, organizations and SCIM; those on prompts,
datasets, items, score configs, observations and scores stand with the other recordings.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from langsync.client.failures import from_response
from langsync.errors import (
    ForbiddenError,
    NotFoundError,
    UnauthorizedError,
    UnexpectedAnswerError,
)

HERE = Path(__file__).parent
Refusal = tuple[int, Any]


def recorded() -> list[Refusal]:
    """All answers of 400 and above: each a status and a body."""
    found: dict[str, Refusal] = {}
    for name in ("recordings.jsonl", "observability.jsonl", "refusals.jsonl"):
        for line in (HERE / name).read_text("utf-8").splitlines():
            step = json.loads(line)
            answer = step.get("response", step)
            if answer["status"] >= 400:
                refusal = (answer["status"], answer["body"])
                found.setdefault(json.dumps(refusal), refusal)
    return list(found.values())


def response(status: int, body: Any) -> httpx.Response:  # noqa: ANN401  any JSON
    if isinstance(body, str):
        kind = "text/html" if body == "<html>" else "text/plain"
        return httpx.Response(status, text=body, headers={"Content-Type": kind})
    return httpx.Response(status, json=body)


def issues(value: Any, above: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:  # noqa: ANN401
    """The path and the message of each issue that has none inside, wherever it stands."""
    if isinstance(value, list):
        for one in value:
            yield from issues(one, above)
    elif isinstance(value, dict) and isinstance(value.get("path"), list) and "message" in value:
        path = (*above, *map(str, value["path"]))
        inner = list(issues(value.get("errors", []), path))
        yield from inner or [(".".join(path), value["message"])]
    elif isinstance(value, dict):
        for one in value.values():
            yield from issues(one, above)


def test_there_are_recordings_of_every_shape() -> None:
    """So that the tests below hold something."""
    bodies = [body for _, body in recorded()]
    keys = {tuple(sorted(body)) for body in bodies if isinstance(body, dict)}
    assert len(bodies) > 400
    assert keys >= {
        ("message",),
        ("error",),
        ("error", "message"),
        ("code", "message"),
        ("code", "details", "message"),
        ("detail", "status"),
        ("detail", "schemas", "status"),
    }


def test_each_is_told_in_the_words_of_langfuse() -> None:
    """None is taken for something else than Langfuse, but a page; no issue is left out."""
    for status, body in recorded():
        error = from_response(response(status, body), "https://langfuse.example")
        assert error.status == status
        if body == "<html>":
            assert type(error) is UnexpectedAnswerError
            continue
        assert not isinstance(error, UnexpectedAnswerError), (status, body)
        if isinstance(body, str):
            assert status == 413 or body in str(error)
            continue
        texts = (body.get("message"), body.get("error"), body.get("detail"))
        assert next(text for text in texts if isinstance(text, str)).rstrip(".") in str(error)
        for path, text in issues(body):
            assert (f"{path}: {text}" if path else text) in str(error), (status, body)
        details = body.get("details")
        if isinstance(details, dict) and "field" in details:
            assert details["field"] in str(error)


def test_a_status_means_what_it_says_in_each_shape() -> None:
    """Unknown keys, what is not allowed, what does not exist."""
    kinds = {401: UnauthorizedError, 403: ForbiddenError, 404: NotFoundError}
    for status, body in recorded():
        if status in kinds and body != "<html>":
            error = from_response(response(status, body), "https://langfuse.example")
            assert type(error) is kinds[status]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (
            {"error": "This feature is not available on your current plan."},
            "not allowed: This feature is not available on your current plan.",
        ),
        (
            {"message": "Code evals are not enabled", "code": "access_denied"},
            "not allowed: Code evals are not enabled",
        ),
    ],
)
def test_a_plan_or_a_setup_is_not_called_a_fault_of_the_keys(body: Any, words: str) -> None:  # noqa: ANN401
    """Langfuse says which it is; langsync adds no reason of its own."""
    assert str(from_response(response(403, body), "https://langfuse.example")) == words


def test_issues_inside_a_union_have_their_whole_path() -> None:
    """A message without role, which is in neither branch of what a prompt may be."""
    inner = {"path": ["role"], "message": "expected string"}
    union = {"path": [0], "message": "Invalid input", "errors": [[inner]]}
    outer = {"path": ["prompt"], "message": "Invalid input", "errors": [[union]]}
    error = from_response(response(400, {"message": "Invalid", "error": [outer]}), "http://x")
    assert str(error) == "Invalid: prompt.0.role: expected string"
