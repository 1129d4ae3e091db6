"""The rules for the names of prompts and datasets."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from langsync.local.refusals import bad_request
from langsync.local.validation import Check, Outcome, Path, pattern, refined, string, too_short

if TYPE_CHECKING:
    from langsync.local.javascript import Json

_HTML = re.compile(r"<[^<>]*>")
_RESERVED = ("new", "metrics", "prompt-detail")

_NOT_EMPTY = too_short(1, "Text cannot be empty")
_NO_HTML = refined(lambda name: not _HTML.search(name), "Text cannot contain HTML tags")
_NO_PIPE = pattern("/^[^|]*$/", "Prompt name cannot contain '|' character")
_FOLDERS = (
    pattern("/^[^/]/", "Name cannot start with a slash"),
    pattern("/^.*[^/]$/", "Name cannot end with a slash"),
    pattern(r"/^(?!.*\/\/)/", "Name cannot contain consecutive slashes"),
)
_NOT_RESERVED = refined(
    lambda name: name not in _RESERVED, lambda name: f"Prompt name cannot be '{name}'"
)
_DATASET_NAME: Check = string(_NOT_EMPTY, _NO_HTML, *_FOLDERS)
_PROMPT_NAME: Check = string(_NOT_EMPTY, _NO_HTML, _NO_PIPE, *_FOLDERS, _NOT_RESERVED)


def prompt_name(value: Json, path: Path) -> Outcome:
    """Returns a prompt's name, surrounding spaces trimmed. Recorded: prompt-names 1 to 18."""
    return _PROMPT_NAME(value.strip() if isinstance(value, str) else value, path)


def check_dataset_name(name: str) -> None:
    """Refuses a dataset's name that breaks the rules. Recorded: dataset-names 1 to 10.

    Raises:
        RefusalError: 400 with the issues inside the message.
    """
    _, issues = _DATASET_NAME(name, ())
    if issues:
        details = json.dumps([issue.as_json() for issue in issues], indent=2, ensure_ascii=False)
        raise bad_request(f"Dataset name not valid. {details}")
