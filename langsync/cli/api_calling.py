"""Calls of ``langsync api``, from the arguments to the answers."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from langsync.api.reference import METHODS
from langsync.cli import console
from langsync.errors import (
    AnswerLostError,
    ConfigError,
    ForbiddenError,
    NotFoundError,
    UnexpectedAnswerError,
)

if TYPE_CHECKING:
    from langsync.api import ApiCall, ApiReference, Operation, ParameterValues
    from langsync.cli.connection_options import ConnectionOptions
    from langsync.cli.options import WorkspaceOptions
    from langsync.client import Client
    from langsync.model import Json


_SCOPED = "organization-scoped api key"
"""What Langfuse says to the keys of a project where only those of an organization will do."""


class ApiAccess:
    """Clients of Langfuse for calls of its API.

    Args:
        workspace: Which ``langsync.yaml`` and environment, if any.
        options: How Langfuse is reached.
    """

    def __init__(self, workspace: WorkspaceOptions, options: ConnectionOptions) -> None:
        self._place, self._variables = workspace.find(), options.variables()
        self._options = options

    def client(
        self, *, of_organization: bool = False, keys: tuple[str, str] | None = None
    ) -> Client:
        """A client of that server.

        Args:
            of_organization: Whether the keys are those of the organization, not of the project.
            keys: A public and a secret key in place of either.
        """
        from langsync.cli.organization import PUBLIC, SECRET

        environment = self._place.environment
        if of_organization:
            environment = replace(environment, public_key_env=PUBLIC, secret_key_env=SECRET)
        return self._options.client(self._options.open(environment, keys), remembers=False)

    def has_organization(self) -> bool:
        """Whether there are keys of the organization."""
        from langsync.cli.organization import PUBLIC, SECRET

        return all(self._variables.get(name) for name in (PUBLIC, SECRET))

    async def check_project(self, client: Client) -> None:
        """Make sure before a write that the keys are of the project of ``langsync.yaml``.

        Raises:
            RefusedError: They are not.
        """
        from langsync.engine import workspace as work

        if self._place.config is not None and self._place.config.project is not None:
            work.check_project(await client.project(), self._place.config)

    async def reference(self, *, refresh: bool = False) -> ApiReference:
        """The server's API reference, which needs no keys."""
        from langsync.api import fetch_reference
        from langsync.engine import workspace as work

        def warn(text: str) -> None:
            console.notice(text, "yellow")

        async with self.client(keys=("none", "none")) as client:
            return await fetch_reference(client, work.cache_folder(), refresh=refresh, warn=warn)


@dataclass(frozen=True, slots=True)
class CallArguments:
    """The parsed command line of a call.

    Args:
        operands: The operation, or a method and a path.
        parameters: Values of its parameters.
        body: Its body; None for none.
        own: Names that are options of the command.
        every: Whether pages are followed.
        refresh: Whether the API reference is asked for, however new it is.
        fields: The fields of the answer that are chosen; None for all.
        bar: Whether progress may be shown: rows are not written to the same terminal meanwhile.
    """

    operands: list[str]
    parameters: ParameterValues
    body: Json
    own: Collection[str]
    every: bool
    refresh: bool
    fields: str | None
    bar: bool


async def call(access: ApiAccess, arguments: CallArguments, take: Callable[[Json], None]) -> None:
    """Call an operation, or a path.

    Args:
        access: Clients of Langfuse.
        arguments: Operation or path, and what to send.
        take: Gets each answer, page by page.

    Raises:
        LangsyncError: The call is invalid, or Langfuse refused it.
    """
    from langsync.api import prepare, raw_call

    operands, parameters, body = arguments.operands, arguments.parameters, arguments.body
    if stray := [word for word in operands[1:] if word.startswith("-")]:
        raise ConfigError(f"there is no option {stray[0]}: parameters are --name value")
    method = operands[0].upper()
    if method in METHODS:
        if len(operands) != 2:
            raise ConfigError("write a method and a path: langsync api GET /v2/prompts")
        try:
            raw = raw_call(method, operands[1], parameters, body)
            await _send(access, raw, None, arguments, take)
        except UnexpectedAnswerError as error:
            if error.status == 404:
                await _explain_path(access, method, operands[1])
            raise
        return
    if len(operands) > 1:
        raise ConfigError(f"{operands[1]!r} is too much: parameters are --name value")
    reference = await access.reference(refresh=arguments.refresh)
    operation = reference.find(operands[0])
    prepared = prepare(reference, operation, parameters, body, arguments.own)
    if operation.deprecated:
        instead = reference.successor(operation)
        also = f": use {instead}" if instead else ""
        console.notice(f"{operation.id} is deprecated{also}.", "yellow")
    checked = _checked(reference, operation, arguments, take)
    await _send(access, prepared, operation, arguments, checked, reference)


