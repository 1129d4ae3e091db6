"""Edits of files that declare what Langfuse has otherwise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from langsync.config import Environment
from langsync.formats import yaml, yaml_splice
from langsync.formats.documents import Document
from langsync.formats.files import ended_alike
from langsync.formats.values import equal
from langsync.formats.yaml_spans import EditError
from langsync.kinds import all_kinds
from langsync.kinds.base import Context, View
from langsync.model import Address, Resource, State
from langsync.pull.creating import items_of
from langsync.pull.datasets import DatasetEdit, declared_items, in_words
from langsync.pull.environments import Environments
from langsync.pull.files import Draft
from langsync.pull.prompts import ByHandError, PromptEdit
from langsync.pull.texts import Texts, normal, substituted
from langsync.pull.values import Form
from langsync.pull.verifying import declare, in_environment, verify


@dataclass(slots=True)
class Editing:
    """Edits the files of what is declared.

    Args:
        draft: The files as they will be.
        environments: For whom.
        context: What declaring needs to know.
        desired: Everything that the files declare.
        remote: What Langfuse holds.
        whole: Globs of addresses of which everything is pulled, declared or not.
        prune: Whether what Langfuse does not hold leaves the files.
        warnings: What was left alone, and why.
        notes: What a user may wonder about.
    """

    draft: Draft
    environments: Environments
    context: Context
    desired: State
    remote: State
    whole: tuple[str, ...] = ()
    prune: bool = False
    warnings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def resource(self, desired: Resource) -> None:
        """Edit the files of a prompt or of a dataset.

        Raises:
            LangsyncError: They cannot be edited; they are as they were then.
        """
        remote = self.remote.get(desired.address)
        before = dict(self.draft.changes)
        try:
            if remote is None:
                self._gone(desired)
            elif desired.address.kind == "prompt":
                self._prompt(desired, remote)
            else:
                self._dataset(desired, remote)
        except Exception:
            self.draft.changes.clear()
            self.draft.changes.update(before)
            raise

    def _gone(self, desired: Resource) -> None:
        path, index = self._place(desired)
        if not self.prune:
            self.notes.append(f"{desired.address} is not in Langfuse: its file stays (see --prune)")
            return
        if len(yaml.read(normal(self.draft.read(path)), path)) > 1:
            words = "the file declares more: take it out by hand"
            raise ByHandError(f"it is not in Langfuse, document {index + 1} of {path}; {words}")
        for file in desired.files:
            if file == path or self._used()[file] == 1:
                self.draft.remove(file)

    def _place(self, desired: Resource) -> tuple[str, int]:
        source = desired.source
        assert source is not None  # noqa: S101 - it is declared
        return source.file, source.document

    def _document(self, desired: Resource) -> Document:
        path, index = self._place(desired)
        text = normal(self.draft.read(path))
        where = self.draft.config.root / path
        return Document(where, path, text, index, yaml.read(text, path)[index])

    def _used(self) -> Counter[str]:
        """How many declarations name each file."""
        return Counter(file for one in self.desired.of_kind("prompt") for file in one.files)

    def _prompt(self, desired: Resource, remote: Resource) -> None:
        view = View(self.desired, self.remote, self.environments.chosen)
        if not _differs(desired, remote, view):
            return
        document = self._document(desired)
        before = self._elsewhere(document, desired.address)
        form = Form(self.environments.chosen, document.value.get("template") is True)
        texts = Texts(form, self.draft, document.file, self._used(), own=True)
        changed = set(self.draft.changes)
        new = PromptEdit(document.value, desired, remote, self.environments, texts).new()
        whole = substituted(new, texts, set(self.draft.changes) - changed)
        self._verify(document, whole, remote, before)
        self._save(document, new)

    def _elsewhere(self, document: Document, address: Address) -> dict[str, list[Resource]]:
        """What a document declares in the other environments."""
        found = {}
        for one in self.environments.others:
            declared = all_kinds()[address.kind].declare(document, address.name, self._in(one))
            found[one.name] = declared.resources
        return found

    def _in(self, environment: Environment) -> Context:
        return in_environment(self.context, environment)

    def _verify(
        self,
        document: Document,
        value: Any,  # noqa: ANN401 - what a document holds
        remote: Resource,
        before: dict[str, list[Resource]],
    ) -> None:
        """Make sure that a document says what Langfuse has, and to others what it said.

        Raises:
            LangsyncError: It does not.
        """
        new = Document(document.path, document.file, document.text, document.index, value)
        verify(remote, new, self._in(self.environments.chosen))
        siblings = {one.name for one in self.environments.siblings}
        for one in self.environments.others:
            kind, name = remote.address.kind, remote.address.name
            after = declare(kind, new, name, self._in(one)).resources
            same = len(after) == len(before[one.name]) and all(
                equal(_said(old), _said(now))
                for old, now in zip(before[one.name], after, strict=True)
            )
            if not same and not (one.name in siblings and self._agrees(remote, new, one)):
                raise ByHandError(f"an edit would change it in environment {one.name}, too")

    def _agrees(self, remote: Resource, document: Document, environment: Environment) -> bool:
        """Whether what changed for another environment is what that has in Langfuse."""
        try:
            verify(remote, document, self._in(environment))
        except ByHandError:
            return False
        return True

    def _dataset(self, desired: Resource, remote: Resource) -> None:
        document = self._document(desired)
        repository = self.draft.config.repository
        edit = DatasetEdit(document, document.file, desired, remote, self.draft, repository)
        new = edit.items(edit.fields(), list(self._items(desired)), self._more(desired))
        self._save(document, new)
        self.warnings += edit.warnings

    def _items(self, dataset: Resource) -> Iterator[tuple[Resource, Resource | None]]:
        """The declared items that differ, each with what Langfuse has; pruned ones with None."""
        kind, view = all_kinds()["dataset_item"], View(self.desired, self.remote)
        lacking = 0
        for one in declared_items(dataset, self.desired):
            there = self.remote.get(one.address)
            if there is None:
                lacking += 1
                if self.prune:
                    yield one, None
            elif kind.compare(one, there, view) is not None:
                yield one, there
        if lacking and not self.prune:
            items = in_words(lacking)
            self.notes.append(f"{dataset.address}: {items} not in Langfuse stay (see --prune)")

    def _more(self, dataset: Resource) -> list[Resource]:
        """Items that no file declares, where they are pulled."""
        found = [one for one in items_of(dataset, self.remote) if one.address not in self.desired]
        if any(dataset.address.matches(glob) for glob in self.whole):
            return found
        if found:
            items = in_words(len(found))
            self.notes.append(f"{dataset.address}: {items} in no file (pull {dataset.address})")
        return []

    def _save(self, document: Document, new: Any) -> None:  # noqa: ANN401 - what it is to hold
        if equal(document.value, new) and list(document.value) == list(new):
            return
        try:
            text, is_kept = yaml_splice.edited(document.text, document.index, new)
        except EditError as error:
            raise ByHandError(str(error)) from None
        if not is_kept:
            self.warnings.append(f"{document.file} is written anew: its comments are gone")
        raw = self.draft.read(document.file)
        self.draft.write(document.file, ended_alike(raw, text))


def _differs(desired: Resource, remote: Resource, view: View) -> bool:
    return all_kinds()["prompt"].compare(desired, remote, view) is not None


def _said(one: Resource) -> Any:  # noqa: ANN401 - content as JSON
    return {**one.content, "known_labels": None}
