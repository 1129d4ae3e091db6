"""Versions of prompts in the database: reading, writing, labels and tags."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import orjson

from langsync.local.javascript import dumps

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from langsync.local.store import LocalStore, Row


@dataclass(frozen=True, slots=True)
class StoredVersion:
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
        """Returns the version as in the response to a change, where ``isActive`` is null.

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


class StoredVersions:
    """The versions of one project's prompts.

    Args:
        store: The database.
        project: The id of the project.
    """

    def __init__(self, store: LocalStore, project: str) -> None:
        self._store = store
        self._project = project

    def versions(self, name: str) -> list[StoredVersion]:
        """Returns all versions of a prompt, oldest first."""
        sql = "SELECT * FROM prompts WHERE project = ? AND name = ? ORDER BY version"
        return [_version(row) for row in self._store.rows(sql, (self._project, name))]

    def newest(self, name: str) -> StoredVersion | None:
        """Returns the version with the highest number."""
        sql = "SELECT * FROM prompts WHERE project = ? AND name = ? ORDER BY version DESC LIMIT 1"
        row = self._store.row(sql, (self._project, name))
        return _version(row) if row else None

    def at_version(self, name: str, version: float) -> StoredVersion | None:
        """Returns the version of a number."""
        sql = "SELECT * FROM prompts WHERE project = ? AND name = ? AND version = ?"
        row = self._store.row(sql, (self._project, name, version))
        return _version(row) if row else None

    def at_label(self, name: str, label: str) -> StoredVersion | None:
        """Returns the version that has a label."""
        sql = "SELECT version FROM prompt_labels WHERE project = ? AND label = ? AND name = ?"
        row = self._store.row(sql, (self._project, label, name))
        return self.at_version(name, row["version"]) if row else None

    def add(self, version: StoredVersion) -> None:
        """Stores a new version and its labels, which must be removed from other versions before."""
        self._store.insert(
            "prompts",
            id=version.id,
            project=version.project,
            name=version.name,
            version=version.version,
            type=version.type,
            prompt=_json_text(version.prompt),
            config=_json_text(version.config),
            labels=_json_text(version.labels),
            tags=_json_text(version.tags),
            commit_message=version.commit_message,
            created_at=version.created_at,
            updated_at=version.updated_at,
        )
        self._add_labels(version)

    def set_labels(self, version: StoredVersion, labels: Sequence[str]) -> StoredVersion:
        """Sets the labels of a version, and the time of the change; returns the changed version."""
        changed = replace(version, labels=labels, updated_at=self._store.now())
        self._store.run(
            "UPDATE prompts SET labels = ?, updated_at = ? WHERE id = ?",
            (_json_text(labels), changed.updated_at, version.id),
        )
        self._delete_labels(version)
        self._add_labels(changed)
        return changed

    def remove_labels(self, name: str, labels: Iterable[str]) -> None:
        """Removes labels from the versions of a prompt that have any of them."""
        removed = set(labels)
        for version in self.versions(name):
            remaining = [label for label in version.labels if label not in removed]
            if len(remaining) < len(version.labels):
                self.set_labels(version, remaining)

    def set_tags(self, name: str, tags: Sequence[str]) -> None:
        """Sets the tags of all versions of a prompt."""
        self._store.run(
            "UPDATE prompts SET tags = ?, updated_at = ? WHERE project = ? AND name = ?",
            (_json_text(tags), self._store.now(), self._project, name),
        )

    def delete(self, version: StoredVersion) -> None:
        """Deletes a version, its labels and its references."""
        self._delete_labels(version)
        self._store.run("DELETE FROM prompt_dependencies WHERE parent = ?", (version.id,))
        self._store.run("DELETE FROM prompts WHERE id = ?", (version.id,))

    def _add_labels(self, version: StoredVersion) -> None:
        for label in version.labels:
            self._store.insert(
                "prompt_labels",
                project=self._project,
                label=label,
                name=version.name,
                version=version.version,
            )

    def _delete_labels(self, version: StoredVersion) -> None:
        self._store.run(
            "DELETE FROM prompt_labels WHERE project = ? AND name = ? AND version = ?",
            (self._project, version.name, version.version),
        )


def _json_text(value: object) -> str:
    return dumps(value).decode()


def _version(row: Row) -> StoredVersion:
    return StoredVersion(
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
