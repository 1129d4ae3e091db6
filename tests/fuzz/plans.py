"""Saved plans, as whoever can write the file could have changed them."""

from __future__ import annotations

import orjson

from langsync.errors import PlanFileError
from langsync.saved import _digest, changed, dump, read


def plan_file(data: bytes) -> None:
    """Any file is a plan, which can be saved again, or refused with a reason.

    The digest of a changed file is wrong, so it is read again with the right one.
    """
    _check(data)
    _check(sealed(data))


def sealed(data: bytes) -> bytes:
    """A file with the digest of what it holds; as it is where it can have none."""
    try:
        plan = orjson.loads(data)
        plan.pop("digest", None)
        return orjson.dumps({**plan, "digest": _digest(plan)})
    except (ValueError, TypeError, AttributeError):
        return data


def _check(data: bytes) -> None:
    try:
        saved = read(data)
    except PlanFileError:
        return
    assert read(dump(saved).encode()) == saved
    assert changed(saved.plan, saved.plan) == []
