"""Resources by address."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from langsync.model.resources import Address, Resource
from langsync.model.spool import Pack, Spool

BATCH = 500
"""Resources that are put on disk at once."""


class State(Mapping[Address, Resource]):
    """Resources by address, in the order in which they were given.

    Those with a `Resource.digest`, of which there may be very many, are kept on disk and come last.

    Args:
        resources: At most one for each address.

    Raises:
        ValueError: Two resources have one address.
    """

    def __init__(self, resources: Iterable[Resource | Pack] = ()) -> None:
        self._resources: dict[Address, Resource] = {}
        self._spool: Spool | None = None
        for resource in self.extend(resources):
            raise ValueError(f"{resource.address} is there twice")

    def extend(self, resources: Iterable[Resource | Pack]) -> list[Resource]:
        """Add resources while a state is being made; returns those whose address is taken."""
        taken: list[Resource] = []
        batch: list[Resource] = []
        for resource in resources:
            if isinstance(resource, Pack):
                taken += self._keep(batch)
                batch.clear()
                taken += self._on_disk().add(resource)
            elif resource.digest is not None:
                batch.append(resource)
                if len(batch) == BATCH:
                    taken += self._keep(batch)
                    batch.clear()
            elif self._resources.setdefault(resource.address, resource) is not resource:
                taken.append(resource)
        return taken + self._keep(batch)

    def _keep(self, resources: list[Resource]) -> list[Resource]:
        return self._on_disk().extend(resources) if resources else []

    def _on_disk(self) -> Spool:
        self._spool = self._spool or Spool()
        return self._spool

    @classmethod
    def union(cls, states: Iterable[State]) -> State:
        """A state of what several have, each address in one of them.

        They are not to be used any more once it is extended: it may share what one has on disk.
        """
        union, spools = cls(), []
        for state in states:
            union._resources |= state._resources  # noqa: SLF001 - one of its own
            spools += [state._spool] if state._spool is not None else []  # noqa: SLF001
        union._spool = spools[0] if len(spools) == 1 else Spool.union(spools)
        return union

    def __getitem__(self, address: Address) -> Resource:
        resource = self._resources.get(address)
        if resource is None and self._spool is not None:
            resource = self._spool.get(address)
        if resource is None:
            raise KeyError(address)
        return resource

    def __iter__(self) -> Iterator[Address]:
        yield from self._resources
        if self._spool is not None:
            yield from self._spool.addresses()

    def __len__(self) -> int:
        return sum(self.counts().values())

    def counts(self) -> dict[str, int]:
        """How many resources there are of each kind."""
        counts = Counter(address.kind for address in self._resources)
        return dict(counts + Counter(self._spool.counts() if self._spool else {}))

    def of_kind(self, kind: str) -> Collection[Resource]:
        """The resources of one kind."""
        resources = [
            resource for resource in self._resources.values() if resource.address.kind == kind
        ]
        return _Many(self, kind, resources) if self._spool is not None else resources

    def groups(self, kind: str) -> Counter[str]:
        """How many resources of a kind there are of each name up to its last slash."""
        counts = Counter(
            address.name.rpartition("/")[0] for address in self._resources if address.kind == kind
        )
        return counts + self._spool.groups(kind) if self._spool else counts

    def group(self, kind: str, name: str) -> Iterator[Resource]:
        """The resources of a kind whose name up to its last slash is a certain one."""
        for address, resource in self._resources.items():
            if address.kind == kind and address.name.rpartition("/")[0] == name:
                yield resource
        if self._spool is not None:
            yield from self._spool.group(kind, name)

    def addresses(self, kind: str) -> Iterator[Address]:
        """The addresses of one kind."""
        yield from (address for address in self._resources if address.kind == kind)
        if self._spool is not None:
            yield from self._spool.addresses(kind)

    def select(self, patterns: Iterable[str]) -> State:
        """The resources whose address one of the globs matches, and what those need.

        With no globs, all of them. Else what is left out is still declared: nothing prunes.
        """
        globs = tuple(patterns)
        if not globs:
            return self
        chosen: set[Address] = set()
        waiting = [address for address in self if any(address.matches(glob) for glob in globs)]
        while waiting:
            address = waiting.pop()
            if address not in chosen and (resource := self.get(address)) is not None:
                chosen.add(address)
                waiting.extend(resource.needs)
        selected = self.only(chosen)
        for address, resource in selected._resources.items():  # noqa: SLF001 - one of its own
            selected._resources[address] = replace(resource, prune="keep")  # noqa: SLF001
        return selected

    def only(self, addresses: Collection[Address]) -> State:
        """The resources with certain addresses."""
        selected = State(
            resource for address, resource in self._resources.items() if address in addresses
        )
        if self._spool is not None:
            selected._spool = self._spool.only(addresses)
        return selected

    def without(self, addresses: Collection[Address]) -> State:
        """The resources except those with certain addresses, none of which may be on disk."""
        remaining = State(
            resource for address, resource in self._resources.items() if address not in addresses
        )
        remaining._spool = self._spool
        return remaining

    def undigested(self, kind: str) -> Iterator[Resource]:
        """The resources of a kind that have no digest, or an empty one."""
        yield from (
            resource for resource in self._resources.values() if resource.address.kind == kind
        )
        if self._spool is not None:
            yield from self._spool.undigested(kind)

    def diff_candidates(self, other: State) -> Iterator[Address]:
        """Addresses that may differ from another state's: all but those with equal digests."""
        yield from self._resources
        if self._spool is not None:
            yield from self._spool.differing(other._spool or Spool())

    def missing_from(self, other: State, kind: str) -> Iterator[Address]:
        """The addresses of a kind that another state does not have."""
        yield from (
            resource
            for resource in self._resources
            if resource.kind == kind and resource not in other
        )
        if self._spool is not None:
            addresses = self._spool.missing_from(other._spool or Spool(), kind)
            yield from (address for address in addresses if address not in other._resources)


class _Many(Collection[Resource]):
    """The resources of one kind, read from disk one by one."""

    def __init__(self, state: State, kind: str, resources: list[Resource]) -> None:
        self._state = state
        self._kind = kind
        self._resources = resources

    def __len__(self) -> int:
        return self._state.counts().get(self._kind, 0)

    def __iter__(self) -> Iterator[Resource]:
        yield from self._resources
        if (spool := self._state._spool) is not None:  # noqa: SLF001 - a part of it
            yield from spool.resources(self._kind)

    def __contains__(self, resource: object) -> bool:
        return (
            isinstance(resource, Resource)
            and resource.address.kind == self._kind
            and self._state.get(resource.address) == resource
        )
