"""Basic auth with the keys of projects."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

from langsync.local.projects import ORGANIZATION_KEYS
from langsync.local.refusals import RefusalError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langsync.local.projects import LocalProject
    from langsync.local.store import LocalStore


class Keys:
    """The keys of all projects, and those of their organization.

    Args:
        projects: The projects.
        store: The database, with the keys that the API created.
    """

    def __init__(self, projects: Sequence[LocalProject], store: LocalStore) -> None:
        self._projects = {
            f"{project.public_key}:{project.secret_key}": project for project in projects
        }
        self._ids = {project.id: project for project in projects}
        self._store = store

    def project(self, header: bytes | None) -> LocalProject:
        """Returns the project of the keys in a header.

        Raises:
            RefusalError: 401, recorded: health-and-auth 3 and 4; 403 for an organization's keys.
        """
        keys = _keys(header)
        project = self._projects.get(keys) or self._created(keys)
        if project is None and keys == ":".join(ORGANIZATION_KEYS):
            raise RefusalError(403, "Project-scoped API key required for this operation")
        if project is None:
            raise RefusalError(
                401, "Invalid credentials. Confirm that you've configured the correct host."
            )
        return project

    def organization(self, header: bytes | None) -> None:
        """Checks that a header has the keys of the organization.

        Raises:
            RefusalError: 401 for no or unknown keys; 403 for those of a project.
        """
        keys = _keys(header)
        if keys != ":".join(ORGANIZATION_KEYS):
            self.project(header)
            raise RefusalError(403, "Organization-scoped API key required for this operation")

    def _created(self, keys: str) -> LocalProject | None:
        public, _, secret = keys.partition(":")
        sql = "SELECT project FROM api_keys WHERE public_key = ? AND secret_key = ?"
        with self._store.lock:
            row = self._store.row(sql, (public, secret))
        return None if row is None else self._ids.get(row["project"])


def _keys(header: bytes | None) -> str:
    """Returns public and secret key, joined with a colon; empty if they cannot be decoded."""
    if header is None:
        raise RefusalError(401, "No authorization header", "UnauthorizedError")
    scheme, _, encoded = header.decode("latin-1").partition(" ")
    if scheme.lower() != "basic":
        raise RefusalError(401, "Invalid authorization header", "UnauthorizedError")
    try:
        return base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
