"""Groups of options: a dataclass is declared once, and each command that takes it has its options.

A parameter of a command whose type is such a dataclass stands for one option per field that is
annotated with an `option`; the command gets the instance. Fields without one are settings that
only code gives. ``panel`` of the class is where its options stand in the help.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import MISSING, dataclass, fields, is_dataclass
from functools import cache, wraps
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

import typer
from typer.models import OptionInfo

Result = TypeVar("Result")


def option(declaration: str, text: str, *, panel: str | None = None, **settings: Any) -> OptionInfo:
    """An option, for annotations: ``option("--limit, -n N", "Rows at most.", min=1)``.

    Args:
        declaration: Its names, separated by commas, then its metavar; a flag has none.
        text: Its help.
        panel: Its panel in the help; by default that of its group, if it has one.
        settings: Further arguments of ``typer.Option``.
    """
    *names, last = declaration.split(", ")
    name, _, metavar = last.partition(" ")
    made: OptionInfo = typer.Option(
        *names, name, metavar=metavar or None, help=text, rich_help_panel=panel, **settings
    )
    return made


class Only:
    """Narrows a group to some of its options: ``Annotated[Group, Only("host", "timeout")]``.

    The other fields keep their defaults.

    Args:
        names: The fields whose options the command has.
    """

    def __init__(self, *names: str) -> None:
        self.names = names


@dataclass(frozen=True, slots=True)
class _Group:
    """A parameter of a command that takes a group of options.

    Args:
        type: The dataclass.
        options: The parameters that the command line fills, with their defaults.
        settings: Values of the other fields, where they differ from those of the class.
    """

    type: type[Any]
    options: tuple[inspect.Parameter, ...]
    settings: dict[str, Any]

    @classmethod
    def of(cls, annotation: object, default: object) -> _Group | None:
        """Returns the group that a parameter takes; None if it is an option or an argument."""
        group, *extras = get_args(annotation) if _is_annotated(annotation) else (annotation,)
        if not (isinstance(group, type) and is_dataclass(group)):
            return None
        options = _options_of(group)
        for only in extras:
            options = {name: options[name] for name in only.names}
        if default is inspect.Parameter.empty:
            return cls(group, tuple(options.values()), {})
        values = {field.name: getattr(default, field.name) for field in fields(group)}
        parameters = tuple(
            option.replace(default=values.pop(name)) for name, option in options.items()
        )
        return cls(group, parameters, values)

    def build(self, values: dict[str, Any]) -> object:
        """Build the group from values of the command line, which are removed from ``values``."""
        return self.type(
            **self.settings, **{option.name: values.pop(option.name) for option in self.options}
        )


def _is_annotated(annotation: object) -> bool:
    return get_origin(annotation) is Annotated


@cache
def _options_of(group: type[Any]) -> dict[str, inspect.Parameter]:
    """Yields the options of a group's fields, in order."""
    hints = get_type_hints(group, include_extras=True)
    panel = getattr(group, "panel", None)
    return {
        field.name: inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=inspect.Parameter.empty if field.default is MISSING else field.default,
            annotation=_in_panel(hints[field.name], panel),
        )
        for field in fields(group)
        if _is_annotated(hints[field.name])
    }


def _in_panel(annotation: Any, panel: str | None) -> object:  # noqa: ANN401 - of any type
    """Returns an annotation with its option in a panel, unless it names one itself."""
    value_type, info = get_args(annotation)
    moved = copy(info)
    moved.rich_help_panel = info.rich_help_panel or panel
    return Annotated[value_type, moved]


def with_groups(command: Callable[..., Result]) -> Callable[..., Result]:
    """Returns a function with an option for each field of the groups that a command takes.

    Args:
        command: Its parameters are groups, options or arguments.

    Raises:
        ValueError: Two parameters have the same name.
        KeyError: A group is narrowed to an option that it does not have.
    """
    hints = get_type_hints(command, include_extras=True)
    declared = inspect.signature(command).parameters
    parsed = {name: _Group.of(hints[name], declared[name].default) for name in declared}
    groups = {name: group for name, group in parsed.items() if group is not None}

    @wraps(command)
    def run(**values: Any) -> Result:
        built = {name: group.build(values) for name, group in groups.items()}
        return command(**values, **built)

    def parameters() -> Iterator[inspect.Parameter]:
        for name, parameter in declared.items():
            if name in groups:
                yield from groups[name].options
            else:
                kind = inspect.Parameter.KEYWORD_ONLY
                yield parameter.replace(annotation=hints[name], kind=kind)

    signature = inspect.Signature(list(parameters()))
    run.__signature__ = signature  # type: ignore[attr-defined]
    run.__annotations__ = {
        name: parameter.annotation for name, parameter in signature.parameters.items()
    }
    return run
