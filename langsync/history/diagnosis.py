"""What in a repository keeps langsync from telling who changed what; for ``langsync doctor``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from langsync.config import Config, Environment
from langsync.history import History, causes
from langsync.history.checkout import Checkout
from langsync.history.remote import WHOLE
from langsync.history.repository import GitRepository, find
from langsync.history.status import is_unreadable
from langsync.source.git import GitError
from langsync.source.lfs import FETCH_ALL

_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check.

    Args:
        name: What was checked.
        detail: What was found, and what helps.
        ok: Whether it is as it should be.
    """

    name: str
    detail: str
    ok: bool = True


def diagnose(config: Config, environment: Environment) -> Iterator[Finding]:
    """Check the repository around a ``langsync.yaml``.

    Args:
        config: The content of ``langsync.yaml``.
        environment: The chosen environment.
    """
    try:
        repository = find(config)
    except GitError as error:
        unreadable = is_unreadable(config, error)
        detail = causes.unreadable(str(error)) if unreadable else str(error)
        yield Finding("Git repository", detail, ok=not unreadable)
        return
    try:
        yield Finding("Git repository", str(repository.commit(repository.head) or ""))
        yield _history(repository)
        yield from _lfs(repository)
        yield from _submodules(repository.checkout)
    except GitError as error:
        yield Finding("Git repository", str(error), ok=False)
    finally:
        repository.close()
    with History.open(config, environment) as history:
        if history.left_out.warning and not history.left_out.submodules:
            yield Finding("sparse checkout", history.left_out.warning, ok=False)


def _history(repository: GitRepository) -> Finding:
    if repository.shallow:
        return Finding("Git history", causes.shallow(""), ok=False)
    if repository.checkout.location.partial:
        detail = f"this clone is partial: what it lacks is fetched at each run; '{WHOLE}' ends that"
        return Finding("Git history", detail, ok=False)
    return Finding("Git history", "this clone has all of it")


def _lfs(repository: GitRepository) -> Iterator[Finding]:
    """Whether Git LFS keeps files, and whether those of HEAD are here."""
    git = repository.git
    listed = git.run("ls-files", "-z", "--", *(repository.paths or ["."]))
    answer = git.run("check-attr", "-z", "--stdin", "filter", stdin=listed.out)
    fields = answer.text.split("\0")
    kept = [path for path, value in zip(fields[::3], fields[2::3], strict=False) if value == "lfs"]
    if not kept:
        return
    tree = git.run("rev-parse", f"{repository.head}^{{tree}}").text
    entries = (repository.objects.follow(tree, path).entry for path in kept)
    hashes = [entry.hash for entry in entries if entry is not None and entry.kind == "file"]
    absent = sum(
        repository.objects.lfs.lacks(content) for content in repository.objects.read(hashes)
    )
    count = f"{len(kept):,} file{'' if len(kept) == 1 else 's'}"
    if absent:
        yield Finding("Git LFS", f"{absent:,} of {count} are not here: {causes.LFS}", ok=False)
    else:
        yield Finding("Git LFS", f"{count}; '{FETCH_ALL}' brings older contents, too")


def _submodules(checkout: Checkout) -> Iterator[Finding]:
    absent = [*checkout.absent]
    shallow = [path for path, inner in checkout.submodules.items() if inner.location.shallow]
    if absent or shallow:
        named = ", ".join([*absent, *shallow][:_SHOWN])
        detail = f"not here, or not whole: {named}; this matters where files are declared there: "
        yield Finding("submodules", f"{detail}{causes.SUBMODULE}", ok=False)
    elif checkout.submodules:
        yield Finding("submodules", f"{len(checkout.submodules)} checked out")
