"""What files declare of a prompt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from langsync.formats.values import equal
from langsync.kinds.prompt.state import PromptState, PromptText, PromptType, PromptVersion
from langsync.model import Json, Resource


@dataclass(frozen=True, slots=True)
class PromptVariant:
    """One content of a prompt, with the labels that an environment deploys it under.

    Args:
        prompt: The text, or the messages.
        config: The config.
        labels: Its labels; none for a draft, and where the environment moves none of them.
        is_draft: Whether it is a draft: it has no label, and has to be the newest version.
        commit_message: The message of a version that is created; None for none of its own.
        pinned_version: The version that it is, where that is known, as in a promotion.
    """

    prompt: PromptText
    config: Json
    labels: tuple[str, ...] = ()
    is_draft: bool = False
    commit_message: str | None = None
    pinned_version: int | None = None

    @property
    def placements(self) -> tuple[str | None, ...]:
        """The labels that it is deployed under; None stands for the newest version, of a draft."""
        return (None,) if self.is_draft else self.labels

    def matches(self, version: PromptVersion | PromptVariant) -> bool:
        """Whether a version has this content."""
        return self.prompt == version.prompt and equal(self.config, version.config)

    def misplaced(self, remote: PromptState) -> list[str | None]:
        """The placements whose version does not have this content, or is not there."""
        placed = ((label, remote.version_at(label)) for label in self.placements)
        return [label for label, version in placed if version is None or not self.matches(version)]


@dataclass(frozen=True, slots=True)
class PromptSpec:
    """A prompt as its file declares it for one environment.

    Args:
        type: ``text`` or ``chat``.
        variants: Its contents, at least one.
        tags: Its tags; None where they are not managed.
        known_labels: The labels and globs that its file or any environment names for it.
    """

    type: PromptType
    variants: tuple[PromptVariant, ...]
    tags: tuple[str, ...] | None = None
    known_labels: tuple[str, ...] = field(default=(), compare=False)

    @property
    def deployed(self) -> tuple[PromptVariant, ...]:
        """The variants that the environment deploys anywhere."""
        return tuple(variant for variant in self.variants if variant.placements)

    @property
    def placements(self) -> tuple[str | None, ...]:
        """Those of all variants."""
        return tuple(label for variant in self.variants for label in variant.placements)

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of all variants."""
        return tuple(label for variant in self.variants for label in variant.labels)

    def with_label(self, label: str) -> PromptVariant | None:
        """The variant that has a label; None if none does."""
        return next((variant for variant in self.variants if label in variant.labels), None)


def merge_environments(declared: Sequence[Resource[PromptSpec]]) -> Resource[PromptSpec]:
    """A prompt as several environments declare it, in one.

    Args:
        declared: The prompt in each environment. Where two move one label, the first has it.
    """
    variants: list[PromptVariant] = []
    taken: set[str | None] = set()
    for variant in (variant for prompt in declared for variant in prompt.content.deployed):
        free = [label for label in variant.placements if label not in taken]
        taken.update(free)
        if free:
            labels = tuple(label for label in free if label is not None)
            variants.append(replace(variant, labels=labels))
    needs = dict.fromkeys(need for resource in declared for need in resource.needs)
    content = replace(declared[0].content, variants=tuple(variants))
    return replace(declared[0], content=content, needs=tuple(needs))
