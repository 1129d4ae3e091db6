"""Names say what a thing is: few fillers, no class name for two things, no name that was retired.

Read from the syntax trees of the package; prose and the keys of JSON are exempt.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import langsync

PACKAGE = Path(langsync.__file__).parent

FILLERS = frozenset(
    {
        "about",
        "at",
        "each",
        "found",
        "given",
        "one",
        "said",
        "there",
        "told",
        "wanted",
        "what",
        "words",
    }
)
"""Names that fit anything and so say nothing."""

MAX_SHARE = 0.01
"""The share of the assigned names of a folder that may be fillers."""

RETIRED = frozenset(
    {
        "ByHandError",
        "Flaw",
        "PATIENCE",
        "Silence",
        "WayError",
        "Wishes",
        "as_it_came",
        "attend",
        "became_another",
        "broken_promises",
        "complain",
        "doubtful",
        "fate",
        "going",
        "harmless",
        "in_vain",
        "lacking",
        "landed",
        "loudness",
        "mend",
        "nothing_waits",
        "sit_out",
        "spelt",
        "stakes",
        "surplus",
        "unsaid",
        "wishes",
    }
)
"""Names that were replaced, by clearer ones, and are not to come back; it only grows."""


@cache
def _trees() -> dict[Path, ast.Module]:
    return {path: ast.parse(path.read_text("utf-8")) for path in sorted(PACKAGE.rglob("*.py"))}


def _assigned(tree: ast.Module) -> Iterator[str]:
    """Yields every name that is bound by assignments, loops, ``with``, ``except`` and arguments."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store()):
                yield name
            case ast.arg(arg=name):
                yield name
            case ast.ExceptHandler(name=str(name)):
                yield name


def _names(tree: ast.Module) -> Iterator[str]:
    """Yields every name of the code's own: bound, defined, or an attribute."""
    yield from _assigned(tree)
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
            case ast.ClassDef(name=name) | ast.Attribute(attr=name):
                yield name


PARTS = sorted({path.relative_to(PACKAGE).parts[0] for path in PACKAGE.rglob("*.py")})


@pytest.mark.parametrize("part", PARTS)
def test_fillers_are_under_one_percent_of_assigned_names(part: str) -> None:
    """Of a hundred names that are bound in a folder or a module, fewer than one is a filler."""
    names = Counter(
        name
        for path, tree in _trees().items()
        if path.is_relative_to(PACKAGE / part)
        for name in _assigned(tree)
    )
    fillers = {name: names[name] for name in sorted(FILLERS & names.keys())}
    assert sum(fillers.values()) <= MAX_SHARE * names.total(), fillers


def test_no_class_name_stands_for_two_things() -> None:
    """A class is found by its name alone."""
    classes = Counter(
        node.name
        for tree in _trees().values()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    )
    assert {name for name, count in classes.items() if count > 1} == set()


def test_retired_names_are_not_used_again() -> None:
    """Whoever learned the new word never meets the old one."""
    used = {name for tree in _trees().values() for name in _names(tree)}
    assert used & RETIRED == set()
