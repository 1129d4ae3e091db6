"""The parts of an export on disk, each complete or absent."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any, Final

import orjson

from langsync.errors import ConfigError, LangsyncError
from langsync.export.job import ExportPart, Job, subtract_periods
from langsync.observability import Period
from langsync.source.files import write_file

if sys.platform != "win32":
    import fcntl

_STATE: Final = "export.json"
_PARTS: Final = "parts-2"
"""Changes whenever another version of langsync could not resume."""

_FIRST: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MS: Final = timedelta(milliseconds=1)


class Parts:
    """A folder beside the target file: the description of the export, and its finished parts.

    The name of a part states its period, so that a list with times can be cut anywhere: the
    missing parts are the periods that no part covers.

    Args:
        target: The file that is made of the parts.
        force: Whether an existing target may be replaced.
    """

    def __init__(self, target: Path, *, force: bool = False) -> None:
        self.target = target
        self.folder = target.with_name(f".{target.name}.parts")
        self.plan: list[ExportPart] = []
        self.begun = False
        self._force = force

    @contextmanager
    def hold(self, *, resume: bool) -> Iterator[None]:
        """Locks the folder for this process while it exports.

        Args:
            resume: Whether an interrupted export is resumed.

        Raises:
            ConfigError: Another process has the lock, an interrupted export is not resumed, or the
                target exists.
        """
        lock = self._lock()
        try:
            self._check(resume=resume)
            yield
        finally:
            if not self.begun and not self.exists():
                shutil.rmtree(self.folder, ignore_errors=True)
            os.close(lock)

    def _lock(self) -> int:
        try:
            self.folder.mkdir(exist_ok=True)
            handle = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise LangsyncError(f"{self.folder} cannot be written: {error.strerror}") from None
        if sys.platform != "win32":
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(handle)
                raise ConfigError(f"another process exports to {self.target} right now") from None
            except OSError:
                pass  # a file system without locks
        return handle

    def _check(self, *, resume: bool) -> None:
        force = self._force
        if self.exists():
            if not resume:
                raise ConfigError(
                    f"an export to {self.target} was interrupted: --resume goes on with it; to "
                    f"begin anew, delete {self.folder}"
                )
            force = force or self._state()["force"]
        if self.target.exists() and not force:
            options = "--resume --force" if self.exists() else "--force"
            raise ConfigError(f"{self.target} is there already: {options} replaces it")

    def exists(self) -> bool:
        """Whether an export was started."""
        return (self.folder / _STATE).is_file()

    def _state(self) -> Mapping[str, Any]:
        file = self.folder / _STATE
        try:
            state: Mapping[str, Any] = orjson.loads(file.read_bytes())
            self.plan = [ExportPart.from_json(document) for document in state[_PARTS]]
            return {name: state[name] for name in ("project", "job", "force")}
        except (OSError, ValueError, LookupError, TypeError, AttributeError):
            raise ConfigError(
                f"{file} is damaged, or of another version of langsync: delete {self.folder} to "
                "begin anew"
            ) from None

    def start(self, job: Job, project: str, plan: Sequence[ExportPart]) -> None:
        """Stores the description of a new export.

        Args:
            job: The export.
            project: Host and id of the project.
            plan: The parts, in the order of the file.
        """
        self.plan = list(plan)
        state = {
            "project": project,
            "job": job.as_json(),
            "force": self._force,
            _PARTS: [part.as_json() for part in plan],
        }
        write_file(self.folder / _STATE, orjson.dumps(state).decode(), private=True)
        self.begun = True

    def resume(self, job: Job, project: str) -> None:
        """Resumes an interrupted export.

        Raises:
            ConfigError: It was the export of something else.
        """
        state = self._state()
        if state["project"] != project or state["job"] != job.as_json():
            raise ConfigError(
                f"what was begun in {self.folder} is the export of something else: "
                f"{_describe(state)}. Repeat its options, or delete the folder"
            )
        self.begun = True

    def missing_parts(self) -> list[ExportPart]:
        """Returns the parts that are still to be read, in the order of the file."""
        periods = self._periods()
        return [
            remaining
            for index, part in enumerate(self.plan)
            for remaining in (
                [part] * (not self._numbered_file(index).exists())
                if part.names
                else map(ExportPart, subtract_periods(part.period, periods))
            )
        ]

    def part_files(self) -> list[Path]:
        """Returns the files of the finished parts, in the order of the target."""
        numbered = [
            self._numbered_file(index) for index, part in enumerate(self.plan) if part.names
        ]
        period_files = [
            self._period_file(*period) for period in sorted(self._periods(), reverse=True)
        ]
        return [file for file in numbered if file.exists()] + period_files

    def _numbered_file(self, number: int) -> Path:
        return self.folder / f"{number:05d}.jsonl"

    def _period_file(self, start: datetime, end: datetime) -> Path:
        first, last = ((time - _FIRST) // _MS for time in (start, end))
        return self.folder / f"{first}_{last}.jsonl"

    def _periods(self) -> list[tuple[datetime, datetime]]:
        """Returns the periods of the finished parts."""
        names = (file.stem.split("_") for file in self.folder.glob("*_*.jsonl"))
        return [(_FIRST + int(first) * _MS, _FIRST + int(last) * _MS) for first, last in names]

    def file(self, part: ExportPart) -> Path:
        """Returns the file of a part, which has one JSON object per line."""
        match part.period:
            case Period(start=datetime() as start, end=datetime() as end):
                return self._period_file(start, end)
        return self._numbered_file(self.plan.index(part))

    @contextmanager
    def open_unfinished(self, part: ExportPart) -> Iterator[IO[bytes]]:
        """Opens a file for an unfinished part.

        Raises:
            LangsyncError: It cannot be written.
        """
        unfinished = self.file(part).with_suffix(".unfinished")
        with _named_in_errors(unfinished), unfinished.open("wb") as file:
            yield file

    def finish(self, unfinished: ExportPart, part: ExportPart) -> None:
        """Turns an unfinished part into a finished one.

        Args:
            unfinished: The part as it was opened.
            part: The part as it was read: its period may be shorter.

        Raises:
            LangsyncError: It cannot be written.
        """
        path = self.file(unfinished).with_suffix(".unfinished")
        with _named_in_errors(path):
            with path.open("rb") as file:
                os.fsync(file.fileno())
            path.replace(self.file(part))

    def lines(self) -> Iterator[bytes]:
        """Yields the rows of all finished parts, in order."""
        for path in self.part_files():
            with path.open("rb") as file:
                yield from file

    def remove(self) -> None:
        """Deletes the folder at once: it is renamed before its files are deleted."""
        renamed = self.folder.with_suffix(".done")
        shutil.rmtree(renamed, ignore_errors=True)
        with suppress(OSError):
            self.folder.rename(renamed)
        shutil.rmtree(renamed, ignore_errors=True)


@contextmanager
def _named_in_errors(file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise LangsyncError(f"{file} cannot be written: {error.strerror}") from error


def _describe(state: Mapping[str, Any]) -> str:
    """Returns the command of an interrupted export."""
    job = state["job"]
    options = [f"export {job['source']}"]
    for name, value in job["filters"].items():
        options += [
            f"--where {name}={item}" for item in ([value] if isinstance(value, str) else value)
        ]
    times = zip(("--from", "--to"), job["period"], strict=True)
    options += [f"{name} {time}" for name, time in times if time]
    options += [f"--shard {job['shard'][0]}/{job['shard'][1]}"] if job["shard"] else []
    return f"{' '.join(options)}, of {state['project']}"
