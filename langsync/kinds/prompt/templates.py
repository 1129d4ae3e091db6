"""Values of the environment in texts and configs: ``${vars.NAME}``, ``${environment.label}``.

Nothing else is ever put in: no variable of the process, no result of a command, and nothing in the
values themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from langsync.config import Environment
from langsync.formats.documents import Steps
from langsync.formats.values import canonical
from langsync.kinds.names import label_violation
from langsync.kinds.prompt.labels import first_label
from langsync.model import Json

_VALUE = re.compile(r"(\$?)\$\{vars\.([^{}\n]*)\}")
_TAG = re.compile(r"@@@langfusePrompt:.*?@@@")
_LABEL = "${environment.label}"
_NAMES: dict[type, str] = {dict: "mapping", list: "list"}

SIGN = "${vars."
"""What a text holds that means to be a template."""

Flaws = list[tuple[int, str]]
"""What is wrong in a text, and at which of its characters."""


def fill_labels(text: str, environment: Environment) -> tuple[str, Flaws]:
    """Put an environment's first label into the references of a text.

    Args:
        text: A text; outside of references ``${environment.label}`` means nothing.
        environment: The environment.

    Returns:
        The text, and what is wrong: the first label is a pattern.
    """
    violations: Flaws = []
    if _LABEL not in text:
        return text, violations
    label = first_label(environment)

    def fill(match: re.Match[str]) -> str:
        if _LABEL in match[0] and label_violation(label):
            subject = f"the first label of environment {environment.name!r}"
            message = f"{_LABEL}: {subject} is the pattern {label!r}: write the label itself"
            violations.append((match.start(), message))
        return match[0].replace(_LABEL, label)

    return _TAG.sub(fill, text), violations


def fill(text: str, environment: Environment) -> tuple[str, Flaws]:
    """Put an environment's values into a text.

    Args:
        text: A text; ``$${vars.NAME}`` in it stands for ``${vars.NAME}``.
        environment: The environment.

    Returns:
        The text, and what is wrong: values that are missing or do not fit in a text.
    """
    violations: Flaws = []

    def put(match: re.Match[str]) -> str:
        escaped, name = match.groups()
        if escaped:
            return match[0][1:]
        if violation := _missing(name, environment):
            violations.append((match.start(), violation))
            return match[0]
        value = environment.vars[name]
        if value is None or isinstance(value, dict | list):
            description = "nothing" if value is None else f"a {_NAMES[type(value)]}"
            message = (
                f"vars.{name} is {description}: in a text only texts, numbers, true and false can "
                "stand"
            )
            violations.append((match.start(), message))
        return _written(value)

    return _VALUE.sub(put, text), violations


def fill_config(
    value: Json, environment: Environment, steps: Steps
) -> tuple[Json, list[tuple[Steps, str]]]:
    """Put an environment's values into the texts of a config, at any depth; keys stay.

    Args:
        value: The config.
        environment: The environment.
        steps: Its place in the document.

    Returns:
        The config, in which a text that is just one ``${vars.NAME}`` has become the value itself;
        and what is wrong, with its place.
    """
    violations: list[tuple[Steps, str]] = []

    def put(value: Json, steps: Steps) -> Json:
        if isinstance(value, dict):
            return {key: put(item, (*steps, key)) for key, item in value.items()}
        if isinstance(value, list):
            return [put(item, (*steps, index)) for index, item in enumerate(value)]
        if not isinstance(value, str):
            return value
        whole = _VALUE.fullmatch(value)
        if whole and not whole[1] and not _missing(whole[2], environment):
            return environment.vars[whole[2]]
        text, wrong = fill(value, environment)
        violations.extend((steps, message) for _, message in wrong)
        return text

    return put(value, steps), violations


def texts(value: Json, steps: Steps) -> Iterator[tuple[Steps, str]]:
    """The texts of a config, with their places."""
    if isinstance(value, str):
        yield steps, value
    elif isinstance(value, dict | list):
        for step, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from texts(item, (*steps, step))


def _missing(name: str, environment: Environment) -> str:
    """Why an environment has no such value; empty if it has."""
    values = environment.vars
    if name in values:
        return ""
    if not environment.name:
        return f"there is no value {name!r}: langsync.yaml declares no environments with vars"
    listed = f"its vars are {', '.join(values)}" if values else "it has no vars"
    return f"environment {environment.name!r} has no value {name!r}: {listed}"


def _written(value: Json) -> str:
    """A value inside a text: as JSON writes it, but a text as it is."""
    return str(value).lower() if isinstance(value, bool) else str(canonical(value))
