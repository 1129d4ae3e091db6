"""The permissions of a saved plan, which only count if they are given again at apply.

Whoever can change a saved plan can compute its digest again, so the file itself grants nothing.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from langsync.cli import console
from langsync.errors import RefusedError
from langsync.render.shape import one_line

if TYPE_CHECKING:
    from langsync.model import PlanOptions
    from langsync.saved import SavedPlan


def permissions(plan_options: PlanOptions) -> tuple[str, ...]:
    """Returns the options that give permissions, as written on the command line."""
    prune = (f"--allow-prune {plan_options.allow_prune}",) if plan_options.allow_prune else ()
    return (*sorted(permission.option for permission in plan_options.allowed), *prune)


def unconfirmed(saved: SavedPlan, plan_options: PlanOptions) -> tuple[str, ...]:
    """Returns the permissions that a saved plan has and the command line does not give.

    Args:
        saved: The saved plan.
        plan_options: The options of the apply.
    """
    repeated = permissions(plan_options)
    return tuple(option for option in permissions(saved.plan_options) if option not in repeated)


def show_options(saved: SavedPlan) -> None:
    """Show what a saved plan was made with, since that decides what is sent."""
    plan_options, options = saved.plan_options, [("--env", saved.plan.environment)]
    options += [("--target", target) for target in saved.targets]
    options += [("--message", plan_options.message)] if plan_options.message is not None else []
    shown = [f"{name} {shlex.quote(one_line(value))}" for name, value in options if value]
    shown += ["--impact project"] if plan_options.whole_project else []
    shown += map(one_line, permissions(plan_options))
    if shown:
        console.notice(f"This plan was made with {' '.join(shown)}")


def confirm(options: Sequence[str], *, asks: bool) -> bool:
    """Ask the user to confirm permissions that only the saved plan has.

    Args:
        options: The permissions that the command line does not repeat.
        asks: Whether the user can be asked.

    Returns:
        Whether the user agreed; True if there is nothing to confirm.

    Raises:
        RefusedError: The user cannot be asked.
    """
    if not options:
        return True
    listed = " ".join(map(one_line, options))
    if not asks:
        raise RefusedError(
            [f"the saved plan allows {listed}, and a file gives no permission: add {listed}"]
        )
    return typer.confirm(f"The saved plan allows {listed}. Allow it?", default=False, err=True)
