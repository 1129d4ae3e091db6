"""A promotion in the files: what they declare for one environment, declared for another one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from langsync.config import Environment
from langsync.errors import LangsyncError
from langsync.formats.documents import Document
from langsync.formats.values import equal_contents
from langsync.kinds.base import Context
from langsync.kinds.prompt import files, overrides
from langsync.kinds.prompt.pulling.edit import PromptEdit
from langsync.kinds.prompt.pulling.texts import Texts, substituted
from langsync.kinds.prompt.pulling.values import Form
from langsync.kinds.prompt.spec import PromptSpec, PromptVariant
from langsync.kinds.prompt.state import PromptState, PromptVersion
from langsync.kinds.writing import Edit, Environments, Files, ManualEditRequiredError
from langsync.model import Resource


@dataclass(frozen=True, slots=True)
class PromotionSide:
    """Where something is promoted from, or to.

    Args:
        environment: The environment.
        label: Its label.
    """

    environment: Environment
    label: str


@dataclass(frozen=True, slots=True)
class DeclaredPromotion:
    """What a prompt's document declares for both sides of a promotion.

    Args:
        document: The document.
        name: The prompt's name.
        context: What declaring needs to know.
        source: Where it is promoted from.
        target: Where it is promoted to.
    """

    document: Document
    name: str
    context: Context
    source: PromotionSide
    target: PromotionSide

    def declared(self, environment: Environment) -> Resource[PromptSpec]:
        """The prompt in one environment.

        Raises:
            LangsyncError: The document is not right there.
        """
        declaration = files.declare(self.document, self.name, _in(self.context, environment))
        if declaration.problems:
            raise LangsyncError(f"prompt/{self.name}: {declaration.problems[0].message}")
        return declaration.resources[0]

    def current(self) -> PromptVariant | None:
        """What is declared for the target's label; None for nothing."""
        return self.declared(self.target.environment).content.with_label(self.target.label)

    def promoted(self) -> PromptVariant:
        """What the target gets once its part of the document is the source's.

        Values of the environment and ``${environment.label}`` are the target's own.

        Raises:
            LangsyncError: Nothing is declared for the source's label.
        """
        declared = self.declared(self.source.environment).content
        variant = declared.with_label(self.source.label)
        if variant is None:
            raise LangsyncError(
                f"prompt/{self.name}: its file deploys nothing to label {self.source.label!r}"
            )
        index = declared.variants.index(variant)
        merged = overrides.merged(self.document, self.source.environment.name).value
        value = {key: item for key, item in merged.items() if key != "overrides"}
        alone = replace(self, document=replace(self.document, value=value))
        return alone.declared(self.target.environment).content.variants[index]

    def is_declared(self) -> bool:
        """Whether the target has what the source has, as far as the document says."""
        current = self.current()
        return current is not None and current.matches(self.promoted())

    @property
    def moves_labels(self) -> bool:
        """Whether the labels are named for all environments together, so that one is moved."""
        named = {"labels", "variants"}
        own = overrides.given(self.document)
        sides = (self.source.environment.name, self.target.environment.name)
        apart = any(named & own.get(name, {}).keys() for name in sides)
        shared = named & self.document.value.keys()
        return bool(shared) and not apart and (self.current() is None or "variants" in shared)

    def edit(self, into: Files, used: Counter[str]) -> Edit:
        """The document after which the target gets what the source gets.

        Args:
            into: The files as they will be.
            used: How many declarations name each included file.

        Raises:
            LangsyncError: It is written in a way that only a person can edit.
        """
        raw = replace(self, document=replace(self.document, value=_raw(self.document.value)))
        desired, promoted = raw.declared(self.target.environment), raw.promoted()
        remote = _deployed(desired, promoted, self.source.label, self.target.label)
        environments = _Sides(self.target.environment, self.context.environments, self.source)
        texts = Texts(
            Form(self.target.environment, template=False), into, self.document.file, used, own=True
        )
        value = PromptEdit(
            self.document.value, desired.content, remote.content, environments, texts
        ).new()
        edit = Edit(value, substituted(value, texts))
        self.check(edit.declares)
        return edit

    def check(self, value: Any) -> None:  # noqa: ANN401 - what a document holds
        """Make sure that a document says it for the target, and nothing else to the others.

        Args:
            value: What the document will hold, included texts put in.

        Raises:
            ManualEditRequiredError: It does not.
        """
        new = replace(self, document=replace(self.document, value=value))
        current = new.current()
        if current is None or not current.matches(self.promoted()):
            raise ManualEditRequiredError(f"prompt/{self.name}: its file has to be edited by hand")
        for environment in self._others():
            was, will = self.declared(environment), new.declared(environment)
            if not equal_contents(was.content, will.content):
                raise ManualEditRequiredError(
                    f"prompt/{self.name}: an edit would change it in environment "
                    f"{environment.name}, too: edit its file by hand"
                )

    def _others(self) -> Iterator[Environment]:
        sides = _Sides(self.target.environment, self.context.environments, self.source)
        yield from (other for other in sides.others if other != self.target.environment)


@dataclass(frozen=True)
class _Sides(Environments):
    """The environments, the one that is promoted from always among the others."""

    source: PromotionSide | None = None

    @property
    def others(self) -> list[Environment]:
        others = super().others
        source = self.source.environment if self.source else None
        known = source is None or source in others or source not in self.declared
        return others if known or source is None else [*others, source]


def _in(context: Context, environment: Environment) -> Context:
    return replace(context, environment=environment)


def _raw(value: dict[str, Any]) -> dict[str, Any]:
    """A document whose templates are texts like any other, so that they are copied as they are."""
    return {**value, "template": False} if value.get("template") else value


def _deployed(
    desired: Resource[PromptSpec], promoted: PromptVariant, source: str, target: str
) -> Resource[PromptState]:
    """What Langfuse would hold once it is promoted: what the target's variant has now is gone."""
    variants = desired.content.variants
    versions = {
        number: _version(variant) for number, variant in enumerate([*variants, promoted], start=1)
    }
    labels: dict[str, int] = {source: len(versions)}
    newest = len(versions)
    for number, variant in enumerate(variants, start=1):
        if variant.is_draft:
            newest = number
        moves = target in variant.labels
        labels |= dict.fromkeys(variant.labels, len(versions) if moves else number)
    content = PromptState(
        "chat" if isinstance(promoted.prompt, list) else "text",
        desired.content.tags or (),
        newest,
        labels,
        tuple(sorted(labels)),
        versions,
    )
    return Resource(desired.address, content)


def _version(variant: PromptVariant) -> PromptVersion:
    return PromptVersion("", variant.prompt, variant.config, variant.commit_message)
