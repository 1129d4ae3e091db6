"""The versions of one prompt of Langfuse, whether a file declares it or not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import pairwise
from typing import Any

from langsync.client.cache import Cache, NoCache
from langsync.client.paging import PAGE
from langsync.client.schemas import OBJECT, PAGE_OF_NAMES, AnswerSchema
from langsync.client.tasks import gather
from langsync.errors import NotFoundError, UnexpectedAnswerError
from langsync.kinds.prompt.answers import PROMPTS
from langsync.kinds.prompt.deployments import is_marker, stamp, unstamped
from langsync.kinds.prompt.reader import PromptReader
from langsync.kinds.prompt.state import LATEST, PromptVersion
from langsync.kinds.services import Api
from langsync.model import Address, Json

_FEW = 5
"""Pages of names that are read to find what a misspelt one may mean."""


@dataclass(frozen=True, slots=True)
class Selector:
    """Which version of a prompt is meant: one of the two is given.

    Args:
        version: Its number.
        label: A label that it has.
    """

    version: int | None = None
    label: str | None = None

    def __str__(self) -> str:
        return f"label {self.label!r}" if self.version is None else f"version {self.version}"


@dataclass(frozen=True, slots=True)
class Version:
    """One version.

    Args:
        number: Its number.
        labels: Its labels without markers; ``latest`` comes last.
        id: Its id in Langfuse.
        prompt: The text, or the messages.
        config: The config.
        created_by: Who made it: a user's id, or ``API``.
        created_at: When, as Langfuse writes times.
        commit_message: Its commit message, without langsync's stamp.
        commit: The commit that langsync made it from; empty if it did not.
        dirty: Whether the work tree differed from that commit.
        resolved: Whether references in it are replaced by what they refer to.
    """

    number: int
    labels: tuple[str, ...]
    id: str
    prompt: Json
    config: Json
    created_by: str
    created_at: str
    commit_message: str = ""
    commit: str = ""
    dirty: bool = False
    resolved: bool = False

    @property
    def source(self) -> str:
        """The commit, marked where the work tree differed from it."""
        return f"{self.commit}+dirty" if self.dirty else self.commit


@dataclass(frozen=True, slots=True)
class Versions:
    """A prompt with some of its versions.

    Args:
        name: Its name.
        type: ``text`` or ``chat``.
        tags: Its tags.
        count: How many versions there are; None where that was not asked.
        versions: Those that were read, newest first.
    """

    name: str
    type: str
    tags: tuple[str, ...]
    count: int | None
    versions: tuple[Version, ...]


async def read_versions(api: Api, name: str, most: int | None) -> Versions:
    """Read the newest versions of a prompt, and older ones that carry a label.

    One list call for the prompt; then a GET for each version that the cache does not have.

    Args:
        api: The client.
        name: The prompt's name.
        most: How many of the newest are read; None for all.

    Raises:
        NotFoundError: There is no such prompt.
    """
    row = await _row(api, name)
    if row is None:
        raise NotFoundError(await _no_prompt(api, name), 404)
    reader = _WidePromptReader(api, name, row)
    await reader.read(sorted(row["versions"], reverse=True)[:most])
    if not reader.versions:
        raise UnexpectedAnswerError(
            f"prompt {name!r} is in Langfuse's list, but cannot be fetched: it was deleted "
            "just now, or a proxy changes paths ('langsync doctor' tells)"
        )
    reader.remember()
    return _versions(reader)


async def read_version(
    api: Api, name: str, selector: Selector, *, resolved: bool = False
) -> Versions:
    """Read one version of a prompt with one GET.

    Args:
        api: The client.
        name: The prompt's name.
        selector: Which one.
        resolved: Whether Langfuse is to replace references, as it does for applications.

    Raises:
        NotFoundError: There is no such prompt or version; the message lists what exists.
    """
    reader = PromptReader(_ResolvingApi(api) if resolved else api, name, None)
    if selector.label is not None:
        found_version = await reader.label(selector.label)
    else:
        found_version = await reader.version(selector.version or 0)
    if found_version is None:
        raise NotFoundError(await _no_version(api, name, selector), 404)
    return _versions(reader)


class _WidePromptReader(PromptReader):
    """A reader that asks for many versions at once."""

    async def read(self, numbers: Sequence[int]) -> None:
        """Read versions, newest first, and those that carry a label.

        Where some are remembered, labels and the newest remembered one are asked for first: what
        they return shows whether the others can be trusted.
        """
        remembered = [number for number in numbers if number in self._ids]
        if remembered:
            await self._locate()
            await self.version(remembered[0])
        unknown = [
            number for number in numbers if number not in self.versions and not self._recall(number)
        ]
        await gather(self._get(version=number) for number in unknown)
        await self._locate()

    async def _locate(self) -> None:
        for label in (LATEST, *self.all_labels):
            if not is_marker(label):
                await self.label(label)


@dataclass(frozen=True, slots=True)
class _ResolvingApi:
    """Asks as applications do, which want references replaced; remembers nothing of it."""

    api: Api
    cache: Cache = field(default_factory=NoCache)

    async def get(self, path: str, schema: AnswerSchema = OBJECT, /, **params: str | int) -> Json:
        asked = {key: params[key] for key in params if key != "resolve"}
        return await self.api.get(path, schema, **asked)


def _versions(reader: PromptReader) -> Versions:
    content = reader.resource().content
    labels = reader.labels
    return Versions(
        reader.name,
        content.type,
        content.tags,
        len(reader.row["versions"]) if reader.row is not None else None,
        tuple(
            _version(
                number,
                version,
                (label for label, position in labels.items() if position == number),
                resolved=number in reader.resolved,
            )
            for number, version in sorted(reader.versions.items(), reverse=True)
        ),
    )


def _version(
    number: int, version: PromptVersion, labels: Iterable[str], *, resolved: bool
) -> Version:
    commit, dirty = stamp(version.commit_message)
    real = sorted(label for label in labels if not is_marker(label))
    return Version(
        number,
        tuple(sorted(real, key=lambda label: label == LATEST)),
        version.id,
        version.prompt,
        version.config,
        version.created_by,
        version.created_at,
        unstamped(version.commit_message),
        commit,
        dirty,
        resolved,
    )


async def _row(api: Api, name: str) -> dict[str, Any] | None:
    """The list's row of a prompt; the filter by name is exact (recorded: prompt-list)."""
    answer = await api.get("/v2/prompts", PROMPTS, name=name, limit=PAGE)
    return next((row for row in answer["data"] if row["name"] == name), None)


