"""How pull writes the files of a kind: what it gives, and what it wants back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from langsync.config import Environment
from langsync.config.connection import is_this_machine
from langsync.errors import LangsyncError
from langsync.formats.documents import Document
from langsync.formats.values import equal
from langsync.model import Address, Json, Resource

if TYPE_CHECKING:
    from langsync.kinds.base import Context, Kind, View


class ManualEditRequiredError(LangsyncError):
    """A file is written in a way that only a person can edit."""


class Files(Protocol):
    """The files of a repository as they will be; see `langsync.pull.files.Draft`.

    Paths are relative to the folder of ``langsync.yaml``, with ``/``, unless it says otherwise.
    """

    def folder(self, key: str) -> Path:
        """The folder of a kind's files."""

    def place(self, key: str, name: str, ending: str) -> str:
        """A free path for something new, relative to a kind's folder."""

    def relative(self, path: Path) -> str:
        """A path as others take it."""

    def is_decided(self, path: str) -> bool:
        """Whether it is decided already what a file will hold."""

    def read(self, path: str) -> str:
        """What a file will hold."""

    def write(self, path: str, text: str) -> None:
        """Decide what a file will hold."""


@dataclass(frozen=True, slots=True)
class Environments:
    """The environments of a repository, seen from the one that is pulled.

    Args:
        chosen: The one that is pulled.
        declared: All that ``langsync.yaml`` declares.
    """

    chosen: Environment
    declared: tuple[Environment, ...] = ()

    @property
    def siblings(self) -> list[Environment]:
        """Those that are in the same project: the same host and keys."""
        return [
            environment
            for environment in self.declared
            if _project(environment) == _project(self.chosen)
        ]

    @property
    def others(self) -> list[Environment]:
        """All but the chosen one, and other projects on this machine: those are for trying."""
        siblings = self.siblings
        return [
            environment
            for environment in self.declared
            if environment.name != self.chosen.name
            and (
                environment in siblings
                or not (environment.host and is_this_machine(environment.host))
            )
        ]


def _project(environment: Environment) -> tuple[str | None, ...]:
    return environment.host, environment.public_key_env, environment.secret_key_env


@dataclass(slots=True)
class Pulling:
    """One pull, as one kind sees it.

    Args:
        context: What declaring needs to know.
        environments: For whom.
        view: All that the files declare, and all that was read.
        files: The files as they will be.
        whole: Globs of addresses of which everything is pulled, declared or not.
        prune: Whether what Langfuse does not hold leaves the files.
        warnings: What was left alone, and why.
        notes: What a user may wonder about.
        left_alone: How many resources were left alone though they differ.
    """

    context: Context
    environments: Environments
    view: View
    files: Files
    whole: tuple[str, ...] = ()
    prune: bool = False
    warnings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    left_alone: int = 0

    def leave(self, reason: str, count: int = 1) -> None:
        """Leave resources alone that differ, and say why."""
        self.warnings.append(reason)
        self.left_alone += count

    def is_whole(self, address: Address) -> bool:
        """Whether all of a resource is pulled, though no file declares it."""
        return any(address.matches(glob) for glob in self.whole)


@dataclass(frozen=True, slots=True)
class Edit:
    """The new value of a document.

    Args:
        value: The new value; its order of keys decides where new ones are placed.
        declares: The same with its included files put in, to be compared with Langfuse;
            None where nothing of that differs.
        anew: Keys that are written whole: the order of what they hold counts.
    """

    value: dict[str, Any]
    declares: dict[str, Any] | None
    anew: tuple[str, ...] = ()


class Writer:
    """Writes the files of a kind; by default what `Kind.to_document` gives, field by field."""

    def new(self, kind: Kind, remote: Resource, pulling: Pulling) -> dict[str, Json]:  # noqa: ARG002
        """The value of a new file for a resource that no file declares, without its name.

        By default all fields but those that have their default values.

        Args:
            kind: The kind.
            remote: The resource, read completely.
            pulling: What is pulled.

        Raises:
            LangsyncError: It cannot be written to a file.
        """
        document = kind.to_document(remote)
        fields = kind.model.model_fields if kind.model is not None else {}
        usual = {
            key: field.get_default(call_default_factory=True)
            for key, field in fields.items()
            if not field.is_required()
        }
        return {
            key: document[key]
            for key in fields
            if document.get(key) is not None
            and not (key in usual and equal(document[key], usual[key]))
        }

    def placed(
        self,
        value: dict[str, Json],
        remote: Resource,  # noqa: ARG002
        stem: str,  # noqa: ARG002
        pulling: Pulling,  # noqa: ARG002
    ) -> dict[str, Json]:
        """The same once the file has its place: what belongs in files beside it is put there.

        Args:
            value: What `new` gave.
            remote: The resource.
            stem: The file's path relative to the kind's folder, without its ending.
            pulling: What is pulled.
        """
        return value

    def edited(
        self, kind: Kind, document: Document, desired: Resource, remote: Resource, pulling: Pulling
    ) -> Edit | None:
        """The edit after which a document agrees with Langfuse; None where it does already.

        By default the fields that it manages, and all of them where the type differs.

        Args:
            kind: The kind.
            document: The document as it is now.
            desired: What it declares.
            remote: What Langfuse has.
            pulling: What is pulled.

        Raises:
            LangsyncError: It cannot be edited.
        """
        old, now = kind.to_document(desired), kind.to_document(remote)
        if kind.compare(desired, remote, pulling.view) is None:
            return None
        type_ = kind.type_field
        target: dict[str, Json] = {key: now.get(key) for key in old}
        if type_ and not equal(old.get(type_), now.get(type_)):
            target |= self.new(kind, remote, pulling)
        value: dict[str, Any] = dict(document.value)
        fields = kind.model.model_fields if kind.model is not None else {}
        for key, new_value in target.items():
            if new_value is None:
                value.pop(key, None)
            elif not equal(new_value, old.get(key)) or _is_moved(old[key], new_value):
                value = _with(value, key, new_value, [*fields])
        anew = (key for key in value if _is_moved(document.value.get(key), value[key]))
        return Edit(value, value, tuple(anew))


def _with(value: dict[str, Any], key: str, item: Json, order: Sequence[str]) -> dict[str, Any]:
    """An object with a field more, after those that come before it in some order."""
    if key in value:
        return {**value, key: item}
    earlier = order[: order.index(key)] if key in order else order
    position = max((place + 1 for place, key in enumerate(value) if key in earlier), default=0)
    fields = list(value.items())
    return dict([*fields[:position], (key, item), *fields[position:]])


def _is_moved(old: Json, new: Json) -> bool:
    """Whether keys of two objects have another order."""
    if not (isinstance(old, dict) and isinstance(new, dict)):
        return False
    return [key for key in old if key in new] != [key for key in new if key in old]
