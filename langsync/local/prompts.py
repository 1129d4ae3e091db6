"""The endpoints of prompts, observed on Langfuse 4.16.0."""

from __future__ import annotations

import math
import uuid
from typing import Any, Final

from langsync.local.endpoint import (
    PAGING,
    Call,
    Endpoint,
    QueryParameter,
    Response,
    json_response,
    read_query,
)
from langsync.local.javascript import in_jsonb_order, is_storable, to_number
from langsync.local.prompt_checks import (
    CREATION,
    DELETE_QUERY,
    GET_QUERY,
    LABEL_CHANGE,
    VERSION_IN_PATH,
    check_unique_variables,
)
from langsync.local.prompt_list import list_prompts
from langsync.local.prompt_rows import StoredVersion, StoredVersions
from langsync.local.references import (
    CircularError,
    PromptReferences,
    UnresolvableError,
    find_references,
)
from langsync.local.refusals import (
    bad_request,
    conflict,
    internal_error,
    not_found,
    unstorable_text,
)
from langsync.local.validation import validate


def create_prompt(call: Call) -> Response:
    """Answers ``POST /v2/prompts``: always a new version. Recorded: prompt-text-lifecycle 1."""
    body = validate(CREATION, call.body)
    if not is_storable([*body.values()]):
        raise unstorable_text()
    rows = StoredVersions(call.store, call.project.id)
    newest = rows.newest(body["name"])
    if newest and newest.type != body["type"]:  # recorded: prompt-chat 7
        raise bad_request(
            "Previous versions have different prompt type."
            " Create a new prompt with a different name."
        )
    if body["type"] == "chat":
        check_unique_variables(body["prompt"])
    version = _new_version(call, body, newest)
    references = find_references(version.prompt)
    reference_table = PromptReferences(call.store, call.project.id)
    try:
        reference_table.resolve(version, references)
    except UnresolvableError as error:
        raise bad_request(str(error)) from error
    with call.store.transaction():
        rows.remove_labels(version.name, version.labels)
        if newest and set(newest.tags) != set(version.tags):
            rows.set_tags(version.name, version.tags)
        rows.add(version)
        reference_table.add(version.id, references)
    return json_response(version.as_json(), 201)


def _new_version(call: Call, body: dict[str, Any], newest: StoredVersion | None) -> StoredVersion:
    # Without tags, those of the prompt are kept; config and message are never inherited.
    # Recorded: prompt-text-lifecycle 5.
    inherited = newest.tags if newest else []
    tags = inherited if body["tags"] is None else body["tags"]
    now = call.store.now()
    return StoredVersion(
        id=str(uuid.uuid4()),
        project=call.project.id,
        name=body["name"],
        version=newest.version + 1 if newest else 1,
        type=body["type"],
        prompt=in_jsonb_order(body["prompt"]),
        config=body["config"],
        labels=list(dict.fromkeys([*body["labels"], "latest"])),
        tags=list(dict.fromkeys(tags)),
        commit_message=body["commitMessage"],
        created_at=now,
        updated_at=now,
    )


def get_prompt(call: Call) -> Response:
    """Answers ``GET /v2/prompts/{name}``. Recorded: prompt-text-lifecycle 2 to 15."""
    checks = dict(GET_QUERY)
    if not call.behavior.knows_resolve:
        del checks["resolve"]
    query = read_query(call, checks)
    name, number, label = call.names[0], query["version"], query["label"]
    if number and label:
        raise bad_request("Cannot specify both version and label")
    rows = StoredVersions(call.store, call.project.id)
    label = "production" if label is None else label  # recorded: prompt-wrong-bodies 55
    version = rows.at_version(name, number) if number else rows.at_label(name, label)
    if version is None:
        target = f"version {number}" if number else f"label '{label}'"
        raise not_found(f"Prompt not found: '{name}' with {target}")
    resolve = query.get("resolve", "true") == "true"
    return json_response(_with_resolution(call, version, resolve=resolve))


def _with_resolution(call: Call, version: StoredVersion, *, resolve: bool) -> dict[str, Any]:
    document = version.as_json() | {"isActive": "production" in version.labels}
    if not resolve:
        return document | {"resolutionGraph": None}
    try:
        resolution = PromptReferences(call.store, call.project.id).resolve(version)
    except CircularError as error:
        raise conflict(str(error)) from error
    except UnresolvableError as error:
        raise internal_error(str(error)) from error
    return document | {"prompt": resolution.prompt, "resolutionGraph": resolution.graph}


