"""``langsync diff``."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from langsync.cli import complete, console
from langsync.cli.connection_options import CachedConnectionOptions
from langsync.cli.option_groups import option
from langsync.cli.options import (
    DetailedExitcodeOption,
    Format,
    FormatOption,
    PlaceOptions,
    PromptArgument,
)
from langsync.errors import ConfigError

if TYPE_CHECKING:
    from langsync.cli.reading import Place
    from langsync.client import Client
    from langsync.config import Config
    from langsync.kinds.prompt.contrast import Side
    from langsync.kinds.prompt.spec import PromptSpec, PromptVariant
    from langsync.kinds.prompt.versions import Selector
    from langsync.model import Commit, FieldDifference, Project, Resource, State

_FILES = "files"
_GIT = "git:"
_LABEL = "label:"
_SIDE = "a version (v5), a label, 'files' (the work tree), or git:REF (a commit)"


def command(
    *,
    name: PromptArgument,
    before: Annotated[str, typer.Argument(help=f"What to compare: {_SIDE}.")],
    after: Annotated[
        str, typer.Argument(help="What to compare it with: the same choices.")
    ] = _FILES,
    label: Annotated[
        str | None,
        option(
            "--label LABEL",
            "Of several variants in the files, compare the one with this label.",
            autocompletion=complete.labels,
        ),
    ] = None,
    detailed_exitcode: DetailedExitcodeOption = False,
    workspace: PlaceOptions,
    format: FormatOption = Format.TEXT,
    connection: CachedConnectionOptions,
) -> int:
    """Compare two versions of a prompt: in Langfuse, in the files, in a commit.

    Shows which lines of the text or the messages differ, and what of config, tags and type.
    Nothing is changed; where both sides come from files or commits, nothing is sent.

    Examples:
        langsync diff support/greeting production        # with the files
        langsync diff support/greeting v5 staging
        langsync diff support/greeting git:main files
    """
    from langsync.cli.reading import prompt_name
    from langsync.diff import differences
    from langsync.kinds.prompt import contrast

    prompt, place = prompt_name(name), workspace.find()
    chosen = _parse(before), _parse(after)
    if label is not None and not any(isinstance(side, _Declared) for side in chosen):
        raise ConfigError("--label chooses a variant of the files, and both sides are in Langfuse")
    files = _Files(place, prompt, label, _named(chosen))
    declared = [files.read(side) if isinstance(side, _Declared) else None for side in chosen]
    project: Project | None = None
    remote: dict[Selector | _Declared, Side] = {}
    if None in declared:
        project, remote = asyncio.run(
            connection.ask(place, lambda client: _read(client, prompt, chosen))
        )
    old, new = (content or remote[side] for content, side in zip(declared, chosen, strict=True))
    configs = differences({"config": old.config}, {"config": new.config})
    fields = (*contrast.differences(old, new), *configs)
    _show(project, prompt, (old, new), fields, format)
    return 2 if detailed_exitcode and fields else 0


@dataclass(frozen=True, slots=True)
class _Declared:
    """What files declare.

    Args:
        ref: In which commit; empty for the work tree.
    """

    ref: str = ""


def _parse(word: str) -> Selector | _Declared:
    """Parse one side; a label that looks like something else is written ``label:…``."""
    from langsync.cli.reading import number
    from langsync.kinds.prompt.versions import Selector

    if word == _FILES:
        return _Declared()
    if word.startswith(_GIT):
        if word == _GIT:
            raise ConfigError(f"{_GIT} needs a commit, such as git:HEAD; the work tree is 'files'")
        return _Declared(word.removeprefix(_GIT))
    version = number(word)
    if version is not None:
        return Selector(version=version)
    label = word.removeprefix(_LABEL)
    if not label:
        raise ConfigError(f"{word!r} is nothing to compare: give {_SIDE}")
    return Selector(label=label)


def _named(chosen: Iterable[Selector | _Declared]) -> str | None:
    """Returns the label that a side names; of several variants, the one it deploys is compared."""
    labels = (None if isinstance(side, _Declared) else side.label for side in chosen)
    return next((label for label in labels if label is not None), None)


async def _read(
    client: Client, name: str, chosen: Iterable[Selector | _Declared]
) -> dict[Selector | _Declared, Side]:
    """Read the sides that are in Langfuse, with one GET for each."""
    from langsync.kinds.prompt.contrast import of_version
    from langsync.kinds.prompt.versions import read_version

    sides: dict[Selector | _Declared, Side] = {}
    for side in dict.fromkeys(chosen):
        if isinstance(side, _Declared):
            continue
        answer = await read_version(client, name, side)
        [version] = answer.versions
        if version.resolved:
            notice = f"this server always replaces references: so does v{version.number}"
            console.notice(notice, "yellow")
        sides[side] = of_version(answer, version)
    return sides


@dataclass(frozen=True, slots=True)
class _Files:
    """A prompt as the files declare it.

    Args:
        place: Where to look.
        name: The prompt's name.
        label: The label that the variant must have; None for any.
        hint: The label that is preferred; None for no preference.
    """

    place: Place
    name: str
    label: str | None
    hint: str | None

    def read(self, declared: _Declared) -> Side:
        """One side.

        Raises:
            LangsyncError: There are no such files, no such commit, no such prompt or variant.
        """
        from langsync.engine import workspace as work
        from langsync.kinds.prompt.contrast import of_variant

        config = self.place.config or work.read(None)
        environment = self.place.environment
        if declared.ref:
            from langsync.history import History

            with History.open(config, environment) as history:
                state = history.at(declared.ref, "prompt").state
            title, commit = f"{_GIT}{declared.ref}", _commit(config, declared.ref)
        else:
            from langsync.load import load

            state, title, commit = load(config, environment).state, _FILES, None
        return of_variant(title, *self._find(state, title), commit)

    def _find(self, state: State, title: str) -> tuple[Resource[PromptSpec], PromptVariant]:
        """Find the prompt and its variant in what the files declare."""
        from langsync.kinds.prompt.contrast import chosen
        from langsync.kinds.prompt.state import LATEST
        from langsync.kinds.prompt.versions import near_names
        from langsync.model import Address

        resource = state.get(Address("prompt", self.name))
        where = "no file declares" if title == _FILES else f"{title} does not declare"
        if resource is None:
            near = near_names(
                self.name, (prompt.address.name for prompt in state.of_kind("prompt"))
            )
            hint = f": did you mean {near}?" if near else f": compare with {_SIDE}"
            raise ConfigError(f"{where} prompt {self.name!r}{hint}")
        variant = chosen(resource.content, self.label, self.hint)
        if variant is None:
            labels = [placement or LATEST for placement in resource.content.placements]
            its_labels = f"its labels are {', '.join(labels)}" if labels else "it has none"
            variant_wanted = f"with label {self.label!r} in this environment"
            raise ConfigError(f"{where} prompt {self.name!r} {variant_wanted}: {its_labels}")
        return resource, variant


def _commit(config: Config, ref: str) -> Commit | None:
    """Returns author, date and message of a commit that is known to exist."""
    from langsync.history.commits import FORMAT, parse
    from langsync.source.git import Git

    answer = Git.find(config.root).run("rev-list", "-1", "--encoding=UTF-8", FORMAT, ref, "--")
    lines = answer.out.splitlines()
    return parse(lines[1]).commit if len(lines) > 1 else None


def _show(
    project: Project | None,
    name: str,
    sides: tuple[Side, Side],
    fields: tuple[FieldDifference, ...],
    format: Format,
) -> None:
    from langsync.render.prompts import json, markdown, text

    if format is Format.JSON:
        console.write(json.contrast(project, name, *sides, fields))
    elif format is Format.MARKDOWN:
        console.write(markdown.contrast(project, name, *sides, fields))
    else:
        console.show(text.contrast(project, name, *sides, fields))
