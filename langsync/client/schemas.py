"""The schemas of Langfuse's responses, which are checked before anything reads them.

A host may be a proxy, another service or another version of Langfuse. Each schema has the fields
that are read, and their types, and nothing more, so that a version with more fields, or without
fields that are not read, still matches.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
from typing import Annotated, Any, Final, Generic, TypeVar

from pydantic import AfterValidator, Field, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError
from typing_extensions import TypedDict  # pydantic needs it before Python 3.12

from langsync.client.dates import is_clock_time
from langsync.model import Json

RowType = TypeVar("RowType")

_EXPECTED: Final = {
    "string_type": "a text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "an object",
}
"""What was expected, by the type of pydantic's error."""


class AnswerSchema:
    """The schema of a response; nothing is converted, and other fields are ignored.

    Args:
        type_: A type that pydantic can validate, such as a ``TypedDict``.
    """

    def __init__(self, type_: Any) -> None:  # noqa: ANN401 - a type, or a form of one
        self._type = type_

    @cached_property
    def _adapter(self) -> TypeAdapter[Any]:  # built at the first response: it takes long
        return TypeAdapter(self._type)

    def mismatch(self, body: Json) -> str:
        """Returns where a body does not match, and what was expected; empty if it matches.

        Args:
            body: The decoded JSON.
        """
        try:
            self._adapter.validate_python(body, strict=True)
        except ValidationError as error:
            return _described(error.errors(include_url=False)[0])
        return ""


def _described(error: ErrorDetails) -> str:
    location = place(error["loc"])
    if error["type"] == "missing":
        return f"{location} is missing"
    if error["type"] not in _EXPECTED:
        return f"{location}: {error['msg'].removeprefix('Value error, ')}"
    return f"{location} is {_kind(error['input'])} where {_EXPECTED[error['type']]} was expected"


def place(steps: Sequence[str | int]) -> str:
    """Returns a path in a response as text, such as ``data[3].name``."""
    parts = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
    return "".join(parts).lstrip(".") or "the answer"


def _kind(value: Json) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return "a text"
        case dict():
            return "an object"
        case list():
            return "a list"
    return f"the number {value}"


def _time(text: str) -> str:
    """Returns a time unchanged.

    Raises:
        PydanticCustomError: It is no time, has no zone, or is one that no clock shows.
    """
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        time = None
    if time is None or time.tzinfo is None or not is_clock_time(time):
        raise PydanticCustomError("time", "a time with a zone was expected")
    return text


Time = Annotated[str, AfterValidator(_time)]
"""A text with a time in ISO 8601 with a zone, to which seconds can be added."""


class Meta(TypedDict):
    """The length of a list."""

    totalItems: Annotated[int, Field(ge=0)]


class NamedRow(TypedDict):
    """A row of a list of which only the name is read."""

    name: str


class Identified(TypedDict):
    """A row with an id and a name."""

    id: str
    name: str


class Rows(TypedDict, Generic[RowType]):
    """A list without pages."""

    data: list[RowType]


class Page(TypedDict, Generic[RowType]):
    """A page of a list whose pages have numbers."""

    data: list[RowType]
    meta: Meta


OBJECT: Final = AnswerSchema(dict[str, Any])
"""Any object."""

PAGE_OF_NAMES: Final = AnswerSchema(Page[NamedRow])
"""A page of rows of which only the names are read."""

PAGE_OF_OBJECTS: Final = AnswerSchema(Page[dict[str, Any]])
"""A page of any rows."""

PROJECTS: Final = AnswerSchema(Rows[Identified])
"""The project that keys belong to, in a list of one."""
