"""The contents of a repository's objects, read by one ``git cat-file``."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterable, Iterator, Sequence

from langsync.formats.items import is_pointer
from langsync.source.git import Git, GitError, stop
from langsync.source.lfs import EMPTY, Store

_AT_ONCE = 200
"""Questions that are sent before answers are read: they must fit in a pipe."""

_REMEMBERED = 32 * 1024 * 1024
"""Bytes of contents that are remembered, in addition to those that were read last."""


class ObjectReader:
    """The contents of a repository's objects.

    Args:
        git: The program, in the repository.
        fetch: Fetches objects that a partial clone lacks; None where it lacks none.
        lfs: What Git LFS keeps.
    """

    def __init__(
        self,
        git: Git,
        fetch: Callable[[Sequence[str]], None] | None = None,
        lfs: Store = EMPTY,
    ) -> None:
        self.lfs = lfs
        self._git = git
        self._fetch = fetch
        self._process: subprocess.Popen[bytes] | None = None
        self._remembered: dict[str, bytes] = {}
        self._size = 0
        self._expected: Sequence[str] = ()

    def expect(self, hashes: Sequence[str]) -> None:
        """Announce what will be read soon: if any is missing, all of it is fetched at once."""
        self._expected = hashes

    def content(self, hash: str) -> bytes:  # noqa: A002 - what it is
        """The contents of a file; of one that Git LFS keeps, its pointer where they are not here.

        Raises:
            GitError: It is missing: the clone has no contents, or is damaged.
        """
        if hash not in self._remembered:
            self.prefetch([hash])
        return self._remembered[hash]

    def prefetch(self, hashes: Iterable[str]) -> None:
        """Read the contents of some files at once, which is faster than one by one.

        Raises:
            GitError: One is missing.
        """
        unread = [key for key in dict.fromkeys(hashes) if key not in self._remembered]
        if unread and self._size > _REMEMBERED:
            self._remembered.clear()
            self._size = 0
        for key, content in zip(unread, self.read(unread), strict=True):
            kept = self.lfs.content(content) if is_pointer(content) else None
            self._remembered[key] = content if kept is None else kept
            self._size += len(self._remembered[key])

    def read(self, hashes: Sequence[str]) -> Iterator[bytes]:
        """The contents of some objects, in order.

        Raises:
            GitError: One is missing: the clone has no contents, or is damaged.
        """
        for start in range(0, len(hashes), _AT_ONCE):
            part = hashes[start : start + _AT_ONCE]
            try:
                yield from self._ask(part)
            except (OSError, ValueError) as error:
                self.close()
                raise GitError(f"git cat-file ended: {error}") from None

    def _ask(self, hashes: Sequence[str]) -> list[bytes]:
        contents = self._answers(hashes)
        missing = [key for key, content in zip(hashes, contents, strict=True) if content is None]
        if missing and self._fetch is not None:
            try:
                self._fetch([*missing, *self._missing(self._expected)])
            except GitError as error:
                message = f"this clone lacks the object {missing[0]}, and a fetch does not work"
                raise GitError(f"{message}: {error}") from None
            self.close()
            contents = self._answers(hashes)
            missing = [key for key, body in zip(hashes, contents, strict=True) if body is None]
        present = [content for content in contents if content is not None]
        if len(present) < len(hashes):
            raise GitError(f"this clone lacks the object {missing[0]}")
        return present

    def _missing(self, hashes: Sequence[str]) -> list[str]:
        """Those of some objects that are not here."""
        stdin = "".join(f"{key}\n" for key in hashes).encode()
        lines = self._git.run("cat-file", "--batch-check", stdin=stdin).text.split("\n")
        return [line.split(" ")[0] for line in lines if line.endswith(" missing")]

    def _answers(self, hashes: Sequence[str]) -> list[bytes | None]:
        """The contents of objects; None for those that are not here."""
        if self._process is None:
            self._process = self._git.start("cat-file", "--batch", asked=True)
        questions, answers = self._process.stdin, self._process.stdout
        if questions is None or answers is None:
            raise GitError("git cat-file has no pipes")
        questions.write("".join(f"{key}\n" for key in hashes).encode())
        questions.flush()
        # all are read before any is returned: one left unread would be taken for the next answer
        contents: list[bytes | None] = []
        for asked in hashes:
            head = answers.readline().split()
            if len(head) == 3:
                contents.append(answers.read(int(head[2])))
                if answers.read(1) != b"\n":
                    raise ValueError("an answer is cut short")
            elif head[1:] == [b"missing"]:
                contents.append(None)
            else:  # it ended, or printed something else: asked again, Git reports why
                self.close()
                complaint = self._git.run("cat-file", "-p", asked).complaint
                raise GitError(complaint or f"git cat-file ended at the object {asked}")
        return contents

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            stop(self._process)
            self._process = None
