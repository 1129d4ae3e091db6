"""One YAML document of a file, checked against a pydantic model."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Tag, ValidationError

from langsync.errors import InvalidFilesError, Problem
from langsync.formats import yaml
from langsync.model import Json

Model = TypeVar("Model", bound=BaseModel)
Steps = tuple[str | int, ...]

MOST_PROBLEMS = 100
"""How many mismatches of a document are reported; the others are counted."""


class Shape(BaseModel):
    """Base of the models of what users write: strict types, no unknown keys."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML document.

    Args:
        path: The file.
        file: The file as errors name it.
        text: The whole file's text.
        index: Which document of the file, from 0.
        value: Its value.
        origin: For an assembled value: maps the steps to a value to its steps in the text.
    """

    path: Path
    file: str
    text: str
    index: int
    value: Json
    origin: Callable[[Steps], Steps] | None = None

    def problem(self, steps: Steps, message: str, *, key: bool = False, code: str = "") -> Problem:
        """A problem with a value of this document, placed by line and column."""
        steps = self.placed(steps)
        line, column = yaml.locate(self.text, self.index, steps, key=key)
        return Problem(self.file, message, line, column, code)

    def placed(self, steps: Steps) -> Steps:
        """The steps to a value in the text."""
        return self.origin(steps) if self.origin is not None else steps


def documents_of(text: str, path: Path, file: str) -> list[Document]:
    """The documents of a YAML file, without empty ones.

    Args:
        text: The file's text.
        path: The file.
        file: The file as errors name it.

    Raises:
        InvalidFilesError: It is not YAML.
    """
    values = yaml.read(text, file)
    return [
        Document(path, file, text, index, value)
        for index, value in enumerate(values)
        if value is not None
    ]


def decoded(data: bytes, file: str) -> str:
    """The text of a file: UTF-8, a byte order mark dropped, CRLF read as LF.

    Raises:
        InvalidFilesError: It is not UTF-8.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InvalidFilesError([Problem(file, "this is not UTF-8", line)]) from None
    return text.replace("\r\n", "\n")


def parse(model: type[Model], document: Document) -> Model:
    """Check a document against a model.

    Args:
        model: The model.
        document: The document.

    Returns:
        The model's instance.

    Raises:
        InvalidFilesError: It does not fit; each mismatch is one problem.
    """
    instance, problems = parse_leniently(model, document)
    if instance is None or problems:
        raise InvalidFilesError(problems)
    return instance


def parse_leniently(
    model: type[Model], document: Document
) -> tuple[Model | None, tuple[Problem, ...]]:
    """Check a document against a model, continuing without the keys that do not fit.

    Args:
        model: The model.
        document: The document.

    Returns:
        The model's instance, without the keys that do not fit, so that the rest can be checked
        further; None where that is not possible. And the mismatches, each one problem.
    """
    value = document.value
    problems: list[Problem] = []
    left_out: set[str | int] = set()
    while True:
        try:
            return model.model_validate(value), tuple(problems)
        except ValidationError as error:
            details = [
                detail
                for detail in error.errors(include_url=False)
                if not (detail["type"] == "missing" and detail["loc"][0] in left_out)
            ]
            problems += [_problem(document, detail, model) for detail in details[:MOST_PROBLEMS]]
            if more := len(details[MOST_PROBLEMS:]):
                problems.append(document.problem((), f"{more:,} more problems"))
            wrong = {detail["loc"][0] for detail in details if detail["loc"]}
            if not isinstance(value, dict) or not wrong & value.keys():
                return None, tuple(problems)
            left_out |= wrong
            value = {key: item for key, item in value.items() if key not in wrong}


def _problem(document: Document, detail: Any, model: type[BaseModel]) -> Problem:  # noqa: ANN401
    steps = tuple(step for step in detail["loc"] if not _is_tag(step))
    kind = detail["type"]
    if kind == "extra_forbidden":
        message = unknown_key(str(steps[-1]), _keys(model, detail["loc"][:-1]))
        return document.problem(steps, message, key=True)
    name = dotted(steps) or "the document"
    if kind == "missing":
        return document.problem(steps[:-1], f"{steps[-1]} is missing")
    if kind in _EXPECTED:
        return document.problem(
            steps, f"{name} must be {_EXPECTED[kind]}, not {_describe(detail['input'])}"
        )
    reason = detail["msg"].removeprefix("Value error, ")
    if reason.startswith("Input should be"):
        return document.problem(steps, f"{name} must be{reason.removeprefix('Input should be')}")
    return document.problem(steps, f"{name}: {reason}")


_EXPECTED = {
    "string_type": "a string",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
}


def _describe(value: Json) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return f"{str(value).lower()} (write it in quotes for a text)"
    if isinstance(value, int | float):
        return f"the number {value} (write it in quotes for a text)"
    if isinstance(value, dict):
        return "a mapping"
    return "a list" if isinstance(value, list | tuple) else "a string"


def _is_tag(step: str | int) -> bool:
    """Whether a step is the name of a union's branch, which is not part of the file."""
    return isinstance(step, str) and step.startswith("<") and step.endswith(">")


def _keys(model: Any, steps: Steps) -> list[str]:  # noqa: ANN401 - a type of any form
    """The known keys at some steps inside a model."""
    for step in steps:
        branches = _branches(model)
        if _is_tag(step):
            tagged = [branch for branch in branches if Tag(str(step)) in get_args(branch)]
            model = get_args(tagged[0])[0] if tagged else None
        elif models := [branch for branch in branches if _is_model(branch)]:
            field = models[0].model_fields.get(str(step))
            model = field.annotation if field is not None else None
        else:
            inner = [
                get_args(branch)[-1] for branch in branches if get_origin(branch) in (list, dict)
            ]
            model = inner[0] if inner else None
    models = [branch for branch in _branches(model) if _is_model(branch)]
    return list(models[0].model_fields) if models else []


def _branches(annotation: Any) -> list[Any]:  # noqa: ANN401 - a type of any form
    """The types of a union, or the one type; what annotates a union is left out."""
    if get_origin(annotation) is Annotated and get_origin(get_args(annotation)[0]) in _UNIONS:
        annotation = get_args(annotation)[0]
    return list(get_args(annotation)) if get_origin(annotation) in _UNIONS else [annotation]


_UNIONS = (Union, UnionType)


def _is_model(annotation: Any) -> bool:  # noqa: ANN401 - a type of any form
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def unknown_key(name: str, known: Iterable[str]) -> str:
    """The message for an unknown key, with the nearest known one."""
    names = list(known)
    near = get_close_matches(name, names, n=1, cutoff=0.6)
    if near:
        return f"unknown key {name!r}: did you mean {near[0]!r}?"
    return f"unknown key {name!r}" + (f": there are {', '.join(sorted(names))}" if names else "")


def dotted(steps: Steps) -> str:
    """``prompt[0].content`` for ``("prompt", 0, "content")``."""
    text = ""
    for step in steps:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text
