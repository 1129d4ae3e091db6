"""The data that passes between the stages: frozen, plain, without I/O."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any, Literal

import orjson
from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

Json = Any
"""A value that JSON can hold: null, bool, int, float, str, list or dict with string keys."""


@dataclass(frozen=True, slots=True, order=True)
class Address:
    """What one resource is called: its kind and its name.

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
        """In JSON an address is its text."""
        return core_schema.no_info_plain_validator_function(
            lambda value: value if isinstance(value, cls) else cls.parse(value),
            serialization=core_schema.plain_serializer_function_ser_schema(str),
        )

    def matches(self, pattern: str) -> bool:
        """Whether a glob such as ``prompt/support/*`` means this address."""
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


@dataclass(frozen=True, slots=True)
class Resource:
    """One managed thing, declared or fetched.

    Args:
        address: What it is called.
        content: The fields that are managed, each as the server would store it. What a kind
            puts here is described in its module.
        source: Where it is declared; None for a fetched one.
        needs: Addresses that must be right in Langfuse before this one is written.
    """

    address: Address
    content: Mapping[str, Json]
    source: Source | None = field(default=None, compare=False)
    needs: tuple[Address, ...] = ()


def digest(value: Json) -> str:
    """A short hash: equal values, equal digests, whatever the order of their keys."""
    packed = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(packed).hexdigest()[:32]


class State(Mapping[Address, Resource]):
    """Resources by address, in the order in which they were given.

    Args:
        resources: At most one for each address.

    Raises:
        ValueError: Two resources have one address.
    """

    def __init__(self, resources: Iterable[Resource] = ()) -> None:
        self._resources: dict[Address, Resource] = {}
        for resource in resources:
            if resource.address in self._resources:
                raise ValueError(f"{resource.address} is there twice")
            self._resources[resource.address] = resource

    def __getitem__(self, address: Address) -> Resource:
        return self._resources[address]

    def __iter__(self) -> Iterator[Address]:
        return iter(self._resources)

    def __len__(self) -> int:
        return len(self._resources)

    def of_kind(self, kind: str) -> list[Resource]:
        """The resources of one kind."""
        return [resource for resource in self.values() if resource.address.kind == kind]

    def select(self, patterns: Iterable[str]) -> State:
        """The resources whose address one of the globs means, and what those need.

        With no globs, all of them.
        """
        globs = tuple(patterns)
        if not globs:
            return self
        chosen: set[Address] = set()
        waiting = [one for one in self if any(one.matches(glob) for glob in globs)]
        while waiting:
            address = waiting.pop()
            if address in self and address not in chosen:
                chosen.add(address)
                waiting.extend(self[address].needs)
        return State(resource for resource in self.values() if resource.address in chosen)


class Action(StrEnum):
    """What a change does to its resource."""

    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    ARCHIVE = "archive"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Request:
    """One call of Langfuse's API.

    Args:
        method: The HTTP method.
        path: Path below ``/api/public``, names in it percent-encoded.
        body: The JSON body; None for none.
        repeatable: Whether sending it twice does the same as sending it once.
    """

    method: Literal["POST", "PATCH", "DELETE"]
    path: str
    body: Json = None
    repeatable: bool = True


@dataclass(frozen=True, slots=True)
class FieldDifference:
    """One field that differs.

    Args:
        path: Dotted path into the resource, such as ``prompt[0].content``.
        before: The value in Langfuse; None where there is none.
        after: The value in the files; None where there is none.
    """

    path: str
    before: Json
    after: Json


@dataclass(frozen=True, slots=True)
class Change:
    """One address that a plan will write.

    Args:
        address: What is written.
        action: What becomes of it.
        before: Its managed fields in Langfuse; None if it is not there.
        after: Its managed fields afterwards; None if it will be gone.
        differences: What differs between the two.
        reasons: Why, one sentence each.
        requests: The calls that will be sent, in this order.
        closing: Calls that are sent once everything that needs this address is written.
        needs: Addresses of the same plan that must be written first.
        basis: Digest of what this was planned on; empty if the resource was not there.
        source: Where the resource is declared.
    """

    address: Address
    action: Action
    before: Mapping[str, Json] | None
    after: Mapping[str, Json] | None
    differences: tuple[FieldDifference, ...] = ()
    reasons: tuple[str, ...] = ()
    requests: tuple[Request, ...] = ()
    closing: tuple[Request, ...] = ()
    needs: tuple[Address, ...] = ()
    basis: str = ""
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A reason for which ``apply`` will not start.

    Args:
        reason: What stands in the way and what to do.
        allow: The option that lets it pass; empty if none does.
        address: What it is about; None for the plan as a whole.
    """

    reason: str
    allow: str = ""
    address: Address | None = None


@dataclass(frozen=True, slots=True)
class Project:
    """The Langfuse project behind the keys.

    Args:
        id: Its id.
        name: Its name.
        host: Where it is, such as ``https://cloud.langfuse.com``.
    """

    id: str
    name: str
    host: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be written, in order, and what it is based on.

    Args:
        project: Where.
        environment: The environment that was chosen; empty for the unnamed one.
        changes: One for each address that will be written, in an order that works.
        unmanaged: For each kind, what is in Langfuse and in no file: names where they were
            read, in their order.
        unmanaged_count: For each kind, how many; at least the number of names.
        unchanged: How many declared resources are already right.
        warnings: What a person should know before saying yes.
        refusals: Why ``apply`` will not start, unless told.
    """

    project: Project
    environment: str = ""
    changes: tuple[Change, ...] = ()
    unmanaged: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unmanaged_count: Mapping[str, int] = field(default_factory=dict)
    unchanged: int = 0
    warnings: tuple[str, ...] = ()
    refusals: tuple[Refusal, ...] = ()

    @property
    def summary(self) -> dict[str, int]:
        """How many changes of each action, how many requests, how many resources unchanged."""
        counts = {action.value: 0 for action in Action}
        for change in self.changes:
            counts[change.action.value] += 1
        requests = sum(len(one.requests) + len(one.closing) for one in self.changes)
        return {**counts, "unchanged": self.unchanged, "requests": requests}


class Outcome(StrEnum):
    """What became of one change."""

    APPLIED = "applied"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one change, and why.

    Args:
        address: The change's address.
        action: The change's action.
        outcome: What became of it.
        detail: The server's words for a failure, the cause of a skip; empty when applied.
        requests: How many requests were sent for it, repeats included.
    """

    address: Address
    action: Action
    outcome: Outcome
    detail: str = ""
    requests: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """What became of each change of a plan.

    Args:
        project: Where.
        environment: The environment that was chosen.
        results: One for each change, in the plan's order.
    """

    project: Project
    environment: str
    results: tuple[Result, ...]

    def count(self, outcome: Outcome) -> int:
        """How many changes ended so."""
        return sum(result.outcome is outcome for result in self.results)

    @property
    def ok(self) -> bool:
        """Whether everything was applied."""
        return self.count(Outcome.APPLIED) == len(self.results)
