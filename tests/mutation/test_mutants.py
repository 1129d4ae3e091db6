"""What a mutant is; none is held against tests here."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mutation.mutants import mutants
from tests.mutation.which import MODULES, covering, modules

ROOT = Path(__file__).parents[2]

CHANGES: dict[str, set[str]] = {
    "x = a == b": {"x = a != b"},
    "x = (a) <  (b)": {"x = (a) <= (b)", "x = (a) >= (b)"},
    "x = a and (b)": {"x = a or (b)", "x = True and (b)", "x = a and (True)"},
    "x = a or b": {"x = a and b", "x = False or b", "x = a or False"},
    "x = not ä": {"x = (ä)"},
    "x = a if f() else b": {"x = a if (not (f())) else b"},
    "x = [a for a in b if c]": {"x = [a for a in b if True]"},
    "x = 1, True": {"x = 2, True", "x = 1, False", "x = 1", "x = True"},
    "x = f(a, key=b)": {"x = f(a)"},
    "x = a['key']": {"x = a['?']"},
    "x.y = z": {"pass"},
    "f(a)": {"pass"},
    "raise f('a text for people')": {"pass"},
    "def f(): return a": {"def f(): return None"},
    "for a in b: continue": {"for a in b: break"},
    "'A docstring.'\nx: 1 = y + z": {"'A docstring.'\nx: 1 = y - z"},
    "from a import b\nx = f'{1}'": set(),
}


@pytest.mark.parametrize("source", CHANGES)
def test_a_mutant_is_one_small_change(source: str) -> None:
    """Of what decides; what people read, imports and annotations are left alone."""
    found = [one.apply(source.encode()).decode() for one in mutants(source.encode())]
    assert sorted(text.replace('"?"', "'?'") for text in found) == sorted(CHANGES[source])


def test_a_mutant_says_where_it_is_and_what_it_changes() -> None:
    """In one line, however many the change is about."""
    source = b"x = f(\n    a,\n    b\n    is c,\n    k=1,\n)\n"
    told = [(one.line, one.describe(source)) for one in mutants(source)]
    assert told == [
        (3, "is \u2192 is not"),
        (5, ", k=1 \u2192 (nothing)"),
        (5, "1 \u2192 2"),
    ]


def test_every_module_that_is_mutated_has_tests() -> None:
    """Patterns mean something, and paths are there."""
    for pattern in MODULES:
        assert modules(ROOT, [pattern])
    for module in modules(ROOT, MODULES):
        assert [path for path in covering(module) if not (ROOT / path).exists()] == []
