"""Serves what the files declare on the embedded server, and follows them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from langsync.config import Config, Settings
from langsync.diff import diff
from langsync.engine import workspace as work
from langsync.errors import InvalidFilesError, LangsyncError, Problem, RejectedError
from langsync.kinds import all_kinds
from langsync.kinds.base import View, Violation
from langsync.load import place, read_each
from langsync.model import Address, Change, Project, Resource, State
from langsync.plan import plan, verify

if TYPE_CHECKING:
    from langsync.local import LocalApp
    from langsync.local.contents import ServedContents
    from langsync.local.watch import Watched


@dataclass(frozen=True, slots=True)
class Followed:
    """What became of an edit.

    Args:
        changed: What is new or served otherwise now.
        gone: What is not served any more.
        problems: What is wrong; what it is about is served as it was before.
    """

    changed: tuple[Address, ...] = ()
    gone: tuple[Address, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(slots=True)
class Live:
    """The files of a repository, served.

    Args:
        app: The server; its first project gets what the files declare.
        file: The ``langsync.yaml`` that was named; None for the nearest one.
        env: The environment that was named; None for all of them, each with its own labels.
        config: What ``langsync.yaml`` said when it was last right.
        served: What is served.
        named: Files that others name.
    """

    app: LocalApp
    file: Path | None
    env: str | None
    config: Config
    served: State = field(default_factory=State)
    named: frozenset[str] = frozenset()

    def follow(self) -> Followed:
        """Serve what the files declare now, as far as it is right."""
        try:
            return self._follow()
        except InvalidFilesError as error:
            return Followed(problems=error.problems)
        except (LangsyncError, OSError, UnicodeError) as error:  # a file went while it was read
            return Followed(problems=(Problem(os.path.relpath(self.config.file), str(error)),))

    def _follow(self) -> Followed:
        config = work.read(self.file)
        loaded, problems = read_each(config, work.every_environment(config, self.env))
        self.config = config
        named = frozenset(name for each in loaded for name in each.named)
        self.named = named | self.named if problems else named
        found = self._serve(
            self._right(merge_environments([each.state for each in loaded]), problems)
        )
        return replace(found, problems=(*InvalidFilesError(problems).problems, *found.problems))

    def _right(self, declared: State, problems: Sequence[Problem]) -> State:
        """What is declared, but for files with a problem what they declared before."""
        if not problems:
            return declared
        broken = {problem.file for problem in problems}
        root = self.config.root

        def is_right(resource: Resource) -> bool:
            return broken.isdisjoint(os.path.relpath(root / file) for file in resource.files)

        right = State(one for one in declared.values() if is_right(one))
        kept = (one for one in self.served.values() if not is_right(one))
        return State.union([right, State(one for one in kept if one.address not in right)])

    def watched(self) -> Watched:
        """What to watch: the kinds' folders, what files there name, and ``langsync.yaml``."""
        from langsync.local.watch import Watched

        root = self.config.root
        folders = ((root / folder).resolve() for folder in self.config.folders.values())
        files = ((root / name).resolve() for name in self.named)
        return Watched(frozenset(folders), frozenset([self.config.file.resolve(), *files]))

    def _serve(self, desired: State) -> Followed:
        from langsync.local.contents import ServedContents

        settings = replace(self.config.settings, deployment_markers=False)
        violations = list(verify(View(desired, State(), settings=settings)))
        wrong = {
            violation.resource.address: violation
            for violation in violations
            if not violation.warning
        }
        changes = [one for one in self._changes(desired, settings) if one.address not in wrong]
        needed = {need for address in wrong for need in desired[address].needs}
        missing = (self.served.missing_from(desired, kind) for kind in all_kinds())
        gone = [address for each in missing for address in each if address not in needed]
        contents = ServedContents(self.app)
        with contents.change():
            for address in gone:
                contents.forget(address.kind, address.name)
            for change in changes:  # an item that is there may break the schema that comes
                if all_kinds()[change.address.kind].owner(change.address) is not None:
                    contents.forget(change.address.kind, change.address.name)
            for change in changes:
                try:
                    _write(contents, change)
                except RejectedError as error:
                    words = f"{change.address} cannot be served: {error.message}"
                    wrong[change.address] = Violation(desired[change.address], words)
        right = desired.without(wrong)
        kept = {one for one in (*wrong, *needed) if one not in right}
        self.served = State.union([right, self.served.only(kept)])
        changed = (change.address for change in changes if change.address not in wrong)
        return Followed(tuple(changed), tuple(gone), tuple(place(self.config, wrong.values())))

    def _changes(self, desired: State, settings: Settings) -> Sequence[Change]:
        """How to make everything anew that differs from what is served, in an order that works."""
        new = State(
            desired[address]
            for address in desired.diff_candidates(self.served)
            if self.served.get(address) != desired[address]
        )
        found = diff(View(new, State(), settings=settings))
        return plan(_NOWHERE, "", found.changes).changes


_NOWHERE = Project("", "", "")


def merge_environments(states: Sequence[State]) -> State:
    """What several environments declare as one; what does not vary is in the first alone."""
    varying = [name for name, kind in all_kinds().items() if kind.varies]
    first = states[0]
    if len(states) == 1:
        return first
    declared: dict[Address, list[Resource]] = {}
    for resource in (one for state in states for name in varying for one in state.of_kind(name)):
        declared.setdefault(resource.address, []).append(resource)
    merged = (all_kinds()[one.kind].merge_environments(each) for one, each in declared.items())
    return State.union([first.without(declared), State(merged)])


def _write(contents: ServedContents, change: Change) -> None:
    """Make something anew, or leave it as it was.

    Raises:
        RejectedError: Langfuse would refuse it.
    """
    with contents.change():
        contents.clear(change.address.kind, change.address.name)
        for request in change.requests:
            contents.send(request)
