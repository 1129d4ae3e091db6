"""What a plan holds: changes, the requests they take, where each difference comes from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from pydantic import computed_field

from langsync.model.permission import OptionalPermission, Permission
from langsync.model.resources import Address, Json, Source

FORMAT_VERSION = 1
"""The ``format_version`` of what is written as JSON, saved plans too.

What an earlier langsync would misread has another one.
"""


class Action(StrEnum):
    """What a change does to its resource."""

    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    ARCHIVE = "archive"
    DELETE = "delete"

    @property
    def deletes(self) -> bool:
        """Whether something is deleted, so that every such change is shown."""
        return self in (Action.DELETE, Action.REPLACE)


@dataclass(frozen=True, slots=True)
class Request:
    """One call of Langfuse's API.

    Args:
        method: The HTTP method.
        path: Path below ``/api/public``, names in it percent-encoded.
        body: The JSON body; None for none.
        repeatable: Whether it may be sent again while an earlier sending may still be under way.
    """

    method: Literal["POST", "PATCH", "DELETE"]
    path: str
    body: Json = None
    repeatable: bool = True


@dataclass(frozen=True, slots=True)
class FieldDifference:
    """One field that differs.

    Args:
        path: Dotted path into the resource, such as ``prompt[0].content``.
        before: The value in Langfuse; None where there is none.
        after: The value in the files; None where there is none.
    """

    path: str
    before: Json
    after: Json


@dataclass(frozen=True, slots=True)
class LabelMove:
    """Where a change puts one label of a prompt, or a draft.

    Args:
        label: The label; None for a draft, which carries none.
        from_version: The version that has the label now, for a draft the newest one; None where
            there is none.
        to_version: The version that will have it; None where the label is taken away.
        creates_version: Whether the change creates that version.
    """

    label: str | None
    from_version: int | None
    to_version: int | None
    creates_version: bool = False

    def __str__(self) -> str:
        """The move as people read it, such as ``production v1 → v2 (new)``."""
        start = f" v{self.from_version}" if self.from_version else ""
        end = "none" if self.to_version is None else f"v{self.to_version}"
        version = "new" if self.creates_version else "existing"
        ending = "" if self.to_version is None else f" ({version})"
        text = f"{self.label or 'draft'}{start} → {end}{ending}"
        return text if self.label else f"{text}, no label"


class Origin(StrEnum):
    """Who made Langfuse and Git differ."""

    GIT = "git"
    """Git is ahead: nobody touched Langfuse since langsync did, or Git took that over."""

    UNKNOWN = "unknown"
    """No history is available that could show it."""

    REMOTE = "remote"
    """Somebody changed Langfuse, and no commit knows of it."""

    CONFLICT = "conflict"
    """Somebody changed Langfuse, and Git changed too."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where one difference comes from.

    Args:
        what: What differs: a label, ``tags``, or a field.
        origin: Who made it differ.
        version: The version in Langfuse; None where there are no versions.
        by: Who made it; empty if that is not known.
        at: When, as Langfuse writes times; empty if that is not known.
        commit: The commit that declares what is there, or that it was applied from, as
            ``hash subject`` of that commit, after ``uncommitted changes on`` where the files were
            others; empty for none.
        missing: Whether it is nowhere in Langfuse, and nothing there tells why.
        uncommitted: Whether it may be langsync's own, applied from files that were not committed.
    """

    what: str
    origin: Origin
    version: int | None = None
    by: str = ""
    at: str = ""
    commit: str = ""
    missing: bool = False
    uncommitted: bool = False


def gravest(provenance: Iterable[Provenance]) -> Origin:
    """The gravest of several origins, in the order of `Origin`; Git's if there are none."""
    return max((entry.origin for entry in provenance), key=list(Origin).index, default=Origin.GIT)


