"""Promotion: what one label carries, deployed under another one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import deepcopy
from dataclasses import replace
from difflib import get_close_matches
from fnmatch import fnmatchcase

from langsync.errors import LangsyncError
from langsync.kinds.prompt.reader import PromptReader
from langsync.kinds.prompt.references import references, substitute
from langsync.kinds.prompt.spec import PromptSpec, PromptVariant
from langsync.kinds.services import Api
from langsync.model import UNMANAGED, Address, Json, Resource


def chosen(patterns: Sequence[str], names: Iterable[str]) -> list[str]:
    """The prompts that match names, addresses or globs.

    Args:
        patterns: What the user wrote.
        names: The declared prompts.

    Raises:
        LangsyncError: One of them matches nothing.
    """
    known = list(names)
    selected: dict[str, None] = {}
    for pattern in patterns:
        glob = pattern.removeprefix("prompt/")
        matching = [name for name in known if name in (pattern, glob) or fnmatchcase(name, glob)]
        if not matching:
            near = get_close_matches(glob, known, n=1)
            hint = f": did you mean {near[0]!r}?" if near else ""
            raise LangsyncError(f"no file declares a prompt {pattern!r}{hint}")
        selected |= dict.fromkeys(matching)
    return list(selected)


async def read_source(api: Api, name: str, label: str) -> PromptReader:
    """Read what a label carries.

    Raises:
        LangsyncError: The prompt has no such label.
    """
    reader = PromptReader(api, name, None)
    if await reader.label(label) is None:
        raise LangsyncError(f"prompt/{name} has no label {label!r}: there is nothing to promote")
    return reader


def promoted(
    declared: Resource[PromptSpec],
    source: PromptReader,
    label: str,
    target: str,
    *,
    same_project: bool,
) -> Resource[PromptSpec]:
    """The desired state after a promotion.

    A reference to a prompt under the label that is promoted becomes one under the target's, where
    the file has that for the target: staging is composed of staging's snippets, and production of
    its own. That takes another version.

    Args:
        declared: The prompt as the files declare it, for its place in them.
        source: The prompt where it comes from, the label read.
        label: The label that carries what is promoted.
        target: The label that will carry it.
        same_project: Whether it is the same version that is to carry both.
    """
    state = source.resource().content
    number = state.position(label)
    assert number is not None  # noqa: S101 - `read_source` has read it
    version = state.versions[number]
    prompt = version.prompt
    ours = {
        reference
        for variant in declared.content.variants
        for reference in references(variant.prompt)
    }
    for reference in references(prompt):
        replacement = replace(reference, label=target)
        if reference.label == label and replacement in ours:
            prompt = substitute(prompt, {reference: replacement.tag}.get)
    variant = PromptVariant(
        prompt,
        version.config,
        (target,),
        commit_message=version.commit_message,
        pinned_version=number if same_project and prompt == version.prompt else None,
    )
    content = PromptSpec(
        "chat" if isinstance(prompt, list) else "text",
        (variant,),
        UNMANAGED if same_project else state.tags,
        (*declared.content.known_labels, label, target),
    )
    needs = tuple(Address("prompt", reference.name) for reference in references(prompt))
    return replace(declared, content=content, needs=needs, places=(), replaces=())


def relabeled(value: Json, declared: Resource[PromptSpec], label: str, target: str) -> Json:
    """A prompt's document with the target's label beside the source's, and nowhere else.

    Args:
        value: The document's value.
        declared: The prompt in it, its labels not cut to an environment's.
        label: The source's label.
        target: The label that is added beside it.

    Raises:
        LangsyncError: The document names no such label.
    """
    labels = [variant.labels for variant in declared.content.variants]
    if label not in declared.content.labels:
        raise LangsyncError(
            f"{declared.address}: its file names no label {label!r}; where labels come from "
            "environments there is nothing to edit: promote without --write"
        )
    edited = deepcopy(value)
    for variant, named in zip(edited.get("variants") or [edited], labels, strict=True):
        if label in named and target not in named:
            variant["labels"] = [*named, target]
        elif label not in named and target in named:
            variant["labels"] = [name for name in named if name != target]
    return edited
