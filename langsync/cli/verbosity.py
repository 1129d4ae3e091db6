"""``--quiet`` and ``--verbose``, which every command has."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any, get_type_hints

import typer

from langsync.cli.console import loudness

Quiet = Annotated[
    bool,
    typer.Option(
        "--quiet",
        "-q",
        help="Print nothing but the result, errors and questions.",
        rich_help_panel="Output",
    ),
]
Verbose = Annotated[
    bool,
    typer.Option(
        "--verbose",
        "-v",
        help="Print each request with its status and how long it took.",
        rich_help_panel="Output",
    ),
]


def with_loudness(command: Callable[..., int]) -> Callable[..., int]:
    """A command that also takes how much is said."""

    @wraps(command)
    def run(*, quiet: bool, verbose: bool, **given: Any) -> int:
        with loudness(quiet=quiet, verbose=verbose):
            return command(**given)

    forms = get_type_hints(command, include_extras=True) | {"quiet": Quiet, "verbose": Verbose}
    added = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=False)
        for name in ("quiet", "verbose")
    ]
    own = inspect.signature(command).parameters.values()
    parameters = [one.replace(annotation=forms[one.name]) for one in (*own, *added)]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = forms
    return run
