"""What Langfuse takes as a name, a label, a tag; how names go into paths."""

from __future__ import annotations

import re
from urllib.parse import quote

from langsync.client.guards import is_dot_segment
from langsync.formats.values import text_violation

LABEL = re.compile(r"[a-z0-9_\-.]{1,36}")
_HTML = re.compile(r"<[^<>]*>")
_LINE = re.compile("[\n\r\u2028\u2029]")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")


def name_violation(name: str, *, what: str) -> str:
    """Why Langfuse would refuse a name, or could not return it; empty if it is fine.

    The rules of prompts and datasets (recorded: prompt-names, dataset-names), and two of our own:
    ``.`` and ``..``, encoded or not, are accepted by the server but can never be fetched, since
    they vanish from paths; control characters are refused because some of them break the server.
    """
    if not name:
        return f"{what} name is empty"
    if is_dot_segment(name):
        return f"{what} name {name!r} could never be fetched again: choose another"
    if violation := text_violation(name):
        return f"{what} name has {violation}"
    if _LINE.search(name):
        return f"{what} name must be one line"
    if has_control(name):
        return f"{what} name has a control character"
    if name.startswith("/") or name.endswith("/"):
        return f"{what} name must not begin or end with a slash"
    if "//" in name:
        return f"{what} name must not have two slashes in a row"
    if _HTML.search(name):
        return f"{what} name must not hold an HTML tag"
    return ""


def has_control(name: str) -> bool:
    """Whether a name holds a control character, a line break or a tab among them."""
    return _CONTROL.search(name) is not None


def label_violation(label: str) -> str:
    """Why a label cannot be declared; empty if it is fine.

    ``latest`` is put by the server (recorded: prompt-labels 8).
    """
    if label == "latest":
        return "'latest' is put on the newest version by Langfuse itself: remove it"
    if not LABEL.fullmatch(label):
        return (
            f"label {label[:60]!r} is refused by Langfuse: "
            "at most 36 lower-case letters, digits, '_', '-' and '.'"
        )
    return ""


def path(*parts: str | int) -> str:
    """A path below ``/api/public`` with every part percent-encoded, slashes in it included.

    An unencoded slash in a name is a 404 (observed on Langfuse 4.16.0).
    """
    return "/" + "/".join(quote(str(part), safe="") for part in parts)
