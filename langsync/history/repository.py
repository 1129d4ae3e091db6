"""An open repository, and the commits that references in it name."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import suppress
from functools import cached_property

from langsync.config import Config
from langsync.errors import ConfigError
from langsync.history.checkout import Checkout
from langsync.history.commits import FORMAT, Commits, parse
from langsync.history.paths import joined
from langsync.history.remote import GitRemote, is_ci
from langsync.history.status import WorkTreeStatus
from langsync.model import Commit
from langsync.source.git import GitError
from langsync.source.lfs import Store
from langsync.source.objects import Objects


class GitRepository:
    """An open repository, with the processes and folders that questions need.

    Args:
        checkout: Its work tree.
        config: The content of ``langsync.yaml``.
        root: The folder of ``langsync.yaml`` there; may be empty.
        paths: The files and folders that are read, relative to the top of the repository.
    """

    def __init__(self, checkout: Checkout, config: Config, root: str, paths: list[str]) -> None:
        self._config = config
        self.checkout = checkout
        self.git = checkout.git
        self.root = root
        self.head = checkout.head
        self.shallow = checkout.location.shallow
        self.paths = paths
        self.remote = GitRemote(checkout.git, checkout.location, paths)
        self.closing: list[Callable[[], None]] = [checkout.close]

    @cached_property
    def objects(self) -> Objects:
        """Its objects, including those of its submodules; missing ones are fetched."""
        lfs = Store(
            [
                submodule.location.paths["lfs/objects"]
                for submodule in self.checkout.with_submodules()
            ]
        )
        fetch = self.remote.fetch if self.lacks_objects else None
        objects = Objects(self.git, len(self.head), fetch, lfs)
        self.closing.append(objects.close)
        return objects

    @cached_property
    def commits(self) -> Commits:
        """Its commits; those that a shallow clone lacks are fetched in CI."""
        commits = Commits(self.git, self.objects, self.head)
        self.closing.append(commits.close)
        return commits

    @property
    def lacks_objects(self) -> bool:
        """Whether objects may be missing that the remote has.

        The older commits of a shallow clone are fetched without the contents of their files.
        """
        return self.deepened or self.checkout.location.partial

    @cached_property
    def deepened(self) -> bool:
        """Whether the clone was shallow and its older commits were fetched: in CI."""
        if self.shallow and is_ci():
            with suppress(GitError):
                self.remote.deepen()
                self.shallow = False
                return True
        return False

    @cached_property
    def work_tree(self) -> WorkTreeStatus:
        """Which files are not as HEAD has them."""
        return WorkTreeStatus(self.checkout, self._config)

    def commit(self, start: str) -> Commit | None:
        """A commit by its hash, or the beginning of that; None if it is not here."""
        try:
            # not by its name: a branch may be called like the beginning of a hash
            named = self.git.run("rev-parse", f"--disambiguate={start}").text.split()
            for name in named:
                answer = self.git.run("rev-list", "-1", "--encoding=UTF-8", FORMAT, name, "--")
                lines = answer.out.split(b"\n")
                if answer.code == 0 and len(lines) > 1:
                    return parse(lines[1]).commit
        except GitError:
            return None
        return None

    def is_after_head(self, start: str) -> bool:
        """Whether a commit, its hash perhaps cut short, is here and comes after HEAD."""
        try:
            named = self.git.run("rev-parse", f"--disambiguate={start}").text.split()
            return any(
                self.git.run("merge-base", "--is-ancestor", self.head, name).code == 0
                for name in named
                if name != self.head
            )
        except GitError:
            return False

    def has(self, files: Collection[str]) -> bool:
        """Whether some files are as HEAD has them.

        Args:
            files: Paths relative to the folder of ``langsync.yaml``, with ``/``.
        """
        paths = [joined(self.root, file) for file in files]
        try:
            tree = self.git.run("rev-parse", f"{self.head}^{{tree}}").text
            return all(
                path is not None
                and self.objects.follow(tree, path).entry is not None
                and not self.work_tree.is_modified(path)
                for path in paths
            )
        except GitError:
            return not self.work_tree.differs

    def close(self) -> None:
        """End processes and delete private files."""
        while self.closing:
            self.closing.pop()()


def find(config: Config) -> GitRepository:
    """Open the repository around a ``langsync.yaml``.

    Raises:
        GitError: There is none, none with a commit, or Git does not trust it.
    """
    checkout = Checkout.open(config.root)
    inside = config.root.relative_to(checkout.top).as_posix()
    root = "" if inside == "." else inside
    names = {joined(root, name) for name in (config.file.name, *config.folders.values())}
    paths = [] if "" in names else sorted(name for name in names if name)
    return GitRepository(checkout, config, root, paths)


def tree_of(repository: GitRepository, ref: str) -> str:
    """The hash of the folder of a commit.

    Raises:
        ConfigError: There is no such commit.
    """
    message = f"there is no commit, branch or tag {ref!r} in this clone"
    if repository.shallow:
        message += ", which is shallow: fetch more of the history"
    if not ref or ref.startswith("-") or "\0" in ref or "\n" in ref:
        raise ConfigError(message)
    # names are looked up where branches and tags are: in the repository itself
    git = repository.checkout.location.git
    answer = git.run("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
    if answer.code != 0:
        raise ConfigError(message)
    return repository.git.run("rev-parse", "--verify", f"{answer.text}^{{tree}}").text
