"""Checks of requests, with the same issues as the server's validator (zod 4)."""

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
    """The type of a field that a request omits."""


UNDEFINED: Final = Undefined()


@dataclass(frozen=True, slots=True)
class Issue:
    """A reason to refuse a value.

    Args:
        fields: The fields of the issue besides path and message, in the server's order.
        path: The path of the value.
        message: The message.
        fatal: Whether the value has the wrong type, so that a union tries its next option.
    """

    fields: Mapping[str, object]
    path: Path
    message: str
    fatal: bool = False

    def as_json(self) -> dict[str, object]:
        """Returns the issue as in a response."""
        return {**self.fields, "path": list(self.path), "message": self.message}


Outcome = tuple[Any, Sequence[Issue]]
Check = Callable[[Any, Path], Outcome]
Rule = Callable[[Any, Path], Sequence[Issue]]


def validate(check: Check, value: object) -> Json:
    """Returns a value as converted by a check.

    Raises:
        RefusalError: 400 with all issues, recorded: prompt-text-lifecycle 15.
    """
    result, issues = check(value, ())
    if issues:
        raise RefusalError(400, "Invalid request data", [issue.as_json() for issue in issues])
    return result


def invalid_type(expected: str, value: object, path: Path) -> Issue:
    """Returns the issue of a value of the wrong type, recorded: prompt-labels 12."""
    received = type_name(value)
    fields: dict[str, object] = {"expected": expected, "code": "invalid_type"}
    if received == "NaN":  # recorded: prompt-list 20
        fields["received"] = "NaN"
    message = f"Invalid input: expected {expected}, received {received}"
    return Issue(fields, path, message, fatal=True)


def custom(message: str, path: Path) -> Issue:
    """Returns the issue of one of the server's own rules, recorded: prompt-labels 8."""
    return Issue({"code": "custom"}, path, message)


def too_long(maximum: int, message: str = "") -> Rule:
    """Returns a rule for the maximum length of a text, recorded: prompt-labels 15."""
    text = message or f"Too big: expected string to have <={maximum} characters"
    fields = {"origin": "string", "code": "too_big", "maximum": maximum, "inclusive": True}
    return lambda value, path: [Issue(fields, path, text)] if _units(value) > maximum else []


def too_short(minimum: int, message: str = "") -> Rule:
    """Returns a rule for the minimum length of a text, recorded: prompt-names 10."""
    text = message or f"Too small: expected string to have >={minimum} characters"
    fields = {"origin": "string", "code": "too_small", "minimum": minimum, "inclusive": True}
    return lambda value, path: [Issue(fields, path, text)] if _units(value) < minimum else []


def _units(text: str) -> int:
    """Returns the length of a text in JavaScript: its UTF-16 code units."""
    return len(text) + sum(character > "\uffff" for character in text)


def pattern(javascript: str, message: str, fmt: str = "regex") -> Rule:
    """Returns a rule for a regular expression, written like in JavaScript: ``/…/``."""
    source = javascript[1:-1].replace(".*", r"[^\n\r\u2028\u2029]*")
    compiled = re.compile(re.sub(r"\$\Z", r"\\Z", source), re.ASCII)
    fields = {"origin": "string", "code": "invalid_format", "format": fmt, "pattern": javascript}
    return lambda value, path: [] if compiled.search(value) else [Issue(fields, path, message)]


def refined(predicate: Callable[[Any], bool], message: str | Callable[[Any], str]) -> Rule:
    """Returns a rule for a predicate."""

    def rule(value: Json, path: Path) -> Sequence[Issue]:
        if predicate(value):
            return []
        return [custom(message if isinstance(message, str) else message(value), path)]

    return rule


def at_least(minimum: int, *, inclusive: bool = True) -> Rule:
    """Returns a rule for the minimum of a number, recorded: prompt-list 18, item-paging 15."""
    sign = ">=" if inclusive else ">"
    fields = {"origin": "number", "code": "too_small", "minimum": minimum, "inclusive": inclusive}
    issue = Issue(fields, (), f"Too small: expected number to be {sign}{minimum}")

    def rule(value: float, path: Path) -> Sequence[Issue]:
        holds = value >= minimum if inclusive else value > minimum
        return [] if holds else [replace(issue, path=path)]

    return rule


