"""Checks that a file declares what Langfuse has."""

from __future__ import annotations

from dataclasses import replace

from langsync.config import Environment
from langsync.errors import LangsyncError
from langsync.formats.documents import Document
from langsync.kinds import all_kinds
from langsync.kinds.base import Context, Declared, View
from langsync.model import Resource, State


class NotDeclarableError(LangsyncError):
    """What Langfuse has cannot be declared in a file."""


def in_environment(context: Context, environment: Environment) -> Context:
    """The same for another environment."""
    return replace(context, environment=environment)


def declare(kind: str, document: Document, name: str, context: Context) -> Declared:
    """What a document declares, its rows left alone.

    Raises:
        NotDeclarableError: Something is wrong with it.
    """
    declared = all_kinds()[kind].declare(document, name, context)
    if declared.problems:
        raise NotDeclarableError(declared.problems[0].message)
    return declared


def verify(remote: Resource, document: Document, context: Context) -> None:
    """Make sure that a document declares what Langfuse has, in one environment.

    Raises:
        NotDeclarableError: It does not, or not as Langfuse has it.
    """
    kind = remote.address.kind
    declared = declare(kind, document, remote.address.name, context)
    state = State(resource for resource in declared.resources if resource.address.kind == kind)
    view = View(state, State([remote]), context.environment)
    for resource in state.values():
        if all_kinds()[kind].compare(resource, remote, view) is not None:
            raise NotDeclarableError("no file can say what Langfuse has")
