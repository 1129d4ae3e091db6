"""What Git knows of a resource."""

from __future__ import annotations

from dataclasses import dataclass

from langsync.model.resources import Resource


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit.

    Args:
        hash: Its full hash.
        subject: The first line of its message.
        author: The name of its author.
        at: When it was committed, ISO 8601.
    """

    hash: str
    subject: str = ""
    author: str = ""
    at: str = ""

    def __str__(self) -> str:
        return f"{self.hash[:12]} {self.subject}".rstrip()


@dataclass(frozen=True, slots=True)
class Declaration:
    """What consecutive commits declare for one address.

    Args:
        resource: What they declare; None if they do not declare it.
        position: The place of the newest of them in the history: 0 for HEAD, smaller is newer.
        commit: The oldest of them, which brought it.
    """

    resource: Resource | None
    position: int
    commit: Commit