@dataclass(frozen=True, slots=True)
class Change:
    """One address that a plan will write.

    Args:
        address: What is written.
        action: What becomes of it.
        before: Its managed fields in Langfuse; None if it is not there.
        after: Its managed fields afterwards; None if it will be gone.
        differences: What differs between the two.
        action_reason: Why it takes this action; empty where the differences say it all.
        moves: Where labels are put.
        details: What else a reader should know of why and how, one sentence each.
        warnings: What may break who uses it, one sentence each.
        origin: Who made it differ: the gravest of its provenance.
        provenance: Where each difference comes from.
        requests: The calls that will be sent, in this order.
        closing: Calls that are sent once everything that needs this address is written.
        needs: Addresses of the same plan that must be written first.
        basis: Digest of what this was planned on; empty if the resource was not there.
        source: Where the resource is declared.
    """

    address: Address
    action: Action
    before: Mapping[str, Json] | None
    after: Mapping[str, Json] | None
    differences: tuple[FieldDifference, ...] = ()
    action_reason: str = ""
    moves: tuple[LabelMove, ...] = ()
    details: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    origin: Origin = Origin.GIT
    provenance: tuple[Provenance, ...] = ()
    requests: tuple[Request, ...] = ()
    closing: tuple[Request, ...] = ()
    needs: tuple[Address, ...] = ()
    basis: str = ""
    source: Source | None = None

    @computed_field  # type: ignore[prop-decorator]
    @property
    def reasons(self) -> tuple[str, ...]:
        """Why, one sentence each: the action's reason, the moves of labels, the details."""
        action = (self.action_reason,) if self.action_reason else ()
        return (*action, *map(str, self.moves), *self.details)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A reason for which ``apply`` will not start.

    Args:
        reason: What prevents it and what to do.
        allow: What lets it pass; None if nothing does.
        address: What it is about; None for the plan as a whole.
    """

    reason: str
    allow: OptionalPermission = None
    address: Address | None = None

    @property
    def option(self) -> str:
        """The option of the command line that lets it pass; empty if none does."""
        return self.allow.option if self.allow is not None else ""


@dataclass(frozen=True, slots=True)
class Project:
    """The Langfuse project behind the keys.

    Args:
        id: Its id.
        name: Its name.
        host: Where it is, such as ``https://cloud.langfuse.com``.
    """

    id: str
    name: str
    host: str


@dataclass(frozen=True, slots=True)
class Impact:
    """A resource that no request touches and that changes all the same: it is made of others.

    Args:
        address: What changes.
        labels: Where it is deployed.
        through: The changes of the plan that reach it.
        before: What callers get now, references resolved.
        after: What they will get.
        warnings: What may break them, one sentence each.
    """

    address: Address
    labels: tuple[str, ...]
    through: tuple[Address, ...]
    before: Json
    after: Json
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be written, in order, and what it is based on.

    Args:
        project: Where.
        environment: The environment that was chosen; empty for the unnamed one.
        changes: One for each address that will be written, in an order that works.
        unmanaged: For each kind, what is in Langfuse and in no file: names where they were
            read, in their order.
        unmanaged_count: For each kind, how many; at least the number of names.
        other_labels: Labels in Langfuse that nobody declares, with the prompts that have them.
        impacts: What changes without a request, since it is made of what is changed.
        unchanged: How many declared resources are already right.
        warnings: What a person should know before saying yes.
        refusals: Why ``apply`` will not start, unless that is allowed.
        notes: What making it took that a person may wonder about.
    """

    project: Project
    environment: str = ""
    changes: tuple[Change, ...] = ()
    unmanaged: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unmanaged_count: Mapping[str, int] = field(default_factory=dict)
    other_labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    impacts: tuple[Impact, ...] = ()
    unchanged: int = 0
    warnings: tuple[str, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def summary(self) -> dict[str, int]:
        """How many changes of each action, how many requests, how many resources unchanged."""
        counts = {action.value: 0 for action in Action}
        for change in self.changes:
            counts[change.action.value] += 1
        requests = sum(len(change.requests) + len(change.closing) for change in self.changes)
        return {**counts, "unchanged": self.unchanged, "requests": requests}


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """What was asked for on the command line.

    Args:
        allowed: What may be done although it is not done unasked.
        message: The commit message of this run's versions; None for the usual one.
        whole_project: Whether what no file declares is read as well.
        allow_prune: How many items of a dataset may be pruned in any case.
        history_commits: How many commits are read, if that is more than the usual bounds.
    """

    allowed: frozenset[Permission] = frozenset()
    message: str | None = None
    whole_project: bool = False
    allow_prune: int = 0
    history_commits: int = 0
