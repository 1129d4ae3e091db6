"""The embedded server: Langfuse's public API on SQLite, for trying, developing and testing.

Raises:
    MissingExtraError: The packages of the extra ``local`` are not installed.
"""

from __future__ import annotations

from importlib.util import find_spec

from langsync.errors import MissingExtraError

if find_spec("uvicorn") is None:
    raise MissingExtraError("The embedded server", "local")

from langsync.local.app import LocalApp
from langsync.local.faults import Fault, Faults
from langsync.local.item_writes import ItemWrites
from langsync.local.projects import LocalProject
from langsync.local.rate_limits import RateLimit
from langsync.local.requests_log import LoggedRequest
from langsync.local.sample import Sample
from langsync.local.server import LocalServer, create_app, serve

__all__ = [
    "Fault",
    "Faults",
    "ItemWrites",
    "LocalApp",
    "LocalProject",
    "LocalServer",
    "LoggedRequest",
    "RateLimit",
    "Sample",
    "create_app",
    "serve",
]
