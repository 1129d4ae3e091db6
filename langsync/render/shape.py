"""What every rendering shares: groups, counts, line differences, escaped text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

import orjson

from langsync.formats.differences import LineMatcher
from langsync.model import (
    Action,
    Change,
    Drift,
    Impact,
    Json,
    Origin,
    Outcome,
    Plan,
    Provenance,
    Report,
)

_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]"
)

VERBS = {
    Action.CREATE: "create",
    Action.UPDATE: "update",
    Action.REPLACE: "replace",
    Action.ARCHIVE: "archive",
    Action.DELETE: "delete",
}


def escape_control(text: str) -> str:
    """A text that moves no cursor and changes no direction: such characters are escaped."""
    return _UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def one_line(text: str) -> str:
    """A text that ends no line, as a name has to: line breaks are escaped, too."""
    return escape_control(text).replace("\n", "\\n")


def value_text(value: Json) -> str:
    """A value on one or more lines: texts as they are, messages by role, the rest as JSON."""
    if isinstance(value, str):
        return value
    if is_chat(value):
        return "\n".join(_message_text(item) for item in value)
    packed = orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
    if len(packed) <= 80:
        return packed
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2).decode()


def is_chat(value: Json) -> bool:
    """Whether a value is the messages of a chat."""
    return isinstance(value, list) and bool(value) and all(map(_is_message, value))


def _is_message(value: Json) -> bool:
    return isinstance(value, dict) and (
        value.keys() == {"role", "content"} or value.get("type") == "placeholder"
    )


def _message_text(message: dict[str, str]) -> str:
    if "content" not in message:
        return f"[{message['name']}]"
    return f"{message['role']}: {message['content']}".replace("\n", "\n  ")


def value_texts(before: Json, after: Json) -> tuple[str, str]:
    """Two values that differ, as different texts: ``"1"`` in quotes beside ``1``."""
    old, new = value_text(before), value_text(after)
    if old != new:
        return old, new
    return orjson.dumps(before).decode(), orjson.dumps(after).decode()


def line_differences(before: str, after: str, context: int = 2) -> Iterator[tuple[str, str]]:
    """The lines that differ, with a few around them.

    Yields:
        A sign (``-``, ``+``, a space, or ``@`` where lines are left out) and a line.
    """
    old, new = before.split("\n"), after.split("\n")
    for number, group in enumerate(LineMatcher(old, new).get_grouped_opcodes(context)):
        if number:
            yield "@", ""
        for tag, i1, i2, j1, j2 in group:
            if tag == "equal":
                yield from ((" ", line) for line in old[i1:i2])
                continue
            yield from (("-", line) for line in old[i1:i2])
            yield from (("+", line) for line in new[j1:j2])


def groups(
    changes: Sequence[Change], limit: int
) -> Iterator[tuple[Sequence[Change], Sequence[Change]]]:
    """Changes by kind and action, long runs cut.

    Args:
        changes: The changes.
        limit: How many of one run are shown; 0 for all.

    Yields:
        The changes to show whole, and those of their run that are left.
    """
    for _, run in groupby(changes, key=lambda change: (change.address.kind, change.action)):
        changes = list(run)
        shown = changes if not limit or len(changes) <= limit + 1 else changes[:limit]
        yield shown, changes[len(shown) :]


def headline(plan: Plan) -> str:
    """``2 to create, 1 to update: 3 requests``, or that nothing differs."""
    if not plan.changes:
        return f"Nothing differs: {counted(plan.unchanged, 'resource')} as declared."
    counts = plan.summary
    parts = [f"{counts[action]} to {verb}" for action, verb in VERBS.items() if counts[action]]
    requests = counted(counts["requests"], "request")
    return f"{', '.join(parts)}, {plan.unchanged} unchanged: {requests}."


def evidence(entry: Provenance) -> str:
    """What is in Langfuse, who made it and when, and which commit knows of it.

    ``production v7: changed in Langfuse by API on 2026-11-23 14:05, in no commit``; empty where
    nothing is known.
    """
    if entry.origin is Origin.GIT and not (entry.version or entry.commit):
        return ""
    if entry.missing and entry.origin is Origin.REMOTE:
        return f"{entry.what}: deleted in Langfuse"
    made = f"by {entry.by or 'somebody'}" if entry.version else ""
    when = f"on {entry.at[:16].replace('T', ' ')}" if entry.at else ""
    known = {
        Origin.GIT: f"from {entry.commit}" if entry.commit else "put there by langsync",
        Origin.UNKNOWN: "nobody knows by whom",
        Origin.REMOTE: _theirs(entry),
        Origin.CONFLICT: "in no commit, and Git changed too",
    }[entry.origin]
    version = f" v{entry.version}" if entry.version else ""
    sentence = ", ".join(part for part in (" ".join(filter(None, (made, when))), known) if part)
    return f"{entry.what}{version}: {sentence}"


def _theirs(entry: Provenance) -> str:
    if entry.commit and entry.uncommitted:
        return f"from {entry.commit}"
    return f"from {entry.commit}, put there by hand" if entry.commit else "in no commit"


def impact_line(impact: Impact) -> str:
    """``prompt/greeting (production) through prompt/tone``."""
    labels = f" ({', '.join(impact.labels)})" if impact.labels else ""
    return f"{impact.address}{labels} through {', '.join(map(str, impact.through))}"


def counted(number: int, kind: str, qualifier: str = "") -> str:
    """``1 dataset item``, ``3 prompts``, ``3 more prompts``."""
    noun = kind.replace("_", " ")
    return f"{number} {qualifier}{noun}{'' if number == 1 else 's'}"


def drift_headline(drift: Drift) -> str:
    """``2 resources were changed in Langfuse …``, or that nothing was."""
    if not drift.changes:
        return f"No drift: {counted(drift.unchanged, 'resource')} as deployed."
    were = "was" if len(drift.changes) == 1 else "were"
    count = counted(len(drift.changes), "resource")
    applied = ""
    if any(entry.uncommitted for change in drift.changes for entry in change.provenance):
        applied = ", or applied from files that were not committed"
    return (
        f"{count} {were} changed in Langfuse{applied}: 'langsync pull' brings it into the files, "
        "'langsync apply --overwrite-drift' sets it right."
    )


def report_headline(report: Report) -> str:
    """``Applied in part: 2 applied, 1 stale.``, or the counts alone."""
    counts = (
        f"{report.count(outcome)} {outcome.label}" for outcome in Outcome if report.count(outcome)
    )
    text = ", ".join(counts) or "Nothing to do"
    return f"Applied in part: {text}." if report.outcome == "partial" else f"{text}."


def where(plan: Plan | Drift) -> str:
    """``my-app at https://…, environment staging``."""
    environment = f", environment {plan.environment}" if plan.environment else ""
    return f"{plan.project.name} at {plan.project.host}{environment}"
