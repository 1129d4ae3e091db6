"""Mutants of a small repository, held against its tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mutation.mutants import Mutant, mutants
from tests.mutation.trial import BaselineError, Outcome, Tree
from tests.unit.git import repository
from tests.unit.repository import write

MODULE = "langsync/made_up.py"
SOURCE = "def is_many(count: int) -> bool:\n    return count > 1\n"
TEST = "from langsync.made_up import is_many\n\ndef test_it():\n    assert is_many({})\n"


def tree(folder: Path, count: int) -> Tree:
    """A copy of a repository with one module and one test."""
    files = {MODULE: SOURCE, "langsync/__init__.py": "", "tests/unit/test_it.py": TEST}
    repo = repository(folder / "repo")
    write(repo.folder, {**files, "tests/unit/test_it.py": TEST.format(count)})
    return Tree.copy(repo.folder, folder / "copy", quick=True, limit=600)


def mutant(text: str) -> Mutant:
    [found] = [one for one in mutants(SOURCE.encode()) if one.text.strip() == text]
    return found


def test_a_mutant_survives_where_no_test_notices_it(tmp_path: Path) -> None:
    """Each is tried alone, and in the copy."""
    copy = tree(tmp_path, 2)
    expected = {">=": Outcome.SURVIVED, "<=": Outcome.KILLED}
    for text, outcome in expected.items():
        assert copy.attempt(MODULE, mutant(text)) is outcome
    for folder in ("repo", "copy"):
        assert (tmp_path / folder / MODULE).read_text() == SOURCE


def test_tests_that_fail_anyway_tell_nothing(tmp_path: Path) -> None:
    """That is an error, not a mutant that was noticed."""
    with pytest.raises(BaselineError, match="tests/unit ends with 1 without a mutant"):
        tree(tmp_path, 0).attempt(MODULE, mutant("<="))
