"""A kind that langsync does not have: prices of models. What a kind needs at least is here."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass

from pydantic import Field

from langsync.formats.documents import Document, Shape, parse_leniently
from langsync.formats.values import equal, equal_contents
from langsync.kinds.base import Context, Declared, Fetched, Kind, Proposal, Scope, View
from langsync.kinds.fields import trace_fields
from langsync.kinds.services import Api, Past
from langsync.model import Action, Address, Provenance, Request, Resource, State


class PriceFile(Shape):
    """One price."""

    name: str = Field(default="", description="Its name; by default the path below the folder.")
    unit: str = Field(default="tokens", description="What is counted.")
    input: float = Field(description="For a unit that goes in.")
    tiers: list[int] = Field(default_factory=list, description="Where it gets cheaper.")


@dataclass(frozen=True, slots=True)
class Price:
    """A price, as the file has it and as it is stored."""

    unit: str
    input: float
    tiers: list[int]


class PriceKind(Kind[Price, Price]):
    """Prices."""

    name = "price"
    folder = "prices"
    type_field = "unit"
    model = PriceFile

    def declare(self, document: Document, name: str, context: Context) -> Declared:
        """Read one file."""
        file, problems = parse_leniently(PriceFile, document)
        declared = Declared(problems=list(problems))
        if file is not None:
            content = Price(file.unit, file.input, file.tiers)
            address = Address(self.name, file.name or name)
            files = (context.relative(document.path),)
            source = context.source(document)
            declared.resources.append(Resource(address, content, source, files=files))
        return declared

    async def fetch(self, api: Api, desired: Collection[Resource[Price]], scope: Scope) -> Fetched:
        """Read the list."""
        rows = await api.pages("/prices")
        prices = [Resource(Address(self.name, row.pop("name")), Price(**row)) for row in rows]
        declared = {resource.address for resource in desired}
        others = [price for price in prices if price.address not in declared]
        state = State(
            price for price in prices if price not in others or scope.is_whole(price.address)
        )
        unmanaged = tuple(price.address.name for price in others)
        return Fetched(state, unmanaged, len(unmanaged))

    def compare(
        self, desired: Resource[Price], remote: Resource[Price] | None, view: View
    ) -> Proposal | None:
        """One upsert."""
        if remote is not None and equal_contents(remote.content, desired.content):
            return None
        before = None if remote is None else asdict(remote.content)
        after = asdict(desired.content)
        action = Action.UPDATE if remote else Action.CREATE
        request = Request("POST", "/prices", {"name": desired.address.name, **after})
        return Proposal(action, before, after, (request,))

    def trace(
        self,
        desired: Resource[Price],
        remote: Resource[Price] | None,
        view: View,
        past: Past,
    ) -> Iterable[Provenance]:
        """Fields that differ."""
        if remote is not None:
            declared, stored = asdict(desired.content), asdict(remote.content)
            different = [key for key, value in declared.items() if not equal(value, stored[key])]
            yield from trace_fields(desired, remote.content, different, past)


KIND = PriceKind()
