"""Calls of operations: checked before they are sent, and followed from page to page."""

from __future__ import annotations

import difflib
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import parse_qsl, quote, urlencode

from langsync.api.reference import PREFIX, Operation, Parameter, Reference
from langsync.client import Client
from langsync.errors import ConfigError
from langsync.model import Json

_BOOLEANS: Final = ("true", "false")


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


def raw(method: str, path: str, given: Mapping[str, Sequence[str]], body: Json) -> Call:
    """A call of a path below ``/api/public``, which needs no reference.

    Raises:
        ConfigError: It leads elsewhere.
    """
    below, _, query = path.removeprefix(PREFIX).partition("?")
    if not below.startswith("/") or "//" in below or ".." in below.split("/"):
        raise ConfigError(f"{path!r}: write a path below {PREFIX}, such as /v2/prompts")
    pairs = [*parse_qsl(query, keep_blank_values=True)]
    pairs += [(name, value) for name, values in given.items() for value in values]
    return Call(method, quote(below, safe="/%:@!$&'()*+,;=-._~"), tuple(pairs), body)


def prepare(
    reference: Reference, operation: Operation, given: Mapping[str, Sequence[str]], body: Json
) -> Call:
    """A call of an operation, checked against the reference.

    Args:
        reference: The server's API reference.
        operation: What is called.
        given: Values for its parameters, by name.
        body: The JSON for its body; None for none.

    Raises:
        ConfigError: Something is missing, unknown or of another type; all of it at once.
    """
    known = {one.name: one for one in operation.parameters}
    wrong = [_unknown(name, known) for name in given if name not in known]
    for name, one in known.items():
        values = given.get(name, ())
        if one.required and not values:
            wrong.append(f"--{name} is missing: {reference.schemas.type(one.schema)}")
        wrong += [text for value in values if (text := _flaw(reference, one, value))]
        is_list = reference.schemas.resolved(one.schema).get("type") == "array"
        if len(values) > 1 and not is_list:
            wrong.append(f"--{name} is given {len(values)} times, and takes one value")
    wrong += _body_flaws(reference, operation, body)
    if wrong:
        lines = "\n".join(f"  {text}" for text in wrong)
        raise ConfigError(
            f"{operation.id} was not called:\n{lines}\n"
            f"'langsync api describe {operation.id}' shows what it takes"
        )
    path = re.sub(r"\{(\w+)\}", lambda found: quote(given[found[1]][0], safe=""), operation.path)
    query = tuple(
        (name, value)
        for name, values in given.items()
        if known[name].place == "query"
        for value in values
    )
    return Call(operation.method, path, query, body)


def _unknown(name: str, known: Mapping[str, Parameter]) -> str:
    close = difflib.get_close_matches(name, known, 1)
    if close:
        return f"there is no --{name}: did you mean --{close[0]}?"
    names = ", ".join(f"--{one}" for one in known) or "none"
    return f"there is no --{name}: it takes {names}"


def _flaw(reference: Reference, parameter: Parameter, value: str) -> str:
    schema = reference.schemas.resolved(parameter.schema)
    if schema.get("type") == "array":
        schema = reference.schemas.resolved(schema.get("items") or {})
    allowed = [str(one) for one in schema.get("enum", ())]
    kind = schema.get("type")
    if allowed and value not in allowed:
        close = difflib.get_close_matches(value, allowed, 1)
        hint = f": did you mean {close[0]}?" if close else f": one of {', '.join(allowed)}"
        return f"--{parameter.name} {value!r} is not allowed{hint}"
    if kind == "boolean" and value not in _BOOLEANS:
        return f"--{parameter.name} {value!r} is neither true nor false"
    if kind == "integer" and not re.fullmatch(r"[-+]?\d+", value):
        return f"--{parameter.name} {value!r} is no integer"
    if kind == "number":
        try:
            float(value)
        except ValueError:
            return f"--{parameter.name} {value!r} is no number"
    if parameter.place == "path" and not value:
        return f"--{parameter.name} is empty"
    return ""


def _body_flaws(reference: Reference, operation: Operation, body: Json) -> list[str]:
    if operation.body is None:
        return ["it takes no --body"] if body is not None else []
    if body is None:
        fields = ", ".join(sorted(reference.schemas.required(operation.body)))
        needs = f", with {fields}" if fields else ""
        return [f"--body is missing: {reference.schemas.type(operation.body)}{needs}"]
    known = reference.schemas.properties(operation.body)
    wrong = []
    full = reference.schemas.resolved(operation.body)
    if isinstance(body, dict) and known and not full.get("additionalProperties"):
        for name in body.keys() - known.keys():
            if not full.get("oneOf") and not full.get("anyOf"):
                close = difflib.get_close_matches(name, known, 1)
                hint = f"did you mean {close[0]}?" if close else f"it has {', '.join(known)}"
                wrong.append(f"the body has no field {name!r}: {hint}")
    return [*wrong, *(f"body: {text}" for text in reference.schemas.flaws(operation.body, body))]


async def follow(client: Client, call: Call) -> AsyncIterator[Json]:
    """The answers for a list, page by page, by cursor or by number.

    Yields:
        Each answer; one only where the answer is no list.

    Raises:
        ApiError: Langfuse said no.
    """
    while True:
        answer = await call.send(client)
        yield answer
        meta = answer.get("meta") if isinstance(answer, dict) else None
        if not isinstance(meta, dict):
            return
        page = meta.get("page")
        if meta.get("cursor"):
            call = call.with_parameter("cursor", str(meta["cursor"]))
        elif isinstance(page, int) and page < meta.get("totalPages", 0):
            call = call.with_parameter("page", str(page + 1))
        else:
            return
