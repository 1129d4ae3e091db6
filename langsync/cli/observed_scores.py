"""Scores as the command line writes them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import orjson

from langsync.cli.option_groups import option
from langsync.cli.registration import Command
from langsync.errors import AnswerLostError, ConfigError

if TYPE_CHECKING:
    from langsync.model import Json, Request

_NEGATIVE = re.compile(r"-\.?\d.*")
_TRUTHS = {"true": 1, "false": 0}


class ScoreType(StrEnum):
    """What the value of a score is."""

    NUMERIC = "numeric"
    BOOLEAN = "boolean"
    CATEGORICAL = "categorical"
    TEXT = "text"


class TakesNegativeNumbers(Command):
    """A command with an argument that may be ``-1``, which looks like an option."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - typer's own
        """Treat a negative number as a value, not as an option."""
        ctx.ignore_unknown_options = any(_NEGATIVE.fullmatch(arg) for arg in args)
        return super().parse_args(ctx, args)


_SUBJECT = "What it is on"


@dataclass(frozen=True, kw_only=True)
class ScoreOptions:
    """A score except for its name and value.

    Args:
        trace: The id of the trace it is on.
        observation: The id of the observation of that trace.
        session: The id of the session it is on.
        dataset_run: The id of the dataset run it is on.
        type: The type of its value; None to infer it.
        config_id: The id of the score config that says its type.
        comment: Why.
        metadata: More about it, a JSON object.
        id: Its id; None for a new one.
    """

    trace: Annotated[str | None, option("--trace ID", "The trace it is on.", panel=_SUBJECT)] = None
    observation: Annotated[
        str | None,
        option("--observation ID", "The observation of --trace it is on.", panel=_SUBJECT),
    ] = None
    session: Annotated[
        str | None, option("--session ID", "The session it is on.", panel=_SUBJECT)
    ] = None
    dataset_run: Annotated[
        str | None,
        option("--dataset-run ID", "The id of the dataset run it is on.", panel=_SUBJECT),
    ] = None
    type: Annotated[
        ScoreType | None,
        option(
            "--type TYPE",
            "Its type: numeric, boolean, categorical or text; else what the value looks like.",
        ),
    ] = None
    config_id: Annotated[
        str | None, option("--config-id ID", "The id of the score config that says its type.")
    ] = None
    comment: Annotated[str | None, option("--comment TEXT", "Why.")] = None
    metadata: Annotated[str | None, option("--metadata JSON", "More about it, an object.")] = None
    id: Annotated[
        str | None, option("--id ID", "Its id: one that exists is written over. Else a new one.")
    ] = None

    def request(self, name: str, value: str) -> Request:
        """The request that creates a score.

        Raises:
            ConfigError: It has no subject or several, or its value or metadata is invalid.
        """
        import uuid

        from langsync.model import Request

        subject, (score_type, written) = self._subject(), _typed(value, self.type)
        body = {"id": self.id or str(uuid.uuid4()), "name": name, "value": written, **subject}
        if self.type is not None or self.config_id is None:  # else the config says its type
            body["dataType"] = score_type.value.upper()
        more = {"configId": self.config_id, "comment": self.comment}
        more["metadata"] = _object(self.metadata)
        body |= {field: content for field, content in more.items() if content is not None}
        # with an id of our own, sending it again writes the same score again
        return Request("POST", "/scores", body, repeatable=True)

    def _subject(self) -> dict[str, str]:
        on = {"traceId": self.trace, "observationId": self.observation}
        on |= {"sessionId": self.session, "datasetRunId": self.dataset_run}
        subject = {field: target for field, target in on.items() if target is not None}
        if len(subject.keys() - {"observationId"}) != 1 or (
            "observationId" in subject and "traceId" not in subject
        ):
            raise ConfigError(
                "say what the score is on: --trace, --trace with --observation, --session or "
                "--dataset-run"
            )
        return subject


@contextmanager
def naming_id(request: Request) -> Iterator[None]:
    """Add the id with which a score can be sent again to the error if it may have been written.

    Raises:
        AnswerLostError: With that advice.
    """
    try:
        yield
    except AnswerLostError as lost:
        advice = f"Run the same command with --id {request.body['id']}: it is not written twice"
        raise lost.with_advice(advice) from None


def _typed(value: str, kind: ScoreType | None) -> tuple[ScoreType, Json]:
    """Returns the type of a score, and its value as the API takes it."""
    truth, number = _TRUTHS.get(value.lower()), _number(value)
    if kind is None:
        looks_like = ScoreType.CATEGORICAL if number is None else ScoreType.NUMERIC
        kind = looks_like if truth is None else ScoreType.BOOLEAN
    if kind is ScoreType.BOOLEAN:
        truth = {0.0: 0, 1.0: 1}.get(number) if truth is None and number is not None else truth
        if truth is None:
            raise ConfigError(f"{value!r} is not boolean: write true or false")
        return kind, truth
    if kind is not ScoreType.NUMERIC:
        return kind, value
    if number is None:
        raise ConfigError(f"{value!r} is no number")
    return kind, number


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _object(text: str | None) -> Json:
    if text is None:
        return None
    try:
        metadata = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise ConfigError(f"--metadata is no JSON: {error}") from None
    if not isinstance(metadata, dict):
        raise ConfigError('--metadata is no object: write {"key": "value"}')
    return metadata
