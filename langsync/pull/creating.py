"""Files for what Langfuse has and no file declares."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from langsync.formats import yaml_write
from langsync.formats.documents import Document
from langsync.kinds.base import Kind
from langsync.kinds.writing import Pulling
from langsync.model import Resource
from langsync.pull.files import Draft
from langsync.pull.layout import says_name
from langsync.pull.verifying import NotDeclarableError, in_environment, verify


def create(kind: Kind, draft: Draft, pulling: Pulling, remote: Resource) -> None:
    """Create the file of a new resource, and those that belong to it.

    Args:
        kind: Its kind.
        draft: The files as they will be.
        pulling: What is pulled.
        remote: The resource.

    Raises:
        LangsyncError: It cannot be declared, or there is no place for it.
    """
    value = kind.writer.new(kind, remote, pulling)
    _verify(remote, value, pulling)
    name = remote.address.name
    path = draft.place(kind.folder, name, ".yaml")
    stem = path.removesuffix(".yaml")
    value = kind.writer.placed(value, remote, stem, pulling)
    if not says_name(stem, name):
        value = {"name": name, **value}
    try:
        text = yaml_write.document(value)
    except ValueError as error:
        raise NotDeclarableError(str(error)) from None
    draft.write(draft.relative(draft.folder(kind.folder) / path), text)


def _verify(remote: Resource, value: dict[str, Any], pulling: Pulling) -> None:
    """Make sure that a file will declare what Langfuse has.

    Raises:
        NotDeclarableError: It is not.
    """
    value = {"name": remote.address.name, **value}
    path = Path(pulling.context.folder, "new.yaml")
    document = Document(path, "it", yaml_write.block(value, 0), 0, value)
    environments = pulling.environments
    for environment in environments.siblings or [environments.chosen]:
        verify(remote, document, in_environment(pulling.context, environment))
