"""What a situation is, and what is expected of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

from tests.conftest import Received
from tests.situations.scene import Json, Step

GIT, REMOTE, CONFLICT, UNKNOWN = "git", "remote", "conflict", "unknown"

OVERWRITE = ("--overwrite-drift",)
OVERWRITE_UNKNOWN = ("--overwrite-unknown",)
OLDER = ("--allow-older",)


@dataclass(frozen=True, slots=True)
class Expected:
    """A change that the plan is to hold.

    Args:
        action: What becomes of the address.
        origin: Who made it differ.
        requests: All that is to be sent for it.
        address: What is changed.
    """

    action: str
    origin: str
    requests: tuple[Received, ...]
    address: str = "prompt/p"


@dataclass(frozen=True, kw_only=True, slots=True)
class Situation:
    """One row of the table.

    Args:
        name: A short name.
        says: One sentence: what langsync does.
        steps: How it comes about.
        plan: The changes that ``plan`` is to hold, in their order; none by default.
        needs: The options without each of which ``apply`` sends nothing and exits with 3.
        drift: The exit code of ``drift``.
        warns: A text that a warning of the plan has.
        options: What every command is told.
        planning: What ``plan`` and ``apply`` are told besides.
        wrong: Why this does not hold yet.
    """

    name: str
    says: str
    steps: Sequence[Step]
    plan: Sequence[Expected] = ()
    needs: Sequence[str] = ()
    drift: int = 0
    warns: str = ""
    options: tuple[str, ...] = ()
    planning: tuple[str, ...] = field(default=())
    wrong: str = ""


def create(*requests: Received, address: str = "prompt/p") -> Expected:
    """What is not in Langfuse is created."""
    return Expected("create", GIT, requests, address)


def recreate(*requests: Received, address: str) -> Expected:
    """What somebody deleted in Langfuse is created again."""
    return Expected("create", REMOTE, requests, address)


def update(origin: str, *requests: Received, address: str = "prompt/p") -> Expected:
    """What is in Langfuse is changed."""
    return Expected("update", origin, requests, address)


def replace(origin: str, *requests: Received) -> Expected:
    """What is in Langfuse is deleted and created again."""
    return Expected("replace", origin, requests)


def delete(name: str) -> Expected:
    """A prompt is deleted."""
    return Expected("delete", GIT, (deleted(name),), f"prompt/{name}")


def marked(labels: Sequence[str], *, markers: bool) -> list[str]:
    """Labels, then the markers beside them."""
    return [*labels, *(f"langsync.{label}" for label in labels if markers)]


def post(
    prompt: Json,
    *labels: str,
    by: str | None,
    stamp: str | None = "HEAD",
    touched: str = "",
    name: str = "p",
    config: Json = None,
    tags: list[str] | None = None,
    markers: bool = True,
) -> Received:
    """A version is created.

    Args:
        prompt: Its content.
        labels: Its labels, without markers.
        by: Its commit message; None for none.
        stamp: The commit that it is stamped with: ``HEAD``, or its subject; None for none.
        touched: The subject of the commit that last touched the prompt, if that is another one.
        name: The prompt.
        config: Its config.
        tags: The prompt's tags.
        markers: Whether labels are marked.
    """
    body = {
        "name": name,
        "type": "text" if isinstance(prompt, str) else "chat",
        "prompt": prompt,
        "config": config or {},
        "labels": marked(labels, markers=markers),
    }
    if tags is not None:
        body["tags"] = tags
    if by is not None:
        of = f" ({touched})" if touched else ""
        body["commitMessage"] = f"{by}{of} [langsync {stamp}]" if stamp else by
    return Received("POST", "/v2/prompts", body)


def patch(version: int, *labels: str, name: str = "p", markers: bool = True) -> Received:
    """Labels, given without markers, are moved to a version that is there."""
    where = f"/v2/prompts/{quote(name, safe='')}/versions/{version}"
    return Received("PATCH", where, {"newLabels": marked(labels, markers=markers)})


def deleted(name: str = "p") -> Received:
    """A prompt is deleted."""
    return Received("DELETE", f"/v2/prompts/{quote(name, safe='')}", None)


def put_dataset(**fields: Json) -> Received:
    """The dataset ``d`` is written."""
    return Received("POST", "/v2/datasets", {"name": "d", **fields})


def put_item(id: str, **fields: Json) -> Received:  # noqa: A002 - the field's name
    """An item of the dataset ``d`` is written."""
    body = {"datasetName": "d", "id": id, **fields, "status": "ACTIVE"}
    return Received("POST", "/dataset-items", body)
