"""Prompts as files declare them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import orjson
from pydantic import Field

from langsync.formats.documents import Document, Shape, Steps, dotted, parse_leniently
from langsync.formats.values import canonical, violations
from langsync.kinds.base import Context, Declared
from langsync.kinds.names import label_violation, name_violation
from langsync.kinds.prompt import labels, overrides
from langsync.kinds.prompt.deployments import MAX_MESSAGE
from langsync.kinds.prompt.messages import AnyPrompt
from langsync.kinds.prompt.references import placeholders, references, variables
from langsync.kinds.prompt.spec import PromptSpec, PromptVariant
from langsync.kinds.prompt.state import PromptText, PromptType
from langsync.kinds.prompt.texts import ContentReader
from langsync.model import UNMANAGED, Address, Json, Resource
from langsync.rules import Rule

MAX_BODY = 1024 * 1024
"""Bytes that the server takes in one request (observed: 1 MB)."""


class VariantFile(Shape):
    """One of several contents that a prompt has at once."""

    prompt: AnyPrompt = Field(description="A text, {file: …}, or a list of messages.")
    labels: list[str] = Field(description="Where it is deployed; []: a draft.")
    config: Any = Field(default=None, description="Any JSON; absent: the prompt's own config.")
    commit_message: str | None = Field(default=None, description="Absent: the prompt's own.")


class PromptFile(Shape):
    """One prompt."""

    name: str = Field(default="", description="Its name; by default the path below the folder.")
    renamed_from: str = Field(default="", description="The name that it had before.")
    type: Literal["text", "chat"] | None = Field(
        default=None, description="text or chat; by default what the prompt itself is."
    )
    template: bool = Field(
        default=False, description="Whether ${vars.NAME} stands for values of the environment."
    )
    tags: list[str] = Field(
        default_factory=list, description="Tags of the prompt; absent: not managed; []: none."
    )
    labels: list[str] = Field(
        default_factory=list,
        description="Where it is deployed; absent: the environment's first label; []: a draft.",
    )
    commit_message: str | None = Field(
        default=None, description="The message of versions that are created."
    )
    config: Any = Field(default_factory=dict, description="Any JSON, such as model parameters.")
    prompt: AnyPrompt = Field(default="", description="A text, {file: …}, or a list of messages.")
    variants: list[VariantFile] = Field(
        default_factory=list, description="Several contents at once, each with labels of its own."
    )
    overrides: dict[str, dict[str, Any]] = Field(
        default_factory=dict, description="By environment, what is merged over the rest."
    )


@dataclass(frozen=True, slots=True)
class _Part:
    """One content of a prompt, as it will be stored, with the places that it comes from.

    Args:
        prompt: The text or the messages.
        config: The config.
        labels: Its labels, before they are cut to the environment's.
        commit_message: The message of a version that is created.
        places: The place of each in the document.
    """

    prompt: PromptText
    config: Json
    labels: tuple[str, ...]
    commit_message: str | None
    places: dict[str, Steps]

    @property
    def kind(self) -> PromptType:
        return "chat" if isinstance(self.prompt, list) else "text"


def declare(document: Document, name: str, context: Context) -> Declared:
    """Read one prompt; see `Kind.declare`."""
    declared = Declared()
    merged = overrides.merged(document, context.environment.name)
    file, problems = parse_leniently(PromptFile, merged)
    declared.problems.extend(problems)
    if file is None:
        return declared
    reader = ContentReader(merged, context, declared, file.template)
    _check_whole(ContentReader(document, context, declared))
    name = file.name or name
    if not name:
        reader.problem((), "name is missing: a file of several prompts names each of them")
        return declared
    parts = _parts(file, reader)
    for steps, message in _file_violations(file, name, parts):
        reader.problem(steps, message)
    if parts:
        known = labels.known(document.value, context)
        declared.resources.append(_resource(file, name, parts, known, reader))
    return declared


def _check_whole(reader: ContentReader) -> None:
    """What is wrong with a file in any environment: the shape of all of it, every label."""
    document = reader.document
    parts = list(overrides.overridden(document))
    for part in [document, *parts] if parts else ():
        _, problems = parse_leniently(PromptFile, part)
        reader.declared.problems.extend(problems)
    for steps, message in overrides.violations(document, reader.context):
        reader.problem(steps, message, key=True)
    for steps, label in labels.named(document.value):
        if violation := labels.violation_of(label):
            reader.problem(steps, violation)
        elif labels.is_unlisted(label, reader.context):
            reason = f"no environment lists the label {label!r}"
            reader.warning(document.problem(steps, reason, code=Rule.UNLISTED_LABEL.code))


def _resource(
    file: PromptFile, name: str, parts: list[_Part], known: tuple[str, ...], reader: ContentReader
) -> Resource[PromptSpec]:
    context, document = reader.context, reader.document
    variants = tuple(
        PromptVariant(
            part.prompt,
            {} if part.config is None else canonical(part.config),
            labels.cut(part.labels, context.environment),
            is_draft=not part.labels,
            commit_message=part.commit_message,
        )
        for part in parts
    )
    tags = tuple(dict.fromkeys(file.tags)) if "tags" in file.model_fields_set else UNMANAGED
    content = PromptSpec(parts[0].kind, variants, tags, known)
    needs = [reference.name for part in parts for reference in references(part.prompt)]
    return Resource(
        Address("prompt", name),
        content,
        context.source(document),
        tuple(Address("prompt", needed) for needed in dict.fromkeys(needs)),
        tuple(dict.fromkeys([context.relative(document.path), *reader.files])),
        tuple(reader.places),
        replaces=(Address("prompt", file.renamed_from),) if file.renamed_from else (),
    )


def _parts(file: PromptFile, reader: ContentReader) -> list[_Part]:
    """The contents of a prompt; empty if the file gives none."""
    keys = reader.document.value.keys()
    if "variants" in keys:
        for key in ("prompt", "labels"):
            if key in keys:
                reason = "each variant has its own: give one prompt, or variants"
                reader.problem((key,), f"{key} stands beside variants: {reason}", key=True)
        if "variants" in file.model_fields_set and not file.variants:
            reader.problem(("variants",), "variants is empty: give one at least, or prompt")
        return [
            _variant(file, variant, index, reader) for index, variant in enumerate(file.variants)
        ]
    if "prompt" not in keys:
        reader.problem((), "prompt is missing: write prompt, or variants")
    if "prompt" not in file.model_fields_set:
        return []
    places: dict[str, Steps] = {key: (key,) for key in VariantFile.model_fields}
    return [
        _Part(
            reader.prompt(file.prompt, ("prompt",)),
            reader.config(file.config, ("config",)),
            tuple(file.labels) if "labels" in file.model_fields_set else _default(reader),
            file.commit_message,
            places,
        )
    ]


def _default(reader: ContentReader) -> tuple[str, ...]:
    environment = reader.context.environment
    first = labels.first_label(environment)
    if label_violation(first) and "labels" not in reader.document.value:
        reader.problem(
            (),
            f"it names no labels, and the first label of environment {environment.name!r} "
            f"is the pattern {first!r}: name its labels",
        )
    return (first,)


def _variant(file: PromptFile, variant: VariantFile, index: int, reader: ContentReader) -> _Part:
    where: Steps = ("variants", index)
    own = {key: key in variant.model_fields_set for key in VariantFile.model_fields}
    places: dict[str, Steps] = {key: (*where, key) if own[key] else (key,) for key in own}
    return _Part(
        reader.prompt(variant.prompt, places["prompt"]),
        reader.config(variant.config if own["config"] else file.config, places["config"]),
        tuple(variant.labels),
        variant.commit_message if own["commit_message"] else file.commit_message,
        places,
    )


def _file_violations(
    file: PromptFile, name: str, parts: list[_Part]
) -> Iterator[tuple[Steps, str]]:
    yield from _name_violations(file, name)
    for steps, violation in violations(file.tags, ("tags",)):
        yield steps, f"{dotted(steps)}: {violation}"
    if file.type is not None and parts and file.type != parts[0].kind:
        yield ("type",), f"type is {file.type}, but the prompt is {_article(parts[0].kind)}"
    yield from _variant_violations(parts)
    for part in parts:
        yield from _part_violations(part)
        yield from _size_violation(name, part, file)


def _name_violations(file: PromptFile, name: str) -> Iterator[tuple[Steps, str]]:
    if violation := _name_violation(name):
        yield ("name",), violation
    if "renamed_from" not in file.model_fields_set:
        return
    if violation := _name_violation(file.renamed_from):
        yield ("renamed_from",), f"renamed_from: {violation}"
    elif file.renamed_from == name:
        yield ("renamed_from",), f"renamed_from is the name it has: {name!r} is no other prompt"


def _name_violation(name: str) -> str:
    if name != name.strip().strip("\ufeff"):
        return f"Langfuse would cut the spaces around {name!r}: remove them"
    return name_violation(name, what="prompt") or _reserved(name)


def _reserved(name: str) -> str:
    # recorded: prompt-names 4 to 7
    if name in ("new", "metrics", "prompt-detail"):
        return f"Langfuse keeps the name {name!r} for itself: choose another"
    return "prompt name must not have a '|'" if "|" in name else ""


def _article(kind: str) -> str:
    return "a list of messages" if kind == "chat" else "a text"


def _variant_violations(parts: list[_Part]) -> Iterator[tuple[Steps, str]]:
    """What is wrong among variants: their types differ, a label is in two, two are drafts."""
    first: dict[str, int] = {}
    for index, part in enumerate(parts):
        if part.kind != parts[0].kind:
            reason = f"this one is {_article(part.kind)}, the first {_article(parts[0].kind)}"
            yield part.places["prompt"], f"all variants have one type: {reason}"
        if not part.labels and first.setdefault("", index) != index:
            reason = f"variants[{first['']}] is a draft already: only one can be the newest version"
            yield part.places["labels"], reason
        for position, label in enumerate(part.labels):
            if first.setdefault(label, index) != index:
                reason = f"variants[{first[label]}] has the label {label!r} already"
                yield (*part.places["labels"], position), f"{reason}: a label is on one version"


def _part_violations(part: _Part) -> Iterator[tuple[Steps, str]]:
    # a name that is a variable and a placeholder is refused (recorded: prompt-chat 3)
    both = sorted(set(variables(part.prompt)) & set(placeholders(part.prompt)))
    if both:
        reason = f"{', '.join(both)}: a variable and a placeholder have one name"
        yield part.places["prompt"], reason
    for key, value in (("prompt", part.prompt), ("config", part.config)):
        for steps, violation in violations(value, part.places[key]):
            yield steps, f"{dotted(steps)}: {violation}"
    message = part.commit_message or ""
    where = part.places["commit_message"]
    if len(message.encode("utf-16-le", "surrogatepass")) // 2 > MAX_MESSAGE:
        yield where, f"at most {MAX_MESSAGE} characters, not {len(message)}"
    if any(True for _ in violations(message)):
        yield where, "the text has a character that Langfuse cannot store"


def _size_violation(name: str, part: _Part, file: PromptFile) -> Iterator[tuple[Steps, str]]:
    try:
        size = len(orjson.dumps([name, part.prompt, part.config, file.tags, part.commit_message]))
    except TypeError:
        return  # a violation above reports it
    if size + 1024 > MAX_BODY:
        yield part.places["prompt"], f"{size:,} bytes: Langfuse takes at most 1 MB for one prompt"


__all__ = ["MAX_BODY", "PromptFile", "declare"]
