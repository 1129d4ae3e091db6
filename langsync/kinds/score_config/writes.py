"""The requests that create, change and replace score configs."""

from __future__ import annotations

from collections.abc import Mapping

from langsync.kinds.names import path
from langsync.kinds.proposing import Proposal
from langsync.kinds.score_config.spec import ScoreConfigSpec
from langsync.kinds.score_config.state import ScoreConfigState
from langsync.model import Action, Json, Permission, Refusal, Request, Resource, fields_of

API_FIELDS = {
    "description": "description",
    "min_value": "minValue",
    "max_value": "maxValue",
    "categories": "categories",
}
"""The fields of a file and what the API calls them."""

TYPE_FIELDS = {"numeric": ("min_value", "max_value"), "categorical": ("categories",)}
"""The fields that only scores of a type have."""


def create(desired: Resource[ScoreConfigSpec]) -> Request:
    """The request that creates a config; names are not unique, so that it is sent once."""
    body = {"name": desired.address.name, "dataType": desired.content.data_type.upper()}
    body |= _body(fields_of(desired.content))
    return Request("POST", "/score-configs", body, repeatable=False)


def change(remote: ScoreConfigState, different: Mapping[str, Json]) -> Request:
    """The request that changes some fields of a config."""
    return patch(remote.id, different)


def patch(id: str, different: Mapping[str, Json]) -> Request:  # noqa: A002 - the field's name
    """The request that changes some fields of the config with an id."""
    body = _body(different)
    if "status" in different:
        body["isArchived"] = different["status"] == "archived"
    return Request("PATCH", path("score-configs", id), body)


def _body(content: Mapping[str, Json]) -> dict[str, Json]:
    """Fields as the API has them; the type and the status are apart."""
    body = {key: content[field] for field, key in API_FIELDS.items() if field in content}
    if body.get("categories"):
        body["categories"] = [
            {"label": label, "value": value}
            for category in body["categories"]
            for label, value in category.items()
        ]
    return body


def replacement_cause(remote: ScoreConfigState, different: Mapping[str, Json]) -> str:
    """What no PATCH can do of a change; empty where one can do all of it."""
    if "data_type" in different:
        return f"changing its type from {remote.data_type} to {different['data_type']}"
    removed = [field for field in TYPE_FIELDS["numeric"] if different.get(field, 0) is None]
    return f"removing its {' and '.join(removed)}" if removed else ""


def replacement(
    desired: Resource[ScoreConfigSpec],
    remote: ScoreConfigState,
    before: dict[str, Json],
    cause: str,
) -> Proposal:
    """The old one is archived, then another is created; refused unasked."""
    requests = [create(desired)] if desired.content.status == "active" else []
    if remote.status == "active":
        requests.insert(0, change(remote, {"status": "archived"}))
    reason = (
        f"{cause} archives it, its scores stay with it, and creates another: give it another name, "
        "or allow it"
    )
    refusal = Refusal(reason, Permission.ALLOW_REPLACE, desired.address)
    after = dict(fields_of(desired.content))
    return Proposal(Action.REPLACE, before, after, tuple(requests), refusal=refusal)
