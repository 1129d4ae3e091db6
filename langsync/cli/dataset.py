"""``langsync dataset``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from langsync.cli import complete, console, from_observations
from langsync.cli.option_groups import Only, option
from langsync.cli.options import DetailedExitcodeOption, Format, OutputOptions, PlaceOptions
from langsync.cli.registration import Group, add_command
from langsync.errors import ConfigError

if TYPE_CHECKING:
    from langsync.history.snapshot import Snapshot
    from langsync.model import Address, Change, State

app = typer.Typer(cls=Group, no_args_is_help=True, help="Work with the items of a dataset.")


def diff(
    *,
    name: Annotated[str, typer.Argument(help="The dataset.", autocompletion=complete.datasets)],
    git: Annotated[
        str, option("--git REF", "The commit to compare with: HEAD, main, v1.2.")
    ] = "HEAD",
    detailed_exitcode: DetailedExitcodeOption = False,
    workspace: PlaceOptions,
    output: Annotated[OutputOptions, Only("format", "full")],
) -> int:
    """Compare the items in the files with those of a commit, offline.

    Shows which items were added, changed, archived and taken away, and which fields changed how
    often. Items are told apart by their ids.

    Examples:
        langsync dataset diff qa
        langsync dataset diff qa --git main --detailed-exitcode
    """
    from langsync.model import Address
    from langsync.render import json, markdown, text

    opened = workspace.open()
    address = Address("dataset", name)
    now, snapshot = opened.loaded.state, opened.history.at(git, "dataset")
    then = snapshot.state
    if address not in then:
        _check_snapshot(address, now, snapshot, git)
    if address not in now and address not in then:
        raise ConfigError(f"no file declares {address}, and none did at {git}")
    changes = sorted(_changes(name, then, now), key=lambda change: _ORDER.index(change.action))
    title = f"{address}: from {git} to the files"
    if output.format is Format.JSON:
        console.write(json.between({"dataset": name, "git": git}, changes))
    elif output.format is Format.MARKDOWN:
        console.write(markdown.between(title, changes))
    else:
        console.show(text.between(title, changes, full=output.full))
    return 2 if changes and detailed_exitcode else 0


def _check_snapshot(address: Address, now: State, then: Snapshot, ref: str) -> None:
    """Check whether a dataset missing from a commit may be in a file that is invalid there.

    Raises:
        ConfigError: The file that declares it now was invalid.
    """
    source = now[address].source if address in now else None
    file = source.file if source else ""
    for path, problems in then.problems.items():
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        if path == file:
            raise ConfigError(f"{address} cannot be compared with {ref}: {problems[0]}{more}")
        console.notice(f"not compared, as the file is wrong there: {problems[0]}{more}")


def _changes(name: str, then: State, now: State) -> Iterator[Change]:
    """Yields the items that differ; items with equal digests are not read."""
    from langsync.diff import differences
    from langsync.formats.values import equal
    from langsync.model import Action, Address, Change, fields_of

    dataset = Address("dataset", name)
    differing = {
        candidate for candidate in now.diff_candidates(then) if candidate.kind == "dataset_item"
    }
    differing.update(then.missing_from(now, "dataset_item"))
    for address in sorted(differing):
        old, new = then.get(address), now.get(address)
        if dataset not in (new or then[address]).needs:
            continue
        before = None if old is None else fields_of(old.content)
        after = None if new is None else fields_of(new.content)
        source = None if new is None else new.source
        if before is None or after is None:
            action = Action.DELETE if after is None else Action.CREATE
            yield Change(address, action, before, after, source=source)
        elif not equal(before, after):
            archives = before["status"] != after["status"] == "archived"
            action = Action.ARCHIVE if archives else Action.UPDATE
            fields = differences(before, after)
            yield Change(address, action, before, after, fields, source=source)


_ORDER = ("create", "update", "archive", "delete")


add_command(app, "diff", diff)
add_command(app, "from-observations", from_observations.command)
