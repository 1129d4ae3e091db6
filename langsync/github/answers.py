"""The schemas of GitHub's responses (REST API, version 2022-11-28)."""

from __future__ import annotations

from typing import Final, NotRequired

from typing_extensions import TypedDict

from langsync.client.schemas import AnswerSchema


class _User(TypedDict):
    login: str
    type: NotRequired[str]


class _Written(TypedDict):
    html_url: str


class _Thread(_Written):
    body: NotRequired[str | None]
    user: NotRequired[_User | None]


class _Comment(_Thread):
    id: int


class _Issue(_Thread):
    number: int
    title: str


USER: Final = AnswerSchema(_User)
"""The user of a token."""

WRITTEN: Final = AnswerSchema(_Written)
"""A comment or an issue that was written."""

COMMENTS: Final = AnswerSchema(list[_Comment])
"""Comments of a pull request."""

ISSUES: Final = AnswerSchema(list[_Issue])
"""Issues."""
