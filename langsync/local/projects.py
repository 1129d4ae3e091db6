"""The projects that the embedded server holds, and their keys."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

ORGANIZATION_KEYS: Final = ("pk-lf-local-org", "sk-lf-local-org")
"""The keys of the organization of all projects: they are the keys of no project."""


@dataclass(frozen=True, slots=True)
class LocalProject:
    """A project with one pair of API keys.

    Args:
        id: Its id in the API and in the database.
        name: Its name.
        public_key: The user of Basic auth.
        secret_key: The password of Basic auth.
    """

    id: str = "proj-local"
    name: str = "local"
    public_key: str = "pk-lf-local"
    secret_key: str = field(default="sk-lf-local", repr=False)

    def as_json(self) -> dict[str, object]:
        """Returns an entry of ``GET /projects``, recorded: health-and-auth 2."""
        organization = {"id": "org-local", "name": "Local"}
        return {"id": self.id, "name": self.name, "organization": organization, "metadata": {}}
