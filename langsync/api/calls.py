"""Calls of operations: checked before they are sent, followed from page to page."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, quote, urlencode

import orjson

from langsync.api.reference import PREFIX, ApiReference, Operation, Parameter
from langsync.api.violations import SchemaChecker, suggest
from langsync.client import Client
from langsync.client.guards import has_dot_segment, is_dot_segment
from langsync.client.paging import Repetition
from langsync.errors import ApiError, ConfigError
from langsync.model import Json

ParameterValues = Mapping[str, Sequence[str | None]]
"""Values of parameters, by name; None for a name without a value."""


@dataclass(frozen=True, slots=True)
class ApiCall:
    """A call of the API.

    Args:
        method: The HTTP method.
        path: Path below ``/api/public``, percent-encoded.
        query: Query parameters, in order; a name may occur several times.
        body: The JSON body; None for none.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    body: Json = None

    def with_parameter(self, name: str, value: str) -> ApiCall:
        """Returns a copy with another value of a query parameter."""
        others = tuple(pair for pair in self.query if pair[0] != name)
        return replace(self, query=(*others, (name, value)))

    async def send(self, client: Client) -> Json:
        """Sends the call. A call that creates something is not sent again if the response is lost.

        Raises:
            ApiError: Langfuse refused it; the message quotes the reason.
        """
        path = f"{self.path}?{urlencode(self.query)}" if self.query else self.path
        is_idempotent = self.method in ("GET", "PUT", "DELETE")
        return await client.call(self.method, path, body=self.body, repeatable=is_idempotent)


def lookup_command(call: ApiCall, reference: ApiReference | None) -> str:
    """Returns the command that shows whether a write was done whose response was lost.

    Args:
        call: The write.
        reference: The server's API reference, if it was read: an endpoint of another version may
            read what this one writes, as ``/v3/scores`` does for ``/scores``.
    """
    collection = "/" + re.sub(r"^/v\d+/", "/", call.path).lstrip("/")
    paths = [call.path, *(f"/{version}{collection}" for version in ("v3", "v2"))]
    existing = (path for path in paths if reference is not None and reference.find_at("GET", path))
    return f"langsync api GET {next(existing, call.path)}"


def raw_call(method: str, path: str, parameters: ParameterValues, body: Json) -> ApiCall:
    """Returns a call of a path below ``/api/public``, unchecked, without a reference.

    Raises:
        ConfigError: The path is outside of ``/api/public``, or a parameter has no value.
    """
    for name, values in parameters.items():
        if None in values:
            raise ConfigError(f"--{name} needs a value")
    api_path, _, query = path.removeprefix(PREFIX).partition("?")
    segments = api_path.split("/")
    if not api_path.startswith("/") or "//" in api_path or any(map(is_dot_segment, segments)):
        raise ConfigError(f"{path!r}: write a path below {PREFIX}, such as /v2/prompts")
    pairs = [*parse_qsl(query, keep_blank_values=True)]
    pairs += [
        (name, value)
        for name, values in parameters.items()
        for value in values
        if value is not None
    ]
    return ApiCall(method, quote(api_path, safe="/%:@!$&'()*+,;=-._~"), tuple(pairs), body)


def prepare(
    reference: ApiReference,
    operation: Operation,
    values: ParameterValues,
    body: Json,
    reserved: Collection[str] = (),
) -> ApiCall:
    """Returns a call of an operation, checked against the reference.

    Args:
        reference: The server's API reference.
        operation: The operation.
        values: Values of its parameters, by name; None for a name without a value.
        body: The JSON body; None for none.
        reserved: Option names that the caller uses itself; such a parameter is passed by ``-p``.

    Raises:
        ConfigError: Something is missing, unknown or of the wrong type; it lists all problems.
    """
    parameters = {parameter.name: parameter for parameter in operation.parameters}
    options = [option_of(name, reserved) for name in parameters]
    reserved_options = [f"--{name}" for name in reserved]
    problems = [
        f"there is no --{name}: {suggest(f'--{name}', options, reserved_options)}"
        for name in values
        if name not in parameters
    ]
    texts: dict[str, list[str]] = {}
    for name, parameter in parameters.items():
        texts[name], violations = _parameter_values(
            reference, parameter, values.get(name, ()), option_of(name, reserved)
        )
        problems += violations
    problems += _body_violations(reference, operation, body)
    if problems:
        lines = "\n".join(f"  {text}" for text in problems)
        raise ConfigError(
            f"{operation.id} was not called:\n{lines}\n"
            f"  'langsync api describe {operation.id}' shows what it takes"
        )
    path = re.sub(r"\{(\w+)\}", lambda match: quote(texts[match[1]][0], safe=""), operation.path)
    query = tuple(
        (name, value)
        for name in values
        if parameters[name].place == "query"
        for value in texts[name]
    )
    return ApiCall(operation.method, path, query, body)


