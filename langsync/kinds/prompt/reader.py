"""One prompt of Langfuse, read as far as it is asked for, and remembered."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from langsync.errors import NotFoundError
from langsync.formats.values import canonical
from langsync.kinds.names import path
from langsync.kinds.prompt.answers import PROMPT
from langsync.kinds.prompt.references import Reference
from langsync.kinds.prompt.state import LATEST, PromptState, PromptText, PromptVersion
from langsync.kinds.services import Getter
from langsync.model import Address, Json, Resource


class PromptReader:
    """Asks Langfuse about one prompt: each question once, and none that the cache answers.

    Labels come from the cache while ``lastUpdatedAt`` and ``versions`` in the list are those of
    the time when they were read; they change with anything about the prompt. A version never
    changes, but its number can be given again once it is deleted: a number is higher than all
    that exist at that moment, so a remembered version is trusted if it, or a later one, was seen
    with the same id since (observed on Langfuse 4.16.0: delete and re-create starts again at 1).

    Args:
        api: The client.
        name: The prompt's name.
        row: Its row in the list, if that was read.
        missing: Whether it is known not to exist.
    """

    def __init__(
        self, api: Getter, name: str, row: Mapping[str, Any] | None, *, missing: bool = False
    ) -> None:
        self.name = name
        self.row = row
        self.missing = missing
        self.versions: dict[int, PromptVersion] = {}
        self.resolved: set[int] = set()
        self._labels: dict[str, int | None] = {}
        self._facts: dict[str, Json] = {}
        self._api = api
        self._asking = asyncio.Lock()
        known = api.cache.get("prompt", name) or {}
        self._fresh = row is not None and known.get("row") == _signature(row)
        self._ids = {int(number): version_id for number, version_id in known.get("ids", {}).items()}
        self._known_labels: dict[str, int | None] = known.get("labels", {}) if self._fresh else {}
        self._trusted = max(self._ids, default=0) if self._fresh else 0

    @property
    def numbers(self) -> list[int]:
        """The versions that exist, or that may exist where no list was read."""
        if self.row is not None:
            return list(self.row["versions"])
        return list(range(1, self.newest + 1))

    @property
    def newest(self) -> int:
        """The highest version."""
        listed: list[int] = [] if self.row is None else self.row["versions"]
        return max([*listed, *self.versions])

    @property
    def labels(self) -> dict[str, int]:
        """The version of each label that was asked for or seen and that is on one."""
        return {label: number for label, number in self._labels.items() if number is not None}

    @property
    def all_labels(self) -> list[str]:
        """Every label that the prompt is known to have."""
        return sorted({*(self.row or {}).get("labels", ()), *self.labels})

    async def label(self, label: str) -> int | None:
        """The version that carries a label, its content read; None if none does."""
        async with self._asking:
            if label in self._labels:
                return self._labels[label]
            if self.missing or (self.row is not None and label not in self.row["labels"]):
                self._labels[label] = None
            elif not self._recall(self._known_labels.get(label)):
                await self._get(label=label)
            else:
                self._labels[label] = self._known_labels[label]
            return self._labels.setdefault(label, None)

    async def version(self, number: int) -> int | None:
        """Read a version; None if there is none."""
        async with self._asking:
            if number in self.versions:
                return number
            if self.missing or (self.row is not None and number not in self.row["versions"]):
                return None
            if not self._recall(number):
                await self._get(version=number)
            return number if number in self.versions else None

    def _recall(self, number: int | None) -> bool:
        """Take a version from the cache, if it is there and can be trusted.

        Its labels come with it, as they would with an answer of Langfuse: what is known of a
        prompt must not depend on where it was read.
        """
        if number is None or number > self._trusted:
            return False
        if number not in self.versions:
            entry = self._api.cache.get("prompt", self.name, str(number))
            if not entry or entry["id"] != self._ids.get(number):
                return False
            self.versions[number] = _from_cache(entry)
        self._labels |= {
            label: version for label, version in self._known_labels.items() if version == number
        }
        return True

    async def _get(self, **selected: str | int) -> None:
        try:
            answer = await self._api.get(
                path("v2", "prompts", self.name), PROMPT, **selected, resolve="false"
            )
        except NotFoundError:
            self.missing = self.missing or selected == {"label": LATEST}
            return
        number = answer["version"]
        if self._ids.get(number) == answer["id"]:
            self._trusted = max(self._trusted, number)
        self._facts = {"type": answer["type"], "tags": answer["tags"]}
        self._labels |= dict.fromkeys(answer["labels"], number)
        self.versions[number] = version = _version(answer)
        if answer.get("resolutionGraph"):
            self.resolved.add(number)
        else:
            entry = {**asdict(version), "resolved": False}
            self._api.cache.put(entry, "prompt", self.name, str(number))

    def remember(self) -> None:
        """Keep what was learned for the next time."""
        if self.resolved:
            self._api.cache.drop("prompt", self.name)
            return
        seen = {number: version.id for number, version in self.versions.items()}
        kept = {
            number: version_id
            for number, version_id in self._ids.items()
            if number <= self._trusted
        }
        entry = {
            "row": None if self.row is None else _signature(self.row),
            "ids": {str(number): version_id for number, version_id in {**kept, **seen}.items()},
            "labels": {**self._known_labels, **self._labels},
        }
        if entry != self._api.cache.get("prompt", self.name):
            self._api.cache.put(entry, "prompt", self.name)

    def resource(self) -> Resource[PromptState]:
        """The prompt as far as it was read."""
        facts = self.row or self._facts
        content = PromptState(
            facts["type"],
            tuple(facts["tags"]),
            self.newest,
            {label: number for label, number in self.labels.items() if label != LATEST},
            tuple(label for label in self.all_labels if label != LATEST),
            dict(self.versions),
            None if self.row is None else self.row["lastUpdatedAt"],
        )
        return Resource(Address("prompt", self.name), content)


def _signature(row: Mapping[str, Any]) -> list[Json]:
    return [row["lastUpdatedAt"], sorted(row["versions"])]


def _version(answer: Mapping[str, Any]) -> PromptVersion:
    return PromptVersion(
        answer["id"],
        stored_prompt(answer["prompt"]),
        canonical(answer["config"]),
        answer.get("commitMessage"),
        answer["createdBy"],
        answer["createdAt"],
    )


def _from_cache(entry: Mapping[str, Any]) -> PromptVersion:
    return PromptVersion(**{key: value for key, value in entry.items() if key != "resolved"})


def stored_prompt(prompt: Json) -> PromptText:
    """A prompt in the form of the files: messages with role and content only."""
    if isinstance(prompt, str):
        return prompt
    return [
        {"type": "placeholder", "name": message["name"]}
        if message.get("type") == "placeholder"
        else {"role": message.get("role", ""), "content": message.get("content", "")}
        for message in prompt
    ]


def selector(reference: Reference) -> dict[str, str | int]:
    """The query that fetches what a reference means."""
    if reference.label is not None:
        return {"label": reference.label}
    return {"version": reference.version or 0}
