"""What a page shows, as plain data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from langsync.kinds.dataset_item.refusing import folded
from langsync.model import (
    Change,
    Drift,
    FieldDifference,
    Impact,
    Json,
    Origin,
    Plan,
    Project,
    Refusal,
    Report,
)
from langsync.render.changes import drift_status, drifted, explanations, fields, is_doubtful, risks
from langsync.render.links import Links, in_langfuse
from langsync.render.shape import (
    counted,
    drift_headline,
    evidence,
    headline,
    is_chat,
    report_headline,
    value_texts,
)


def plan(plan: Plan, links: Links) -> dict[str, Json]:
    """A plan; what it warns of stands with the change that it is about."""
    return {
        **_frame("plan", plan, links),
        "headline": headline(plan),
        "alerts": [
            *(_alert("refusal", _refusal(one)) for one in folded(plan)),
            *(_alert("warning", risk) for risk in (*risks(plan), *plan.warnings)),
            *(_alert("note", one) for one in (*_left_alone(plan), *plan.notes)),
        ],
        "changes": [
            *(_change(plan.project, change, links, fields(change)) for change in plan.changes),
            *(_impact(plan.project, impact) for impact in plan.impacts),
        ],
    }


def report(report: Report, made: Plan, links: Links) -> dict[str, Json]:
    """A report: the changes of its plan, each with what became of it."""
    results = {str(one.address): one for one in report.results}
    found = plan(made, links)
    for change in found["changes"]:
        if result := results.get(change["address"]):
            change["outcome"], change["detail"] = result.outcome.value, result.detail
    alerts = [
        *(_alert("warning", warning) for warning in report.warnings),
        *(one for one in found["alerts"] if one["level"] != "refusal"),  # it was allowed
    ]
    return {**found, "what": "apply", "headline": report_headline(report), "alerts": alerts}


def drift(found: Drift, links: Links) -> dict[str, Json]:
    """Drift, from what the files say to what Langfuse has."""
    pending = (f"In Git and not deployed yet: {one}" for one in found.pending)
    unknown = (f"Differs, and no history tells since when: {one}" for one in found.unknown)
    return {
        **_frame("drift", found, links),
        "headline": drift_headline(found),
        "alerts": [
            *(_alert("warning", warning) for warning in found.warnings),
            *(_alert("note", one) for one in (*pending, *unknown, *_left_alone(found))),
        ],
        "changes": [_drifted(found, change, links) for change in found.changes],
    }


def _frame(what: str, found: Plan | Drift, links: Links) -> dict[str, Json]:
    project = found.project
    return {
        "what": what,
        "project": {"name": project.name, "host": project.host, "page": in_langfuse(project)},
        "environment": found.environment,
        "run": links.run,
    }


def _alert(level: str, text: str) -> dict[str, Json]:
    return {"level": level, "text": text}


def _refusal(one: Refusal) -> str:
    need = f"Needs {one.option}: " if one.option else "Refused: "
    return f"{need}{f'{one.address}: ' if one.address else ''}{one.reason}"


def _left_alone(found: Plan | Drift) -> Iterator[str]:
    for kind, count in found.unmanaged_count.items():
        names = ", ".join(found.unmanaged.get(kind, ()))
        yield f"In Langfuse and in no file: {counted(count, kind)}{f': {names}' if names else ''}"
    if isinstance(found, Plan):
        for label, prompts in found.other_labels.items():
            yield f"A label that nobody declares: {label} of {', '.join(prompts)}"


def _change(
    project: Project, change: Change, links: Links, found: Iterable[FieldDifference]
) -> dict[str, Json]:
    there = change.before is not None
    return {
        "address": str(change.address),
        "kind": change.address.kind,
        "group": next((need.name for need in change.needs if need.kind == "dataset"), ""),
        "action": change.action.value,
        "origin": change.origin.value,
        **({"doubtful": True} if is_doubtful(change) else {}),
        "deployments": list(map(str, change.moves)),
        "reasons": [*explanations(change), *filter(None, map(evidence, change.provenance))],
        "warnings": list(change.warnings),
        "fields": [_field(one) for one in found],
        "requests": [
            f"{request.method} {request.path}" for request in (*change.requests, *change.closing)
        ],
        "page": in_langfuse(project, change.address) if there else "",
        "file": links.file(change.source),
        "source": change.source.file if change.source else "",
    }


def _field(one: FieldDifference) -> dict[str, Json]:
    """A field: of a chat the messages, of all else its texts as they are shown.

    A browser would read ``1.0`` as ``1``, so that numbers are made texts here.
    """
    values = (one.before, one.after)
    if any(map(is_chat, values)) and all(value is None or is_chat(value) for value in values):
        old, new = (value and [_message(message) for message in value] for value in values)
        return {"path": one.path, "form": "chat", "before": old, "after": new}
    texts = value_texts(one.before, one.after)
    before, after = (
        None if value is None else text for value, text in zip(values, texts, strict=True)
    )
    form = "text" if any(isinstance(value, str) for value in values) else "json"
    return {"path": one.path, "form": form, "before": before, "after": after}


def _message(message: dict[str, str]) -> list[str]:
    if "content" in message:
        return [message["role"], message["content"]]
    return ["placeholder", message["name"]]


def _impact(project: Project, one: Impact) -> dict[str, Json]:
    through = ", ".join(map(str, one.through))
    return {
        "address": str(one.address),
        "kind": one.address.kind,
        "group": "",
        "action": "affected",
        "origin": Origin.GIT.value,
        "deployments": list(one.labels),
        "reasons": [f"Made of what changes: {through}"],
        "warnings": list(one.warnings),
        "fields": [_field(FieldDifference("as callers get it", one.before, one.after))],
        "requests": [],
        "page": in_langfuse(project, one.address),
        "file": "",
        "source": "",
    }


def _drifted(drift: Drift, change: Change, links: Links) -> dict[str, Json]:
    found = _change(drift.project, change, links, drifted(change))
    words = [evidence(one) for one in change.provenance if one.origin is not Origin.GIT]
    reasons = [word for word in words if word]
    return {
        **found,
        "action": drift_status(change),
        "deployments": [],
        "reasons": reasons,
        "warnings": list(drift.effects.get(change.address, ())),  # not those of setting it right
        "requests": [],
    }
