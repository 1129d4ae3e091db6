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

DONE = (
    "api",
    "cli",
    "client",
    "config",
    "export",
    "formats",
    "github",
    "history",
    "kinds",
    "local",
    "observability",
    "source",
)
"""The folders that are renamed; it grows until it lists all of them."""

STILL_DOUBLE = frozenset(
    {
        "Pattern",
    }
)
"""Names of two classes that are still to be renamed; it only shrinks."""

RETIRED = frozenset(
    {
        "as_it_came",
        "became_another",
        "in_vain",
        "landed",
        "mend",
        "nothing_waits",
        "sit_out",
        "spelt",
        "unsaid",
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


@pytest.mark.parametrize("folder", DONE)
def test_fillers_are_under_one_percent_of_assigned_names(folder: str) -> None:
    """Of a hundred names that are bound in a finished folder, fewer than one is a filler."""
    names = Counter(
        name
        for path, tree in _trees().items()
        if path.is_relative_to(PACKAGE / folder)
        for name in _assigned(tree)
    )
    fillers = {name: names[name] for name in sorted(FILLERS & names.keys())}
    assert sum(fillers.values()) < MAX_SHARE * names.total(), fillers


def test_the_folders_that_are_done_exist() -> None:
    """A folder that was removed is not left in the list, where it would prove nothing."""
    assert [folder for folder in DONE if not any((PACKAGE / folder).glob("*.py"))] == []


def test_no_class_name_stands_for_two_things() -> None:
    """A class is found by its name alone."""
    classes = Counter(
        node.name
        for tree in _trees().values()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    )
    assert {name for name, count in classes.items() if count > 1} - STILL_DOUBLE == set()


def test_retired_names_are_not_used_again() -> None:
    """Whoever learned the new word never meets the old one."""
    used = {name for tree in _trees().values() for name in _names(tree)}
    assert used & RETIRED == set()
