"""Several active score configs of one name, which Langfuse allows: the oldest counts.

The rule does not look at what they hold, so that every checkout and every machine comes to the same
answer, whatever its files say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from langsync.kinds.base import Proposal, View
from langsync.kinds.score_config.state import ScoreConfigState
from langsync.model import Request, Resource


def oldest_first(same: Iterable[Resource[ScoreConfigState]]) -> list[Resource[ScoreConfigState]]:
    """The active ones of one name: by the time of their creation, then by id."""
    active = [resource for resource in same if resource.content.status == "active"]
    return sorted(active, key=lambda resource: (resource.content.created_at, resource.content.id))


def warnings(resources: Iterable[Resource[ScoreConfigState]]) -> Iterator[str]:
    """For each name that several have: which one counts, the others, and how to archive those.

    Args:
        resources: Those that count.
    """
    doubled = [resource for resource in resources if resource.content.duplicates]
    total = sum(len(resource.content.duplicates) for resource in doubled)
    for resource in doubled:
        others = resource.content.duplicates
        yield (
            f"{resource.address}: several have this name in Langfuse; the oldest "
            f"({resource.content.id}) counts, not {', '.join(others)}: "
            f"'langsync apply --allow-prune {total}' archives duplicates"
        )


def to_archive(resource: Resource[ScoreConfigState], view: View, *, whole: bool) -> Sequence[str]:
    """The ids of the duplicates to archive along with a change of a resource, or by themselves.

    Args:
        resource: The one that counts.
        view: Both sides; ``--allow-prune N`` allows all of the kind, or none where they exceed N.
        whole: Whether the resource itself is archived: then the next oldest would count.
    """
    kind = resource.address.kind
    total = sum(len(other.content.duplicates) for other in view.remote.of_kind(kind))
    ids = resource.content.duplicates
    return ids if whole or total <= view.allow_prune else ()


def archived(proposal: Proposal, ids: Sequence[str], requests: Sequence[Request]) -> Proposal:
    """A proposal that archives the duplicates as well.

    Args:
        proposal: What becomes of the resource that counts.
        ids: The ids of the duplicates.
        requests: What archives them; sent first, as one may conflict with what is created.
    """
    several = len(ids) > 1
    action = f"archives {len(ids)} more of its name" if several else "archives another of its name"
    return replace(
        proposal,
        before={**(proposal.before or {}), "duplicates": list(ids)},
        after={**(proposal.after or {}), "duplicates": []},
        requests=(*requests, *proposal.requests),
        details=(*proposal.details, f"{action}: {', '.join(ids)}"),
    )
