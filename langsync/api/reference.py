"""The operations that a server's API reference lists."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from langsync.api.schemas import Schemas
from langsync.errors import ConfigError, UnexpectedAnswerError

PREFIX: Final = "/api/public"
METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")

_END: Final = re.compile(r"\*\*Deprecated:\*\*.*?(?:\n\s*\n|\Z)", re.DOTALL)
_SUCCESSOR: Final = re.compile(r"(GET|POST|PUT|PATCH|DELETE)\s+(/api/public[^\s`.,)?]*)")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of an operation.

    Args:
        name: Its name.
        place: ``path`` or ``query``.
        required: Whether a call needs it.
        schema: The schema of its values.
        description: What it does; may be empty.
    """

    name: str
    place: str
    required: bool
    schema: Mapping[str, Any]
    description: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that the API does.

    Args:
        id: Its name, such as ``trace_list``.
        method: The HTTP method.
        path: Path below ``/api/public``, with ``{names}`` for its variable parts.
        tag: The group that it belongs to.
        description: What it does.
        deprecated: Whether it goes away.
        parameters: Its parameters, in the order of the reference.
        body: The schema of the JSON that it takes; None for none.
        body_required: Whether it needs that.
        answer: The schema of the JSON that it answers; None for none.
    """

    id: str
    method: str
    path: str
    tag: str
    description: str = ""
    deprecated: bool = False
    parameters: tuple[Parameter, ...] = ()
    body: Mapping[str, Any] | None = None
    body_required: bool = False
    answer: Mapping[str, Any] | None = None

    @property
    def summary(self) -> str:
        """The first sentence of what it does, without what is said of its end."""
        text = _END.sub("", self.description)
        first = " ".join((text.strip() or self.description).split("\n\n")[0].split())
        return re.split(r"(?<=[a-z)`])\. ", first)[0].strip("*")

    @property
    def of_organization(self) -> bool:
        """Whether it needs the keys of an organization: only its description says so."""
        return "requires organization-scoped API key" in " ".join(self.description.split())

    @property
    def successor(self) -> str:
        """What to use instead, as ``GET /v3/scores``; empty where nothing is named."""
        end = _END.search(self.description) if self.deprecated else None
        found = _SUCCESSOR.search(end[0]) if end else None
        return f"{found[1]} {found[2].removeprefix(PREFIX)}" if found else ""


@dataclass(frozen=True)
class Reference:
    """An API reference: OpenAPI 3, as Langfuse serves it.

    Args:
        document: The whole of it, as plain data.

    Raises:
        UnexpectedAnswerError: It is none.
    """

    document: Mapping[str, Any] = field(repr=False)

    def __post_init__(self) -> None:
        if not isinstance(self.document, dict) or not isinstance(self.document.get("paths"), dict):
            raise UnexpectedAnswerError("what the server has for an API reference is no OpenAPI")

    @cached_property
    def schemas(self) -> Schemas:
        """What its schemas mean."""
        return Schemas(self.document.get("components", {}).get("schemas", {}))

    @cached_property
    def operations(self) -> Mapping[str, Operation]:
        """All operations by their names, in the order of the reference."""
        return {one.id: one for one in self._operations()}

    def _operations(self) -> Iterator[Operation]:
        for path, methods in self.document["paths"].items():
            for method, found in methods.items():
                if method.upper() in METHODS:
                    shared = methods.get("parameters", [])
                    yield _operation(method.upper(), path, found, shared)

    def find(self, name: str) -> Operation:
        """The operation of a name, whatever its case.

        Raises:
            ConfigError: There is none; the message names those that are alike.
        """
        found = self.operations.get(name)
        if found is not None:
            return found
        lower = {one.lower(): one for one in self.operations}
        if name.lower() in lower:
            return self.operations[lower[name.lower()]]
        inside = [lower[one] for one in lower if name.lower() in one]
        close = [lower[one] for one in difflib.get_close_matches(name.lower(), lower, 3, 0.6)]
        alike = list(dict.fromkeys([*close, *inside]))[:5]
        hint = f": did you mean {', '.join(alike)}?" if alike else "."
        raise ConfigError(f"there is no operation {name!r}{hint} 'langsync api' lists them all")

    def successor(self, operation: Operation) -> str:
        """What to use instead: an operation, or a path that has none; empty if none is named."""
        method, _, path = operation.successor.partition(" ")
        found = self.at(method, path)
        return found.id if found else operation.successor

    def near(self, method: str, path: str) -> list[str]:
        """What is like a path that no operation has, such as ``GET /v2/prompts``; at most 3."""
        every = list(self.operations.values())
        found = [one for one in every if _matches(one.path, path)]
        if not found:
            close = difflib.get_close_matches(path, {one.path for one in every}, 3)
            found = [one for one in every if one.path in close and one.method == method]
        return [f"{one.method} {one.path}" for one in found[:3]]

    def at(self, method: str, path: str) -> Operation | None:
        """The operation that answers at a path below ``/api/public``; None if there is none."""
        for one in self.operations.values():
            if one.method == method and _matches(one.path, path):
                return one
        return None


def _matches(template: str, path: str) -> bool:
    names, parts = (text.partition("?")[0].strip("/").split("/") for text in (template, path))
    return len(names) == len(parts) and all(
        name[:1] == "{" or name == part for name, part in zip(names, parts, strict=True)
    )


def _operation(
    method: str, path: str, found: Mapping[str, Any], shared: list[Mapping[str, Any]]
) -> Operation:
    below = path.removeprefix(PREFIX)
    body = found.get("requestBody") or {}
    answers = found.get("responses") or {}
    good: Mapping[str, Any] = next(
        (answers[code] for code in sorted(answers) if str(code)[:1] == "2"), {}
    )
    parameters = (*shared, *(found.get("parameters") or ()))
    return Operation(
        found.get("operationId") or f"{method} {below}",
        method,
        below,
        (found.get("tags") or ["Other"])[0],
        (found.get("description") or found.get("summary") or "").strip(),
        bool(found.get("deprecated")),
        tuple(map(_parameter, parameters)),
        _json_schema(body),
        bool(body.get("required")),
        _json_schema(good),
    )


def _parameter(found: Mapping[str, Any]) -> Parameter:
    return Parameter(
        found["name"],
        found.get("in", "query"),
        bool(found.get("required")),
        found.get("schema") or {},
        (found.get("description") or "").strip(),
    )


def _json_schema(holder: Mapping[str, Any]) -> Mapping[str, Any] | None:
    content = holder.get("content") or {}
    for kind, found in content.items():
        if "json" in kind:
            schema: Mapping[str, Any] = found.get("schema") or {}
            return schema
    return None
