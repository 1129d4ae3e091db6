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

_DEPRECATION: Final = re.compile(r"\*\*Deprecated:\*\*.*?(?:\n\s*\n|\Z)", re.DOTALL)
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
    """An operation of the API.

    Args:
        id: Its name, such as ``trace_list``.
        method: The HTTP method.
        path: Path below ``/api/public``, with ``{names}`` for its variable parts.
        tag: The group that it belongs to.
        description: What it does.
        deprecated: Whether it is going to be removed.
        parameters: Its parameters, in the order of the reference.
        body: The schema of the JSON that it takes; None for none.
        body_required: Whether a body is required.
        response: The schema of the JSON that it responds with; None for none.
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
    response: Mapping[str, Any] | None = None

    @property
    def summary(self) -> str:
        """The first sentence of the description, without its notice of deprecation."""
        text = _DEPRECATION.sub("", self.description)
        first = " ".join((text.strip() or self.description).split("\n\n")[0].split())
        return re.split(r"(?<=[a-z)`])\. ", first)[0].strip("*")

    @property
    def of_organization(self) -> bool:
        """Whether it needs the keys of an organization, which only its description says."""
        return "requires organization-scoped API key" in " ".join(self.description.split())

    @property
    def successor(self) -> str:
        """What to use instead, such as ``GET /v3/scores``; empty if nothing is named."""
        notice = _DEPRECATION.search(self.description) if self.deprecated else None
        match = _SUCCESSOR.search(notice[0]) if notice else None
        return f"{match[1]} {match[2].removeprefix(PREFIX)}" if match else ""


@dataclass(frozen=True)
class ApiReference:
    """An API reference: OpenAPI 3, as Langfuse serves it.

    Args:
        document: The whole reference, as plain data.

    Raises:
        UnexpectedAnswerError: The document is not OpenAPI.
    """

    document: Mapping[str, Any] = field(repr=False)

    def __post_init__(self) -> None:
        if not isinstance(self.document, dict) or not isinstance(self.document.get("paths"), dict):
            raise UnexpectedAnswerError("what the server has for an API reference is no OpenAPI")

    @cached_property
    def schemas(self) -> Schemas:
        """The schemas of the reference."""
        return Schemas(self.document.get("components", {}).get("schemas", {}))

    @cached_property
    def operations(self) -> Mapping[str, Operation]:
        """All operations by name, in the order of the reference."""
        return {operation.id: operation for operation in self._operations()}

    def _operations(self) -> Iterator[Operation]:
        for path, methods in self.document["paths"].items():
            for method, spec in methods.items():
                if method.upper() in METHODS:
                    shared = methods.get("parameters", [])
                    yield _operation(method.upper(), path, spec, shared)

    def find(self, name: str) -> Operation:
        """Returns the operation of a name, ignoring case.

        Raises:
            ConfigError: There is none; the message suggests similar names.
        """
        operation = self.operations.get(name)
        if operation is not None:
            return operation
        lowered, by_lowered = name.lower(), {known.lower(): known for known in self.operations}
        if lowered in by_lowered:
            return self.operations[by_lowered[lowered]]
        close = difflib.get_close_matches(lowered, by_lowered, 3, 0.6)
        containing = [known for known in by_lowered if lowered in known]
        suggestions = [by_lowered[known] for known in dict.fromkeys([*close, *containing])][:5]
        hint = f": did you mean {', '.join(suggestions)}?" if suggestions else "."
        raise ConfigError(f"there is no operation {name!r}{hint} 'langsync api' lists them all")

    def successor(self, operation: Operation) -> str:
        """Returns what to use instead: an operation, or else a path; empty if none is named."""
        method, _, path = operation.successor.partition(" ")
        successor = self.find_at(method, path)
        return successor.id if successor else operation.successor

    def similar_calls(self, method: str, path: str) -> list[str]:
        """Returns up to 3 calls such as ``GET /v2/prompts`` with paths similar to a wrong one."""
        operations = list(self.operations.values())
        similar = [operation for operation in operations if _matches(operation.path, path)]
        if not similar:
            all_paths = {operation.path for operation in operations}
            close = difflib.get_close_matches(path, all_paths, 3)
            candidates = (operation for operation in operations if operation.method == method)
            similar = [operation for operation in candidates if operation.path in close]
        return [f"{operation.method} {operation.path}" for operation in similar[:3]]

    def find_at(self, method: str, path: str) -> Operation | None:
        """Returns the operation of a path below ``/api/public``; None if there is none."""
        for operation in self.operations.values():
            if operation.method == method and _matches(operation.path, path):
                return operation
        return None


def _matches(template: str, path: str) -> bool:
    expected, actual = (text.partition("?")[0].strip("/").split("/") for text in (template, path))
    return len(expected) == len(actual) and all(
        name[:1] == "{" or name == part for name, part in zip(expected, actual, strict=True)
    )


def _operation(
    method: str, path: str, spec: Mapping[str, Any], shared: list[Mapping[str, Any]]
) -> Operation:
    api_path = path.removeprefix(PREFIX)
    body = spec.get("requestBody") or {}
    responses = spec.get("responses") or {}
    success: Mapping[str, Any] = next(
        (responses[status] for status in sorted(responses) if str(status)[:1] == "2"), {}
    )
    parameters = (*shared, *(spec.get("parameters") or ()))
    return Operation(
        spec.get("operationId") or f"{method} {api_path}",
        method,
        api_path,
        (spec.get("tags") or ["Other"])[0],
        (spec.get("description") or spec.get("summary") or "").strip(),
        bool(spec.get("deprecated")),
        tuple(map(_parameter, parameters)),
        _json_schema(body),
        bool(body.get("required")),
        _json_schema(success),
    )


def _parameter(spec: Mapping[str, Any]) -> Parameter:
    return Parameter(
        spec["name"],
        spec.get("in", "query"),
        bool(spec.get("required")),
        spec.get("schema") or {},
        (spec.get("description") or "").strip(),
    )


def _json_schema(holder: Mapping[str, Any]) -> Mapping[str, Any] | None:
    content = holder.get("content") or {}
    for media_type, body in content.items():
        if "json" in media_type:
            schema: Mapping[str, Any] = body.get("schema") or {}
            return schema
    return None
