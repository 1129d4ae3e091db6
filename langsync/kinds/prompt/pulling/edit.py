"""Edits of a prompt file after which it agrees with Langfuse."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from langsync.config import Environment
from langsync.formats.values import equal
from langsync.kinds.prompt.labels import first_label, moved
from langsync.kinds.prompt.pulling.texts import Texts
from langsync.kinds.prompt.pulling.values import MISSING, NoMergeError, split
from langsync.kinds.prompt.pulling.versions import Deployed, deployed, newest
from langsync.kinds.prompt.spec import PromptSpec, PromptVariant
from langsync.kinds.prompt.state import PromptState
from langsync.kinds.writing import Environments, ManualEditRequiredError
from langsync.model import UNMANAGED, Json


@dataclass(frozen=True, slots=True)
class PromptEdit:
    """The edit of one prompt's document.

    Args:
        value: What the document says now.
        desired: What it declares in the chosen environment.
        remote: What Langfuse has.
        environments: For whom.
        texts: Writes its texts.
    """

    value: dict[str, Any]
    desired: PromptSpec
    remote: PromptState
    environments: Environments
    texts: Texts

    def new(self) -> dict[str, Any]:
        """The new value of the document.

        Raises:
            ManualEditRequiredError: It is written in a way that cannot be edited.
        """
        value = self._tags(dict(self.value))
        parts = list(self._parts())
        if any(part.is_split for part in parts):
            return self._with_variants(value, parts)
        for part in parts:
            if part.contents:
                value = self._content(value, part)
        if "type" in value and isinstance(value["type"], str):
            value["type"] = self.remote.type
        return value

    @property
    def _own(self) -> dict[str, Any]:
        """The overrides of the chosen environment."""
        own = self.value.get("overrides", {}).get(self.environments.chosen.name)
        return own if isinstance(own, dict) else {}

    def _tags(self, value: dict[str, Any]) -> dict[str, Any]:
        tags = self.remote.tags
        if self.desired.tags is UNMANAGED or set(self.desired.tags) == set(tags):
            return value
        old = self._own.get("tags", value.get("tags", ()))
        new = [*(tag for tag in old if tag in tags), *(tag for tag in tags if tag not in old)]
        if "tags" in self._own:
            return self._override(value, {"tags": new})
        return {**value, "tags": new}

    def _override(self, value: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
        name = self.environments.chosen.name
        overrides = value.get("overrides", {})
        return {**value, "overrides": {**overrides, name: {**overrides.get(name, {}), **more}}}

    def _parts(self) -> Iterator[_VariantDeployment]:
        for index, variant in enumerate(self.desired.variants):
            labels = variant.labels
            if variant.is_draft:
                draft = newest(self.remote)
                yield _VariantDeployment(index, variant, [draft] if draft else [], [])
                continue
            contents = deployed(self.remote, labels)
            carried = {label for content in contents for label in content.labels}
            gone = [label for label in labels if label not in carried]
            if labels and not contents:
                names = ", ".join(labels)
                raise ManualEditRequiredError(
                    f"no version in Langfuse has its labels {names} any more"
                )
            yield _VariantDeployment(index, variant, contents, gone)

    def _content(self, value: dict[str, Any], part: _VariantDeployment) -> dict[str, Any]:
        """The document with the content of one part as Langfuse has it."""
        target = part.contents[0]
        if "variants" in value and "variants" not in self._own:
            return {**value, "variants": self._variant(value, value["variants"], part)}
        if "variants" in self._own:
            return self._override(
                value, {"variants": self._variant(value, self._own["variants"], part)}
            )
        own = self._own
        shared = any(self._takes(other, value, target) for other in self.environments.others)
        texts = replace(self.texts, own=not shared or "prompt" in own)
        hint = self.environments.chosen.name if shared else ""
        raw = own.get("prompt", value.get("prompt", ""))
        prompt = texts.prompt(raw, part.variant.prompt, target.prompt, hint)
        return self._merged(value, {"prompt": prompt, **self._config(value, target)}, shared=shared)

    def _config(self, value: dict[str, Any], target: Deployed) -> dict[str, Any]:
        base, over = (holder.get("config", MISSING) for holder in (value, self._own))
        raw = _merged(base, over)
        new = self.texts.form.config(None if raw is MISSING else raw, target.config)
        if raw is MISSING and new is None:
            return {}
        return {"config": MISSING if new == {} != raw else new}

    def _merged(
        self, value: dict[str, Any], new: dict[str, Any], *, shared: bool
    ) -> dict[str, Any]:
        """The document with some values for the chosen environment."""
        value, more = dict(value), dict(self._own)
        for key, new_value in new.items():
            sides = value.get(key, MISSING), more.get(key, MISSING)
            try:
                base, own = split(*sides, new_value, shared=shared)
            except NoMergeError:
                problem = f"{key} lost what other environments still have"
                raise ManualEditRequiredError(
                    f"{problem}: write it into the overrides of each"
                ) from None
            for holder, result in ((value, base), (more, own)):
                if result is not MISSING:
                    holder[key] = result
                else:
                    holder.pop(key, None)
        return self._override(value, more) if more != self._own else value

    def _takes(self, other: Environment, value: dict[str, Any], target: Deployed) -> bool:
        """Whether another environment uses the shared value, and still has the old content."""
        labels = value.get("labels")
        if labels and not moved(other, labels):
            return False
        if other.name not in {sibling.name for sibling in self.environments.siblings}:
            return True
        names = moved(other, labels) if labels else [first_label(other)]
        contents = deployed(self.remote, names)
        return not (contents and all(content.is_like(target) for content in contents))

    def _variant(
        self, value: dict[str, Any], raw: list[Any], part: _VariantDeployment
    ) -> list[Any]:
        target, old = part.contents[0], raw[part.index]
        hint = next(iter(old.get("labels") or ["draft"]))
        new = dict(old)
        prompt = self.texts.prompt(old["prompt"], part.variant.prompt, target.prompt, hint)
        new["prompt"] = prompt
        own = old.get("config", value.get("config"))
        config = self.texts.form.config(own, target.config)
        if not equal(config, own):
            new["config"] = config
        return [*raw[: part.index], new, *raw[part.index + 1 :]]

    def _with_variants(
        self, value: dict[str, Any], parts: list[_VariantDeployment]
    ) -> dict[str, Any]:
        """The document once its labels carry different versions, or some are gone."""
        if self._own.keys() & {"labels", "variants", "prompt", "config"}:
            raise ManualEditRequiredError(
                "its labels carry different versions: write variants by hand"
            )
        raws = value.get("variants") or [{**_only(value), "labels": value.get("labels", [])}]
        variants: list[dict[str, Any]] = []
        for part, raw in zip(parts, raws, strict=True):
            others = [label for label in raw["labels"] if label not in part.variant.labels]
            if others and not any(self._is_old(part, content) for content in part.contents):
                variants.append({**raw, "labels": others})
                others = []
            for target in part.contents:
                named = {*target.labels, *(others if self._is_old(part, target) else ())}
                labels = [label for label in raw["labels"] if label in named]
                if labels or not raw["labels"]:
                    variants.append(self._split_off(value, raw, part, target, labels))
        if len(variants) == 1:
            (only,) = variants
            rest = {key: item for key, item in value.items() if key != "variants"}
            return {**rest, **only}
        kept = {
            key: item for key, item in value.items() if key not in ("prompt", "labels", "config")
        }
        return {**kept, "variants": variants}

    def _is_old(self, part: _VariantDeployment, target: Deployed) -> bool:
        same = part.variant.prompt == target.prompt
        return same and equal(part.variant.config, target.config)

    def _split_off(
        self,
        value: dict[str, Any],
        raw: dict[str, Any],
        part: _VariantDeployment,
        target: Deployed,
        labels: list[str],
    ) -> dict[str, Any]:
        texts = replace(self.texts, own=len(part.contents) == 1)
        hint = labels[0] if labels else "draft"
        own = raw.get("config", value.get("config"))
        config = self.texts.form.config(own, target.config)
        new = {"labels": labels, "config": config}
        new["prompt"] = texts.prompt(raw["prompt"], part.variant.prompt, target.prompt, hint)
        if config is None or ("config" not in raw and equal(config, value.get("config"))):
            del new["config"]
        return {
            **{key: item for key, item in raw.items() if key not in ("config", "prompt")},
            **new,
        }


@dataclass(frozen=True, slots=True)
class _VariantDeployment:
    """One content of a declared prompt, and what its labels carry.

    Args:
        index: Which of the variants.
        variant: What is declared.
        contents: What its labels carry in Langfuse; nothing where it is not deployed here.
        gone: Labels that no version has.
    """

    index: int
    variant: PromptVariant
    contents: list[Deployed]
    gone: list[str]

    @property
    def is_split(self) -> bool:
        return len(self.contents) > 1 or bool(self.gone)


def _only(value: dict[str, Any]) -> dict[str, Any]:
    return {key: value[key] for key in ("config", "prompt") if key in value}


def _merged(base: Json, over: Json) -> Json:
    """Two values as overrides are merged."""
    if over is MISSING:
        return base
    if not (isinstance(base, dict) and isinstance(over, dict)):
        return over
    keys = dict.fromkeys([*base, *over])
    pairs = ((key, base.get(key, MISSING), over.get(key, MISSING)) for key in keys)
    return {key: _merged(under, other) for key, under, other in pairs}
