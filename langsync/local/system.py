"""The endpoints about the server itself and the project of the keys."""

from __future__ import annotations

from typing import Final

from langsync.local.endpoint import Call, Endpoint, Response, json_response


def health(call: Call) -> Response:
    """Answers ``GET /health``. Recorded: health-and-auth 1."""
    return json_response({"status": "OK", "version": call.behavior.server_version})


def projects(call: Call) -> Response:
    """Answers ``GET /projects``: the one project of the keys. Recorded: health-and-auth 2."""
    return json_response({"data": [call.project.as_json()]})


ENDPOINTS: Final = (
    Endpoint("GET", "/health", "health_health", "Check the server", health, public=True),
    Endpoint("GET", "/projects", "projects_get", "Get the project of the keys", projects),
)
