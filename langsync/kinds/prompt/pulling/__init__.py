"""How pull writes prompt files."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from langsync.errors import LangsyncError
from langsync.formats.documents import Document
from langsync.kinds.prompt.deployments import is_marker
from langsync.kinds.prompt.pulling.edit import PromptEdit
from langsync.kinds.prompt.pulling.new import prompt_value, with_files
from langsync.kinds.prompt.pulling.texts import Texts, substituted
from langsync.kinds.prompt.pulling.values import Form
from langsync.kinds.prompt.spec import PromptSpec
from langsync.kinds.prompt.state import PromptState
from langsync.kinds.writing import Edit, Files, Pulling, Writer
from langsync.model import Json, Resource

if TYPE_CHECKING:
    from langsync.kinds.base import Kind


class PromptWriter(Writer):
    """Writes prompt files, and those of long texts beside them."""

    def new(self, kind: Kind, remote: Resource[PromptState], pulling: Pulling) -> dict[str, Json]:  # noqa: ARG002
        """What a file says of a prompt; see `Writer.new`."""
        value = prompt_value(remote.content, pulling.environments)
        if "prompt" not in value and "variants" not in value:
            raise LangsyncError("Langfuse lists it and cannot return it")
        if unlisted := _unlisted(remote.content, value):
            labels = ", ".join(unlisted)
            pulling.warnings.append(f"{remote.address}: no environment lists its labels {labels}")
        return value

    def placed(
        self,
        value: dict[str, Json],
        remote: Resource,  # noqa: ARG002
        stem: str,
        pulling: Pulling,
    ) -> dict[str, Json]:
        """The same, long texts in files of their own; see `Writer.placed`."""
        return with_files(value, _Outside(pulling.files, stem))

    def edited(
        self,
        kind: Kind,
        document: Document,
        desired: Resource[PromptSpec],
        remote: Resource[PromptState],
        pulling: Pulling,
    ) -> Edit | None:
        """The new value of a prompt's document; see `Writer.edited`."""
        if kind.compare(desired, remote, pulling.view) is None:
            return None
        environments = pulling.environments
        form = Form(environments.chosen, document.value.get("template") is True)
        declared = pulling.view.desired.of_kind(kind.name)
        used = Counter(file for resource in declared for file in resource.files)
        texts = Texts(form, pulling.files, document.file, used, own=True)
        sides = (desired.content, remote.content)
        new = PromptEdit(document.value, *sides, environments, texts).new()
        return Edit(new, substituted(new, texts))


@dataclass(slots=True)
class _Outside:
    """Puts long texts of a prompt beside its file."""

    files: Files
    stem: str

    def __call__(self, text: str, hint: str) -> str:
        path = self.files.place("prompts", f"{self.stem}.{hint}" if hint else self.stem, ".md")
        self.files.write(self.files.relative(self.files.folder("prompts") / path), f"{text}\n")
        return os.path.relpath(path, os.path.dirname(self.stem) or ".").replace(os.sep, "/")  # noqa: PTH120


def _unlisted(remote: PromptState, value: dict[str, Any]) -> list[str]:
    """Labels that Langfuse has and a file will not name."""
    if "labels" not in value and "variants" not in value:
        return []
    named = {
        label
        for holder in (value, *value.get("variants", ()))
        for label in holder.get("labels", ())
    }
    return [label for label in remote.all_labels if not is_marker(label) and label not in named]
