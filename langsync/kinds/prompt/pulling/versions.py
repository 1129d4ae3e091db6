"""What labels of a prompt in Langfuse carry, grouped by content."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from langsync.formats.values import equal
from langsync.kinds.prompt.deployments import is_marker
from langsync.kinds.prompt.state import PromptState, PromptText
from langsync.model import Json


@dataclass(slots=True)
class Deployed:
    """One content, with the labels that carry it.

    Args:
        prompt: The text, or the messages.
        config: The config.
        labels: The labels; none for a draft.
    """

    prompt: PromptText
    config: Json
    labels: list[str]

    def is_like(self, other: Deployed) -> bool:
        """Whether another one has the same content."""
        return self.prompt == other.prompt and equal(self.config, other.config)


def labels_of(remote: PromptState) -> list[str]:
    """The labels of a prompt that are known with what they carry; ``production`` first."""
    labels = (label for label in remote.labels if not is_marker(label))
    return sorted(labels, key=lambda label: (label != "production", label))


def newest(remote: PromptState) -> Deployed | None:
    """The newest version, as a draft; None where it was not read."""
    version = remote.versions.get(remote.newest)
    return None if version is None else Deployed(version.prompt, version.config, [])


def deployed(remote: PromptState, labels: Iterable[str]) -> list[Deployed]:
    """What some labels carry, each content once; labels that the prompt does not have left out."""
    contents: list[Deployed] = []
    for label in labels:
        version = remote.version_at(label)
        if version is None:
            continue
        new = Deployed(version.prompt, version.config, [label])
        same = next((content for content in contents if content.is_like(new)), None)
        if same is None:
            contents.append(new)
        else:
            same.labels.append(label)
    return contents
