"""The kinds of resources: one module each, found by listing this folder."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache

from langsync.kinds.base import Kind


@cache
def all_kinds() -> Mapping[str, Kind]:
    """Every kind by its name: one from each module here that has a ``KIND``."""
    kinds: dict[str, Kind] = {}
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda module: module.name):
        kind = getattr(importlib.import_module(f"{__name__}.{module.name}"), "KIND", None)
        if kind is not None:
            kinds[kind.name] = kind
    return kinds


def folders() -> dict[str, str]:
    """The folder keys of ``langsync.yaml`` with their defaults."""
    return {kind.folder: f"{kind.folder}/" for kind in all_kinds().values() if kind.folder}
