"""What each kind of resource implements for the stages.

A kind is one module in this folder with a ``KIND``. The methods of `Kind` are listed in the
order in which the stages call them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic

from typing_extensions import TypeVar  # with a default, which Python before 3.13 does not know

from langsync.config import Environment, Settings
from langsync.errors import ApiError
from langsync.formats.documents import Document, Shape
from langsync.kinds.declaring import Context, Declared, Text, Violation
from langsync.kinds.fetching import Fetched, Scope
from langsync.kinds.proposing import Proposal, Removal
from langsync.kinds.services import Api, Getter, Past
from langsync.kinds.tracking import ListHead, Read, Tracker
from langsync.kinds.writing import Writer
from langsync.model import (
    Address,
    Change,
    Impact,
    Json,
    Permission,
    Plan,
    Provenance,
    Refusal,
    Request,
    Resource,
    State,
    fields_of,
)

__all__ = [
    "Context",
    "Declared",
    "Fetched",
    "Kind",
    "Proposal",
    "Removal",
    "Scope",
    "Text",
    "View",
    "Violation",
]


@dataclass(frozen=True, slots=True)
class View:
    """Both sides whole, for kinds whose resources depend on others.

    Args:
        desired: Everything that is declared.
        remote: Everything that was fetched.
        environment: The chosen environment.
        settings: How langsync works here.
        message: Gives the commit message of a created resource, from the one that its file gives.
        allowed: What may be done although it is not done unasked.
        allow_prune: How many resources of each kind, of items those of each dataset, may be pruned,
            whatever share that is.
        removals: What left the files and is to be deleted, as ``--target`` names it.
        heads: The heads of the lists that were read; see `Fetched`.
        deleted: What is declared and was deleted in Langfuse, as far as that shows; see `Fetched`.
        began: The server's time when reading began, or a little later; None where it is not known.
    """

    desired: State
    remote: State
    environment: Environment = field(default_factory=Environment)
    settings: Settings = field(default_factory=Settings)
    message: Callable[[Resource, str | None], str | None] = lambda _, own: own
    allowed: frozenset[Permission] = frozenset()
    allow_prune: int = 0
    removals: Mapping[Address, Removal] = field(default_factory=dict)
    heads: Mapping[str, ListHead] = field(default_factory=dict)
    deleted: frozenset[Address] = frozenset()
    began: datetime | None = None


Spec = TypeVar("Spec", default=Any)
"""What files declare of a resource."""

Stored = TypeVar("Stored", default=Any)
"""What Langfuse holds of a resource."""


class Kind(ABC, Generic[Spec, Stored]):
    """One kind of resource, with the types of what files declare and of what Langfuse holds.

    Args:
        name: The kind's name, the first part of its addresses.
        folder: Its folder key in ``langsync.yaml``, the default folder as well; empty for a
            kind that is declared in the files of another.
        cached: Whether what was read before may come from the cache.
        numerous: Whether there may be very many, so that not all are held at once.
        varies: Whether what its files declare differs from environment to environment.
        type_field: The field of its content that lists show as its type; empty for none.
        model: What a document of its files may hold; None without a folder.
        writer: Writes its files for pull.
        removable: Whether what no file declares any more can be deleted by its address.
    """

    name: str
    folder: str = ""
    cached: bool = False
    numerous: bool = False
    varies: bool = False
    type_field: str = ""
    model: type[Shape] | None = None
    writer: Writer = Writer()
    removable: bool = False

    def declare(self, document: Document, name: str, context: Context) -> Declared:
        """Read one document of this kind's folder.

        Args:
            document: The document.
            name: The name it has if it gives none itself, from its path; empty where the file
                holds several documents.
            context: What else is known.
        """
        raise NotImplementedError

    def check(self, state: State) -> Iterable[Violation]:  # noqa: ARG002 - a default hook
        """What is wrong among all declared resources, without a server."""
        return ()

    def merge_environments(self, declared: Sequence[Resource[Spec]]) -> Resource[Spec]:
        """Merge what several environments declare into one resource, the first one leading.

        Args:
            declared: The resource as it is in each environment, at least in one.
        """
        return declared[0]

    def owner(self, address: Address) -> Address | None:  # noqa: ARG002 - a default hook
        """In whose file a resource is declared; None where it has one of its own."""
        return None

    @abstractmethod
    async def fetch(self, api: Api, desired: Collection[Resource[Spec]], scope: Scope) -> Fetched:
        """Read what Langfuse holds of the declared resources.

        Args:
            api: The client.
            desired: Declared resources of this kind; none where only `Scope.whole` is read, or what
                belongs to other kinds.
            scope: What is read, and how far.
        """

    def verify(self, view: View) -> Iterable[Violation]:  # noqa: ARG002
        """What is wrong with declared resources in the light of what Langfuse holds."""
        return ()

    @abstractmethod
    def compare(
        self, desired: Resource[Spec], remote: Resource[Stored] | None, view: View
    ) -> Proposal | None:
        """How to make a resource right.

        Args:
            desired: The declared resource.
            remote: The fetched one, if it exists.
            view: Both sides whole.

        Returns:
            None where nothing differs.
        """

    def plan_deletions(
        self,
        view: View,  # noqa: ARG002
        unmanaged: Sequence[str],  # noqa: ARG002
    ) -> Iterable[tuple[Resource[Stored], Proposal]]:
        """The fetched resources to delete or archive, each with its proposal.

        Args:
            view: Both sides whole.
            unmanaged: Names in Langfuse that no file declares.
        """
        return ()

    def is_deployed(self, remote: Resource[Stored]) -> bool:  # noqa: ARG002
        """Whether langsync left in Langfuse that it deployed a fetched resource."""
        return False

    def how_to_remove(self, addresses: Sequence[Address], where: str) -> str:  # noqa: ARG002
        """How resources that left the files leave Langfuse, as the end of a sentence.

        Args:
            addresses: The resources; those of a kind in whose files they are declared are of one.
            where: The option that chooses the environment, a space before it; may be empty.
        """
        return "delete it there" if len(addresses) == 1 else "delete them there"

    def refusal_group(self, refusal: Refusal) -> str:  # noqa: ARG002 - a default hook
        """The refusals that this one may be told with, by a name of theirs; empty for none."""
        return ""

    def fold_refusals(
        self,
        refusals: Sequence[Refusal],
        plan: Plan,  # noqa: ARG002
    ) -> Iterable[Refusal]:
        """Refusals of one group, in fewer where they are many.

        Args:
            refusals: Refusals of the same `refusal_group`, at least one.
            plan: The plan that they are of.
        """
        return refusals

    def tombstone(self, address: Address) -> Resource:
        """A stand-in for the declaration when a resource of `plan_deletions` is read again."""
        return Resource(address, {}, digest=b"")

    def to_document(self, resource: Resource) -> Mapping[str, Json]:
        """A resource as files write it: fields of `model` that the content has, null for none.

        Args:
            resource: A declared resource, with what it manages, or a fetched one, with all of it.

        Raises:
            LangsyncError: It cannot be written to a file.
        """
        fields = self.model.model_fields if self.model is not None else ()
        content = fields_of(resource.content)
        return {key: value for key, value in content.items() if key in fields}

    def trace(
        self, desired: Resource[Spec], remote: Resource[Stored] | None, view: View, past: Past
    ) -> Iterable[Provenance]:
        """Where each difference of a resource comes from.

        Args:
            desired: The declared resource.
            remote: The fetched one, if it exists; it differs.
            view: Both sides whole.
            past: What Git knows.
        """
        raise NotImplementedError

    def stamps(
        self,
        desired: Resource[Spec],  # noqa: ARG002
        remote: Resource[Stored],  # noqa: ARG002
    ) -> Iterable[str]:
        """Hashes of the commits that langsync deployed a resource from, as far as it left them."""
        return ()

    def effects(
        self,
        desired: Resource[Spec],  # noqa: ARG002
        remote: Resource[Stored],  # noqa: ARG002
    ) -> Iterable[str]:
        """What a change made in Langfuse may break for applications, one sentence each.

        Args:
            desired: The declared resource.
            remote: The fetched one, which somebody changed.
        """
        return ()

    async def with_users(
        self,
        api: Api,  # noqa: ARG002
        view: View,
        changes: Sequence[Change],  # noqa: ARG002
        declared: State,  # noqa: ARG002
    ) -> View:
        """Both sides with what else is declared and made of what changes; see `impacts`.

        Args:
            api: The client.
            view: Both sides, narrowed to the targets.
            changes: The changes of the plan.
            declared: Everything that the files declare.
        """
        return view

    def impacts(self, view: View, changes: Iterable[Change]) -> Iterable[Impact]:  # noqa: ARG002
        """What changes without a request, since it is made of what is changed."""
        return ()

    def basis(self, desired: Resource[Spec], remote: Resource[Stored]) -> Json:  # noqa: ARG002
        """What a change is based on: if this is another one later, the change is stale."""
        return dict(fields_of(remote.content))

    async def explain(self, api: Getter, change: Change, error: ApiError) -> str:  # noqa: ARG002
        """Why a change was refused and what to do; by default the message of the error."""
        return str(error)

    def tracker(self, api: Api, view: View, read: Read) -> Tracker:
        """What follows the resources of this kind while a plan is applied.

        Args:
            api: The client.
            view: Both sides, as the plan was made.
            read: Reads addresses of this kind again.
        """
        return Tracker(self, api, view, read)

    async def was_applied(
        self,
        api: Getter,  # noqa: ARG002
        change: Change,  # noqa: ARG002
        request: Request,  # noqa: ARG002
    ) -> bool | None:
        """Whether a write whose answer was lost was applied.

        Returns:
            None where that is unknown; it is not sent again then.

        Raises:
            ApiError: That cannot be found out now.
        """
        return None