def change_labels(call: Call) -> Response:
    """Answers ``PATCH /v2/prompts/{name}/versions/{version}``: adds labels, removes none.

    Recorded: prompt-labels 3 to 12.
    """
    name = call.names[0]
    if math.isnan(to_number(call.names[1])):  # recorded: prompt-wrong-bodies 65
        raise internal_error("An unknown error occurred")
    number = validate(VERSION_IN_PATH, {"promptVersion": call.names[1]})["promptVersion"]
    labels = validate(LABEL_CHANGE, call.body)["newLabels"]
    rows = StoredVersions(call.store, call.project.id)
    version = rows.at_version(name, number)
    if version is None:
        raise not_found(f"Prompt '{name}' version {number} not found in project")
    if not is_storable(labels):
        raise unstorable_text()
    with call.store.transaction():
        rows.remove_labels(name, labels)
        changed = rows.set_labels(version, list(dict.fromkeys([*labels, *version.labels])))
    try:  # the label has moved all the same (observed on Langfuse 4.16.0)
        PromptReferences(call.store, call.project.id).resolve(changed)
    except CircularError as error:
        raise conflict(str(error)) from error
    except UnresolvableError:
        pass
    return json_response(changed.as_json())


def delete_prompt(call: Call) -> Response:
    """Answers ``DELETE /v2/prompts/{name}``. Recorded: prompt-delete, prompt-composition 20."""
    query = read_query(call, DELETE_QUERY)
    name, number, label = call.names[0], query["version"], query["label"]
    if number and label:
        raise bad_request("Cannot specify both version and label")
    rows = StoredVersions(call.store, call.project.id)
    versions = rows.versions(name)
    deleted = [
        version
        for version in versions
        if (not number or version.version == number) and (not label or label in version.labels)
    ]
    if not deleted:
        raise not_found("Prompt not found")
    reasons = PromptReferences(call.store, call.project.id).deletion_blockers(name, deleted)
    if reasons:
        raise bad_request(
            "Other prompts are depending on prompt versions you are trying to delete:\n\n"
            + "\n".join(reasons)
            + "\n\nPlease delete the dependent prompts first."
        )
    with call.store.transaction():
        for version in deleted:
            rows.delete(version)
        _move_latest(rows, name)
    return Response(b"", 204, content_type="")


def _move_latest(rows: StoredVersions, name: str) -> None:
    """Moves ``latest`` to the highest remaining version. Recorded: prompt-delete 5."""
    newest = rows.newest(name)
    if newest and not rows.at_label(name, "latest"):
        rows.set_labels(newest, [*newest.labels, "latest"])


_VERSION = QueryParameter("version", "integer", description="a version of the prompt")
_LABEL = QueryParameter("label", description="the version that has this label")
_RESOLVE = QueryParameter("resolve", "boolean", description="false: leave references as they are")

ENDPOINTS: Final = (
    Endpoint(
        "GET",
        "/v2/prompts",
        "prompts_list",
        "List prompt names with versions and labels",
        list_prompts,
        query=(
            QueryParameter("name"),
            QueryParameter("version", "integer"),
            QueryParameter("label"),
            QueryParameter("tag"),
            *PAGING,
            QueryParameter(
                "fromUpdatedAt", format="date-time", description="at this time or later"
            ),
            QueryParameter("toUpdatedAt", format="date-time", description="before this time"),
        ),
    ),
    Endpoint(
        "POST",
        "/v2/prompts",
        "prompts_create",
        "Create a new version of a prompt",
        create_prompt,
        body="CreatePromptRequest",
        success=201,
    ),
    Endpoint(
        "GET",
        "/v2/prompts/{promptName}",
        "prompts_get",
        "Get a version of a prompt, the one labeled production by default",
        get_prompt,
        query=(_VERSION, _LABEL, _RESOLVE),
    ),
    Endpoint(
        "DELETE",
        "/v2/prompts/{promptName}",
        "prompts_delete",
        "Delete versions of a prompt, all by default",
        delete_prompt,
        query=(_LABEL, _VERSION),
        success=204,
    ),
    Endpoint(
        "PATCH",
        "/v2/prompts/{name}/versions/{version}",
        "promptVersion_update",
        "Add labels to a version of a prompt",
        change_labels,
        body="UpdatePromptRequest",
    ),
)
