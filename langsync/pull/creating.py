"""Files for what Langfuse has and no file declares."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from langsync.formats import yaml_write
from langsync.formats.documents import Document
from langsync.kinds.base import Context
from langsync.kinds.dataset_item.files import item_flaw
from langsync.kinds.prompt.deployments import DRAFT, is_marker
from langsync.model import Json, Resource, State
from langsync.pull.environments import Environments
from langsync.pull.files import Draft
from langsync.pull.layout import says_name
from langsync.pull.new_datasets import MOST_ITEMS, dataset_value, item_value, rows
from langsync.pull.new_prompts import prompt_value, with_files
from langsync.pull.verifying import NotDeclarableError, in_environment, verify


@dataclass(slots=True)
class Creation:
    """Makes files for new resources.

    Args:
        draft: The files as they will be.
        environments: For whom.
        context: What declaring needs to know.
        remote: What Langfuse holds.
        warnings: What was left out, and why.
    """

    draft: Draft
    environments: Environments
    context: Context
    remote: State
    warnings: list[str] = field(default_factory=list)

    def prompt(self, remote: Resource) -> None:
        """Make the file of a prompt, and those of its long texts.

        Raises:
            LangsyncError: It cannot be declared, or there is no place for it.
        """
        value = prompt_value(remote, self.environments)
        if "prompt" not in value and "variants" not in value:
            raise NotDeclarableError("Langfuse lists it and cannot return it")
        if unlisted := _unlisted(remote, value):
            labels = ", ".join(unlisted)
            self.warnings.append(f"{remote.address}: no environment lists its labels {labels}")
        self._verify(remote, value)
        path = self.draft.place("prompts", remote.address.name, ".yaml")
        stem = path.removesuffix(".yaml")
        self._write("prompts", path, remote, with_files(value, _Outside(self.draft, stem)))

    def dataset(self, remote: Resource) -> None:
        """Make the file of a dataset, and one of its items where they are many.

        Raises:
            LangsyncError: It cannot be declared, or there is no place for it.
        """
        value = dataset_value(remote)
        self._verify(remote, value)
        items = list(self._items(remote))
        path = self.draft.place("datasets", remote.address.name, ".yaml")
        if len(items) > MOST_ITEMS:
            file = self.draft.place("datasets", path.removesuffix(".yaml"), ".jsonl")
            self._put("datasets", file, rows(items))
            value["items_from"] = [os.path.basename(file)]  # noqa: PTH119 - of no file yet
        elif items:
            value["items"] = items
        self._write("datasets", path, remote, value)

    def _items(self, dataset: Resource) -> Iterator[dict[str, Json]]:
        for one in items_of(dataset, self.remote):
            value = item_value(one)
            if flaw := item_flaw(value):
                self.warnings.append(f"{one.address}: cannot be declared: {flaw}")
            else:
                yield value

    def _write(self, key: str, path: str, remote: Resource, value: dict[str, Any]) -> None:
        name = remote.address.name
        if not says_name(path.removesuffix(".yaml"), name):
            value = {"name": name, **value}
        try:
            text = yaml_write.document(value)
        except ValueError as error:
            raise NotDeclarableError(str(error)) from None
        self._put(key, path, text)

    def _put(self, key: str, path: str, text: str) -> None:
        self.draft.write(self.draft.relative(self.draft.folder(key) / path), text)

    def _verify(self, remote: Resource, value: dict[str, Any]) -> None:
        """Make sure that what a file will say is what Langfuse has.

        Raises:
            NotDeclarableError: It is not.
        """
        value = {"name": remote.address.name, **value}
        path = Path(self.context.folder, "new.yaml")
        document = Document(path, "it", yaml_write.block(value, 0), 0, value)
        for environment in self.environments.siblings or [self.environments.chosen]:
            verify(remote, document, in_environment(self.context, environment))


@dataclass(slots=True)
class _Outside:
    """Puts long texts of a prompt beside its file."""

    draft: Draft
    stem: str

    def __call__(self, text: str, hint: str) -> str:
        path = self.draft.place("prompts", f"{self.stem}.{hint}" if hint else self.stem, ".md")
        self.draft.write(self.draft.relative(self.draft.folder("prompts") / path), f"{text}\n")
        return os.path.relpath(path, os.path.dirname(self.stem) or ".").replace(os.sep, "/")  # noqa: PTH120


def items_of(dataset: Resource, remote: State) -> Iterator[Resource]:
    """The items of a dataset that were read, by id."""
    found = (one for one in remote.of_kind("dataset_item") if _owner(one) == dataset.address.name)
    return iter(sorted(found, key=lambda one: str(one.content["id"])))


def _owner(item: Resource) -> str:
    return str(item.content["dataset"])


def _unlisted(remote: Resource, value: dict[str, Any]) -> list[str]:
    """Labels that Langfuse has and a file will not name."""
    if "labels" not in value and "variants" not in value:
        return []
    named = {one for each in (value, *value.get("variants", ())) for one in each.get("labels", ())}
    return [
        one
        for one in remote.content["all_labels"]
        if one != DRAFT and not is_marker(one) and one not in named
    ]
