"""What repositories declare, and what people do in Langfuse, before a command runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Files = Mapping[str, str | None]
"""Files of a commit by their paths; None removes one."""


@dataclass(frozen=True, slots=True)
class Person:
    """A call of the API that a person's click in Langfuse's UI amounts to."""

    method: str
    path: str
    body: dict[str, Any] | None = None


def _prompt(text: str, **fields: object) -> str:
    return json.dumps({"prompt": text, **fields})


def _rows(**inputs: object) -> str:
    rows = ({"id": name.replace("_", "-"), "input": value} for name, value in inputs.items())
    return "".join(f"{json.dumps(row)}\n" for row in rows)


FIRST: Files = {
    "langsync.yaml": json.dumps({"version": 1, "project": "local"}),
    "prompts/tone.yaml": _prompt("Be kind.", tags=["shared"]),
    "prompts/answer.yaml": _prompt("@@@langfusePrompt:name=tone|label=production@@@ {{q}}"),
    "prompts/a/greeting.yaml": _prompt("Hello, {{name}}!", config={"temperature": 0.2}),
    "prompts/chat.yaml": json.dumps({"prompt": [{"system": "Hi"}, {"user": "{{q}}"}]}),
    "prompts/still.yaml": _prompt("Never changes."),
    "datasets/qa.yaml": json.dumps(
        {
            "description": "Questions",
            "prune": "delete",
            "items_from": ["qa.jsonl"],
        }
    ),
    "datasets/qa.jsonl": _rows(
        qa_1=1, qa_2={"x": 2}, qa_3=3, qa_4="four", qa_5=5, qa_6=6, qa_7=7, qa_8=8
    ),
    "score_configs/helpful.yaml": json.dumps(
        {"data_type": "numeric", "min_value": 0, "max_value": 1}
    ),
    "score_configs/kind.yaml": json.dumps({"data_type": "boolean"}),
}

SECOND: Files = {
    "prompts/tone.yaml": _prompt("Be brief.", tags=["shared", "short"]),
    "prompts/a/greeting.yaml": _prompt("Good day, {{name}}!", config={"temperature": 0.1}),
    "prompts/chat.yaml": json.dumps({"prompt": [{"system": "Hey"}, {"user": "{{q}}"}]}),
    "prompts/added.yaml": _prompt("Added: @@@langfusePrompt:name=tone|label=production@@@"),
    "datasets/qa.yaml": json.dumps(
        {
            "description": "Questions and answers",
            "metadata": {"owner": "support"},
            "prune": "delete",
            "items_from": ["qa.jsonl"],
        }
    ),
    "datasets/qa.jsonl": _rows(
        qa_1=10, qa_2={"x": 2}, qa_3=None, qa_4="fourth", qa_5=5, qa_6=60, qa_7=7, qa_9=9, qa_10=1
    ),
    "datasets/more.yaml": json.dumps({"items": [{"id": "more-1", "input": 1}]}),
    "score_configs/helpful.yaml": json.dumps(
        {"data_type": "numeric", "min_value": 0, "max_value": 5, "description": "How helpful"}
    ),
    "score_configs/terse.yaml": json.dumps({"data_type": "numeric", "min_value": 0}),
}

BACK: Files = {
    **{name: FIRST.get(name) for name in SECOND if name.startswith("prompts/")},
    "datasets/qa.jsonl": FIRST["datasets/qa.jsonl"],
    "datasets/more.yaml": json.dumps({"items": [{"id": "more-1", "input": 2}]}),
}
"""Prompts as they were: their labels go back, and ``added`` is declared no more."""

FOREIGN = (
    Person("POST", "/v2/prompts", {"name": "foreign", "prompt": "Mine", "labels": ["production"]}),
    Person("POST", "/v2/datasets", {"name": "foreign"}),
    Person("POST", "/dataset-items", {"datasetName": "foreign", "id": "mine", "input": "Mine"}),
    Person("POST", "/score-configs", {"name": "foreign", "dataType": "TEXT"}),
)
"""What somebody else keeps in the project, from the first day."""

MARKS = (
    Person("PATCH", "/v2/prompts/tone/versions/1", {"newLabels": ["beta"]}),
    Person("PATCH", "/v2/prompts/a%2Fgreeting/versions/1", {"newLabels": ["beta"]}),
)
"""Labels that people put on versions that langsync made."""

DRIFT = (
    Person("POST", "/v2/prompts", {"name": "tone", "prompt": "Be rude.", "labels": ["production"]}),
    Person("POST", "/dataset-items", {"datasetName": "qa", "id": "qa-2", "input": "edited"}),
    Person("POST", "/v2/datasets", {"name": "qa", "description": "Edited"}),
)
"""Edits of what langsync deployed."""


@dataclass(frozen=True, slots=True)
class Story:
    """What was before a command runs.

    Args:
        name: What it is called.
        deployed: The commits that were deployed, one after the other.
        head: What the newest commit changes, which is not deployed; nothing: all is.
        people: What people did since.
        commands: The names of the commands that are tried.
    """

    name: str
    deployed: tuple[Files, ...]
    head: Files
    people: tuple[Person, ...]
    commands: tuple[str, ...]


STORIES = {
    one.name: one
    for one in (
        Story("first", (), FIRST, (), ("apply", "apply", "plan")),
        Story("second", (FIRST,), SECOND, MARKS, ("apply", "apply", "apply", "plan")),
        Story("back", (FIRST, SECOND), BACK, MARKS, ("apply", "apply", "plan")),
        Story("drifted", (FIRST,), {}, DRIFT, ("plan", "drift", "pull", "refused")),
        Story("observed", (), {}, (), ("export",)),
    )
}
