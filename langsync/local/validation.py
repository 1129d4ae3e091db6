"""Checks of requests that answer with the same issues as the server's validator (zod 4)."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from langsync.local.javascript import Json, to_number, type_name
from langsync.local.refusals import RefusalError

Path = tuple[str | int, ...]


class Undefined:
    """The type of a field that a request leaves out."""


UNDEFINED: Final = Undefined()


@dataclass(frozen=True, slots=True)
class Issue:
    """One reason to refuse a value.

    Args:
        fields: What the issue says beside its path and message, in the server's order.
        path: Where the value is.
        message: What is wrong.
        fatal: The value has the wrong type, so a union goes on to its next option.
    """

    fields: Mapping[str, object]
    path: Path
    message: str
    fatal: bool = False

    def as_json(self) -> dict[str, object]:
        """The issue as it stands in an answer."""
        return {**self.fields, "path": list(self.path), "message": self.message}


Outcome = tuple[Any, Sequence[Issue]]
Check = Callable[[Any, Path], Outcome]
Rule = Callable[[Any, Path], Sequence[Issue]]


def validated(check: Check, value: object) -> Json:
    """The value as the check passes it on.

    Raises:
        RefusalError: 400 with all issues, recorded: prompt-text-lifecycle 15.
    """
    result, issues = check(value, ())
    if issues:
        raise RefusalError(400, "Invalid request data", [issue.as_json() for issue in issues])
    return result


def invalid_type(expected: str, value: object, path: Path) -> Issue:
    """The value is of another type, recorded: prompt-labels 12."""
    received = type_name(value)
    fields: dict[str, object] = {"expected": expected, "code": "invalid_type"}
    if received == "NaN":  # recorded: prompt-list 20
        fields["received"] = "NaN"
    message = f"Invalid input: expected {expected}, received {received}"
    return Issue(fields, path, message, fatal=True)


def custom(message: str, path: Path) -> Issue:
    """A rule of the server's own, recorded: prompt-labels 8."""
    return Issue({"code": "custom"}, path, message)


def too_long(maximum: int, message: str = "") -> Rule:
    """At most so many characters, recorded: prompt-labels 15."""
    text = message or f"Too big: expected string to have <={maximum} characters"
    fields = {"origin": "string", "code": "too_big", "maximum": maximum, "inclusive": True}
    return lambda value, path: [Issue(fields, path, text)] if _units(value) > maximum else []


def too_short(minimum: int, message: str = "") -> Rule:
    """At least so many characters, recorded: prompt-names 10."""
    text = message or f"Too small: expected string to have >={minimum} characters"
    fields = {"origin": "string", "code": "too_small", "minimum": minimum, "inclusive": True}
    return lambda value, path: [Issue(fields, path, text)] if _units(value) < minimum else []


def _units(text: str) -> int:
    """JavaScript's length: UTF-16 code units."""
    return len(text) + sum(character > "\uffff" for character in text)


def pattern(javascript: str, message: str, fmt: str = "regex") -> Rule:
    """The text matches an expression, given as JavaScript prints it: ``/…/``."""
    source = javascript[1:-1].replace(".*", r"[^\n\r\u2028\u2029]*")
    compiled = re.compile(re.sub(r"\$\Z", r"\\Z", source), re.ASCII)
    fields = {"origin": "string", "code": "invalid_format", "format": fmt, "pattern": javascript}
    return lambda value, path: [] if compiled.search(value) else [Issue(fields, path, message)]


def refined(holds: Callable[[Any], bool], message: str | Callable[[Any], str]) -> Rule:
    """A rule that Python decides."""

    def rule(value: Json, path: Path) -> Sequence[Issue]:
        if holds(value):
            return []
        return [custom(message if isinstance(message, str) else message(value), path)]

    return rule


def at_least(minimum: int, *, inclusive: bool = True) -> Rule:
    """A lower bound of a number, recorded: prompt-list 18 and item-paging 15."""
    sign = ">=" if inclusive else ">"
    fields = {"origin": "number", "code": "too_small", "minimum": minimum, "inclusive": inclusive}
    issue = Issue(fields, (), f"Too small: expected number to be {sign}{minimum}")

    def rule(value: float, path: Path) -> Sequence[Issue]:
        holds = value >= minimum if inclusive else value > minimum
        return [] if holds else [replace(issue, path=path)]

    return rule


def at_most(maximum: int) -> Rule:
    """An upper bound of a number, recorded: prompt-list 17."""
    fields = {"origin": "number", "code": "too_big", "maximum": maximum, "inclusive": True}
    text = f"Too big: expected number to be <={maximum}"
    return lambda value, path: [Issue(fields, path, text)] if value > maximum else []


