"""Versions of prompts in the database: reading, writing, labels and tags."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import orjson

from langsync.local.javascript import dumps

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from langsync.local.store import Row, Store


@dataclass(frozen=True, slots=True)
class PromptVersion:
    """One version of a prompt, as it is stored."""

    id: str
    project: str
    name: str
    version: int
    type: str
    prompt: Any
    config: Any
    labels: Sequence[str]
    tags: Sequence[str]
    commit_message: str | None
    created_at: str
    updated_at: str

    def as_json(self) -> dict[str, Any]:
        """The version as the API writes it after a change; ``isActive`` is null then.

        Recorded: prompt-text-lifecycle 1.
        """
        return {
            "id": self.id,
            "createdAt": self.created_at,
            "updatedAt": self.updated_at,
            "projectId": self.project,
            "createdBy": "API",
            "prompt": self.prompt,
            "name": self.name,
            "version": self.version,
            "type": self.type,
            "isActive": None,
            "config": self.config,
            "tags": self.tags,
            "labels": self.labels,
            "commitMessage": self.commit_message,
        }


class PromptRows:
    """The versions of one project's prompts.

    Args:
        store: The database.
        project: The id of the project.
    """

    def __init__(self, store: Store, project: str) -> None:
        self._store = store
        self._project = project

    def versions(self, name: str) -> list[PromptVersion]:
        """All versions of a prompt, oldest first."""
        sql = "SELECT * FROM prompts WHERE project = ? AND name = ? ORDER BY version"
        return [_version(row) for row in self._store.rows(sql, (self._project, name))]

    def newest(self, name: str) -> PromptVersion | None:
        """The version with the highest number."""
        sql = "SELECT * FROM prompts WHERE project = ? AND name = ? ORDER BY version DESC LIMIT 1"
        row = self._store.row(sql, (self._project, name))
        return _version(row) if row else None

    def at_version(self, name: str, version: float) -> PromptVersion | None:
        """One version by its number."""
        sql = "SELECT * FROM prompts WHERE project = ? AND name = ? AND version = ?"
        row = self._store.row(sql, (self._project, name, version))
        return _version(row) if row else None

    def at_label(self, name: str, label: str) -> PromptVersion | None:
        """The version that has a label."""
        sql = "SELECT version FROM prompt_labels WHERE project = ? AND label = ? AND name = ?"
        row = self._store.row(sql, (self._project, label, name))
        return self.at_version(name, row["version"]) if row else None

    def add(self, version: PromptVersion) -> None:
        """Stores a new version and its labels, which other versions must have lost before."""
        self._store.insert(
            "prompts",
            id=version.id,
            project=version.project,
            name=version.name,
            version=version.version,
            type=version.type,
            prompt=_text(version.prompt),
            config=_text(version.config),
            labels=_text(version.labels),
            tags=_text(version.tags),
            commit_message=version.commit_message,
            created_at=version.created_at,
            updated_at=version.updated_at,
        )
        self._add_labels(version)

    def set_labels(self, version: PromptVersion, labels: Sequence[str]) -> PromptVersion:
        """Gives a version exactly these labels, and the time of the change."""
        changed = replace(version, labels=labels, updated_at=self._store.now())
        self._store.run(
            "UPDATE prompts SET labels = ?, updated_at = ? WHERE id = ?",
            (_text(labels), changed.updated_at, version.id),
        )
        self._forget_labels(version)
        self._add_labels(changed)
        return changed

    def take_labels(self, name: str, labels: Iterable[str]) -> None:
        """Removes labels from the versions of a prompt that have any of them."""
        taken = set(labels)
        for version in self.versions(name):
            kept = [label for label in version.labels if label not in taken]
            if len(kept) < len(version.labels):
                self.set_labels(version, kept)

    def set_tags(self, name: str, tags: Sequence[str]) -> None:
        """Writes the tags of all versions of a prompt."""
        self._store.run(
            "UPDATE prompts SET tags = ?, updated_at = ? WHERE project = ? AND name = ?",
            (_text(tags), self._store.now(), self._project, name),
        )

    def delete(self, version: PromptVersion) -> None:
        """Removes a version, its labels and what it refers to."""
        self._forget_labels(version)
        self._store.run("DELETE FROM prompt_dependencies WHERE parent = ?", (version.id,))
        self._store.run("DELETE FROM prompts WHERE id = ?", (version.id,))

    def _add_labels(self, version: PromptVersion) -> None:
        for label in version.labels:
            self._store.insert(
                "prompt_labels",
                project=self._project,
                label=label,
                name=version.name,
                version=version.version,
            )

    def _forget_labels(self, version: PromptVersion) -> None:
        self._store.run(
            "DELETE FROM prompt_labels WHERE project = ? AND name = ? AND version = ?",
            (self._project, version.name, version.version),
        )


def _text(value: object) -> str:
    return dumps(value).decode()


def _version(row: Row) -> PromptVersion:
    return PromptVersion(
        id=row["id"],
        project=row["project"],
        name=row["name"],
        version=row["version"],
        type=row["type"],
        prompt=orjson.loads(row["prompt"]),
        config=orjson.loads(row["config"]),
        labels=orjson.loads(row["labels"]),
        tags=orjson.loads(row["tags"]),
        commit_message=row["commit_message"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )
