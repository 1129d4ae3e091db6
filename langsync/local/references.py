"""References from one prompt to another: finding, resolving, keeping them whole."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from langsync.local.javascript import Json, dumps, to_number
from langsync.local.prompt_rows import PromptRows, PromptVersion

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langsync.local.store import Store

MAX_DEPTH: Final = 5
_TAG = re.compile("@@@langfusePrompt:([^\r\n\u2028\u2029]*?)@@@")


class UnresolvableError(Exception):
    """A prompt refers to what is missing, is no text prompt, or leads back to itself."""


class CircularError(UnresolvableError):
    """A prompt refers to itself, or leads back to itself."""


@dataclass(frozen=True, slots=True)
class Reference:
    """What a tag in a prompt's text points at: a name, and a label or a version."""

    name: str
    label: str | None = None
    version: float | None = None

    @property
    def target(self) -> str:
        """The label or version, as error messages tell it."""
        if self.version is None:
            return f"label {self.label}"
        return f"version {self.version:g}"


@dataclass(frozen=True, slots=True)
class Resolution:
    """A prompt with its references replaced, and the graph of what was used."""

    prompt: Any
    graph: dict[str, Any] | None


def find_references(prompt: object) -> list[Reference]:
    """The references in a prompt; a tag that is not well formed is plain text.

    The server looks for them in the prompt's JSON. Recorded: prompt-composition 7.
    """
    found = (_reference(inner) for inner in _TAG.findall(dumps(prompt).decode()))
    return [reference for reference in found if reference is not None]


def _reference(inner: str) -> Reference | None:
    parts = inner.split("|")
    if not inner.startswith("name=") or len(parts) != 2:
        return None
    values = dict(_pair(part) for part in parts)
    name, version, label = values.get("name"), values.get("version"), values.get("label")
    if not name:
        return None
    if version:
        number = to_number(version)
        return None if math.isnan(number) else Reference(name, version=number)
    return None if label is None else Reference(name, label=label)


def _pair(part: str) -> tuple[str, str | None]:
    key, *rest = part.split("=")
    return key, rest[0] if rest else None


class References:
    """The references among one project's prompts.

    Args:
        store: The database.
        project: The id of the project.
    """

    def __init__(self, store: Store, project: str) -> None:
        self._store = store
        self._project = project
        self._rows = PromptRows(store, project)

    def add(self, parent: str, references: Sequence[Reference]) -> None:
        """Remembers what a new version refers to."""
        for reference in references:
            self._store.insert(
                "prompt_dependencies",
                project=self._project,
                parent=parent,
                child_name=reference.name,
                child_label=reference.label,
                child_version=reference.version,
            )

    def of(self, parent: str) -> list[Reference]:
        """What a stored version refers to, in the order of its text."""
        sql = "SELECT * FROM prompt_dependencies WHERE parent = ? ORDER BY seq"
        return [
            Reference(row["child_name"], row["child_label"], row["child_version"])
            for row in self._store.rows(sql, (parent,))
        ]

    def blocking(self, name: str, deleted: Sequence[PromptVersion]) -> list[str]:
        """Why versions of a prompt cannot be deleted: one line for each prompt that needs one.

        A label may go with a version as long as another version has it.
        """
        ids = {version.id for version in deleted}
        numbers = {version.version for version in deleted}
        remaining = [v for v in self._rows.versions(name) if v.id not in ids]
        labels = {label for version in remaining for label in version.labels}
        sql = """SELECT d.child_version, d.child_label, p.name, p.version
                 FROM prompt_dependencies d JOIN prompts p ON p.id = d.parent
                 WHERE d.project = ? AND d.child_name = ? ORDER BY d.seq"""
        reasons = []
        for row in self._store.rows(sql, (self._project, name)):
            number, label = row["child_version"], row["child_label"]
            if number in numbers or (label is not None and label not in labels):
                target = label if number is None else f"v{number:g}"
                reasons.append(f"{row['name']} v{row['version']} depends on {name} {target}")
        return reasons

    def resolve(
        self, root: PromptVersion, references: Sequence[Reference] | None = None
    ) -> Resolution:
        """Replaces the references in a prompt, and theirs, down to the fifth level.

        Args:
            root: The prompt.
            references: Its references, where it is not stored yet.

        Raises:
            UnresolvableError: One cannot be resolved.
        """
        walk = _Walk(self, self._rows, root)
        prompt = walk.resolve(root, references, 0)
        graph = {
            "root": {"name": root.name, "version": root.version, "id": root.id},
            "dependencies": walk.dependencies,
        }
        return Resolution(prompt, graph if walk.dependencies else None)


class _Walk:
    """One walk from a prompt down its references."""

    def __init__(self, references: References, rows: PromptRows, root: PromptVersion) -> None:
        self._references = references
        self._rows = rows
        self._root = root
        self._path: set[str] = set()
        self.dependencies: dict[str, list[dict[str, Any]]] = {}

    def resolve(
        self, current: PromptVersion, references: Sequence[Reference] | None, level: int
    ) -> Json:
        self._check(current, level)
        found = self._references.of(current.id) if references is None else references
        if not found:
            return current.prompt
        self._path.add(current.id)
        text = dumps(current.prompt).decode()
        for reference in found:
            target = self._target(reference)
            self.dependencies.setdefault(current.id, []).append(
                {"id": target.id, "name": target.name, "version": target.version}
            )
            inner = dumps(self.resolve(target, None, level + 1)).decode()[1:-1]
            text = inner.join(_tags_of(target).split(text))
        self._path.discard(current.id)
        return json.loads(text)

    def _check(self, current: PromptVersion, level: int) -> None:
        if level >= MAX_DEPTH:  # recorded: prompt-composition 18
            raise UnresolvableError(f"Maximum nesting depth exceeded ({MAX_DEPTH})")
        other_version = current.name == self._root.name and current.id != self._root.id
        if current.id in self._path or other_version:  # recorded: prompt-composition 11
            raise CircularError(
                f"Circular dependency detected involving prompt '{current.name}'"
                f" version {current.version}"
            )

    def _target(self, reference: Reference) -> PromptVersion:
        if reference.version is not None:
            target = self._rows.at_version(reference.name, reference.version)
        else:
            target = self._rows.at_label(reference.name, reference.label or "")
        place = f"{reference.name} - {reference.target}"
        if target is None:  # recorded: prompt-composition 5
            raise UnresolvableError(f"Prompt dependency not found: {place}")
        if target.type != "text":  # recorded: prompt-composition 10
            raise UnresolvableError(f"Prompt dependency is not a text prompt: {place}")
        return target


def _tags_of(version: PromptVersion) -> re.Pattern[str]:
    """All ways to refer to a version: its number and its labels."""
    targets = [f"version={version.version}", *(f"label={label}" for label in version.labels)]
    tags = [f"@@@langfusePrompt:name={version.name}|{target}@@@" for target in targets]
    return re.compile("|".join(map(re.escape, tags)))
