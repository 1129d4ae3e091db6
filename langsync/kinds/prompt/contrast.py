"""Two contents of a prompt, side by side."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from langsync.formats.differences import LineMatcher
from langsync.kinds.prompt.compiled import labeled
from langsync.kinds.prompt.spec import PromptSpec, PromptVariant
from langsync.kinds.prompt.versions import Version, Versions
from langsync.model import UNMANAGED, Commit, FieldDifference, Json, Resource


@dataclass(frozen=True, slots=True)
class Side:
    """One content of a prompt, whether it comes from Langfuse, the files or a commit.

    Args:
        title: ``v5``, ``files``, or ``git:`` with what was named.
        type: ``text`` or ``chat``.
        prompt: The text, or the messages.
        config: The config.
        tags: The tags; None where they are not managed.
        labels: The labels that it has, or would get.
        by: Who made it; empty where nobody knows.
        at: When, ISO 8601; empty where nobody knows.
        commit: The commit that it comes from; empty for none.
        message: The message of the version or the commit.
        file: The file that declares it; empty for a version.
    """

    title: str
    type: str
    prompt: Json
    config: Json
    tags: tuple[str, ...] | None
    labels: tuple[str, ...] = ()
    by: str = ""
    at: str = ""
    commit: str = ""
    message: str = ""
    file: str = ""


def of_version(versions: Versions, version: Version) -> Side:
    """A version in Langfuse."""
    return Side(
        f"v{version.number}",
        versions.type,
        version.prompt,
        version.config,
        versions.tags,
        version.labels,
        version.created_by,
        version.created_at,
        version.source,
        version.commit_message,
    )


def of_variant(
    title: str, resource: Resource[PromptSpec], variant: PromptVariant, commit: Commit | None
) -> Side:
    """A variant that the files declare, now or in a commit."""
    commit, tags = commit or Commit(""), resource.content.tags
    return Side(
        title,
        resource.content.type,
        variant.prompt,
        variant.config,
        None if tags is UNMANAGED else tags,
        variant.labels,
        commit.author,
        commit.at,
        commit.hash[:12],
        commit.subject,
        resource.source.file if resource.source else "",
    )


def chosen(
    declared: PromptSpec, label: str | None, hint: str | None = None
) -> PromptVariant | None:
    """The variant of a declared prompt that is meant.

    Args:
        declared: The prompt.
        label: The label that it has to have; None for any.
        hint: The label that it had better have.

    Returns:
        None if no variant has the label; without one, the first that is deployed, else the first.
    """
    if label is not None:
        return labeled(declared, label)
    likely = labeled(declared, hint) if hint is not None else None
    real = (variant for variant in declared.variants if variant.labels)
    return likely or next(real, declared.variants[0])


def differences(before: Side, after: Side) -> Iterator[FieldDifference]:
    """What differs in type, tags and text; configs are left to `langsync.diff`.

    Messages are compared one by one: ``prompt[1]`` with the message before and after, None where
    there is none on that side. Tags count where both sides have them, in any order.
    """
    if before.type != after.type:
        yield FieldDifference("type", before.type, after.type)
    if before.tags is not None and after.tags is not None and {*before.tags} != {*after.tags}:
        yield FieldDifference("tags", list(before.tags), list(after.tags))
    if isinstance(before.prompt, list) and isinstance(after.prompt, list):
        yield from _messages(before.prompt, after.prompt)
    elif before.prompt != after.prompt:
        yield FieldDifference("prompt", before.prompt, after.prompt)


Message = Mapping[str, Json]


def _messages(before: Sequence[Message], after: Sequence[Message]) -> Iterator[FieldDifference]:
    """Messages that differ; equal ones are found first, then those of one role are paired."""
    for tag, i1, i2, j1, j2 in _steps(
        [_key(message) for message in before], [_key(message) for message in after]
    ):
        if tag == "equal":
            continue
        old, new = before[i1:i2], after[j1:j2]
        for kind, a1, a2, b1, b2 in _steps([*map(_role, old)], [*map(_role, new)]):
            if kind == "equal":
                for a, b in zip(range(a1, a2), range(b1, b2), strict=True):
                    yield FieldDifference(f"prompt[{j1 + b}]", old[a], new[b])
                continue
            for a in range(a1, a2):
                yield FieldDifference(f"prompt[{i1 + a}]", old[a], None)
            for b in range(b1, b2):
                yield FieldDifference(f"prompt[{j1 + b}]", None, new[b])


def _steps(
    before: Sequence[Hashable], after: Sequence[Hashable]
) -> Sequence[tuple[str, int, int, int, int]]:
    return LineMatcher(before, after).get_opcodes()


def _key(message: Message) -> tuple[str, Json]:
    return _role(message), message.get("content", message.get("name"))


def _role(message: Message) -> str:
    """A message's role; a placeholder has none, so it gets one that no message can have."""
    return str(message["role"]) if "role" in message else "\0placeholder"
