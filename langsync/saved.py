"""Saved plans: what was reviewed, and whether it is still what an apply would do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Annotated, Any

import orjson
from pydantic import Field, TypeAdapter, ValidationError

from langsync.errors import PlanFileError
from langsync.kinds import all_kinds
from langsync.model import FORMAT_VERSION, Change, Json, Plan, PlanOptions, Request


@dataclass(frozen=True, slots=True)
class SavedPlan:
    """A plan with what was asked for when it was made.

    Args:
        plan: The plan.
        targets: The patterns of addresses that it was narrowed to; empty for none.
        plan_options: What else was asked for; ``wishes`` in the file.
    """

    plan: Plan
    targets: tuple[str, ...] = ()
    plan_options: Annotated[PlanOptions, Field(alias="wishes")] = field(default_factory=PlanOptions)


def dump(saved: SavedPlan) -> str:
    """A saved plan as JSON: the fields of the plan, ``asked``, and a digest of all of it.

    It holds no keys: neither where they come from nor what they are.
    """
    asked = TypeAdapter(SavedPlan).dump_python(saved, mode="json", by_alias=True)
    data = {
        "format_version": FORMAT_VERSION,
        **asked.pop("plan"),
        "summary": saved.plan.summary,
        "asked": asked,
    }
    text = orjson.dumps({**data, "digest": _digest(data)}, option=orjson.OPT_INDENT_2)
    return text.decode() + "\n"


def read(text: bytes) -> SavedPlan:
    """Read a saved plan.

    Raises:
        PlanFileError: It is none, was changed or cut, or is of another version.
    """
    try:
        data = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise PlanFileError(f"this is no saved plan, or a part of one: {error}") from None
    if not isinstance(data, dict) or "format_version" not in data:
        raise PlanFileError("this is no saved plan: it has no format_version")
    if data["format_version"] != FORMAT_VERSION:
        raise PlanFileError("this plan was saved by another version of langsync: make a new one")
    digest = data.pop("digest", None)
    if digest is None:
        raise PlanFileError("this plan was printed and not saved: make one with plan --out FILE")
    try:
        is_intact = digest == _digest(data)
    except TypeError as error:  # no plan is nested that deeply
        raise PlanFileError(f"this saved plan is damaged: {error}") from None
    if not is_intact:
        raise PlanFileError("this saved plan was changed since it was saved: make a new one")
    try:
        del data["format_version"], data["summary"]
        for change in data["changes"]:
            if "details" not in change:  # saved when all reasons were sentences
                change["details"] = change["reasons"]
        asked = data.pop("asked")
        saved = TypeAdapter(SavedPlan).validate_python({"plan": data, **asked})
    except (ValidationError, AttributeError, KeyError, TypeError) as error:
        raise PlanFileError(f"this saved plan is damaged: {str(error).splitlines()[0]}") from None
    _check(saved.plan)
    return saved


def changed(saved: Plan, now: Plan) -> list[str]:
    """Why a plan that was saved is not the one that would be made now.

    Args:
        saved: The saved plan.
        now: The plan of the same files, options and project as they are now.

    Returns:
        One reason for each thing that moved; none where the two are the same.
    """
    if (saved.project.id, saved.project.host) != (now.project.id, now.project.host):
        return [f"the plan was made for {_where(saved)}, and these keys are of {_where(now)}"]
    if saved.environment != now.environment:
        names = f"{saved.environment!r}, and this is {now.environment!r}"
        return [f"the plan was made for the environment {names}"]
    return [*_moved(saved, now)]


def _where(plan: Plan) -> str:
    return f"{plan.project.name} (id {plan.project.id}) at {plan.project.host}"


def _moved(saved: Plan, now: Plan) -> Iterator[str]:
    before = {change.address: change for change in saved.changes}
    after = {change.address: change for change in now.changes}
    for address, old in before.items():
        new = after.pop(address, None)
        if new is None:
            yield f"{address} is not to be changed any more: it or its file was changed since"
        elif new.basis != old.basis:
            yield f"{address} was changed in Langfuse since the plan was made"
        elif _sent(new) != _sent(old):
            if _unstamped(new) == _unstamped(old):
                yield f"{address} would be deployed from another commit"
            else:
                yield f"{address} is declared otherwise than when the plan was made"
    for address, new in after.items():
        yield f"{address} would be changed too ({new.action.value}), and the plan does not say so"


def _sent(change: Change) -> object:
    return change.action, change.requests, change.closing, set(change.needs)


def _unstamped(change: Change) -> object:
    """What is sent, without the words of the commit that it comes from."""
    requests = [_without_message(request) for request in (*change.requests, *change.closing)]
    return change.action, requests, set(change.needs)


def _without_message(request: Request) -> Request:
    if not isinstance(request.body, dict):
        return request
    body: dict[str, Json] = {k: v for k, v in request.body.items() if k != "commitMessage"}
    return replace(request, body=body)


def _digest(data: dict[str, Any]) -> str:
    return "sha256:" + sha256(orjson.dumps(data, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _check(plan: Plan) -> None:
    addresses = {change.address for change in plan.changes}
    for change in plan.changes:
        if change.address.kind not in all_kinds() or not addresses.issuperset(change.needs):
            raise PlanFileError(f"this saved plan is damaged: {change.address} cannot be applied")