async def _no_version(api: Api, name: str, selector: Selector) -> str:
    row = await _row(api, name)
    if row is None:
        return await _no_prompt(api, name)
    if selector.version is not None:
        available = f"it has {_ranges(sorted(row['versions']))}"
    else:
        labels = [label for label in row["labels"] if not is_marker(label)]
        available = f"its labels are {', '.join(sorted(labels))}"
    return f"prompt {name!r} has no {selector}: {available}"


async def _no_prompt(api: Api, name: str) -> str:
    """That there is no such prompt, and what may be meant, where names are few."""
    first = await api.get("/v2/prompts", PAGE_OF_NAMES, limit=PAGE, page=1)
    message = f"there is no prompt {name!r} in Langfuse"
    total = first["meta"]["totalItems"]
    if not total:
        return f"{message}: the project has no prompts"
    if total > _FEW * PAGE:
        return f"{message}, which has {total} prompts"
    rows = await api.pages("/v2/prompts", PAGE_OF_NAMES, first=first)
    names = [row["name"] for row in rows]
    near = near_names(name, names)
    if near:
        return f"{message}: did you mean {near}?"
    if len(names) <= _FEW:
        return f"{message}: there {'is' if len(names) == 1 else 'are'} {', '.join(names)}"
    return f"{message}, which has {total} prompts"


def near_names(name: str, names: Iterable[str]) -> str:
    """``'a' or 'b'``: what a misspelt name may mean; empty where nothing is like it."""
    near = get_close_matches(name, list(names), n=3, cutoff=0.5)
    return " or ".join(repr(parsable(candidate)) for candidate in near)


def parsable(name: str) -> str:
    """A prompt's name as a user types it: as an address where it looks like one."""
    return str(Address("prompt", name)) if name.startswith("prompt/") else name


def _ranges(numbers: Sequence[int]) -> str:
    """``1 to 3, 5``."""
    starts = [numbers[0], *(new for old, new in pairwise(numbers) if new != old + 1)]
    ends = [*(old for old, new in pairwise(numbers) if new != old + 1), numbers[-1]]
    pairs = zip(starts, ends, strict=True)
    return ", ".join(f"{a} to {b}" if a != b else str(a) for a, b in pairs)
