"""The errors that users read."""

from __future__ import annotations

import re

import pytest

from langsync import errors
from langsync.errors import (
    ApiError,
    InvalidFilesError,
    LangsyncError,
    MissingExtraError,
    Problem,
    RefusedError,
)


@pytest.mark.parametrize(
    ("problem", "text"),
    [
        (Problem("a.yaml", "is wrong"), "a.yaml: is wrong"),
        (Problem("a.yaml", "is wrong", 3), "a.yaml:3: is wrong"),
        (Problem("a.yaml", "is wrong", 3, 7), "a.yaml:3:7: is wrong"),
    ],
)
def test_a_problem_names_its_place_as_far_as_it_is_known(problem: Problem, text: str) -> None:
    """``file:line:column``, without what is zero."""
    assert str(problem) == text


def test_problems_are_listed_once_each_by_place() -> None:
    """By file, line and column, whatever order they were found in."""
    first, second, third = Problem("a", "x", 9), Problem("a", "y", 10), Problem("b", "z", 1)
    error = InvalidFilesError([third, second, first, second])
    assert error.problems == (first, second, third)
    assert str(error) == "a:9: x\na:10: y\nb:1: z"


def test_a_refusal_has_an_exit_code_of_its_own() -> None:
    """3 for a guard, 1 for everything else; each reason is a line."""
    refused = RefusedError(["one", "two"])
    assert (refused.exit_code, refused.message) == (3, "one\ntwo")
    assert {one.exit_code for one in _classes() if not issubclass(one, RefusedError)} == {1}


def test_a_missing_extra_says_what_to_install() -> None:
    """As the shell takes it."""
    assert "pip install 'langsync[local]'" in str(MissingExtraError("The server", "local"))


def test_an_api_error_keeps_its_status() -> None:
    """0 where there was no answer."""
    assert (ApiError("x").status, ApiError("x", 404).status) == (0, 404)


def test_the_tree_at_the_top_of_the_module_is_the_tree() -> None:
    """Each class stands in it once, below the one that it derives from."""
    drawn: dict[str, str] = {}
    above: list[tuple[int, str]] = []
    for line in (errors.__doc__ or "").splitlines():
        if match := re.match(r"( {4}[ │├└─]*)(\w+Error)\b", line):
            depth = len(match[1])
            above = [(level, name) for level, name in above if level < depth]
            drawn[match[2]] = above[-1][1] if above else "Exception"
            above.append((depth, match[2]))
    assert drawn == {one.__name__: one.__bases__[0].__name__ for one in _classes()}


def _classes() -> list[type[LangsyncError]]:
    return [
        one
        for one in vars(errors).values()
        if isinstance(one, type) and issubclass(one, LangsyncError)
    ]
