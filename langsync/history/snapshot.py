"""What one commit declares, with the problems in its files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from langsync.errors import Problem
from langsync.model import State


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What one commit declares.

    Args:
        state: What it declares; nothing of a file in which anything is wrong.
        problems: What is wrong, by file relative to the folder of ``langsync.yaml``; each names
            its file as Git does: ``REF:path``.
    """

    state: State
    problems: Mapping[str, tuple[Problem, ...]]
