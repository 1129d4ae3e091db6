"""Looks for writes to prompts whose answers were lost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from langsync.errors import ApiError, NotFoundError
from langsync.formats.values import canonical, equal
from langsync.kinds.names import path
from langsync.kinds.prompt import fetch
from langsync.kinds.prompt.answers import PROMPT
from langsync.kinds.prompt.deployments import is_marker
from langsync.kinds.prompt.reader import stored_prompt
from langsync.kinds.prompt.state import LATEST
from langsync.kinds.services import Getter
from langsync.model import Change, Json, Request

_MAX_VERSIONS = 20
"""Versions that are read to find a draft: so many could others have created meanwhile."""


async def was_applied(api: Getter, change: Change, request: Request) -> bool | None:
    """Whether Langfuse holds what a request writes; see `Kind.was_applied`."""
    name = change.address.name
    if request.method == "DELETE":
        return await _get(api, name, label=LATEST) is None
    if request.method == "PATCH":
        target = await _get(api, name, version=int(request.path.rpartition("/")[2]))
        return target is not None and set(request.body["newLabels"]) <= set(target["labels"])
    return await _was_created(api, change, request)


async def explained(api: Getter, change: Change, error: ApiError) -> str:
    """Why a change was refused, and whether its labels moved all the same.

    A label PATCH that closes a circle of references is answered 409 after the label has moved
    (observed on Langfuse 4.16.0).

    Args:
        api: The client.
        change: The change.
        error: The refusal.
    """
    patches = [request for request in change.requests if request.method == "PATCH"]
    if error.status != 409 or not patches:
        return str(error)
    try:
        moved = [await was_applied(api, change, request) for request in patches]
    except ApiError:
        return f"{error} (whether the labels moved all the same cannot be told)"
    return f"{error} (the labels have moved all the same)" if all(moved) else str(error)


async def _was_created(api: Getter, change: Change, request: Request) -> bool | None:
    """Whether a version was created: its number is new, its content and labels are those sent.

    A version that was created with labels is found by its marker, which stays where langsync put
    it if somebody moves the label itself; without markers, by its labels. A draft is the newest
    version, or a little older where others created more.
    """
    expected = _expected_number(change, request)
    labels = request.body["labels"]
    if labels:
        proofs = [label for label in labels if is_marker(label)] or labels
        version = await _get(api, change.address.name, label=proofs[0])
        return (
            version is not None
            and version["version"] >= expected
            and set(proofs) <= set(version["labels"])
            and await _has_content(api, version, request)
        )
    newest = await _get(api, change.address.name, label=LATEST)
    if newest is None:
        return False
    others = list(_other_creates(change, request))
    for number in range(newest["version"], expected - 1, -1):
        if newest["version"] - number >= _MAX_VERSIONS:
            return None
        version = newest
        if number < newest["version"]:
            version = await _get(api, change.address.name, version=number)
        if version is None or not await _has_content(api, version, request):
            continue
        if not any(set(other.body["labels"]) & set(version["labels"]) for other in others):
            return True
    return False


def _expected_number(change: Change, request: Request) -> int:
    """The number that a version has unless others created some meanwhile; never less."""
    labels = request.body["labels"] or [None]
    planned = (move.to_version for move in change.moves if move.label in labels)
    return min((number for number in planned if number is not None), default=1)


def _other_creates(change: Change, request: Request) -> Iterator[Request]:
    """The other versions that a change creates, with labels: a draft may have their content."""
    for other in change.requests:
        if other.method == "POST" and other != request:
            yield other


async def _has_content(api: Getter, version: dict[str, Any], request: Request) -> bool:
    """Whether a version has the content of a create, its commit message and tags included."""
    body = request.body
    prompt: Json = body["prompt"]
    if version.get("resolutionGraph"):  # an older server, which always resolves
        prompt = await fetch.resolve(api, prompt)
    return (
        equal(stored_prompt(version["prompt"]), stored_prompt(prompt))
        and equal(canonical(version["config"]), canonical(body["config"]))
        and version.get("commitMessage") == body.get("commitMessage")
        and ("tags" not in body or set(body["tags"]) == set(version["tags"]))
    )


async def _get(api: Getter, name: str, **selector: str | int) -> dict[str, Any] | None:
    try:
        version: dict[str, Any] = await api.get(
            path("v2", "prompts", name), PROMPT, **selector, resolve="false"
        )
    except NotFoundError:
        return None
    return version
