"""Edits of files that declare what Langfuse has otherwise."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from langsync.config import Environment
from langsync.formats import yaml, yaml_splice
from langsync.formats.documents import Document
from langsync.formats.line_ends import ended_alike, normal
from langsync.formats.values import equal, equal_contents
from langsync.formats.yaml_spans import EditError
from langsync.kinds.base import Context, Kind
from langsync.kinds.writing import Edit, ManualEditRequiredError, Pulling
from langsync.model import Resource
from langsync.pull.files import Draft
from langsync.pull.verifying import NotDeclarableError, declare, in_environment, verify


@dataclass(frozen=True, slots=True)
class Editing:
    """Edits the files of what is declared.

    Args:
        kind: The kind of it.
        draft: The files as they will be.
        pulling: What is pulled.
    """

    kind: Kind
    draft: Draft
    pulling: Pulling

    def resource(self, desired: Resource) -> None:
        """Edit the files of a resource.

        Raises:
            LangsyncError: They cannot be edited; they are as they were then.
        """
        remote = self.pulling.view.remote.get(desired.address)
        before = dict(self.draft.changes)
        try:
            if remote is None:
                self._gone(desired)
            else:
                self._edit(desired, remote)
        except Exception:
            self.draft.changes.clear()
            self.draft.changes.update(before)
            raise

    def _gone(self, desired: Resource) -> None:
        path, index = _place(desired)
        if not self.pulling.prune:
            self.pulling.notes.append(
                f"{desired.address} is not in Langfuse: its file stays (see --prune)"
            )
            return
        if len(yaml.read(normal(self.draft.read(path)), path)) > 1:
            advice = "the file declares more: take it out by hand"
            raise ManualEditRequiredError(
                f"it is not in Langfuse, document {index + 1} of {path}; {advice}"
            )
        declared = self.pulling.view.desired.of_kind(self.kind.name)
        used = Counter(file for resource in declared for file in resource.files)
        for file in desired.files:
            if file == path or used[file] == 1:
                self.draft.remove(file)

    def _edit(self, desired: Resource, remote: Resource) -> None:
        document = self._document(desired)
        edit = self.kind.writer.edited(self.kind, document, desired, remote, self.pulling)
        if edit is None:
            return
        if edit.declares is not None:
            self._verify(document, edit.declares, remote)
        self._save(document, edit)

    def _document(self, desired: Resource) -> Document:
        path, index = _place(desired)
        text = normal(self.draft.read(path))
        where = self.draft.config.root / path
        return Document(where, path, text, index, yaml.read(text, path)[index])

    def _in(self, environment: Environment) -> Context:
        return in_environment(self.pulling.context, environment)

    def _verify(
        self,
        document: Document,
        value: Any,  # noqa: ANN401 - what a document holds
        remote: Resource,
    ) -> None:
        """Make sure that a document declares what Langfuse has, and to others what it did.

        Raises:
            LangsyncError: It does not.
        """
        new = Document(document.path, document.file, document.text, document.index, value)
        environments, name = self.pulling.environments, remote.address.name
        verify(remote, new, self._in(environments.chosen))
        siblings = {sibling.name for sibling in environments.siblings}
        for other in environments.others if self.kind.varies else ():
            before = self.kind.declare(document, name, self._in(other)).resources
            after = declare(self.kind.name, new, name, self._in(other)).resources
            same = len(after) == len(before) and all(
                equal_contents(old.content, now.content)
                for old, now in zip(before, after, strict=True)
            )
            if not same and not (other.name in siblings and self._agrees(remote, new, other)):
                raise ManualEditRequiredError(
                    f"an edit would change it in environment {other.name}, too"
                )

    def _agrees(self, remote: Resource, document: Document, environment: Environment) -> bool:
        """Whether what changed for another environment is what that has in Langfuse."""
        try:
            verify(remote, document, self._in(environment))
        except NotDeclarableError:
            return False
        return True

    def _save(self, document: Document, edit: Edit) -> None:
        new, text, is_kept = edit.value, document.text, True
        if equal(document.value, new) and list(document.value) == list(new) and not edit.anew:
            return
        steps = [{key: part for key, part in new.items() if key not in edit.anew}, new]
        try:
            for value in steps if edit.anew else [new]:
                text, is_same = yaml_splice.edited(text, document.index, value)
                is_kept = is_kept and is_same
        except EditError as error:
            raise ManualEditRequiredError(str(error)) from None
        if not is_kept:
            self.pulling.warnings.append(f"{document.file} is written anew: its comments are gone")
        raw = self.draft.read(document.file)
        self.draft.write(document.file, ended_alike(raw, text))


def _place(desired: Resource) -> tuple[str, int]:
    source = desired.source
    assert source is not None  # noqa: S101 - it is declared
    return source.file, source.document