def option_of(name: str, reserved: Collection[str]) -> str:
    """Returns the option for a parameter: ``-p NAME=…`` if the caller uses ``--NAME`` itself."""
    return f"-p {name}=…" if name in reserved else f"--{name}"


def _parameter_values(
    reference: ApiReference, parameter: Parameter, values: Sequence[str | None], option: str
) -> tuple[list[str], list[str]]:
    """Returns the values of a parameter, and the problems with them."""
    schema = reference.schemas.resolve(parameter.schema)
    is_list = schema.get("type") == "array"
    if is_list:
        schema = reference.schemas.resolve(schema.get("items") or {})
    type_ = schema.get("type", "")
    if type_ == "boolean":
        values = ["true" if value is None else value for value in values]
    texts = [value for value in values if value is not None]
    problems = [f"{option} needs a value"] if len(texts) < len(values) else []
    if parameter.required and not values:
        problems.append(f"{option} is missing: {reference.schemas.type(parameter.schema)}")
    if len(texts) > 1 and not is_list:
        problems.append(f"{option} is given {len(texts)} times, and takes one value")
    for value in texts:
        checker = SchemaChecker(reference.schemas, f"{option.removesuffix('=…')} {value!r}")
        problems += checker.violations(schema, _parse_value(type_, value))
        if parameter.place == "path" and not value:
            problems.append(f"{option} is empty")
        if parameter.place == "path" and has_dot_segment(value):
            problems.append(
                f"{option} {value!r} would lead to another path: '.' and '..' are no names"
            )
    return texts, problems


def _parse_value(type_: str, text: str) -> Json:
    """Returns a command-line text as a value of a type; the text itself if it is not one."""
    if type_ not in ("boolean", "integer", "number"):
        return text
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
    return value if isinstance(value, bool | int | float) else text


def _body_violations(reference: ApiReference, operation: Operation, body: Json) -> list[str]:
    if operation.body is None:
        return ["it takes no --body"] if body is not None else []
    if body is None:
        if not operation.body_required:
            return []
        fields = ", ".join(sorted(reference.schemas.required(operation.body)))
        requirement = f", with {fields}" if fields else ""
        return [f"--body is missing: {reference.schemas.type(operation.body)}{requirement}"]
    violations = SchemaChecker(reference.schemas, "body").violations(operation.body, body)
    return [text if text.startswith("body") else f"body: {text}" for text in violations]


async def follow_pages(client: Client, call: ApiCall) -> AsyncIterator[Json]:
    """Sends a call for each page of a list, by cursor or by number.

    Yields:
        The response for each page; a single one if it is no list.

    Raises:
        ApiError: Langfuse refused a call.
    """
    seen, repetition = set[str](), Repetition()
    while True:
        answer = await call.send(client)
        yield answer
        meta = answer.get("meta") if isinstance(answer, dict) else None
        repetition.check(answer.get("data") if isinstance(answer, dict) else None)
        if not isinstance(meta, dict):
            return
        page, pages = meta.get("page"), meta.get("totalPages")
        if meta.get("cursor"):
            name, value = "cursor", str(meta["cursor"])
        elif (
            isinstance(page, int)
            and isinstance(pages, int)
            and page < pages
            and answer.get("data") != []
        ):
            name, value = "page", str(page + 1)
        else:
            return
        if value in seen:
            raise ApiError(f"the server gives the same {name} again: the list has no end")
        seen.add(value)
        call = call.with_parameter(name, value)
