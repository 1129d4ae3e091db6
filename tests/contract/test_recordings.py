"""Recorded exchanges with a Langfuse 4.16.0 server, replayed against the embedded one.

Each line of ``recordings.jsonl`` and ``recordings-more.jsonl`` is a request and its answer. A
scenario began on an empty project. Ids that the server made stand as ``<id:N>``, numbered as they
first appear, times as ``<time>``, the project's id as ``<project>``, pages of HTML as ``<html>``.

In a request ``<id:N>`` stands for that id, and ``<of:STEP:a.0.b>`` for what is at ``a.0.b`` in the
answer to an earlier step. A ``raw`` of ``{before, repeat, times, after}`` is a long body, and of
an answer with a ``view`` only the keys in ``keep`` are compared.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import pytest

from langsync.local import LocalServer

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|c[a-z0-9]{24}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_REFERENCE = re.compile(r"<of:(\d+):([^>]+)>")
_FILES = ("recordings.jsonl", "recordings-more.jsonl")
_STEPS = [
    json.loads(line)
    for name in _FILES
    for line in Path(__file__).with_name(name).read_text("utf-8").splitlines()
]
SCENARIOS = {
    name: list(steps) for name, steps in itertools.groupby(_STEPS, lambda step: step["scenario"])
}


class Normalizer:
    """Puts the recordings' tokens in place of ids and times."""

    def __init__(self, project: str) -> None:
        self._tokens = {project: "<project>"}

    def __call__(self, value: Any) -> Any:  # noqa: ANN401  any JSON
        if isinstance(value, dict):
            return {self(key): self(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self(item) for item in value]
        return self._text(value) if isinstance(value, str) else value

    def fill(self, value: Any, answers: Mapping[int, Any]) -> Any:  # noqa: ANN401  any JSON
        """Puts ids and earlier answers in place of the tokens of a request."""
        if isinstance(value, dict):
            return {key: self.fill(item, answers) for key, item in value.items()}
        if isinstance(value, list):
            return [self.fill(item, answers) for item in value]
        if not isinstance(value, str):
            return value
        for known, token in self._tokens.items():
            value = value.replace(token, known)
        return _REFERENCE.sub(lambda match: _part(answers[int(match[1])], match[2]), value)

    def _text(self, text: str) -> str:
        if _ID.fullmatch(text):
            return self._tokens.setdefault(text, f"<id:{len(self._tokens)}>")
        if _TIME.fullmatch(text):
            return "<time>"
        for known, token in self._tokens.items():
            text = text.replace(known, token)
        return text


def _part(answer: Any, place: str) -> str:  # noqa: ANN401  any JSON
    for step in place.split("."):
        answer = answer[int(step)] if isinstance(answer, list) else answer[step]
    return str(answer)


def send(host: str, request: dict[str, Any], keys: tuple[str, str]) -> httpx.Response:
    path = request["path"] + (
        "?" + urlencode(request["params"], doseq=True) if request.get("params") else ""
    )
    body = request.get("raw")
    if isinstance(body, dict):
        body = body["before"] + body["repeat"] * body["times"] + body["after"]
    if "json" in request:
        body = json.dumps(request["json"])
    auth = request.get("auth", keys)
    return httpx.request(
        request["method"],
        quote(f"{host}/api/public{path}", safe=":/?&=%+~"),
        content=body,
        headers={"Content-Type": "application/json"} if body is not None else {},
        auth=tuple(auth) if auth else None,
    )


def comparable(status: int, body: Any, expected: Any) -> Any:  # noqa: ANN401  any JSON
    """The part of an answer that is compared: of errors the message, and the error's name."""
    if expected == "<html>" or status == 500:
        return status
    if status < 400 or not isinstance(body, dict):
        return status, body
    named = isinstance(expected, dict) and isinstance(expected.get("error"), str)
    return status, body.get("message"), body.get("error") if named else None


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_embedded_server_answers_as_langfuse_did(
    embedded: LocalServer, keys: tuple[str, str], scenario: str
) -> None:
    """Step by step, ids and times aside."""
    normalize = Normalizer(embedded.projects[0].id)
    answers: dict[int, Any] = {}
    for step in SCENARIOS[scenario]:
        answer = send(embedded.url, normalize.fill(step["request"], answers), keys)
        is_json = answer.headers.get("content-type", "").startswith("application/json")
        body: Any = answer.json() if is_json else answer.text
        answers[step["step"]] = body
        if keep := step["request"].get("view", {}).get("keep"):
            body = {key: value for key, value in body.items() if key in keep}
        body = normalize(body)
        expected = step["response"]
        if scenario == "health-and-auth" and answer.status_code == 200:
            body = expected["body"]  # names and version are the server's own
        got = comparable(answer.status_code, body, expected["body"])
        wanted = comparable(expected["status"], expected["body"], expected["body"])
        assert got == wanted, f"step {step['step']}: {step['request']}"


def test_the_recordings_are_complete() -> None:
    """All exchanges on prompts, datasets, items and score configs are replayed."""
    assert sum(map(len, SCENARIOS.values())) == 255 + 245
