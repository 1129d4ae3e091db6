"""The files of a repository: as they are on disk, or as a commit has them."""

from langsync.source.boundary import Boundary
from langsync.source.tree import Listing, SourceTree
from langsync.source.worktree import WorkTree

__all__ = ["Boundary", "Listing", "SourceTree", "WorkTree"]
