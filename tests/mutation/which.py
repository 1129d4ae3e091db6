"""Which modules are mutated, and which tests hold each of them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

MODULES = (
    "diff.py",
    "plan.py",
    "apply.py",
    "saved.py",
    "drift.py",
    "kinds/**/*.py",
    "history/*.py",
)
"""What decides what is written, and what is told of it."""

_TESTS = {
    "diff.py": ["unit/test_diff.py", "unit/cli/test_commands.py"],
    "plan.py": [
        "unit/test_plan.py",
        "unit/test_apply_order.py",
        "unit/kinds/dataset_item/test_refusing.py",
        "unit/cli/test_drift.py",
        "unit/cli/test_removal.py",
        "situations/test_partial.py",
    ],
    "apply.py": [
        "unit/test_apply_order.py",
        "unit/test_apply.py",
        "unit/engine/test_rechecking.py",
        "unit/cli/test_interrupted.py",
    ],
    "saved.py": ["unit/test_saved.py", "hostile/test_plans.py"],
    "drift.py": ["unit/cli/test_drift.py", "unit/render/test_drift.py"],
    "history": ["unit/history", "situations/test_walk.py"],
    "kinds/prompt": ["unit/kinds/prompt", "unit/cli/test_promote.py", "unit/pull"],
    "kinds/dataset_item": ["unit/kinds/dataset_item", "unit/cli/test_prune_items.py", "unit/pull"],
    "kinds": ["unit/kinds", "unit/pull", "unit/test_load.py"],
    "": ["unit"],
}
"""For the path of a module, or a folder around it, its own tests: the quickest first."""

_ALL_STAGES = ["test_cases.py", "unit/test_lost_answers.py", "situations", "property"]
"""What goes through all stages, for a mutant that the tests of its module let live."""


def modules(root: Path, patterns: Iterable[str]) -> list[str]:
    """The files that patterns mean, relative to the repository's root.

    Args:
        root: The root.
        patterns: Globs below ``langsync/``.
    """
    found = {path for pattern in patterns for path in (root / "langsync").glob(pattern)}
    return sorted(path.relative_to(root).as_posix() for path in found if path.suffix == ".py")


def covering(module: str, *, quick: bool = False) -> list[str]:
    """The tests that hold a module: paths relative to the repository's root.

    Args:
        module: The module, relative to the root.
        quick: Whether to leave out what goes through all stages, which takes minutes.
    """
    name = module.removeprefix("langsync/")
    around = [name, *(parent.as_posix() for parent in Path(name).parents)]
    chosen = next(_TESTS[one] for one in around if one in _TESTS)
    return [f"tests/{one}" for one in (*chosen, *(() if quick else _ALL_STAGES))]
