"""Checks the requests about prompts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from langsync.local.javascript import Json
from langsync.local.names import prompt_name
from langsync.local.refusals import bad_request
from langsync.local.validation import (
    Check,
    anything,
    array,
    at_least,
    at_most,
    coerced_number,
    followed_by,
    nullish,
    one_of,
    optional,
    pattern,
    refined,
    shape,
    string,
    too_long,
    too_short,
    union,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

_LABEL = string(
    too_short(1),
    too_long(36),
    pattern(
        r"/^[a-z0-9_\-.]+$/",
        "Label must be lowercase alphanumeric with optional underscores, hyphens, or periods",
    ),
)
_PLACEHOLDER_NAME = string(
    pattern(
        "/^[a-zA-Z][a-zA-Z0-9_]*$/",
        "Placeholder name must start with a letter and contain only alphanumeric characters"
        " and underscores",
    )
)
# Other keys of a message are dropped: recorded, prompt-chat 1.
_MESSAGE = union(
    shape({"role": string(), "content": string()}),
    shape({"type": one_of("placeholder"), "name": _PLACEHOLDER_NAME}),
)


def _creation(kind: Check, prompt: Check) -> Check:
    # The order is that of the issues in prompt-bodies 11.
    return shape(
        {
            "name": prompt_name,
            "labels": optional(array(_LABEL), []),
            "type": kind,
            "prompt": prompt,
            "config": nullish(anything, {}),
            "tags": nullish(array(string())),
            "commitMessage": nullish(string(too_long(500))),
        }
    )


CREATION: Final = union(
    _creation(optional(one_of("text"), "text"), string()),
    _creation(one_of("chat"), array(_MESSAGE)),
)

LABEL_CHANGE: Final = shape(
    {
        "newLabels": followed_by(
            array(string()),
            refined(
                lambda labels: "latest" not in labels,
                "Label 'latest' is always assigned to the latest prompt version",
            ),
        )
    }
)

VERSION_IN_PATH: Final = shape({"promptVersion": coerced_number()})

# The server's own pattern, recorded: prompt-list 23.
_LEAP = r"(?:\d\d[2468][048]|\d\d[13579][26]|\d\d0[48]|[02468][048]00|[13579][26]00)-02-29"
_LONG, _SHORT = r"(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])", r"(?:0[469]|11)-(?:0[1-9]|[12]\d|30)"
_DAY = rf"(?:{_LEAP}|\d{{4}}-(?:{_LONG}|{_SHORT}|(?:02)-(?:0[1-9]|1\d|2[0-8])))"
_CLOCK = r"(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d+)?)?"
_ZONE = r"(?:Z|([+-](?:[01]\d|2[0-3]):[0-5]\d))"
_TIME = string(pattern(f"/^{_DAY}T(?:{_CLOCK}{_ZONE})$/", "Invalid ISO datetime", "datetime"))

LIST_QUERY: Final[dict[str, Check]] = {
    "name": optional(string()),
    "version": optional(coerced_number()),
    "label": optional(string()),
    "tag": optional(string()),
    "page": optional(coerced_number(at_least(1)), 1),
    "limit": optional(coerced_number(at_least(1), at_most(100)), 10),
    "fromUpdatedAt": optional(_TIME),
    "toUpdatedAt": optional(_TIME),
}
DELETE_QUERY: Final[dict[str, Check]] = {
    "version": optional(coerced_number()),
    "label": optional(string()),
}
GET_QUERY: Final[dict[str, Check]] = {
    **DELETE_QUERY,
    "resolve": optional(one_of("true", "false"), "true"),
}

_BRACES = re.compile(r"\{\{([^{}]*)\}\}")


def check_unique_variables(messages: Sequence[dict[str, Json]]) -> None:
    """Refuses a chat prompt in which a name is both a variable and a placeholder.

    A name with spaces inside of the braces is no variable, so names are compared unstripped.
    Recorded: prompt-chat 3.

    Raises:
        RefusalError: 400 that lists the names.
    """
    placeholders = {message["name"] for message in messages if "role" not in message}
    variables = [
        name for message in messages for name in _BRACES.findall(message.get("content", ""))
    ]
    ambiguous = [name for name in dict.fromkeys(variables) if name in placeholders]
    if ambiguous:
        raise bad_request(
            "Cannot create prompt, variables and placeholders must be unique, "
            f"the following are not: {', '.join(ambiguous)}"
        )
