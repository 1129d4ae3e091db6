"""The parts of an export on disk, each whole or not there at all."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final

import orjson

from langsync.errors import ConfigError, LangsyncError
from langsync.export.job import Job, Part
from langsync.formats.files import write_file

_STATE: Final = "export.json"
_VERSION: Final = 1


class Parts:
    """A folder beside the file that is made: what is exported, and the parts that are there.

    Args:
        target: The file that is made.
    """

    def __init__(self, target: Path) -> None:
        self.folder = target.with_name(f".{target.name}.parts")
        self.parts: list[Part] = []

    def exists(self) -> bool:
        """Whether an export was begun."""
        return (self.folder / _STATE).is_file()

    def begin(self, job: Job, project: str, parts: Sequence[Part]) -> None:
        """Keep what is exported.

        Args:
            job: What.
            project: Host and id of the project.
            parts: Its parts, in the order of the file.
        """
        self.parts = list(parts)
        state = {
            "version": _VERSION,
            "project": project,
            "job": job.as_json(),
            "parts": [one.as_json() for one in parts],
        }
        write_file(self.folder / _STATE, orjson.dumps(state).decode(), private=True)

    def go_on(self, job: Job, project: str) -> None:
        """Take up what was begun.

        Raises:
            ConfigError: It was the export of something else.
        """
        try:
            state: Mapping[str, Any] = orjson.loads((self.folder / _STATE).read_bytes())
            same = state["version"] == _VERSION and state["project"] == project
            same = same and state["job"] == job.as_json()
            self.parts = [Part.of(one) for one in state["parts"]]
        except (OSError, ValueError, LookupError, TypeError):
            same = False
        if not same:
            raise ConfigError(
                f"what was begun in {self.folder} is the export of something else: repeat its "
                "options, or delete the folder"
            )

    def missing(self) -> list[int]:
        """The numbers of the parts that are not there."""
        return [number for number in range(len(self.parts)) if not self.file(number).exists()]

    def file(self, number: int) -> Path:
        """Where a part is, one JSON object on each line."""
        return self.folder / f"{number:05d}.jsonl"

    @contextmanager
    def writing(self, number: int) -> Iterator[IO[bytes]]:
        """Write a part, whole or not at all.

        Raises:
            LangsyncError: The disk cannot take it.
        """
        unfinished = self.file(number).with_suffix(".unfinished")
        try:
            with unfinished.open("wb") as file:
                yield file
            unfinished.replace(self.file(number))
        except OSError as error:
            raise LangsyncError(f"{unfinished} cannot be written: {error.strerror}") from error

    def lines(self) -> Iterator[bytes]:
        """The rows of all parts, in order."""
        for number in range(len(self.parts)):
            with self.file(number).open("rb") as file:
                yield from file

    def remove(self) -> None:
        """Delete the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)
