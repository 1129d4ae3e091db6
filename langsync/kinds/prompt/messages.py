"""The forms in which a prompt file may write a text or a message."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, RootModel, Tag, field_validator

from langsync.formats.documents import Shape
from langsync.model import Json


class IncludedFile(Shape):
    """A text that stands in a file of its own."""

    file: str = Field(description="Path of the text file, relative to this file.")


def _content_tag(value: Json) -> str:
    return "<file>" if isinstance(value, dict | IncludedFile) else "<text>"


Content = Annotated[
    Annotated[str, Tag("<text>")] | Annotated[IncludedFile, Tag("<file>")],
    Discriminator(_content_tag),
]


class ShortMessage(RootModel[dict[str, Content]]):
    """A message as ``role: content``."""

    @field_validator("root")
    @classmethod
    def _one_role(cls, value: dict[str, Any]) -> dict[str, Any]:
        if len(value) != 1:
            raise ValueError("a message has one role and its content: write 'role: content'")
        return value


class Message(Shape):
    """A message spelt out; Langfuse keeps role and content and drops every other key."""

    role: str
    content: Content


class ShortPlaceholder(Shape):
    """A place for messages that the caller passes, by its name."""

    placeholder: str


class Placeholder(Shape):
    """A place for messages that the caller passes, spelt out."""

    type: Literal["placeholder"]
    name: str


def _message_tag(value: Any) -> str:  # noqa: ANN401 - whatever stands in the file
    if not isinstance(value, dict):
        return "<message>"
    if value.get("type") == "placeholder":
        return "<placeholder>"
    if "placeholder" in value:
        return "<short-placeholder>"
    return "<message>" if {"role", "content"} & value.keys() else "<short>"


AnyMessage = Annotated[
    Annotated[ShortMessage, Tag("<short>")]
    | Annotated[Message, Tag("<message>")]
    | Annotated[ShortPlaceholder, Tag("<short-placeholder>")]
    | Annotated[Placeholder, Tag("<placeholder>")],
    Discriminator(_message_tag),
]


def _prompt_tag(value: Json) -> str:
    return "<chat>" if isinstance(value, list) else _content_tag(value)


AnyPrompt = Annotated[
    Annotated[str, Tag("<text>")]
    | Annotated[IncludedFile, Tag("<file>")]
    | Annotated[list[AnyMessage], Tag("<chat>")],
    Discriminator(_prompt_tag),
]
