"""How a kind proposes to make a resource right, and why one may be deleted."""

from __future__ import annotations

from dataclasses import dataclass

from langsync.model import Action, Json, LabelMove, Refusal, Request


@dataclass(frozen=True, slots=True)
class Removal:
    """Why a resource that no file declares may be deleted.

    Args:
        reason: Why, such as the commit that took it out of the files.
        named: Whether its whole address was given, rather than a glob.
    """

    reason: str
    named: bool


@dataclass(frozen=True, slots=True)
class Proposal:
    """How to bring one resource to its desired state.

    Args:
        action: What becomes of it.
        before: Its managed fields in Langfuse; None if it does not exist.
        after: Its managed fields afterwards.
        requests: The calls to send, in order.
        closing: Calls to send once everything that needs this resource is written.
        action_reason: Why it takes this action; empty where the differences explain it.
        moves: The moves of labels.
        details: What else a reader should know, one sentence each.
        warnings: What may break its users, one sentence each.
        refusal: Why it is refused, if it is.
    """

    action: Action
    before: dict[str, Json] | None
    after: dict[str, Json] | None
    requests: tuple[Request, ...]
    closing: tuple[Request, ...] = ()
    action_reason: str = ""
    moves: tuple[LabelMove, ...] = ()
    details: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    refusal: Refusal | None = None