def at_most(maximum: int) -> Rule:
    """Returns a rule for the maximum of a number, recorded: prompt-list 17."""
    fields = {"origin": "number", "code": "too_big", "maximum": maximum, "inclusive": True}
    text = f"Too big: expected number to be <={maximum}"
    return lambda value, path: [Issue(fields, path, text)] if value > maximum else []


def of_type(expected: str, *rules: Rule) -> Check:
    """Returns a check for a JSON type and rules; each violated rule is an issue."""

    def check(value: Json, path: Path) -> Outcome:
        if type_name(value) != expected:
            return value, [invalid_type(expected, value, path)]
        return value, [issue for rule in rules for issue in rule(value, path)]

    return check


def string(*rules: Rule) -> Check:
    """Returns a check for a text."""
    return of_type("string", *rules)


def coerced_number(*rules: Rule, integer: bool = True) -> Check:
    """Returns a check for a number in a query, parsed like ``Number(text)``."""

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
    """Returns a check for an enum, recorded: prompt-text-lifecycle 15 and prompt-bodies 11."""
    options = "|".join(f'"{value}"' for value in values)
    text = f"expected one of {options}" if len(values) > 1 else f"expected {options}"
    message = f"Invalid {'option' if len(values) > 1 else 'input'}: {text}"
    fields = {"code": "invalid_value", "values": list(values)}
    return lambda value, path: (
        value,
        [] if value in values else [Issue(fields, path, message, fatal=True)],
    )


def anything(value: Json, _path: Path) -> Outcome:
    """Accepts any JSON value; an omitted one is null."""
    return None if value is UNDEFINED else value, []


def undefined(value: Json, path: Path) -> Outcome:
    """Accepts a field that is omitted or null."""
    if value is UNDEFINED or value is None:
        return None, []
    return value, [invalid_type("undefined", value, path)]


def optional(check: Check, default: Json = None) -> Check:
    """Returns a check with a default for an omitted field."""
    return lambda value, path: (default, []) if value is UNDEFINED else check(value, path)


def nullish(check: Check, default: Json = None) -> Check:
    """Returns a check with a default for a field that is omitted or null."""
    return lambda value, path: (
        (default, []) if value is UNDEFINED or value is None else check(value, path)
    )


def array(item_check: Check) -> Check:
    """Returns a check for a list whose items pass a check."""

    def check(value: Json, path: Path) -> Outcome:
        if type_name(value) != "array":
            return value, [invalid_type("array", value, path)]
        outcomes = [item_check(item, (*path, index)) for index, item in enumerate(value)]
        return [item for item, _ in outcomes], [
            issue for _, item_issues in outcomes for issue in item_issues
        ]

    return check


def shape(fields: Mapping[str, Check]) -> Check:
    """Returns a check for an object; keys without a check are dropped, as the server does."""

    def check(value: Json, path: Path) -> Outcome:
        if type_name(value) != "object":
            return value, [invalid_type("object", value, path)]
        result: dict[str, Json] = {}
        issues: list[Issue] = []
        for key, field in fields.items():
            result[key], field_issues = field(value.get(key, UNDEFINED), (*path, key))
            issues.extend(field_issues)
        return result, issues

    return check


def followed_by(first: Check, *rules: Rule) -> Check:
    """Returns a check with rules for the whole value, which apply unless it has a fatal issue."""

    def check(value: Json, path: Path) -> Outcome:
        result, issues = first(value, path)
        if any(issue.fatal for issue in issues):
            return result, issues
        return result, [*issues, *(issue for rule in rules for issue in rule(result, path))]

    return check


def union(*options: Check) -> Check:
    """Returns a check that takes the first option that passes.

    If only one option has the right types, its issues are reported; otherwise those of all,
    nested and with paths relative to the union. Recorded: prompt-chat 4 and 5.
    """

    def check(value: Json, path: Path) -> Outcome:
        outcomes = [option(value, ()) for option in options]
        for outcome in outcomes:
            if not outcome[1]:
                return outcome
        typed = [outcome for outcome in outcomes if not any(issue.fatal for issue in outcome[1])]
        if len(typed) == 1:
            result, issues = typed[0]
            return result, [replace(issue, path=(*path, *issue.path)) for issue in issues]
        errors = [[issue.as_json() for issue in issues] for _, issues in outcomes]
        fields = {"code": "invalid_union", "errors": errors}
        return value, [Issue(fields, path, "Invalid input", fatal=True)]

    return check
