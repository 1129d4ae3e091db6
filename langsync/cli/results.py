"""Hands the results of commands to callers within this process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_collector: ContextVar[list[object] | None] = ContextVar("collector", default=None)


@contextmanager
def collected() -> Iterator[list[object]]:
    """Collect plans, reports, drift, findings and errors of the commands that run meanwhile."""
    results: list[object] = []
    token = _collector.set(results)
    try:
        yield results
    finally:
        _collector.reset(token)


def emit(result: object) -> None:
    """Hand over a result, if results are collected."""
    if (results := _collector.get()) is not None:
        results.append(result)
