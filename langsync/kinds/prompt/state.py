"""What Langfuse holds of a prompt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from langsync.model import Json, Resource

PromptType = Literal["text", "chat"]

PromptText = str | list[dict[str, str]]
"""A text, or messages: each with ``role`` and ``content``, or a placeholder with its ``name``."""

LATEST = "latest"
"""The label that Langfuse itself keeps on the newest version."""


@dataclass(frozen=True, slots=True)
class PromptVersion:
    """One version.

    Args:
        id: Its id.
        prompt: The text, or the messages.
        config: The config.
        commit_message: Its commit message; None for none.
        created_by: Who made it: a user's id, or ``API``.
        created_at: When, as Langfuse writes times.
    """

    id: str
    prompt: PromptText
    config: Json
    commit_message: str | None = None
    created_by: str = ""
    created_at: str = ""


@dataclass(frozen=True, slots=True)
class PromptState:
    """A prompt as far as it was read.

    Args:
        type: ``text`` or ``chat``.
        tags: Its tags.
        newest: Its highest version.
        labels: The version of each label that was asked for or seen, markers among them,
            `LATEST` not.
        all_labels: Every label that it is known to have, `LATEST` not among them.
        versions: The versions that were read, by number.
        updated_at: When it was changed last, by its row in the list; None where that was not
            read.
    """

    type: str
    tags: tuple[str, ...]
    newest: int
    labels: Mapping[str, int]
    all_labels: tuple[str, ...]
    versions: Mapping[int, PromptVersion]
    updated_at: str | None = None

    def position(self, label: str | None) -> int | None:
        """The version that has a label; the newest one for `LATEST` and for None, a draft."""
        return self.newest if label in (None, LATEST) else self.labels.get(label)

    def version_at(self, label: str | None) -> PromptVersion | None:
        """The version that has a label, or is the newest, as far as it was read."""
        position = self.position(label)
        return None if position is None else self.versions.get(position)


def merge_readings(
    first: Resource[PromptState], second: Resource[PromptState]
) -> Resource[PromptState]:
    """A prompt as far as either of two readings went; where both have a value, the first one's."""
    content = replace(
        first.content,
        labels={**second.content.labels, **first.content.labels},
        versions={**second.content.versions, **first.content.versions},
    )
    return replace(first, content=content)
