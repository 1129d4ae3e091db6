"""Basic auth with the keys of projects."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

from langsync.local.refusals import RefusalError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langsync.local.projects import LocalProject


class Keys:
    """The keys of all projects.

    Args:
        projects: The projects.
    """

    def __init__(self, projects: Sequence[LocalProject]) -> None:
        self._projects = {
            f"{project.public_key}:{project.secret_key}": project for project in projects
        }

    def project(self, header: bytes | None) -> LocalProject:
        """The project that a header's keys open.

        Raises:
            RefusalError: 401, recorded: health-and-auth 3 and 4.
        """
        if header is None:
            raise RefusalError(401, "No authorization header", "UnauthorizedError")
        scheme, _, encoded = header.decode("latin-1").partition(" ")
        if scheme.lower() != "basic":
            raise RefusalError(401, "Invalid authorization header", "UnauthorizedError")
        try:
            keys = base64.b64decode(encoded, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            keys = ""
        project = self._projects.get(keys)
        if project is None:
            raise RefusalError(
                401, "Invalid credentials. Confirm that you've configured the correct host."
            )
        return project
