"""Where differing fields come from, for kinds that have no markers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from langsync.formats.values import equal
from langsync.kinds.services import Past
from langsync.model import Json, Origin, Provenance, Resource, fields_of

_EMPTY: tuple[Json, ...] = (None, "", {}, [])


def trace_fields(
    desired: Resource,
    remote: Any,  # noqa: ANN401 - a content of whatever kind
    fields: Sequence[str],
    past: Past,
) -> Iterator[Provenance]:
    """Who made each field differ.

    What some commit declared is Git's, what none did is taken to be made in Langfuse. A commit
    that declares the resource and leaves a field alone counts for an empty one. Where the history
    ends too early, it is unknown.

    Args:
        desired: The declared resource.
        remote: The content of the fetched one.
        fields: The fields that differ.
        past: What Git knows.
    """
    for field in fields:
        value = fields_of(remote)[field]
        for declaration in past.declarations(desired.address):
            resource = declaration.resource
            if resource is None:
                continue
            declared = fields_of(resource.content).get(field)
            if equal(declared, value) or (value in _EMPTY and declared in _EMPTY):
                yield Provenance(field, Origin.GIT, commit=str(declaration.commit))
                break
        else:
            yield unaccounted(field, desired, past)


def unaccounted(field: str, desired: Resource, past: Past) -> Provenance:
    """Where a value comes from that no commit declares, as far as any was read.

    No marker tells whether somebody edited it: an apply of files that were not committed may have
    written it as well.
    """
    if past.gap(desired.address):
        return Provenance(field, Origin.UNKNOWN)
    return Provenance(field, Origin.REMOTE, uncommitted=True)
