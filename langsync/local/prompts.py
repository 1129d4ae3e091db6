"""The endpoints of prompts, observed on Langfuse 4.16.0."""

from __future__ import annotations

import math
import uuid
from typing import Any, Final

from langsync.local.endpoint import (
    PAGING,
    Answer,
    Call,
    Endpoint,
    Parameter,
    answer_json,
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
from langsync.local.prompt_rows import PromptRows, PromptVersion
from langsync.local.references import CircularError, References, UnresolvableError, find_references
from langsync.local.refusals import (
    bad_request,
    conflict,
    internal_error,
    not_found,
    unstorable_text,
)
from langsync.local.validation import validated


def create_prompt(call: Call) -> Answer:
    """Answers ``POST /v2/prompts``: always a new version. Recorded: prompt-text-lifecycle 1."""
    sent = validated(CREATION, call.body)
    if not is_storable([*sent.values()]):
        raise unstorable_text()
    rows = PromptRows(call.store, call.project.id)
    newest = rows.newest(sent["name"])
    if newest and newest.type != sent["type"]:  # recorded: prompt-chat 7
        raise bad_request(
            "Previous versions have different prompt type."
            " Create a new prompt with a different name."
        )
    if sent["type"] == "chat":
        check_unique_variables(sent["prompt"])
    version = _new_version(call, sent, newest)
    references = find_references(version.prompt)
    links = References(call.store, call.project.id)
    try:
        links.resolve(version, references)
    except UnresolvableError as error:
        raise bad_request(str(error)) from error
    with call.store.transaction():
        rows.take_labels(version.name, version.labels)
        if newest and set(newest.tags) != set(version.tags):
            rows.set_tags(version.name, version.tags)
        rows.add(version)
        links.add(version.id, references)
    return answer_json(version.as_json(), 201)


def _new_version(call: Call, sent: dict[str, Any], newest: PromptVersion | None) -> PromptVersion:
    # Without tags those of the prompt stay; config and message are never inherited.
    # Recorded: prompt-text-lifecycle 5.
    inherited = newest.tags if newest else []
    tags = inherited if sent["tags"] is None else sent["tags"]
    now = call.store.now()
    return PromptVersion(
        id=str(uuid.uuid4()),
        project=call.project.id,
        name=sent["name"],
        version=newest.version + 1 if newest else 1,
        type=sent["type"],
        prompt=in_jsonb_order(sent["prompt"]),
        config=sent["config"],
        labels=list(dict.fromkeys([*sent["labels"], "latest"])),
        tags=list(dict.fromkeys(tags)),
        commit_message=sent["commitMessage"],
        created_at=now,
        updated_at=now,
    )


def get_prompt(call: Call) -> Answer:
    """Answers ``GET /v2/prompts/{name}``. Recorded: prompt-text-lifecycle 2 to 15."""
    checks = dict(GET_QUERY)
    if not call.behavior.knows_resolve:
        del checks["resolve"]
    query = read_query(call, checks)
    name, number, label = call.names[0], query["version"], query["label"]
    if number and label:
        raise bad_request("Cannot specify both version and label")
    rows = PromptRows(call.store, call.project.id)
    label = "production" if label is None else label  # recorded: prompt-wrong-bodies 55
    version = rows.at_version(name, number) if number else rows.at_label(name, label)
    if version is None:
        wanted = f"version {number}" if number else f"label '{label}'"
        raise not_found(f"Prompt not found: '{name}' with {wanted}")
    resolve = query.get("resolve", "true") == "true"
    return answer_json(_with_resolution(call, version, resolve=resolve))


def _with_resolution(call: Call, version: PromptVersion, *, resolve: bool) -> dict[str, Any]:
    answer = version.as_json() | {"isActive": "production" in version.labels}
    if not resolve:
        return answer | {"resolutionGraph": None}
    try:
        resolution = References(call.store, call.project.id).resolve(version)
    except CircularError as error:
        raise conflict(str(error)) from error
    except UnresolvableError as error:
        raise internal_error(str(error)) from error
    return answer | {"prompt": resolution.prompt, "resolutionGraph": resolution.graph}


def change_labels(call: Call) -> Answer:
    """Answers ``PATCH /v2/prompts/{name}/versions/{version}``: adds labels, removes none.

    Recorded: prompt-labels 3 to 12.
    """
    name = call.names[0]
    if math.isnan(to_number(call.names[1])):  # recorded: prompt-wrong-bodies 65
        raise internal_error("An unknown error occurred")
    number = validated(VERSION_IN_PATH, {"promptVersion": call.names[1]})["promptVersion"]
    labels = validated(LABEL_CHANGE, call.body)["newLabels"]
    rows = PromptRows(call.store, call.project.id)
    version = rows.at_version(name, number)
    if version is None:
        raise not_found(f"Prompt '{name}' version {number} not found in project")
    if not is_storable(labels):
        raise unstorable_text()
    with call.store.transaction():
        rows.take_labels(name, labels)
        changed = rows.set_labels(version, list(dict.fromkeys([*labels, *version.labels])))
    try:  # the label stays where it has moved to (observed on Langfuse 4.16.0)
        References(call.store, call.project.id).resolve(changed)
    except CircularError as error:
        raise conflict(str(error)) from error
    except UnresolvableError:
        pass
    return answer_json(changed.as_json())


def delete_prompt(call: Call) -> Answer:
    """Answers ``DELETE /v2/prompts/{name}``. Recorded: prompt-delete, prompt-composition 20."""
    query = read_query(call, DELETE_QUERY)
    name, number, label = call.names[0], query["version"], query["label"]
    if number and label:
        raise bad_request("Cannot specify both version and label")
    rows = PromptRows(call.store, call.project.id)
    versions = rows.versions(name)
    deleted = [
        version
        for version in versions
        if (not number or version.version == number) and (not label or label in version.labels)
    ]
    if not deleted:
        raise not_found("Prompt not found")
    reasons = References(call.store, call.project.id).blocking(name, deleted)
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
    return Answer(b"", 204, content_type="")


def _move_latest(rows: PromptRows, name: str) -> None:
    """Puts ``latest`` on the highest version left. Recorded: prompt-delete 5."""
    newest = rows.newest(name)
    if newest and not rows.at_label(name, "latest"):
        rows.set_labels(newest, [*newest.labels, "latest"])


_VERSION = Parameter("version", "integer", description="a version of the prompt")
_LABEL = Parameter("label", description="the version that has this label")
_RESOLVE = Parameter("resolve", "boolean", description="false: leave references as they are")

ENDPOINTS: Final = (
    Endpoint(
        "GET",
        "/v2/prompts",
        "prompts_list",
        "List prompt names with versions and labels",
        list_prompts,
        query=(
            Parameter("name"),
            Parameter("version", "integer"),
            Parameter("label"),
            Parameter("tag"),
            *PAGING,
            Parameter("fromUpdatedAt", format="date-time", description="at this time or later"),
            Parameter("toUpdatedAt", format="date-time", description="before this time"),
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
