"""The part of a file system that a ``langsync.yaml`` is about."""

from __future__ import annotations

from pathlib import Path

from langsync.config.variables import FILE_NAMES


def repository_around(folder: Path) -> Path | None:
    """The repository of the nearest ``langsync.yaml`` at or above a folder; None for no such file.

    Args:
        folder: The folder, without links in its path.
    """
    root = next(filter(_is_configured, (folder, *folder.parents)), None)
    return None if root is None else repository_of(root)


def repository_of(root: Path) -> Path:
    """The folder outside of which no file is read.

    Args:
        root: The folder of a ``langsync.yaml``, without links in its path.

    Returns:
        The top of the Git work tree around it; without one, the outermost folder at or above it
        that has a ``langsync.yaml``, or else itself.
    """
    around = (root, *root.parents)
    tops = (folder for folder in around if (folder / ".git").exists())
    configured = [*filter(_is_configured, around)]
    return next(tops, configured[-1] if configured else root)


def _is_configured(folder: Path) -> bool:
    return any((folder / name).is_file() for name in FILE_NAMES)
