"""Finds, resolves and protects references from one prompt to another."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from langsync.local.javascript import Json, dumps, to_number
from langsync.local.prompt_rows import StoredVersion, StoredVersions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langsync.local.store import LocalStore

MAX_DEPTH: Final = 5
_TAG = re.compile("@@@langfusePrompt:([^\r\n\u2028\u2029]*?)@@@")


class UnresolvableError(Exception):
    """A reference to a prompt that is missing, is no text prompt, or refers back."""


class CircularError(UnresolvableError):
    """A prompt that refers to itself, directly or through others."""


@dataclass(frozen=True, slots=True)
class PromptReference:
    """A reference in the text of a prompt: a name, and a label or a version."""

    name: str
    label: str | None = None
    version: float | None = None

    @property
    def target(self) -> str:
        """The label or version, as in error messages."""
        if self.version is None:
            return f"label {self.label}"
        return f"version {self.version:g}"


@dataclass(frozen=True, slots=True)
class Resolution:
    """A prompt with its references replaced, and the graph of the used prompts."""

    prompt: Any
    graph: dict[str, Any] | None


def find_references(prompt: object) -> list[PromptReference]:
    """Returns the references in a prompt; a malformed tag is plain text.

    The server searches for them in the JSON of the prompt. Recorded: prompt-composition 7.
    """
    references = (_reference(target) for target in _TAG.findall(dumps(prompt).decode()))
    return [reference for reference in references if reference is not None]


def _reference(target: str) -> PromptReference | None:
    parts = target.split("|")
    if not target.startswith("name=") or len(parts) != 2:
        return None
    values = dict(_pair(part) for part in parts)
    name, version, label = values.get("name"), values.get("version"), values.get("label")
    if not name:
        return None
    if version:
        number = to_number(version)
        return None if math.isnan(number) else PromptReference(name, version=number)
    return None if label is None else PromptReference(name, label=label)


def _pair(part: str) -> tuple[str, str | None]:
    key, *values = part.split("=")
    return key, values[0] if values else None


class PromptReferences:
    """The references among one project's prompts.

    Args:
        store: The database.
        project: The id of the project.
    """

    def __init__(self, store: LocalStore, project: str) -> None:
        self._store = store
        self._project = project
        self._rows = StoredVersions(store, project)

    def add(self, parent: str, references: Sequence[PromptReference]) -> None:
        """Stores the references of a new version."""
        for reference in references:
            self._store.insert(
                "prompt_dependencies",
                project=self._project,
                parent=parent,
                child_name=reference.name,
                child_label=reference.label,
                child_version=reference.version,
            )

    def of_version(self, parent: str) -> list[PromptReference]:
        """Returns the references of a stored version, in the order of its text."""
        sql = "SELECT * FROM prompt_dependencies WHERE parent = ? ORDER BY seq"
        return [
            PromptReference(row["child_name"], row["child_label"], row["child_version"])
            for row in self._store.rows(sql, (parent,))
        ]

    def deletion_blockers(self, name: str, deleted: Sequence[StoredVersion]) -> list[str]:
        """Returns why versions of a prompt cannot be deleted: a line for each dependent prompt.

        A label may be deleted with a version if another version has it, too.
        """
        deleted_ids = {version.id for version in deleted}
        deleted_numbers = {version.version for version in deleted}
        remaining = [
            version for version in self._rows.versions(name) if version.id not in deleted_ids
        ]
        labels = {label for version in remaining for label in version.labels}
        sql = """SELECT d.child_version, d.child_label, p.name, p.version
                 FROM prompt_dependencies d JOIN prompts p ON p.id = d.parent
                 WHERE d.project = ? AND d.child_name = ? ORDER BY d.seq"""
        reasons = []
        for row in self._store.rows(sql, (self._project, name)):
            number, label = row["child_version"], row["child_label"]
            if number in deleted_numbers or (label is not None and label not in labels):
                target = label if number is None else f"v{number:g}"
                reasons.append(f"{row['name']} v{row['version']} depends on {name} {target}")
        return reasons

    def resolve(
        self, root: StoredVersion, references: Sequence[PromptReference] | None = None
    ) -> Resolution:
        """Replaces the references in a prompt, and nested ones, down to the fifth level.

        Args:
            root: The prompt.
            references: Its references, if it is not stored yet.

        Raises:
            UnresolvableError: A reference cannot be resolved.
        """
        resolver = _Resolver(self, self._rows, root)
        prompt = resolver.resolve(root, references, 0)
        graph = {
            "root": {"name": root.name, "version": root.version, "id": root.id},
            "dependencies": resolver.dependencies,
        }
        return Resolution(prompt, graph if resolver.dependencies else None)


class _Resolver:
    """Resolves the references of a prompt."""

    def __init__(
        self, references: PromptReferences, rows: StoredVersions, root: StoredVersion
    ) -> None:
        self._references = references
        self._rows = rows
        self._root = root
        self._path: set[str] = set()
        self.dependencies: dict[str, list[dict[str, Any]]] = {}

    def resolve(
        self, current: StoredVersion, references: Sequence[PromptReference] | None, level: int
    ) -> Json:
        self._check(current, level)
        own_references = (
            self._references.of_version(current.id) if references is None else references
        )
        if not own_references:
            return current.prompt
        self._path.add(current.id)
        text = dumps(current.prompt).decode()
        for reference in own_references:
            target = self._target(reference)
            self.dependencies.setdefault(current.id, []).append(
                {"id": target.id, "name": target.name, "version": target.version}
            )
            replacement = dumps(self.resolve(target, None, level + 1)).decode()[1:-1]
            text = replacement.join(_tags_of(target).split(text))
        self._path.discard(current.id)
        return json.loads(text)

    def _check(self, current: StoredVersion, level: int) -> None:
        if level >= MAX_DEPTH:  # recorded: prompt-composition 18
            raise UnresolvableError(f"Maximum nesting depth exceeded ({MAX_DEPTH})")
        other_version = current.name == self._root.name and current.id != self._root.id
        if current.id in self._path or other_version:  # recorded: prompt-composition 11
            raise CircularError(
                f"Circular dependency detected involving prompt '{current.name}'"
                f" version {current.version}"
            )

    def _target(self, reference: PromptReference) -> StoredVersion:
        if reference.version is not None:
            target = self._rows.at_version(reference.name, reference.version)
        else:
            target = self._rows.at_label(reference.name, reference.label or "")
        description = f"{reference.name} - {reference.target}"
        if target is None:  # recorded: prompt-composition 5
            raise UnresolvableError(f"Prompt dependency not found: {description}")
        if target.type != "text":  # recorded: prompt-composition 10
            raise UnresolvableError(f"Prompt dependency is not a text prompt: {description}")
        return target


def _tags_of(version: StoredVersion) -> re.Pattern[str]:
    """Returns a pattern for the tags that refer to a version: by its number or a label."""
    targets = [f"version={version.version}", *(f"label={label}" for label in version.labels)]
    tags = [f"@@@langfusePrompt:name={version.name}|{target}@@@" for target in targets]
    return re.compile("|".join(map(re.escape, tags)))
