"""Prompts as Langfuse holds them, read with the fewest requests."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from langsync.errors import NotFoundError, UnexpectedAnswerError
from langsync.formats.values import canonical
from langsync.kinds.base import Api, Fetched
from langsync.kinds.names import path
from langsync.kinds.prompt.compare import Variant, matches
from langsync.kinds.prompt.references import Reference, references, substitute
from langsync.model import Address, Json, Resource

PAGE = 100
"""The longest page of a list (recorded: prompt-list 17)."""

HISTORY_DEPTH = 20
"""How many versions of a prompt are searched for a content that no label has."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What is asked about one prompt: where its labels are, and what others refer to."""

    name: str
    labels: tuple[str, ...]
    variants: tuple[Variant, ...] = ()
    referred: tuple[Reference, ...] = ()


async def fetch(api: Api, wanted: Sequence[Resource]) -> Fetched:
    """Read what Langfuse holds of the wanted prompts; see `Kind.fetch`.

    A list call tells for 100 prompts which labels and versions there are; then one GET for each
    declared label tells which version has it, and its text. Where the project holds many prompts
    and few are declared, the list is left after its first page.

    The content of a fetched prompt: ``type``, ``tags``, ``newest`` (the highest version),
    ``labels`` (label to version, as far as they were read), ``all_labels`` and ``versions``
    (version, as a string, to ``prompt``, ``config`` and who made it when).
    """
    asked = _asked(wanted)
    declared = {one.name for one in asked if one.variants}
    first = await api.get("/v2/prompts", limit=PAGE, page=1)
    rows = {row["name"]: row for row in first["data"]}
    total = first["meta"]["totalItems"]
    remaining = math.ceil(total / PAGE) - 1
    unseen = [one for one in asked if one.name not in rows]
    complete = remaining <= len(unseen)
    if complete and remaining > 0:
        rows |= {row["name"]: row for row in await api.pages("/v2/prompts", first=first)}
    found = await asyncio.gather(
        *(_fetch_one(api, one, rows.get(one.name), known=complete) for one in asked)
    )
    resources = [prompt for prompt in found if prompt is not None]
    others = tuple(sorted(rows.keys() - declared))
    existing = sum(prompt.address.name in declared for prompt in resources)
    return Fetched(
        resources=resources,
        unmanaged=others if complete else (),
        unmanaged_count=len(others) if complete else max(0, total - existing),
        warnings=await _unresolve(api, resources, asked),
    )


def _asked(wanted: Sequence[Resource]) -> list[_Wanted]:
    """The declared prompts, then those that they refer to and no file declares."""
    asked: dict[str, _Wanted] = {}
    for resource in wanted:
        variants = resource.content["variants"]
        labels = dict.fromkeys(label for variant in variants for label in variant["labels"])
        asked[resource.address.name] = _Wanted(
            resource.address.name, tuple(labels), tuple(variants)
        )
    for one in list(asked.values()):
        for reference in dict.fromkeys(r for v in one.variants for r in references(v["prompt"])):
            target = asked.get(reference.name, _Wanted(reference.name, ()))
            if reference.label is None or reference.label not in target.labels:
                referred = (*target.referred, reference)
                asked[reference.name] = replace(target, referred=referred)
    return list(asked.values())


async def _fetch_one(
    api: Api, asked: _Wanted, row: Mapping[str, Any] | None, *, known: bool
) -> Resource | None:
    """Read the versions that carry the declared labels, else the newest, and those referred to.

    Args:
        api: The client.
        asked: What is asked.
        row: The prompt's row in the list, if it was read.
        known: Whether the list was read whole, so that what has no row does not exist.
    """
    if row is None and known:
        return None
    versions: dict[int, dict[str, Any]] = {}

    async def read(**selector: str | int) -> None:
        seen = versions.values()
        if selector.get("version") in versions or any(
            selector.get("label") in version["labels"] for version in seen
        ):
            return
        version = await _version(api, asked.name, **selector)
        if version is not None:
            versions[version["version"]] = version

    if row is None:
        await read(label="latest")
        if not versions:
            return None
    for label in asked.labels:
        if row is None or label in row["labels"]:
            await read(label=label)
    for reference in asked.referred:
        await read(**selector(reference))
    if not versions:
        await read(label="latest")
    if not versions:
        message = (
            f"prompt {asked.name!r} is in Langfuse's list, but cannot be fetched: it was deleted "
            "just now, or a proxy changes paths ('langsync doctor' tells)"
        )
        raise UnexpectedAnswerError(message)
    newest = max((row or {}).get("versions", versions))
    numbers = row["versions"] if row is not None else range(1, newest + 1)
    for number in _unread(asked, numbers, versions):
        await read(version=number)
    labels = (row or {}).get("labels", [])
    return _resource(asked.name, list(versions.values()), newest, labels)


