"""Calls of operations: checked before they are sent, and followed from page to page."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, quote, urlencode

import orjson

from langsync.api.flaws import Check, hint
from langsync.api.reference import PREFIX, Operation, Parameter, Reference
from langsync.client import Client
from langsync.client.guards import has_dot_segment, is_dot_segment
from langsync.client.paging import Repetition
from langsync.errors import ApiError, ConfigError
from langsync.model import Json

Given = Mapping[str, Sequence[str | None]]
"""Values of parameters, by name; None where a name stands without one."""


@dataclass(frozen=True, slots=True)
class Call:
    """What is sent.

    Args:
        method: The HTTP method.
        path: Path below ``/api/public``, percent-encoded.
        query: Parameters of the query, in order; a name may come several times.
        body: The JSON that is sent; None for none.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    body: Json = None

    def with_parameter(self, name: str, value: str) -> Call:
        """The same with another value for a parameter of the query."""
        kept = tuple(pair for pair in self.query if pair[0] != name)
        return replace(self, query=(*kept, (name, value)))

    async def send(self, client: Client) -> Json:
        """Send it. What creates is not sent again when its answer is lost.

        Raises:
            ApiError: Langfuse said no, in its own words.
        """
        path = f"{self.path}?{urlencode(self.query)}" if self.query else self.path
        again = self.method in ("GET", "PUT", "DELETE")
        return await client.call(self.method, path, body=self.body, repeatable=again)


def lookup(call: Call, reference: Reference | None) -> str:
    """The call that shows whether a write was done whose answer was lost.

    Args:
        call: The write.
        reference: The server's API reference, where it was read: an endpoint of another version may
            read what this one writes, as ``/v3/scores`` does for ``/scores``.
    """
    collection = "/" + re.sub(r"^/v\d+/", "/", call.path).lstrip("/")
    paths = [call.path, *(f"/{version}{collection}" for version in ("v3", "v2"))]
    known = (path for path in paths if reference is not None and reference.at("GET", path))
    return f"langsync api GET {next(known, call.path)}"


def raw(method: str, path: str, given: Given, body: Json) -> Call:
    """A call of a path below ``/api/public``, which needs no reference.

    Raises:
        ConfigError: It leads elsewhere, or a parameter has no value.
    """
    for name, values in given.items():
        if None in values:
            raise ConfigError(f"--{name} needs a value")
    below, _, query = path.removeprefix(PREFIX).partition("?")
    if not below.startswith("/") or "//" in below or any(map(is_dot_segment, below.split("/"))):
        raise ConfigError(f"{path!r}: write a path below {PREFIX}, such as /v2/prompts")
    pairs = [*parse_qsl(query, keep_blank_values=True)]
    pairs += [
        (name, value) for name, values in given.items() for value in values if value is not None
    ]
    return Call(method, quote(below, safe="/%:@!$&'()*+,;=-._~"), tuple(pairs), body)


def prepare(
    reference: Reference,
    operation: Operation,
    given: Given,
    body: Json,
    own: Collection[str] = (),
) -> Call:
    """A call of an operation, checked against the reference.

    Args:
        reference: The server's API reference.
        operation: What is called.
        given: Values for its parameters, by name; None for a name without a value.
        body: The JSON for its body; None for none.
        own: Names that are options of the caller; such a parameter is given by ``-p``.

    Raises:
        ConfigError: Something is missing, unknown or of another type; all of it at once.
    """
    known = {one.name: one for one in operation.parameters}
    there, also = [spelt(name, own) for name in known], [f"--{name}" for name in own]
    wrong = [
        f"there is no --{name}: {hint(f'--{name}', there, also)}"
        for name in given
        if name not in known
    ]
    values: dict[str, list[str]] = {}
    for name, one in known.items():
        values[name], flaws = _values(reference, one, given.get(name, ()), spelt(name, own))
        wrong += flaws
    wrong += _body_flaws(reference, operation, body)
    if wrong:
        lines = "\n".join(f"  {text}" for text in wrong)
        raise ConfigError(
            f"{operation.id} was not called:\n{lines}\n"
            f"  'langsync api describe {operation.id}' shows what it takes"
        )
    path = re.sub(r"\{(\w+)\}", lambda found: quote(values[found[1]][0], safe=""), operation.path)
    query = tuple(
        (name, value) for name in given if known[name].place == "query" for value in values[name]
    )
    return Call(operation.method, path, query, body)


def spelt(name: str, own: Collection[str]) -> str:
    """How a parameter is given: as an option of its name, unless the caller has one."""
    return f"-p {name}=…" if name in own else f"--{name}"


def _values(
    reference: Reference, parameter: Parameter, given: Sequence[str | None], name: str
) -> tuple[list[str], list[str]]:
    """The values of a parameter, and what is wrong with them."""
    schema = reference.schemas.resolved(parameter.schema)
    is_list = schema.get("type") == "array"
    if is_list:
        schema = reference.schemas.resolved(schema.get("items") or {})
    kind = schema.get("type", "")
    if kind == "boolean":
        given = ["true" if value is None else value for value in given]
    values = [value for value in given if value is not None]
    wrong = [f"{name} needs a value"] if len(values) < len(given) else []
    if parameter.required and not given:
        wrong.append(f"{name} is missing: {reference.schemas.type(parameter.schema)}")
    if len(values) > 1 and not is_list:
        wrong.append(f"{name} is given {len(values)} times, and takes one value")
    for value in values:
        check = Check(reference.schemas, f"{name.removesuffix('=…')} {value!r}")
        wrong += check.flaws(schema, _as(kind, value))
        if parameter.place == "path" and not value:
            wrong.append(f"{name} is empty")
        if parameter.place == "path" and has_dot_segment(value):
            wrong.append(f"{name} {value!r} would lead to another path: '.' and '..' are no names")
    return values, wrong


def _as(kind: str, text: str) -> Json:
    """What a text of the command line means for a type; the text itself where it is no such."""
    if kind not in ("boolean", "integer", "number"):
        return text
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
    return value if isinstance(value, bool | int | float) else text


def _body_flaws(reference: Reference, operation: Operation, body: Json) -> list[str]:
    if operation.body is None:
        return ["it takes no --body"] if body is not None else []
    if body is None:
        if not operation.body_required:
            return []
        fields = ", ".join(sorted(reference.schemas.required(operation.body)))
        needs = f", with {fields}" if fields else ""
        return [f"--body is missing: {reference.schemas.type(operation.body)}{needs}"]
    flaws = Check(reference.schemas, "body").flaws(operation.body, body)
    return [text if text.startswith("body") else f"body: {text}" for text in flaws]


async def follow(client: Client, call: Call) -> AsyncIterator[Json]:
    """The answers for a list, page by page, by cursor or by number.

    Yields:
        Each answer; one only where the answer is no list.

    Raises:
        ApiError: Langfuse said no.
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
            name, where = "cursor", str(meta["cursor"])
        elif (
            isinstance(page, int)
            and isinstance(pages, int)
            and page < pages
            and answer.get("data") != []
        ):
            name, where = "page", str(page + 1)
        else:
            return
        if where in seen:
            raise ApiError(f"the server gives the same {name} again: the list has no end")
        seen.add(where)
        call = call.with_parameter(name, where)
