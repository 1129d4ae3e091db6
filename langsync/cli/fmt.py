"""``langsync fmt``."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from langsync.cli import console
from langsync.cli.option_groups import option
from langsync.cli.options import ConfigOption, TextOrJson, TextOrJsonOption
from langsync.errors import ConfigError, InvalidFilesError, Problem

if TYPE_CHECKING:
    from langsync.config import Config


@dataclass(frozen=True, slots=True)
class FormattedFile:
    """A file and its formatted content.

    Args:
        path: The file.
        old: Its current content.
        new: Its formatted content.
    """

    path: Path
    old: str
    new: str


@dataclass(frozen=True, kw_only=True)
class LayoutOptions:
    """How files are formatted.

    Args:
        check: Whether nothing is written, and the exit code reports changes.
        diff: Whether nothing is written, and changes are shown.
        assign_ids: Whether items get ids.
    """

    check: Annotated[
        bool, option("--check", "Write nothing; exit with 2 if a file would change.")
    ] = False
    diff: Annotated[bool, option("--diff", "Show what changes as a diff; write nothing.")] = False
    assign_ids: Annotated[
        bool,
        option(
            "--assign-ids",
            "Write ids into items that have neither an id nor a key, so that an"
            " edited input stays the same item.",
        ),
    ] = False

    @property
    def writes(self) -> bool:
        """Whether files are written."""
        return not (self.check or self.diff)


def command(
    *,
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="PATH",
            help="The paths of files or folders; what langsync does not read is left out. "
            "By default all files.",
            exists=True,
        ),
    ] = None,
    config: ConfigOption = None,
    layout: LayoutOptions,
    format: TextOrJsonOption = TextOrJson.TEXT,
) -> int:
    """Lay out all YAML files in the same way.

    Keys in the order of the docs, two spaces of indentation, texts of several lines as blocks,
    quotes only where they are needed. Comments stay, and what a file says does not change: a file
    for which that cannot be had is left as it is, with a warning.

    Examples:
        langsync fmt
        langsync fmt --check --diff          # exit code 2 if a file would change
        langsync fmt --assign-ids datasets
    """
    from langsync.cli.assign import with_ids

    configs, chosen = _configs(config, paths), _chosen(paths)
    files = list(_formatted(_files(configs, chosen)))
    if layout.assign_ids:
        files = with_ids(configs, files, chosen)
    changed = [file for file in files if file.old != file.new]
    if format is TextOrJson.JSON:
        from langsync.render import json

        names = [os.path.relpath(file.path) for file in changed]
        console.write(json.result({"changed": names, "written": layout.writes}))
    else:
        for file in changed:
            _show(file, layout)
    if layout.writes:
        _write(changed)
    count, more = len(changed), len(files) - len(changed)
    verb = "changed" if layout.writes else "would change"
    console.notice(f"{count} file{'' if count == 1 else 's'} {verb}, {more} as they should be.")
    return 2 if changed and layout.check else 0


def _configs(config: Path | None, paths: Iterable[Path] | None) -> list[Config]:
    """Returns the ``langsync.yaml`` given, the nearest one, or those of the files."""
    from langsync.engine.workspace import configs_of, read

    if config is not None or not paths:
        return [read(config)]
    return [read(path) for path in configs_of(paths)]


def _chosen(paths: list[Path] | None) -> Callable[[Path], bool]:
    """Returns a test for whether a file is one of these paths, or below one of them."""
    chosen = [path.resolve() for path in paths or ()]
    return lambda path: not chosen or any(map(path.resolve().is_relative_to, chosen))


def _files(
    configs: Iterable[Config], chosen: Callable[[Path], bool]
) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """Yields the files to format, each with the order of its keys."""
    from langsync.config import config_model
    from langsync.kinds import all_kinds, folder, folders

    for config in configs:
        orders = [(config.file, tuple(config_model(folders()).model_fields))]
        for kind in all_kinds().values():
            if kind.folder and kind.model is not None:
                where = config.root / config.folders[kind.folder]
                order = tuple(kind.model.model_fields)
                orders += [(path, order) for path in folder.readable_files(where, config.tree)]
        for path, order in orders:
            if chosen(path):
                yield path, order


def _formatted(files: Iterable[tuple[Path, tuple[str, ...]]]) -> Iterator[FormattedFile]:
    """Format files; a file that cannot be formatted is left unchanged.

    Raises:
        InvalidFilesError: A file is not YAML.
    """
    from langsync.formats import yaml
    from langsync.formats.line_ends import ended_alike
    from langsync.formats.yaml_layout import laid_out
    from langsync.formats.yaml_spans import EditError
    from langsync.source.files import read_raw

    problems: list[Problem] = []
    for path, order in files:
        raw = read_raw(path)
        text = raw.removeprefix("\ufeff").replace("\r\n", "\n")
        try:
            yaml.read(text, os.path.relpath(path))
            yield FormattedFile(path, raw, ended_alike(raw, laid_out(text, order)))
        except InvalidFilesError as error:
            problems += error.problems
        except EditError as error:
            console.notice(f"Warning: {os.path.relpath(path)} is left as it is: {error}", "yellow")
            yield FormattedFile(path, raw, raw)
    if problems:
        raise InvalidFilesError(problems)


def _show(file: FormattedFile, layout: LayoutOptions) -> None:
    from langsync.formats.differences import unified
    from langsync.render.shape import one_line

    name = os.path.relpath(file.path)
    if not layout.diff:
        console.write(f"{'would change' if layout.check else 'changed'}  {one_line(name)}\n")
        return
    old, new = (text.replace("\r", "").split("\n") for text in (file.old, file.new))
    for line in chain((f"--- {name}", f"+++ {name}"), unified(old, new)):
        console.write(f"{one_line(line)}\n")


def _write(changed: Iterable[FormattedFile]) -> None:
    from langsync.source.files import read_raw, write_file

    for file in changed:
        if read_raw(file.path) != file.old:
            raise ConfigError(f"{file.path} was changed while it was looked at: try again")
        write_file(file.path, file.new)
