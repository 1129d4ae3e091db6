"""The API reference of the embedded server, made from its own endpoints."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from langsync.local.endpoint import Endpoint, QueryParameter, Response

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_TAGS: Final = {
    "health": "Health",
    "projects": "Projects",
    "prompts": "Prompts",
    "promptVersion": "PromptVersion",
    "datasets": "Datasets",
    "datasetItems": "DatasetItems",
    "scoreConfigs": "ScoreConfigs",
    "observations": "Observations",
    "scoresV3": "ScoresV3",
    "scores": "Scores",
    "legacy": "Legacy",
    "trace": "Trace",
    "sessions": "Sessions",
    "metrics": "Metrics",
    "organizations": "Organizations",
}
_TEXT: Final = {"type": "string"}
_TEXTS: Final = {"type": "array", "items": _TEXT}
_NUMBER: Final = {"type": "number", "nullable": True}
_CATEGORIES: Final = {
    "type": "array",
    "nullable": True,
    "items": {
        "type": "object",
        "required": ["label", "value"],
        "properties": {"label": _TEXT, "value": {"type": "number"}},
    },
}
_SCORE_CONFIG: Final = {
    "name": _TEXT,
    "description": {"type": "string", "nullable": True},
    "minValue": _NUMBER,
    "maxValue": _NUMBER,
    "categories": _CATEGORIES,
}
_NULLABLE_TEXT: Final[Mapping[str, Any]] = {"type": "string", "nullable": True}
_SCORE_TEXTS: Final = (
    "id",
    "traceId",
    "observationId",
    "sessionId",
    "datasetRunId",
    "comment",
    "configId",
    "queueId",
    "environment",
    "timestamp",
)
_BODIES: Final[Mapping[str, tuple[tuple[str, ...], Mapping[str, Any]]]] = {
    "CreatePromptRequest": (
        ("name", "prompt"),
        {
            "name": _TEXT,
            "type": {"type": "string", "enum": ["text", "chat"]},
            "prompt": {"oneOf": [_TEXT, {"type": "array", "items": {"type": "object"}}]},
            "config": {},
            "labels": _TEXTS,
            "tags": _TEXTS,
            "commitMessage": {"type": "string", "nullable": True},
        },
    ),
    "UpdatePromptRequest": (("newLabels",), {"newLabels": _TEXTS}),
    "CreateDatasetRequest": (
        ("name",),
        {
            "name": _TEXT,
            "description": {"type": "string", "nullable": True},
            "metadata": {},
            "inputSchema": {},
            "expectedOutputSchema": {},
        },
    ),
    "CreateDatasetItemRequest": (
        ("datasetName",),
        {
            "datasetName": _TEXT,
            "id": {"type": "string", "nullable": True},
            "input": {},
            "expectedOutput": {},
            "metadata": {},
            "sourceTraceId": {"type": "string", "nullable": True},
            "sourceObservationId": {"type": "string", "nullable": True},
            "status": {"type": "string", "enum": ["ACTIVE", "ARCHIVED"]},
        },
    ),
    "CreateScoreConfigRequest": (
        ("name", "dataType"),
        {
            **_SCORE_CONFIG,
            "dataType": {"type": "string", "enum": ["NUMERIC", "CATEGORICAL", "BOOLEAN", "TEXT"]},
        },
    ),
    "CreateScoreRequest": (
        ("name", "value"),
        {
            **dict.fromkeys(_SCORE_TEXTS, _NULLABLE_TEXT),
            "name": _TEXT,
            "value": {"oneOf": [{"type": "number"}, _TEXT]},
            "dataType": {
                "type": "string",
                "enum": ["NUMERIC", "CATEGORICAL", "BOOLEAN", "TEXT", "CORRECTION"],
                "nullable": True,
            },
            "metadata": {},
        },
    ),
    "CreateApiKeyRequest": (
        (),
        dict.fromkeys(("note", "publicKey", "secretKey"), _NULLABLE_TEXT),
    ),
    "UpdateScoreConfigRequest": ((), {**_SCORE_CONFIG, "isArchived": {"type": "boolean"}}),
}


def serve_reference(known_tag: str) -> Response:
    """Answers ``GET /generated/api/openapi.yml``.

    Args:
        known_tag: The ``If-None-Match`` of the request; the response to a match is 304.
    """
    text = _document_text()
    tag = f'"{hashlib.sha256(text).hexdigest()[:32]}"'
    if known_tag == tag:
        return Response(b"", 304, content_type="", headers={"ETag": tag})
    return Response(text, content_type="text/yaml; charset=utf-8", headers={"ETag": tag})


@cache
def _document_text() -> bytes:
    return "\n".join([*_yaml_lines(document(), ""), ""]).encode()


def _yaml_lines(value: Mapping[str, object] | Sequence[object], indent: str) -> Iterator[str]:
    """Yields the lines of a mapping or a list; scalars are JSON, a subset of YAML 1.2."""
    entries: Iterable[tuple[str, object]] = (
        [(f"{json.dumps(key)}:", item) for key, item in value.items()]
        if isinstance(value, Mapping)
        else [("-", item) for item in value]
    )
    for prefix, item in entries:
        if isinstance(item, (Mapping, list, tuple)) and item:
            yield f"{indent}{prefix}"
            yield from _yaml_lines(item, indent + "  ")
        else:
            yield f"{indent}{prefix} {json.dumps(item)}"


def document() -> dict[str, Any]:
    """Returns the reference as plain data: OpenAPI 3.0, an operation for each endpoint."""
    from langsync.local.routing import ENDPOINTS, PREFIX  # noqa: PLC0415  routes import endpoints

    paths: dict[str, dict[str, Any]] = {}
    for endpoint in ENDPOINTS:
        operations = paths.setdefault(PREFIX + endpoint.path, {})
        operations[endpoint.method.lower()] = _operation(endpoint)
    return {
        "openapi": "3.0.1",
        "info": {
            "title": "langsync embedded server",
            "version": "",
            "description": "The part of Langfuse's public API that langsync serves.",
        },
        "paths": paths,
        "components": {
            "schemas": {name: _schema(*parts) for name, parts in _BODIES.items()},
            "securitySchemes": {"BasicAuth": {"type": "http", "scheme": "basic"}},
        },
    }


def _schema(required: tuple[str, ...], properties: Mapping[str, Any]) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "object", "properties": dict(properties)}
    return schema | ({"required": list(required)} if required else {})


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    names = re.findall(r"\{(\w+)\}", endpoint.path)
    path_parameters = [
        {"name": name, "in": "path", "required": True, "schema": _TEXT} for name in names
    ]
    success: dict[str, Any] = {"description": ""}
    if endpoint.success != 204:
        success["content"] = {"application/json": {"schema": {}}}
    failure = {"description": "", "content": {"application/json": {"schema": {}}}}
    statuses = {str(status): failure for status in (400, 401, 404, 405)}
    operation: dict[str, Any] = {
        "description": endpoint.description,
        "operationId": endpoint.operation,
        "tags": [_TAGS[endpoint.operation.split("_")[0]]],
        "parameters": [*path_parameters, *map(_query_parameter, endpoint.query)],
        "responses": {str(endpoint.success): success, **statuses},
    }
    if not endpoint.public:
        operation["security"] = [{"BasicAuth": []}]
    if endpoint.body:
        schema = {"$ref": f"#/components/schemas/{endpoint.body}"}
        content = {"application/json": {"schema": schema}}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _query_parameter(parameter: QueryParameter) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": parameter.type, "nullable": True}
    if parameter.format:
        schema["format"] = parameter.format
    document: dict[str, Any] = {
        "name": parameter.name,
        "in": "query",
        "required": parameter.required,
    }
    if parameter.description:
        document["description"] = parameter.description
    return document | {"schema": schema}
