"""Contents that Git LFS keeps beside a repository, read without its program."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_POINTER = re.compile(
    rb"version https://git-lfs\.github\.com/spec/v1\n"
    rb"(?:ext-[^\n]*\n)*oid sha256:([0-9a-f]{64})\nsize (\d+)\n*"
)

MAX_SIZE = 256 * 1024 * 1024
"""Bytes of the largest content that is read."""

FETCH_ALL = "git lfs fetch --all"
"""The command that fetches the contents of all commits."""


@dataclass(frozen=True, slots=True)
class Store:
    """The contents that are here.

    Args:
        folders: The folders that hold them, ``lfs/objects`` of each Git directory.
    """

    folders: Sequence[Path]

    def lacks(self, content: bytes) -> bool:
        """Whether some content is a pointer whose target is not here."""
        return _POINTER.fullmatch(content) is not None and self.content(content) is None

    def content(self, pointer: bytes) -> bytes | None:
        """The content that a pointer refers to; None if it is not here, or damaged.

        Git LFS keeps it under the digest of its content, in folders named by the first digits
        (docs/spec.md of git-lfs).
        """
        match = _POINTER.fullmatch(pointer)
        if match is None:
            return None
        oid, size = match[1].decode(), int(match[2][:20])
        if size > MAX_SIZE:
            return None
        for folder in self.folders:
            try:
                content = (folder / oid[:2] / oid[2:4] / oid).read_bytes()
            except OSError:
                continue
            if len(content) == size and hashlib.sha256(content).hexdigest() == oid:
                return content
        return None


EMPTY = Store(())
"""An empty store."""