def of_type(expected: str, *rules: Rule) -> Check:
    """A value of one JSON type that keeps some rules; every broken rule is an issue."""

    def check(value: Json, path: Path) -> Outcome:
        if type_name(value) != expected:
            return value, [invalid_type(expected, value, path)]
        return value, [issue for rule in rules for issue in rule(value, path)]

    return check


def string(*rules: Rule) -> Check:
    """A text."""
    return of_type("string", *rules)


def coerced_number(*rules: Rule, integer: bool = True) -> Check:
    """A number in a query, read as ``Number(text)`` reads it."""

    def check(value: Json, path: Path) -> Outcome:
        parsed = to_number(value) if isinstance(value, str) else math.nan
        if math.isnan(parsed):
            return parsed, [invalid_type("number", parsed, path)]
        if integer and not parsed.is_integer():
            fields = {"expected": "int", "format": "safeint", "code": "invalid_type"}
            text = "Invalid input: expected int, received number"
            return parsed, [Issue(fields, path, text, fatal=True)]
        result = int(parsed) if integer else parsed
        return result, [issue for rule in rules for issue in rule(result, path)]

    return check


def one_of(*values: str) -> Check:
    """One of some texts, recorded: prompt-text-lifecycle 15 and prompt-bodies 11."""
    options = "|".join(f'"{value}"' for value in values)
    text = f"expected one of {options}" if len(values) > 1 else f"expected {options}"
    message = f"Invalid {'option' if len(values) > 1 else 'input'}: {text}"
    fields = {"code": "invalid_value", "values": list(values)}
    return lambda value, path: (
        value,
        [] if value in values else [Issue(fields, path, message, fatal=True)],
    )


def anything(value: Json, _path: Path) -> Outcome:
    """Any JSON value; null where it is left out."""
    return None if value is UNDEFINED else value, []


def undefined(value: Json, path: Path) -> Outcome:
    """A field that must be left out or null."""
    if value is UNDEFINED or value is None:
        return None, []
    return value, [invalid_type("undefined", value, path)]


def optional(check: Check, default: Json = None) -> Check:
    """The check, or a default where the field is left out."""
    return lambda value, path: (default, []) if value is UNDEFINED else check(value, path)


def nullish(check: Check, default: Json = None) -> Check:
    """The check, or a default where the field is left out or null."""
    return lambda value, path: (
        (default, []) if value is UNDEFINED or value is None else check(value, path)
    )


def array(of: Check) -> Check:
    """A list of values that pass one check."""

    def check(value: Json, path: Path) -> Outcome:
        if type_name(value) != "array":
            return value, [invalid_type("array", value, path)]
        outcomes = [of(item, (*path, index)) for index, item in enumerate(value)]
        return [item for item, _ in outcomes], [issue for _, found in outcomes for issue in found]

    return check


def shape(fields: Mapping[str, Check]) -> Check:
    """An object; keys without a check are dropped, as the server does."""

    def check(value: Json, path: Path) -> Outcome:
        if type_name(value) != "object":
            return value, [invalid_type("object", value, path)]
        result: dict[str, Json] = {}
        issues: list[Issue] = []
        for key, field in fields.items():
            result[key], found = field(value.get(key, UNDEFINED), (*path, key))
            issues.extend(found)
        return result, issues

    return check


def followed_by(first: Check, *rules: Rule) -> Check:
    """Rules on the whole of a value, looked at only where the check found nothing fatal."""

    def check(value: Json, path: Path) -> Outcome:
        result, issues = first(value, path)
        if any(issue.fatal for issue in issues):
            return result, issues
        return result, [*issues, *(issue for rule in rules for issue in rule(result, path))]

    return check


def union(*options: Check) -> Check:
    """The first option that passes.

    Where just one has the right types, its issues are told; else those of all, nested and
    with paths from the union on. Recorded: prompt-chat 4 and 5.
    """

    def check(value: Json, path: Path) -> Outcome:
        outcomes = [option(value, ()) for option in options]
        for outcome in outcomes:
            if not outcome[1]:
                return outcome
        typed = [o for o in outcomes if not any(issue.fatal for issue in o[1])]
        if len(typed) == 1:
            result, issues = typed[0]
            return result, [replace(issue, path=(*path, *issue.path)) for issue in issues]
        errors = [[issue.as_json() for issue in issues] for _, issues in outcomes]
        fields = {"code": "invalid_union", "errors": errors}
        return value, [Issue(fields, path, "Invalid input", fatal=True)]

    return check