async def _send(
    access: ApiAccess,
    call: ApiCall,
    operation: Operation | None,
    arguments: CallArguments,
    take: Callable[[Json], None],
    reference: ApiReference | None = None,
) -> None:
    from langsync.api import follow_pages, lookup_command

    of_organization = operation is None or operation.of_organization
    owns = operation is not None and of_organization and access.has_organization()
    async with access.client(of_organization=owns) as client:
        if call.method != "GET" and not owns:
            await access.check_project(client)
        try:
            with _progress(client, bar=arguments.bar):
                async for answer in follow_pages(client, call):
                    take(answer)
                    if not arguments.every:
                        return
        except AnswerLostError as lost:
            advice = f"Look before it is sent again: '{lookup_command(call, reference)}'"
            raise lost.with_advice(advice) from None
        except ForbiddenError as error:
            if not owns and of_organization and _SCOPED in error.message.casefold():
                raise _without_organization(error) from None
            raise


def _progress(client: Client, *, bar: bool) -> AbstractContextManager[None]:
    """Show requests."""
    from langsync.cli.progress import asking, waiting

    if bar:
        return asking(client, "Asking Langfuse")
    client.on_request, client.on_wait = console.request, waiting
    return nullcontext()


def _without_organization(error: ForbiddenError) -> ForbiddenError:
    from langsync.cli.organization import PUBLIC, SECRET

    return ForbiddenError(
        f"{error.message.rstrip('.')}. What belongs to an organization needs its keys: set "
        f"{PUBLIC} and {SECRET}, and call it by its operation ('langsync api' lists them)",
        error.status,
    )


async def _explain_path(access: ApiAccess, method: str, path: str) -> None:
    """Suggest paths similar to one that the API does not have.

    Raises:
        NotFoundError: The reference does not have it either.
    """
    from langsync.api.reference import PREFIX

    below = path.removeprefix(PREFIX)
    reference = await access.reference()
    if reference.find_at(method, below) is None:
        near = reference.similar_calls(method, below)
        hint = f": did you mean {', '.join(near)}?" if near else "."
        message = f"the API has no {method} {below}{hint} 'langsync api' lists what it has"
        raise NotFoundError(message, 404)


def _checked(
    reference: ApiReference,
    operation: Operation,
    arguments: CallArguments,
    take: Callable[[Json], None],
) -> Callable[[Json], None]:
    """Warn once if answers differ from the reference; they are shown in any case."""
    from langsync.api import SchemaChecker

    skips_check = operation.response is None
    names = {parameter.name for parameter in operation.parameters} - arguments.parameters.keys()
    if arguments.fields and "fields" in names:
        text = "--fields picks from the answer: the parameter of this name is -p fields=…"
        console.notice(text, "dim")

    def checked(answer: Json) -> None:
        nonlocal skips_check
        take(answer)
        check = SchemaChecker(reference.schemas, "it", strict=False)
        violations = [] if skips_check else list(check.violations(operation.response or {}, answer))
        if violations:
            skips_check = True
            more = f" (and {len(violations) - 1} more)" if len(violations) > 1 else ""
            text = f"the answer is not what the API reference says: {violations[0]}{more}"
            console.notice(text, "yellow")

    return checked
