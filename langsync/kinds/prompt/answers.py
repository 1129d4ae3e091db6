"""What is read of Langfuse's answers about prompts (recorded: prompt-list, prompt-get)."""

from __future__ import annotations

from typing import Annotated, Any, Final, LiteralString, NotRequired

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

from langsync.client.schemas import AnswerSchema, Page
from langsync.model import Json

Number = Annotated[int, Field(gt=0)]
"""The number of a version."""


def _checked(prompt: Json) -> Json:
    """A prompt as it came.

    Raises:
        PydanticCustomError: It is neither a text nor messages.
    """
    if violation := _violation(prompt):
        raise PydanticCustomError("prompt", violation)
    return prompt


def _violation(prompt: Json) -> LiteralString:
    if isinstance(prompt, str):
        return ""
    if not isinstance(prompt, list):
        return "a text or a list of messages was expected"
    for message in prompt:
        if not isinstance(message, dict):
            return "a message is no object"
        if message.get("type") == "placeholder":
            if not isinstance(message.get("name"), str):
                return "the name of a placeholder is no text"
        elif not all(isinstance(message.get(key, ""), str) for key in ("role", "content")):
            return "the role or the content of a message is no text"
    return ""


class PromptRow(TypedDict):
    """A prompt in the list."""

    name: str
    type: str
    versions: Annotated[list[Number], Field(min_length=1)]
    labels: list[str]
    tags: list[str]
    lastUpdatedAt: str


class PromptAnswer(TypedDict):
    """A version."""

    id: str
    version: Number
    type: str
    prompt: Annotated[Any, AfterValidator(_checked)]
    config: Any
    labels: list[str]
    tags: list[str]
    commitMessage: NotRequired[str | None]
    createdBy: str
    createdAt: str


PROMPT: Final = AnswerSchema(PromptAnswer)
"""A version of a prompt."""

PROMPTS: Final = AnswerSchema(Page[PromptRow])
"""A page of the list of prompts."""
