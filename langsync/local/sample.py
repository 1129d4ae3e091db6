"""Sample data: traces of a support assistant, and scores on them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any, Final

import orjson

from langsync.local.javascript import iso
from langsync.local.observations import StoredObservation, put_observations
from langsync.local.scores import StoredScore, put_scores

if TYPE_CHECKING:
    from collections.abc import Iterator

    from langsync.local.store import LocalStore

START: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""When the first trace begins; another follows about every minute."""

_QUESTIONS: Final = (
    ("How long can I return an item?", "You can return it within 30 days."),
    ("Where is my order?", "It left our warehouse and arrives tomorrow."),
    ("Can I change my address?", "Yes, under Account, Addresses, until the order is sent."),
    ("Do you ship to Norway?", "Yes, in 3 to 5 days."),
    ("Wie lange dauert die Lieferung?", "Zwei bis drei Tage."),
)
_MODELS: Final = (("gpt-4o-mini", "1.5e-7", "6e-7"), ("gpt-4o", "2.5e-6", "1e-5"))
_STEPS: Final = (
    ("RETRIEVER", "search-articles"),
    ("SPAN", "answer"),
    ("GENERATION", "llm"),
    ("TOOL", "look-up-order"),
    ("GENERATION", "check-tone"),
)
_PLAIN: Final[dict[str, Any]] = {
    "statusMessage": "",
    "version": "",
    "bookmarked": False,
    "public": False,
    "completionStartTime": None,
    "timeToFirstToken": None,
    "model": "",
    "internalModelId": "",
    "modelParameters": {},
    "usageDetails": {},
    "costDetails": {},
    "usagePricingTierId": None,
    "usagePricingTierName": None,
    "promptId": None,
    "promptName": None,
    "promptVersion": None,
    "modelId": None,
    "inputPrice": None,
    "outputPrice": None,
    "totalPrice": None,
}


@dataclass(frozen=True, slots=True)
class Sample:
    """The size of the sample data; equal numbers and seeds make equal data.

    Args:
        observations: The number of observations, one to six per trace.
        scores: The number of scores, on traces and on observations.
        seed: The seed of the random values.
    """

    observations: int
    scores: int = 0
    seed: int = 0


def fill(store: LocalStore, project: str, sample: Sample) -> None:
    """Adds sample observations and scores to a project, unless it has some already.

    Args:
        store: The database.
        project: The id of the project.
        sample: The size of the sample data.
    """
    sql = """SELECT 1 FROM observations WHERE project = ?
             UNION ALL SELECT 1 FROM scores WHERE project = ? LIMIT 1"""
    with store.lock:
        if store.row(sql, (project, project)) is None:
            put_observations(store, project, observations(sample))
            put_scores(store, project, scores(sample))


def observations(sample: Sample) -> Iterator[StoredObservation]:
    """Yields the sample observations, oldest trace first."""
    random = Random(sample.seed)  # noqa: S311 - no secret
    number = left = 0
    while left < sample.observations:
        trace = _trace(random, number)[: sample.observations - left]
        yield from trace
        left += len(trace)
        number += 1


def scores(sample: Sample) -> Iterator[StoredScore]:
    """Yields the sample scores, in the order of their observations."""
    random = Random(f"scores {sample.seed}")  # noqa: S311 - no secret
    count = 0
    while count < sample.scores:
        previous_count = count
        for observation in observations(sample):
            for score in _scores(random, observation):
                if count == sample.scores:
                    return
                yield replace(score, id=f"{count:08x}{random.getrandbits(64):016x}")
                count += 1
        if count == previous_count:
            return  # there is nothing to score


