"""Prompts as Langfuse holds them, read with the fewest requests."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Any

from langsync.client.guards import is_dot_segment
from langsync.client.paging import PAGE
from langsync.client.tasks import gather
from langsync.errors import NotFoundError, UnexpectedAnswerError
from langsync.kinds.base import Fetched, Scope
from langsync.kinds.names import path
from langsync.kinds.prompt.answers import PROMPT, PROMPTS
from langsync.kinds.prompt.deployments import is_marker, marker
from langsync.kinds.prompt.reader import PromptReader, selector
from langsync.kinds.prompt.references import Reference, references, substitute
from langsync.kinds.prompt.spec import PromptSpec
from langsync.kinds.prompt.state import LATEST
from langsync.kinds.services import Api, Getter
from langsync.model import Address, Json, Resource, State


async def fetch(api: Api, desired: Collection[Resource[PromptSpec]], scope: Scope) -> Fetched:
    """Read the declared prompts from Langfuse; see `Kind.fetch`.

    A list call returns the labels, the versions and the time of the last change of 100 prompts;
    then one GET for each declared label returns the version that has it, with its text. What
    has not changed since it was read before comes from the cache. Where the project holds many
    prompts and few are declared, the list is left after its first page.
    """
    first = await api.get("/v2/prompts", PROMPTS, limit=PAGE, page=1)
    rows = {row["name"]: row for row in first["data"]}
    total = first["meta"]["totalItems"]
    remaining = math.ceil(total / PAGE) - 1
    names = dict.fromkeys([*(resource.address.name for resource in desired), *_named(desired)])
    unseen = sum(name not in rows for name in names)
    complete = remaining <= unseen or scope.everything or bool(scope.whole)
    if complete and remaining > 0:
        listed = await api.pages("/v2/prompts", PROMPTS, first=first)
        rows |= {row["name"]: row for row in listed}
    project = _Project(api, rows, complete=complete)
    await gather(_read(project, resource, scope) for resource in desired)
    declared = {resource.address.name for resource in desired}
    others = tuple(sorted(rows.keys() - declared))
    whole = [row for row in rows if scope.is_whole(Address("prompt", row))]
    asked = dict.fromkeys([*(others if scope.everything else ()), *whole])
    unreadable = [name for name in asked if is_dot_segment(name)]
    readable = [name for name in asked if not is_dot_segment(name)]
    await gather(_read_whole(project.reader(name)) for name in readable)
    warnings = await _unresolve(api, project, desired)
    existing = [reader for reader in project.readers.values() if reader.versions]
    seen = {reader.name for reader in existing}
    unreadable += [name for name in readable if name not in seen]
    for reader in existing:
        reader.remember()
    managed = sum(reader.name in declared for reader in existing)
    return Fetched(
        State(reader.resource() for reader in existing),
        unmanaged=others if complete else (),
        unmanaged_count=len(others) if complete else max(0, total - managed),
        other_labels=_other_labels(desired, project),
        warnings=(
            *warnings,
            *(f"prompt/{name}: Langfuse lists it and cannot return it" for name in unreadable),
        ),
    )


@dataclass(slots=True)
class _Project:
    """The prompts of a project, each read as far as it was asked for.

    Args:
        api: The client.
        rows: The rows of the list that were read, by name.
        complete: Whether the list was read whole, so that what has no row does not exist.
    """

    api: Api
    rows: Mapping[str, Mapping[str, Any]]
    complete: bool
    readers: dict[str, PromptReader] = field(default_factory=dict)

    def reader(self, name: str) -> PromptReader:
        if name not in self.readers:
            row = self.rows.get(name)
            self.readers[name] = PromptReader(
                self.api, name, row, missing=row is None and self.complete
            )
        return self.readers[name]


def _named(desired: Collection[Resource[PromptSpec]]) -> Iterator[str]:
    """The prompts that declared ones refer to or come from."""
    for resource in desired:
        for variant in resource.content.variants:
            yield from (reference.name for reference in references(variant.prompt))
        yield from (old.name for old in resource.replaces)


async def _read(project: _Project, desired: Resource[PromptSpec], scope: Scope) -> None:
    """Read one declared prompt, what it refers to, and what it was called before."""
    reader = project.reader(desired.address.name)
    if not reader.missing:
        await _read_deployments(reader, desired, scope)
    for variant in desired.content.variants:
        await _follow(project, variant.prompt, set())
    for old in desired.replaces:
        if not project.reader(old.name).missing:
            await _read_whole(project.reader(old.name))


async def _read_deployments(
    reader: PromptReader, desired: Resource[PromptSpec], scope: Scope
) -> None:
    """The versions that carry the declared labels, those marked, and a wanted older one."""
    if reader.row is None:
        await reader.label(LATEST)
        if not reader.versions:
            reader.missing = True
            return
    for variant in desired.content.deployed:
        for label in variant.placements:
            version = await reader.label(label or LATEST)
            if scope.settings.deployment_markers and label is not None:
                known = version is not None and variant.matches(reader.versions[version])
                if not known:
                    await reader.label(marker(label))
    if not reader.versions:
        await reader.label(LATEST)
    if not reader.versions:
        raise UnexpectedAnswerError(
            f"prompt {reader.name!r} is in Langfuse's list, but cannot be fetched: it was deleted "
            "just now, or a proxy changes paths ('langsync doctor' tells)"
        )
    await _search(reader, desired, scope.settings.history_depth)


async def _search(reader: PromptReader, desired: Resource[PromptSpec], depth: int) -> None:
    """Look at the version that is promoted, or newest first while a content has not been seen.

    If it is that of an older version, its label can be moved there without a new one. A server
    that always resolves references shows no version's own text: there is no use in looking.
    """
    if reader.resolved:
        return
    movable = [variant for variant in desired.content.deployed if not variant.is_draft]
    for variant in movable:
        if variant.pinned_version is not None:
            await reader.version(variant.pinned_version)
    for number in sorted(reader.numbers, reverse=True)[:depth]:
        seen = reader.versions.values()
        if all(any(variant.matches(version) for version in seen) for variant in movable):
            return
        await reader.version(number)


async def _follow(project: _Project, prompt: Json, seen: set[Reference]) -> None:
    """Read what a prompt refers to, and what that refers to in Langfuse."""
    for reference in references(prompt):
        reader = project.reader(reference.name)
        if reference in seen or reader.missing:
            continue
        seen.add(reference)
        if reference.label is not None:
            number = await reader.label(reference.label)
        else:
            number = await reader.version(reference.version or 0)
        if number is not None:
            await _follow(project, reader.versions[number].prompt, seen)


async def _read_whole(reader: PromptReader) -> None:
    """Read every version of a prompt that has a label."""
    for label in (*(reader.row or {}).get("labels", ()), LATEST):
        if not is_marker(label):
            await reader.label(label)


def _other_labels(
    desired: Collection[Resource[PromptSpec]], project: _Project
) -> dict[str, tuple[str, ...]]:
    """Labels of declared prompts that no file and no environment knows."""
    unknown: dict[str, list[str]] = {}
    for resource in desired:
        known = resource.content.known_labels
        for label in project.readers[resource.address.name].all_labels:
            ours = label == LATEST or is_marker(label)
            if not ours and not any(fnmatchcase(label, glob) for glob in known):
                unknown.setdefault(label, []).append(resource.address.name)
    return {label: tuple(names) for label, names in sorted(unknown.items())}


async def _unresolve(
    api: Api, project: _Project, desired: Collection[Resource[PromptSpec]]
) -> tuple[str, ...]:
    """Compare by resolved text where the server always resolves.

    An older server does not know ``resolve=false``: what it returns has the referenced texts in
    it. A declared prompt that resolves to the same text, by what the server holds now, counts as
    the same: its own text is put back in the place of the resolved one.
    """
    declared = {resource.address.name: resource.content.variants for resource in desired}
    compared: list[str] = []
    for reader in project.readers.values():
        for number in reader.resolved:
            compared.append(reader.name)
            version = reader.versions[number]
            for variant in declared.get(reader.name, ()):
                if await resolve(api, variant.prompt) == version.prompt:
                    version = replace(version, prompt=variant.prompt)
            reader.versions[number] = version
    if not compared:
        return ()
    names = ", ".join(dict.fromkeys(compared))
    return (f"this server resolves references: compared by resolved text: {names}",)


async def resolve(api: Getter, prompt: Json) -> Json:
    """A prompt with the texts of the prompts it refers to, as the server holds them now."""
    texts: dict[Reference, str | None] = {}
    for reference in references(prompt):
        where = path("v2", "prompts", reference.name)
        try:
            target = await api.get(where, PROMPT, **selector(reference))
        except NotFoundError:
            continue
        texts[reference] = target["prompt"]
    return substitute(prompt, texts.get)
