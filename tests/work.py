"""How much a program does, counted: the same on every machine, however busy it is."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType


def calls(action: Callable[[], object]) -> int:
    """How many functions are called, those written in C included, in this thread."""
    count = 0

    def event(_frame: FrameType, name: str, _argument: object) -> None:
        nonlocal count
        count += name in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(event)
    try:
        action()
    finally:
        sys.setprofile(before)
    return count


COUNTED = """
import sys, atexit
calls = 0
def event(frame, name, argument):
    global calls
    calls += name in ("call", "c_call")
atexit.register(lambda: open("calls.txt", "w").write(str(calls)))
sys.setprofile(event)
"""
"""The beginning of a program that writes into ``calls.txt`` how many functions it has called."""
