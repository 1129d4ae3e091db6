"""Finds the endpoint of a path, still percent-encoded: a name may have encoded slashes."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, unquote

from langsync.local import (
    api_keys,
    datasets,
    items,
    legacy_observations,
    legacy_scores,
    metrics,
    observations,
    prompts,
    score_configs,
    score_creation,
    scores,
    system,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from langsync.local.endpoint import Endpoint

PREFIX: Final = "/api/public"
ENDPOINTS: Final = (
    *system.ENDPOINTS,
    *prompts.ENDPOINTS,
    *datasets.ENDPOINTS,
    *items.ENDPOINTS,
    *score_configs.ENDPOINTS,
    *observations.ENDPOINTS,
    *scores.ENDPOINTS,
    *legacy_observations.ENDPOINTS,
    *legacy_scores.ENDPOINTS,
    *score_creation.ENDPOINTS,
    *metrics.ENDPOINTS,
    *api_keys.ENDPOINTS,
)
# Endpoints of Langfuse v3 that 4.16.0 answers with a 404 of its own; observed.
_GONE: Final = ("/traces", "/observations", "/sessions", "/v2/scores")


@dataclass(frozen=True, slots=True)
class Target:
    """The endpoints of a path, by method, and the names in the path."""

    methods: Mapping[str, Endpoint]
    names: Sequence[str]


def find_target(path: str, *, events_only: bool = True) -> Target | None:
    """Returns the endpoints of a path; None if there are none.

    Args:
        path: The path, percent-encoded as received.
        events_only: Whether the server is one of v4; see `Behavior`.
    """
    if not path.startswith(PREFIX + "/"):
        return None
    segments = path[len(PREFIX) + 1 :].split("/")
    for template, methods in _TEMPLATES.get(len(segments), ()):
        pairs = tuple(zip(template, segments, strict=True))
        if all(expected in ("{}", segment) and segment for expected, segment in pairs):
            names = [unquote(segment) for expected, segment in pairs if expected == "{}"]
            supported = {
                method: endpoint
                for method, endpoint in methods.items()
                if endpoint.events_only in (None, events_only)
            }
            return Target(supported, names) if supported else None
    return None


def is_gone(path: str) -> bool:
    """Whether only Langfuse v3 has the path."""
    api_path = path.removeprefix(PREFIX)
    return api_path in _GONE or (api_path.startswith("/datasets/") and api_path.endswith("/runs"))


def redirection(path: str) -> str | None:
    """Returns where a path with dots, empty segments or a trailing slash is redirected to.

    A prompt named ``..`` can therefore not be fetched; observed on Langfuse 4.16.0.
    """
    segments = path.split("/")[1:]
    if path == "/" or not any(unquote(segment) in ("", ".", "..") for segment in segments):
        return None
    decoded = "/".join(
        unquote(segment) if unquote(segment) in (".", "..") else segment for segment in segments
    )
    # without lstrip, it could begin with // or /\, which browsers take for another host
    return "/" + posixpath.normpath(f"/{decoded}").lstrip("/\\")


def parse_query(query: str) -> dict[str, str | list[str]]:
    """Returns the parameters of a query; a list for a repeated parameter."""
    result: dict[str, str | list[str]] = {}
    for key, value in parse_qsl(query, keep_blank_values=True):
        previous = result.get(key)
        if previous is None:
            result[key] = value
        else:
            result[key] = [*(previous if isinstance(previous, list) else [previous]), value]
    return result


def _templates() -> dict[int, list[tuple[tuple[str, ...], dict[str, Endpoint]]]]:
    by_path: dict[str, dict[str, Endpoint]] = {}
    for endpoint in ENDPOINTS:
        by_path.setdefault(endpoint.path, {})[endpoint.method] = endpoint
    by_length: dict[int, list[tuple[tuple[str, ...], dict[str, Endpoint]]]] = {}
    for path, methods in by_path.items():
        template = tuple(
            "{}" if segment.startswith("{") else segment for segment in path[1:].split("/")
        )
        by_length.setdefault(len(template), []).append((template, methods))
    return by_length


_TEMPLATES: Final = _templates()
