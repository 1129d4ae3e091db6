"""What is read of Langfuse's answers about the projects of an organization and their keys."""

from __future__ import annotations

from typing import Final, NotRequired

from typing_extensions import TypedDict

from langsync.client.schemas import AnswerSchema, Identified


class _Projects(TypedDict):
    projects: list[Identified]


class _Key(TypedDict):
    id: str
    publicKey: str
    note: NotRequired[str | None]


class _Keys(TypedDict):
    apiKeys: list[_Key]


OWN_PROJECTS: Final = AnswerSchema(_Projects)
"""The projects of an organization."""

KEYS: Final = AnswerSchema(_Keys)
"""The API keys of a project."""
