"""The options of commands that make a plan, and of those that send one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

from langsync.cli.option_groups import option
from langsync.cli.options import YesOption
from langsync.errors import LangsyncError

if TYPE_CHECKING:
    from langsync.model import PlanOptions

_PERMISSIONS = "What is allowed"


class ImpactScope(StrEnum):
    """Where prompts that refer to changed ones are looked for."""

    REPOSITORY = "repository"
    PROJECT = "project"


@dataclass(frozen=True, kw_only=True)
class PlanningOptions:
    """The options that a plan is made with.

    Args:
        message: The commit message of created versions; None for the usual one.
        impact: Where prompts that refer to changed ones are looked for.
        history_commits: How many commits are read, if that is more than the usual bounds.
        allow_delete: Whether prompts are deleted.
        allow_replace: Whether resources are deleted or archived and created again.
        allow_prune: How many resources may be removed, whatever share of the whole that is.
    """

    message: Annotated[
        str | None,
        option(
            "--message, -m TEXT",
            "The commit message of created versions; by default the subject of "
            "the commit that last touched the prompt.",
        ),
    ] = None
    impact: Annotated[
        ImpactScope,
        option(
            "--impact WHERE",
            "Where to look for prompts that refer to what changes: in the "
            "'repository', or in the whole 'project'.",
        ),
    ] = ImpactScope.REPOSITORY
    history_commits: Annotated[
        int,
        option(
            "--history-commits N",
            "Read at least N commits to find out who made a change, where the "
            "usual bounds do not reach far enough (20 commits for a dataset "
            "with much data, 1,000 for prompts).",
            min=0,
        ),
    ] = 0
    allow_delete: Annotated[
        bool,
        option(
            "--allow-delete",
            "Delete prompts that were renamed, those that a --target names and "
            "that left the files, and those that 'prune' covers and no file "
            "declares.",
            panel=_PERMISSIONS,
        ),
    ] = False
    allow_replace: Annotated[
        bool,
        option(
            "--allow-replace",
            "Allow changes that delete or archive a resource and create it again.",
            panel=_PERMISSIONS,
        ),
    ] = False
    allow_prune: Annotated[
        int,
        option(
            "--allow-prune N",
            "Allow up to N to be removed, whatever share that is: prompts, "
            "items of each dataset that prunes, duplicates of score configs.",
            panel=_PERMISSIONS,
            min=0,
        ),
    ] = 0

    def plan_options(self) -> PlanOptions:
        """Returns the options as plans keep them.

        Raises:
            LangsyncError: Two options contradict each other.
        """
        from langsync.model import Permission, PlanOptions

        return PlanOptions(
            frozenset(Permission[name.upper()] for name in self._permissions()),
            self.message,
            self.impact is ImpactScope.PROJECT,
            self.allow_prune,
            self.history_commits,
        )

    def _permissions(self) -> Iterator[str]:
        """Yields the permissions that are given."""
        return (name for name in ("allow_delete", "allow_replace") if getattr(self, name))


@dataclass(frozen=True, kw_only=True)
class SendingOptions(PlanningOptions):
    """The options of a plan that is sent, and what it may overwrite.

    Args:
        overwrite_drift: Whether what was changed in Langfuse is overwritten.
        overwrite_unknown: Whether what may have been changed in Langfuse is overwritten.
        skip_drift: Whether what was changed in Langfuse is left out.
        allow_older: Whether a checkout is deployed that is older than what is deployed.
        yes: Whether the plan is sent without asking.
        lock_timeout: Seconds to wait for another langsync that writes to the same project.
    """

    overwrite_drift: Annotated[
        bool,
        option(
            "--overwrite-drift",
            "Overwrite what was changed in Langfuse behind Git's back.",
            panel=_PERMISSIONS,
        ),
    ] = False
    overwrite_unknown: Annotated[
        bool,
        option(
            "--overwrite-unknown",
            "Overwrite what somebody may have changed in Langfuse where the Git"
            " history cannot tell, such as in a shallow clone.",
            panel=_PERMISSIONS,
        ),
    ] = False
    skip_drift: Annotated[
        bool,
        option(
            "--skip-drift",
            "Leave out what was changed in Langfuse behind Git's back, and what"
            " depends on it, and send the rest.",
            panel=_PERMISSIONS,
        ),
    ] = False
    allow_older: Annotated[
        bool,
        option(
            "--allow-older",
            "Deploy this checkout although a later commit is deployed already.",
            panel=_PERMISSIONS,
        ),
    ] = False
    yes: YesOption = False
    lock_timeout: Annotated[
        float,
        option(
            "--lock-timeout SECONDS",
            "Seconds to wait for another langsync on this machine that writes "
            "to the same project; 0 does not wait.",
            panel="Connection",
            min=0,
        ),
    ] = 600.0

    def _permissions(self) -> Iterator[str]:
        if self.skip_drift and self.overwrite_drift:
            raise LangsyncError(
                "--skip-drift and --overwrite-drift contradict each other: give one of them"
            )
        own = ("overwrite_drift", "overwrite_unknown", "skip_drift", "allow_older")
        yield from super()._permissions()
        yield from (name for name in own if getattr(self, name))
