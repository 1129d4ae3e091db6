"""The endpoints of an organization: its projects and their API keys, for its own keys only."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Final

from langsync.local.endpoint import Call, Endpoint, Response, json_response
from langsync.local.refusals import not_found
from langsync.local.store import new_id
from langsync.local.validation import nullish, shape, string, validate

if TYPE_CHECKING:
    from langsync.local.store import Row

_BODY: Final = shape(dict.fromkeys(("note", "publicKey", "secretKey"), nullish(string())))


def list_projects(call: Call) -> Response:
    """Answers ``GET /organizations/projects``."""
    return json_response({"projects": [project.as_json() for project in call.projects]})


def list_keys(call: Call) -> Response:
    """Answers ``GET /projects/{projectId}/apiKeys``: those that it created; never a secret."""
    rows = call.store.rows(
        "SELECT * FROM api_keys WHERE project = ? ORDER BY seq", (_project(call),)
    )
    return json_response({"apiKeys": [_as_json(row) for row in rows]})


def create_key(call: Call) -> Response:
    """Answers ``POST /projects/{projectId}/apiKeys``: the only answer that has the secret."""
    project, body = _project(call), validate(_BODY, call.body)
    public = body["publicKey"] or f"pk-lf-{uuid.uuid4()}"
    secret = body["secretKey"] or f"sk-lf-{uuid.uuid4()}"
    call.store.insert(
        "api_keys",
        id=new_id(),
        project=project,
        public_key=public,
        secret_key=secret,
        note=body["note"],
        created_at=call.store.now(),
    )
    (row,) = call.store.rows("SELECT * FROM api_keys WHERE public_key = ?", (public,))
    return json_response({**_as_json(row), "secretKey": secret})


def delete_key(call: Call) -> Response:
    """Answers ``DELETE /projects/{projectId}/apiKeys/{apiKeyId}``."""
    values = (_project(call), call.names[1])
    where = "FROM api_keys WHERE project = ? AND id = ?"
    if call.store.row(f"SELECT 1 {where}", values) is None:
        raise not_found("API key not found")
    call.store.run(f"DELETE {where}", values)
    return json_response({"success": True})


def _project(call: Call) -> str:
    for project in call.projects:
        if project.id == call.names[0]:
            return project.id
    raise not_found("Project not found or you don't have access to it")


def _as_json(row: Row) -> dict[str, object]:
    secret = row["secret_key"]
    return {
        "id": row["id"],
        "createdAt": row["created_at"],
        "expiresAt": None,
        "lastUsedAt": None,
        "note": row["note"],
        "publicKey": row["public_key"],
        "displaySecretKey": f"{secret[:6]}...{secret[-4:]}",
    }


_KEYS: Final = "/projects/{projectId}/apiKeys"
ENDPOINTS: Final = (
    Endpoint(
        "GET",
        "/organizations/projects",
        "organizations_getOrganizationProjects",
        "List the projects of the organization; needs its own keys",
        list_projects,
        organization=True,
    ),
    Endpoint(
        "GET",
        _KEYS,
        "projects_getApiKeys",
        "List the API keys of a project; needs the organization's keys",
        list_keys,
        organization=True,
    ),
    Endpoint(
        "POST",
        _KEYS,
        "projects_createApiKey",
        "Create an API key of a project; needs the organization's keys",
        create_key,
        body="CreateApiKeyRequest",
        organization=True,
    ),
    Endpoint(
        "DELETE",
        _KEYS + "/{apiKeyId}",
        "projects_deleteApiKey",
        "Delete an API key of a project; needs the organization's keys",
        delete_key,
        organization=True,
    ),
)