def _unread(
    asked: _Wanted, numbers: Iterable[int], versions: Mapping[int, dict[str, Any]]
) -> Iterator[int]:
    """The versions to look at, newest first, while a declared content has not been seen.

    If it is that of an older version, its label can be moved there without a new one. A server
    that always resolves references shows no version's own text: there is no use in looking.
    """
    if any(version.get("resolutionGraph") for version in versions.values()):
        return
    movable = [one for one in asked.variants if one["labels"] not in ([], ["latest"])]
    for number in sorted(numbers, reverse=True)[:HISTORY_DEPTH]:
        seen = [_stored_version(version) for version in versions.values()]
        if all(any(matches(one, version) for version in seen) for one in movable):
            return
        yield number


async def _version(api: Api, name: str, **selector: str | int) -> dict[str, Any] | None:
    try:
        answer: dict[str, Any] = await api.get(
            path("v2", "prompts", name), **selector, resolve="false"
        )
    except NotFoundError:
        return None
    return answer


def _resource(
    name: str, versions: Sequence[dict[str, Any]], newest: int, labels: Iterable[str]
) -> Resource:
    content: dict[str, Json] = {
        "type": versions[0]["type"],
        "tags": versions[0]["tags"],
        "newest": max(newest, *(version["version"] for version in versions)),
        "labels": {label: one["version"] for one in versions for label in one["labels"]},
        "all_labels": sorted({*labels, *(label for one in versions for label in one["labels"])}),
        "versions": {
            str(version["version"]): {
                **_stored_version(version),
                "commit_message": version.get("commitMessage"),
                "created_by": version["createdBy"],
                "created_at": version["createdAt"],
                "resolved": bool(version.get("resolutionGraph")),
            }
            for version in versions
        },
    }
    return Resource(Address("prompt", name), content)


def _stored_version(version: Mapping[str, Any]) -> dict[str, Json]:
    return {"prompt": _stored(version["prompt"]), "config": canonical(version["config"])}


def _stored(prompt: Json) -> Json:
    """A prompt in the form of the files: messages with role and content only."""
    if isinstance(prompt, str):
        return prompt
    return [
        {"type": "placeholder", "name": message["name"]}
        if message.get("type") == "placeholder"
        else {"role": message.get("role", ""), "content": message.get("content", "")}
        for message in prompt
    ]


async def _unresolve(
    api: Api, resources: Sequence[Resource], asked: Sequence[_Wanted]
) -> tuple[str, ...]:
    """Compare by resolved text where the server always resolves.

    An older server does not know ``resolve=false``: what it returns has the referenced texts in
    it. A declared prompt that resolves to the same text, by what the server holds now, counts as
    the same: its own text is put back in the place of the resolved one.
    """
    wanted = {one.name: one for one in asked}
    compared: list[str] = []
    for resource in resources:
        one = wanted[resource.address.name]
        for version in resource.content["versions"].values():
            if not version.pop("resolved"):
                continue
            compared.append(one.name)
            for variant in one.variants:
                if await resolve(api, variant["prompt"]) == version["prompt"]:
                    version["prompt"] = variant["prompt"]
    if not compared:
        return ()
    names = ", ".join(dict.fromkeys(compared))
    return (f"this server resolves references: compared by resolved text: {names}",)


async def resolve(api: Api, prompt: Json) -> Json:
    """A prompt with the texts of the prompts it refers to, as the server holds them now."""
    texts: dict[Reference, str | None] = {}
    for reference in references(prompt):
        try:
            target = await api.get(path("v2", "prompts", reference.name), **selector(reference))
        except NotFoundError:
            continue
        texts[reference] = target["prompt"]
    return substitute(prompt, texts.get)


def selector(reference: Reference) -> dict[str, str | int]:
    """The query that fetches what a reference means."""
    if reference.label is not None:
        return {"label": reference.label}
    return {"version": reference.version or 0}
