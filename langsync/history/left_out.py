"""What HEAD declares and the work tree leaves out: by a sparse checkout, by an absent submodule.

It was not removed: none of it is deleted, or reported as removed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from langsync.config import Config
from langsync.formats.items import suffix
from langsync.history.checkout import Checkout
from langsync.history.paths import is_below
from langsync.model import Address, Resource, State

_SHOWN = 3
"""Addresses that are named."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What a work tree leaves out.

    Args:
        files: Files of HEAD that it leaves out, relative to the folder of ``langsync.yaml``.
        submodules: Submodules that it leaves out and that may hold declared files.
        addresses: What HEAD declares in those files.
        complete: Whether these are all: whether everything that is left out could be read.
    """

    files: Collection[str] = ()
    submodules: Collection[str] = ()
    addresses: Collection[Address] = ()
    complete: bool = True

    def may_declare(self, address: Address) -> bool:
        """Whether what is left out may declare an address."""
        return not self.complete or address in self.addresses

    @property
    def warning(self) -> str:
        """The warning for a plan; empty where no declared file is left out."""
        if self.complete and not self.addresses:
            return ""
        names = ", ".join(map(str, sorted(self.addresses)[:_SHOWN]))
        if len(self.addresses) > _SHOWN:
            names += f" and {len(self.addresses) - _SHOWN:,} more"
        if self.submodules:
            omitted = f"{', '.join(sorted(self.submodules)[:_SHOWN])} (a submodule)"
        else:
            omitted = f"{len(self.files):,} file{'s' if len(self.files) != 1 else ''} (sparse)"
        declared = f", which declare {names}" if names else ""
        return f"this checkout leaves out {omitted}{declared}: that is neither compared nor removed"


def find_left_out(
    checkout: Checkout,
    config: Config,
    declared: Callable[[], tuple[State, bool]],
    asked: Collection[str],
) -> LeftOut:
    """Find what a work tree leaves out.

    Args:
        checkout: The work tree.
        config: The content of ``langsync.yaml``.
        declared: Returns what HEAD declares, and whether all of its files could be read.
        asked: Commits of absent submodules that may hold declared files; known once `declared` ran.
    """
    skipped = _skipped(checkout, config)
    absent = checkout.absent
    if not skipped and not absent:
        return LeftOut()
    state, readable = declared()
    submodules = [path for path, commit in absent.items() if commit in asked]
    files = {_relative(checkout.top / path, config.root) for path in skipped}
    addresses = [
        resource.address for resource in _all(state) if not files.isdisjoint(resource.files)
    ]
    complete = not submodules and (readable or not skipped)
    return LeftOut(files, submodules, frozenset(addresses), complete)


def _all(state: State) -> Iterable[Resource]:
    return (resource for kind in state.counts() for resource in state.of_kind(kind))


def _skipped(checkout: Checkout, config: Config) -> list[str]:
    """The files of the index that the work tree leaves out, as far as they may declare anything."""
    folders = [_relative(config.root / folder, checkout.top) for folder in config.folders.values()]
    return [
        path
        for path in checkout.index.skipped
        if (
            suffix(Path(path))
            or any(is_below(path, "" if folder == "." else folder) for folder in folders)
        )
        and not os.path.lexists(checkout.top / path)
    ]


def _relative(path: Path, start: Path) -> str:
    return Path(os.path.relpath(path, start)).as_posix()
