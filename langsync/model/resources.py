"""What is declared and what is fetched: addresses, resources, states."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from enum import Enum
from fnmatch import fnmatchcase
from typing import Any, Final, Generic, Literal

import orjson
from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema
from typing_extensions import TypeVar  # with a default, which Python before 3.13 does not know

Json = Any
"""A value that JSON can hold: null, bool, int, float, str, list or dict with string keys."""


@dataclass(frozen=True, slots=True, order=True)
class Address:
    """The identity of a resource: its kind and its name.

    Args:
        kind: The kind's name, such as ``prompt``.
        name: The name within the kind, such as ``support/greeting``.
    """

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read ``kind/name``.

        Raises:
            ValueError: There is no slash, or nothing on one side of it.
        """
        kind, slash, name = text.partition("/")
        if not (kind and slash and name):
            raise ValueError(f"{text!r} is not an address: write kind/name")
        return cls(kind, name)

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: type[Any], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """In JSON an address is a string."""
        return core_schema.no_info_plain_validator_function(
            lambda value: value if isinstance(value, cls) else cls.parse(value),
            serialization=core_schema.plain_serializer_function_ser_schema(str),
        )

    def matches(self, pattern: str) -> bool:
        """Whether a glob such as ``prompt/support/*`` matches this address."""
        return str(self) == pattern or fnmatchcase(str(self), pattern)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a resource is declared.

    Args:
        file: Path of the file, relative to the folder of ``langsync.yaml``, with ``/``.
        line: Line from 1 where it is cheaply known (JSON Lines, CSV), else 0.
        document: Index of the YAML document in the file, from 0.
        path: Keys and indexes that lead to the resource inside the document.
    """

    file: str
    line: int = 0
    document: int = 0
    path: tuple[str | int, ...] = ()


class Unmanaged(Enum):
    """The type of `UNMANAGED`, the value of a field that a file leaves to Langfuse."""

    UNMANAGED = "unmanaged"

    def __bool__(self) -> Literal[False]:
        """Always False: there is no value."""
        return False


UNMANAGED: Final = Unmanaged.UNMANAGED

Content_co = TypeVar("Content_co", default=Any, covariant=True)
"""What a kind knows of a resource: one type for what files declare, one for what Langfuse holds."""


@dataclass(frozen=True, slots=True)
class Resource(Generic[Content_co]):
    """One resource, declared or fetched.

    Args:
        address: What it is called.
        content: What is declared or stored, each value as the server would store it: a dataclass
            of the kind, such as `PromptSpec` and `PromptState`.
        source: Where it is declared; None for a fetched one.
        needs: Addresses that must be right in Langfuse before this one is written.
        files: The files it is made of, relative to the folder of ``langsync.yaml``, with ``/``:
            the one that declares it, then those that this one names.
        places: Where each of its texts stands, where its kind tells; the line of an included
            file is that of its first line.
        digest: Not None for resources of which there may be very many. Where it is the same on
            both sides, nothing differs; where it is not, or empty, the contents tell.
        replaces: What it was called before.
        prune: What becomes of what it holds in Langfuse and no file declares: ``keep``,
            ``archive`` or ``delete``.
    """

    address: Address
    content: Content_co
    source: Source | None = field(default=None, compare=False)
    needs: tuple[Address, ...] = ()
    files: tuple[str, ...] = field(default=(), compare=False)
    places: tuple[Source, ...] = field(default=(), compare=False)
    digest: bytes | None = field(default=None, compare=False)
    replaces: tuple[Address, ...] = ()
    prune: str = "keep"


def fields_of(content: Any) -> Mapping[str, Json]:  # noqa: ANN401 - of whatever kind
    """The managed fields of a resource's content, by name."""
    if isinstance(content, Mapping):
        return content
    values = (
        (spec_field.name, getattr(content, spec_field.name)) for spec_field in fields(content)
    )
    return {name: value for name, value in values if value is not UNMANAGED}


def values_of(content: Any, names: Iterable[str]) -> dict[str, Json]:  # noqa: ANN401 - as above
    """Some fields of a resource's content, by name."""
    values = fields_of(content)
    return {name: values[name] for name in names}


def digest(value: Json) -> str:
    """A short hash: equal values, equal digests, whatever the order of their keys."""
    packed = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(packed).hexdigest()[:32]
