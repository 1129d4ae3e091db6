"""``--quiet`` and ``--verbose``, which every command has; ``--insecure``, where one connects."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any, get_type_hints

import typer

from langsync.cli.connecting import insecure as allow_insecure
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
Insecure = Annotated[
    bool,
    typer.Option(
        "--insecure",
        help="Allow http:// to other machines: keys and texts can be read in transit.",
        rich_help_panel="Connection",
    ),
]


def with_loudness(command: Callable[..., int]) -> Callable[..., int]:
    """A command that also takes how much is said; one that connects, whether HTTP is allowed."""

    @wraps(command)
    def run(*, quiet: bool, verbose: bool, insecure: bool = False, **given: Any) -> int:
        with loudness(quiet=quiet, verbose=verbose), allow_insecure(allowed=insecure):
            return command(**given)

    own = inspect.signature(command).parameters
    shared = {"quiet": Quiet, "verbose": Verbose}
    if {"host", "env_file"} <= own.keys():
        shared["insecure"] = Insecure
    forms = get_type_hints(command, include_extras=True) | shared
    added = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=False) for name in shared
    ]
    parameters = [one.replace(annotation=forms[one.name]) for one in (*own.values(), *added)]
    run.__doc__ = _as_help(command)
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = forms
    return run


def _as_help(command: Callable[..., int]) -> str:
    """The docstring of a command as its help: each paragraph is one line, which Typer wraps.

    Typer keeps the line breaks of all paragraphs but the first, so that text that is wrapped for
    the source code would be wrapped twice in a terminal of 80 columns.
    """
    paragraphs = inspect.cleandoc(command.__doc__ or "").split("\n\n")
    return "\n\n".join(paragraph.replace("\n", " ") for paragraph in paragraphs)
