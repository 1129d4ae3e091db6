"""Refuses requests that would do more than they seem to, before they are sent."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, unquote

import httpx

from langsync.errors import UnsafeRequestError

_DECODINGS = 5
"""How often a name is percent-decoded in a row: each proxy may decode it once."""
_SEPARATORS = re.compile(r"[/\\]")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")
_VERSION = re.compile(r"[1-9][0-9]{0,8}")
_FILTERS = ("label", "version")


def is_dot_segment(name: str) -> bool:
    """Whether a name is ``.`` or ``..`` when a path is resolved, percent-encoded or not.

    Such a segment, encoded or not, is removed from a path (Langfuse 4.16.0 redirects to the
    rest), so that the request reaches another endpoint: ``DELETE /projects/p/apiKeys/..`` would
    delete the project.
    """
    return _decoded(name) in (".", "..")


def has_dot_segment(value: str) -> bool:
    """Whether a value has ``.`` or ``..`` between slashes or backslashes, however it is encoded."""
    return any(segment in (".", "..") for segment in _SEPARATORS.split(_decoded(value)))


def check_path(path: str) -> None:
    """Checks that a path leads to the endpoint that it names.

    It is to be checked before a URL is built of it: httpx resolves dot segments, and cuts at ``#``.

    Args:
        path: Path below the host, percent-encoded; a query may follow.

    Raises:
        UnsafeRequestError: A segment is blank, ``.`` or ``..``, or has a ``#`` or a backslash.
    """
    for segment in path.partition("?")[0].removeprefix("/").split("/"):
        if not _decoded(segment) or is_dot_segment(segment) or "#" in segment or "\\" in segment:
            raise UnsafeRequestError(
                f"{path!r} has a step {segment!r}, which leads to another path: nothing was sent"
            )


def _decoded(text: str) -> str:
    """Returns a name as the last server may see it: decoded, without controls (URL Standard)."""
    for _ in range(_DECODINGS):
        text = unquote(text)
    return _CONTROLS.sub("", text).strip()


def check_request(request: httpx.Request) -> None:
    """Checks that a request selects no more than it says.

    An empty filter selects everything. ``DELETE /v2/prompts/{name}`` takes an empty ``label``, an
    empty ``version``, ``version=0`` and an unknown key, such as ``labels``, for no filter, and
    deletes every version (recorded on Langfuse 4.16.0).

    Args:
        request: The request.

    Raises:
        UnsafeRequestError: It has an empty filter, or would delete more than it names.
    """
    path, _, query = request.url.raw_path.decode("ascii").partition("?")
    pairs = parse_qsl(query, keep_blank_values=True)
    for name, value in pairs:
        if not value.strip():
            raise UnsafeRequestError(
                f"{name or 'a parameter'} is empty, and to Langfuse an empty filter is none: it "
                "would select everything. Give it a value, or leave it out"
            )
    if request.method.upper() == "DELETE" and _is_prompt(path):
        for name, value in pairs:
            _check_deletion(name, value)


def _is_prompt(path: str) -> bool:
    """Whether a path is ``/v2/prompts/{name}``, however it is encoded."""
    segments = _decoded(path).lower().split("/")
    significant = [segment for segment in segments if segment not in ("", ".")]
    return "/v2/prompts/" in "/" + "/".join(significant)


def _check_deletion(name: str, value: str) -> None:
    ignored = "Langfuse would ignore it and delete every version of the prompt"
    if name not in _FILTERS:
        raise UnsafeRequestError(
            f"there is no filter {name!r} of what is deleted: {ignored}. There are label and "
            "version; to delete all versions, give none"
        )
    if name == "version" and not _VERSION.fullmatch(value):
        raise UnsafeRequestError(
            f"version {value!r} is no version: {ignored}. Versions are numbers from 1"
        )
