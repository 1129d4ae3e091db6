"""What a page shows, as plain data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from langsync.kinds.folding import folded_refusals
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
    """A plan; its warnings are with the changes that they are about."""
    return {
        **_frame("plan", plan, links),
        "headline": headline(plan),
        "alerts": [
            *(_alert("refusal", _refusal(refusal)) for refusal in folded_refusals(plan)),
            *(_alert("warning", risk) for risk in (*risks(plan), *plan.warnings)),
            *(_alert("note", note) for note in (*_left_alone(plan), *plan.notes)),
        ],
        "changes": [
            *(_change(plan.project, change, links, fields(change)) for change in plan.changes),
            *(_impact(plan.project, impact) for impact in plan.impacts),
        ],
    }


def report(report: Report, made: Plan, links: Links) -> dict[str, Json]:
    """A report: the changes of its plan, each with its outcome."""
    results = {str(result.address): result for result in report.results}
    data = plan(made, links)
    for change in data["changes"]:
        if result := results.get(change["address"]):
            change["outcome"], change["detail"] = result.outcome.value, result.detail
    alerts = [
        *(_alert("warning", warning) for warning in report.warnings),
        *(alert for alert in data["alerts"] if alert["level"] != "refusal"),  # it was allowed
    ]
    return {**data, "what": "apply", "headline": report_headline(report), "alerts": alerts}


def drift(drift: Drift, links: Links) -> dict[str, Json]:
    """Drift, from what the files declare to what Langfuse has."""
    pending = (f"In Git and not deployed yet: {address}" for address in drift.pending)
    unknown = (f"Differs, and no history tells since when: {address}" for address in drift.unknown)
    return {
        **_frame("drift", drift, links),
        "headline": drift_headline(drift),
        "alerts": [
            *(_alert("warning", warning) for warning in drift.warnings),
            *(_alert("note", message) for message in (*pending, *unknown, *_left_alone(drift))),
        ],
        "changes": [_drifted(drift, change, links) for change in drift.changes],
    }


def _frame(command: str, subject: Plan | Drift, links: Links) -> dict[str, Json]:
    project = subject.project
    return {
        "what": command,
        "project": {"name": project.name, "host": project.host, "page": in_langfuse(project)},
        "environment": subject.environment,
        "run": links.run,
    }


def _alert(level: str, text: str) -> dict[str, Json]:
    return {"level": level, "text": text}


def _refusal(refusal: Refusal) -> str:
    need = f"Needs {refusal.option}: " if refusal.option else "Refused: "
    return f"{need}{f'{refusal.address}: ' if refusal.address else ''}{refusal.reason}"


def _left_alone(subject: Plan | Drift) -> Iterator[str]:
    for kind, count in subject.unmanaged_count.items():
        names = ", ".join(subject.unmanaged.get(kind, ()))
        yield f"In Langfuse and in no file: {counted(count, kind)}{f': {names}' if names else ''}"
    if isinstance(subject, Plan):
        for label, prompts in subject.other_labels.items():
            yield f"A label that nobody declares: {label} of {', '.join(prompts)}"


def _change(
    project: Project, change: Change, links: Links, differences: Iterable[FieldDifference]
) -> dict[str, Json]:
    exists = change.before is not None
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
        "fields": [_field(difference) for difference in differences],
        "requests": [
            f"{request.method} {request.path}" for request in (*change.requests, *change.closing)
        ],
        "page": in_langfuse(project, change.address) if exists else "",
        "file": links.file(change.source),
        "source": change.source.file if change.source else "",
    }


def _field(difference: FieldDifference) -> dict[str, Json]:
    """A field: of a chat the messages, of all else its texts as they are shown.

    A browser would read ``1.0`` as ``1``, so that numbers are made texts here.
    """
    values = (difference.before, difference.after)
    if any(map(is_chat, values)) and all(value is None or is_chat(value) for value in values):
        old, new = (value and [_message(message) for message in value] for value in values)
        return {"path": difference.path, "form": "chat", "before": old, "after": new}
    texts = value_texts(difference.before, difference.after)
    before, after = (
        None if value is None else text for value, text in zip(values, texts, strict=True)
    )
    form = "text" if any(isinstance(value, str) for value in values) else "json"
    return {"path": difference.path, "form": form, "before": before, "after": after}


def _message(message: dict[str, str]) -> list[str]:
    if "content" in message:
        return [message["role"], message["content"]]
    return ["placeholder", message["name"]]


def _impact(project: Project, impact: Impact) -> dict[str, Json]:
    through = ", ".join(map(str, impact.through))
    return {
        "address": str(impact.address),
        "kind": impact.address.kind,
        "group": "",
        "action": "affected",
        "origin": Origin.GIT.value,
        "deployments": list(impact.labels),
        "reasons": [f"Made of what changes: {through}"],
        "warnings": list(impact.warnings),
        "fields": [_field(FieldDifference("as callers get it", impact.before, impact.after))],
        "requests": [],
        "page": in_langfuse(project, impact.address),
        "file": "",
        "source": "",
    }


def _drifted(drift: Drift, change: Change, links: Links) -> dict[str, Json]:
    data = _change(drift.project, change, links, drifted(change))
    sentences = [evidence(entry) for entry in change.provenance if entry.origin is not Origin.GIT]
    reasons = [sentence for sentence in sentences if sentence]
    return {
        **data,
        "action": drift_status(change),
        "deployments": [],
        "reasons": reasons,
        "warnings": list(drift.effects.get(change.address, ())),  # not those of setting it right
        "requests": [],
    }