def _trace(random: Random, number: int) -> list[StoredObservation]:
    """Returns the observations of a trace: a question, the steps to its answer, the model calls."""
    trace_start = START + timedelta(minutes=number, milliseconds=random.randrange(50_000))
    question, answer = random.choice(_QUESTIONS)
    trace = f"{number:08x}{random.getrandbits(96):024x}"
    common_fields = {
        "level": "DEFAULT",
        "environment": random.choice(("default", "default", "production", "staging")),
        "userId": f"user-{random.randrange(200)}",
        "sessionId": f"session-{number // 3}",
        "traceName": "support-chat",
        "tags": ["support"],
        "release": f"1.{number // 1000}.0",
    }
    observations = [_root(trace, trace_start, {**_PLAIN, **common_fields}, question, answer)]
    parent = observations[0].id
    for index, (kind, name) in enumerate(_STEPS[: random.randrange(len(_STEPS) + 1)], 1):
        start = trace_start + timedelta(milliseconds=index * 120)
        fields = {**_PLAIN, **common_fields, "type": kind, "name": name}
        fields |= _model(random, question, answer, start) if kind == "GENERATION" else {}
        fields |= _io(kind, question, answer, number)
        fields |= _times(start, random.randrange(20, 900))
        observation = StoredObservation(
            f"{random.getrandbits(64):016x}", trace, iso(start), fields, parent_id=parent
        )
        observations.append(observation)
        parent = observation.id if kind == "SPAN" else parent
    return observations


def _root(
    trace: str, begin: datetime, fields: dict[str, Any], question: str, answer: str
) -> StoredObservation:
    root_fields = {
        "type": "SPAN",
        "name": "support-chat",
        "input": _json({"question": question, "channel": "web"}),
        "output": _json({"answer": answer}),
        "metadata": {"scope.name": "langfuse-sdk", "article": f"{question} {answer} " * 8},
    }
    return StoredObservation(
        trace[:16], trace, iso(begin), {**fields, **root_fields, **_times(begin, 1500)}
    )


def _model(random: Random, question: str, answer: str, start: datetime) -> dict[str, Any]:
    model, input_price, output_price = random.choice(_MODELS)
    usage = {"input": 10 + len(question) // 4, "output": 1 + len(answer) // 4}
    costs = {"input": usage["input"] * float(input_price)}
    costs["output"] = usage["output"] * float(output_price)
    return {
        "model": model,
        "internalModelId": f"model-{model}",
        "modelId": f"model-{model}",
        "modelParameters": {"temperature": 0.2},
        "inputPrice": input_price,
        "outputPrice": output_price,
        "usageDetails": {**usage, "total": sum(usage.values())},
        "costDetails": {**costs, "total": sum(costs.values())},
        "usagePricingTierId": f"model-{model}_tier_default",
        "usagePricingTierName": "Standard",
        "completionStartTime": iso(start + timedelta(milliseconds=15)),
        "timeToFirstToken": 0.015,
        "promptName": "support/greeting",
        "promptVersion": 1,
    }


def _io(kind: str, question: str, answer: str, number: int) -> dict[str, Any]:
    """Returns input, output and metadata: raw strings as applications send, JSON or not."""
    input_: object = question
    output = answer
    if kind == "GENERATION":
        input_ = [{"role": "system", "content": "You help."}, {"role": "user", "content": question}]
    elif kind == "TOOL":
        input_, output = {"order": number}, _json({"status": "sent", "order": number})
    elif kind == "RETRIEVER":
        output = _json([{"title": question, "score": 0.5}])
    raw = input_ if isinstance(input_, str) else _json(input_)
    return {"input": raw, "output": output, "metadata": {"scope.name": "langfuse-sdk"}}


def _times(start: datetime, milliseconds: int) -> dict[str, str]:
    end = iso(start + timedelta(milliseconds=milliseconds))
    return {"endTime": end, "createdAt": end, "updatedAt": end}


def _scores(random: Random, observation: StoredObservation) -> Iterator[StoredScore]:
    """Yields the quality of a generation, and whether a trace was helpful and in what tone."""
    timestamp = observation.fields["endTime"]
    base = StoredScore("", timestamp, "quality", trace_id=observation.trace_id)
    base = replace(base, environment=observation.fields["environment"])
    if observation.fields["name"] == "llm":
        value = round(random.random(), 2)
        yield replace(base, value=value, source="EVAL", observation_id=observation.id)
    if observation.parent_id is None and random.random() < 0.5:
        helped = {"data_type": "BOOLEAN", "value": float(random.random() < 0.7)}
        yield replace(base, name="helpful", comment="thumbs", **helped)  # type: ignore[arg-type]
        tone = random.choice(("kind", "neutral", "rude"))
        yield replace(
            base, name="tone", data_type="CATEGORICAL", value=0.0, string_value=tone, source="EVAL"
        )


def _json(value: object) -> str:
    return orjson.dumps(value).decode()
