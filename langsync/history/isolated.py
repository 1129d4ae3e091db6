"""A private Git directory on the objects of a repository, which reads none of its configuration.

It borrows the repository's objects (``objects/info/alternates``), its index and its work tree. Its
own configuration holds what changes how files are compared, and the URL and headers of the remote,
all copied; whatever names a program is not: filters, helpers, hooks, ``core.sshCommand``. Settings
of the user and of the system count as always. What is fetched is stored in the private directory
and deleted with it, so that the repository is never written to.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from langsync.source.git import Git, GitError

_PATHS = (
    "objects",
    "index",
    "shallow",
    "lfs/objects",
    "info/exclude",
    "info/attributes",
    "info/sparse-checkout",
)

_COPIED = frozenset(
    f"core.{name}"
    for name in (
        "autocrlf",
        "checkstat",
        "eol",
        "filemode",
        "ignorecase",
        "precomposeunicode",
        "sparsecheckout",
        "sparsecheckoutcone",
        "symlinks",
        "trustctime",
    )
)
"""Settings of the repository on which it depends whether a file differs from HEAD."""

_FETCHING = re.compile(r"http\.(.+\.)?extraheader|url\..+\.(insteadof|pushinsteadof)", re.DOTALL)
"""Settings of the repository that a fetch uses: `actions/checkout` keeps its token in a header."""

HEAD_REF = "refs/langsync/head"
"""A reference to the commit that is checked out, so that a fetch knows what is here already."""


@dataclass(frozen=True, slots=True)
class Location:
    """The paths and settings of a repository that are borrowed.

    Args:
        git: The program, to be asked of the repository itself.
        top: The top of its work tree.
        shallow: Whether the clone lacks older commits.
        paths: The files and folders of `_PATHS`.
        settings: The repository's own configuration: lower-case keys, as Git orders them.
    """

    git: Git
    top: Path
    shallow: bool
    paths: dict[str, Path]
    settings: tuple[tuple[str, str], ...]

    @classmethod
    def find(cls, folder: Path) -> Location:
        """Look for the repository around a folder.

        Raises:
            GitError: There is none, or Git does not trust it.
        """
        git = Git.find(folder)
        named = [argument for path in _PATHS for argument in ("--git-path", path)]
        answer = git.run("rev-parse", "--is-shallow-repository", "--show-toplevel", *named)
        if answer.code != 0:
            raise GitError(answer.complaint or "no Git repository")
        lines = answer.text.split("\n")
        if len(lines) != 2 + len(_PATHS):
            raise GitError("the path of the repository cannot be read")
        top = Path(lines[1]).resolve()
        if not folder.is_relative_to(top):
            raise GitError(f"{folder} is not in the work tree {top}")
        paths = {name: folder / line for name, line in zip(_PATHS, lines[2:], strict=True)}
        return cls(git, top, lines[0] == "true", paths, tuple(_own_settings(git)))

    def values(self, key: str) -> list[str]:
        """The values of a setting; the key in lower case but for its middle part."""
        return [value for name, value in self.settings if name == key]

    def remote(self) -> str:
        """The name of the remote that has the missing objects; empty if there is none."""
        urls = (key for key, _ in self.settings if key.startswith("remote.") and key[-4:] == ".url")
        names = [key.removeprefix("remote.").removesuffix(".url") for key in dict.fromkeys(urls)]
        promised = [name for name in names if self.is_promisor(name)]
        return next((name for name in (*promised, "origin", *names) if name in names), "")

    def is_promisor(self, remote: str) -> bool:
        """Whether a remote has promised the objects that a partial clone left there."""
        return self.values(f"remote.{remote}.promisor")[-1:] == ["true"]

    @property
    def partial(self) -> bool:
        """Whether the clone left objects at its remote, as with ``--filter=blob:none``."""
        return self.is_promisor(self.remote())


def _own_settings(git: Git) -> Iterable[tuple[str, str]]:
    """The settings of the repository's own configuration, and of what that includes."""
    answer = git.run("config", "--list", "--show-scope", "--null")
    fields = answer.out.decode("utf-8", "surrogateescape").split("\0")
    for scope, entry in zip(fields[::2], fields[1::2], strict=False):
        if scope in ("local", "worktree"):
            key, equals, value = entry.partition("\n")
            yield key, value if equals else "true"


def isolate(location: Location, head: str, folder: Path) -> Git:
    """Make the private Git directory.

    Args:
        location: The location of the repository.
        head: The hash of the commit that is checked out.
        folder: An empty folder; the directory is made in it.

    Returns:
        The program, to be asked there.

    Raises:
        GitError: It cannot be made.
    """
    private = folder / "git"
    try:
        for name in ("objects/info", "objects/pack", "refs", "info"):
            (private / name).mkdir(parents=True)
        (private / "HEAD").write_text(f"{head}\n")
        ref = private / HEAD_REF
        ref.parent.mkdir(parents=True)
        ref.write_text(f"{head}\n")
        write_settings(location, private)
        borrow(private, [location.paths["objects"]])
        for name in ("shallow", "info/exclude", "info/attributes", "info/sparse-checkout"):
            if location.paths[name].is_file():
                shutil.copyfile(location.paths[name], private / name)
        for shared in location.paths["index"].parent.glob("sharedindex.*"):
            (private / shared.name).symlink_to(shared.resolve())
    except OSError as error:
        raise GitError(f"no private folder for Git can be made: {error}") from None
    variables = {
        "GIT_DIR": str(private),
        "GIT_WORK_TREE": str(location.top),
        "GIT_INDEX_FILE": str(location.paths["index"].resolve()),
    }
    return Git(location.git.program, location.top, variables)


def borrow(private: Path, folders: Iterable[Path]) -> None:
    """Let a private Git directory read the objects of further folders."""
    with (private / "objects/info/alternates").open("ab") as file:
        for folder in folders:
            file.write(_quoted(os.fsencode(folder.resolve())) + b"\n")


def _quoted(path: bytes) -> bytes:
    """A path in the syntax of ``alternates``; only one with a line break is quoted."""
    if b"\n" not in path:
        return path
    escaped = path.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")
    return b'"' + escaped + b'"'


def write_settings(location: Location, private: Path) -> None:
    """Write the configuration of a private Git directory."""
    formats = location.values("extensions.objectformat")
    entries = [("core.repositoryformatversion", "1"), ("core.bare", "false")]
    entries += [("extensions.objectformat", name) for name in formats[-1:]]
    if remote := location.remote():
        entries.append(("remote.origin.url", location.values(f"remote.{remote}.url")[0]))
    for key, value in location.settings:
        if key in _COPIED or _FETCHING.fullmatch(key):
            entries.append((key, value))
    text = "".join(_setting(key, value) for key, value in entries)
    (private / "config").write_bytes(text.encode("utf-8", "surrogateescape"))


def _setting(key: str, value: str) -> str:
    """One setting as the file has it."""
    section, _, rest = key.partition(".")
    middle, _, name = rest.rpartition(".")
    head = f'{section} "{_escaped(middle)}"' if middle else section
    shown = _escaped(value).replace("\n", "\\n").replace("\t", "\\t")
    return f'[{head}]\n\t{name} = "{shown}"\n'


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
