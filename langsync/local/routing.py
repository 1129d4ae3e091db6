"""Finding the endpoint of a path as it was sent: names keep their encoded slashes apart."""

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
    """The endpoints of a path, one for each method, and the names in it."""

    methods: Mapping[str, Endpoint]
    names: Sequence[str]


def find_target(path: str, *, events_only: bool = True) -> Target | None:
    """The endpoints of a path; None where there are none.

    Args:
        path: The path, percent-encoded as it was sent.
        events_only: Whether the server is one of v4; see `Behavior`.
    """
    if not path.startswith(PREFIX + "/"):
        return None
    segments = path[len(PREFIX) + 1 :].split("/")
    for template, methods in _TEMPLATES.get(len(segments), ()):
        pairs = tuple(zip(template, segments, strict=True))
        if all(wanted in ("{}", segment) and segment for wanted, segment in pairs):
            names = [unquote(segment) for wanted, segment in pairs if wanted == "{}"]
            known = {
                method: endpoint
                for method, endpoint in methods.items()
                if endpoint.events_only in (None, events_only)
            }
            return Target(known, names) if known else None
    return None


def is_gone(path: str) -> bool:
    """Whether the path is one of those that only Langfuse v3 has."""
    below = path.removeprefix(PREFIX)
    return below in _GONE or (below.startswith("/datasets/") and below.endswith("/runs"))


def redirection(path: str) -> str | None:
    """Where a path with dots, empty segments or a slash at its end is sent on to.

    A prompt named ``..`` can therefore not be fetched; observed on Langfuse 4.16.0.
    """
    segments = path.split("/")[1:]
    if path == "/" or not any(unquote(segment) in ("", ".", "..") for segment in segments):
        return None
    plain = "/".join(s if unquote(s) not in (".", "..") else unquote(s) for s in segments)
    # without lstrip, // or /\ would begin it, which browsers read as another server
    return "/" + posixpath.normpath(f"/{plain}").lstrip("/\\")


def parse_query(query: str) -> dict[str, str | list[str]]:
    """The parameters of a query; a list where one is given several times."""
    result: dict[str, str | list[str]] = {}
    for key, value in parse_qsl(query, keep_blank_values=True):
        before = result.get(key)
        if before is None:
            result[key] = value
        else:
            result[key] = [*(before if isinstance(before, list) else [before]), value]
    return result


def _templates() -> dict[int, list[tuple[tuple[str, ...], dict[str, Endpoint]]]]:
    by_path: dict[str, dict[str, Endpoint]] = {}
    for endpoint in ENDPOINTS:
        by_path.setdefault(endpoint.path, {})[endpoint.method] = endpoint
    by_length: dict[int, list[tuple[tuple[str, ...], dict[str, Endpoint]]]] = {}
    for path, methods in by_path.items():
        template = tuple("{}" if s.startswith("{") else s for s in path[1:].split("/"))
        by_length.setdefault(len(template), []).append((template, methods))
    return by_length


_TEMPLATES: Final = _templates()
