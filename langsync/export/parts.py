"""The parts of an export on disk, each whole or not there at all."""

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
from langsync.export.job import Job, Part, without
from langsync.observability import Period
from langsync.source.files import write_file

if sys.platform != "win32":
    import fcntl

_STATE: Final = "export.json"
_PARTS: Final = "parts-2"
"""Another name where other versions could not go on."""

_FIRST: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MS: Final = timedelta(milliseconds=1)


class Parts:
    """A folder beside the file that is made: what is exported, and the parts that are there.

    The name of a part says what it holds, so that a list with times can be cut anywhere: what is
    missing is the time that no part covers.

    Args:
        target: The file that is made.
        force: Whether it may be replaced if it is there.
    """

    def __init__(self, target: Path, *, force: bool = False) -> None:
        self.target = target
        self.folder = target.with_name(f".{target.name}.parts")
        self.plan: list[Part] = []
        self.begun = False
        self._force = force

    @contextmanager
    def held(self, *, resume: bool) -> Iterator[None]:
        """Keep the folder to this process while it exports.

        Args:
            resume: Whether an export that was interrupted goes on.

        Raises:
            ConfigError: Another process has it, an export was interrupted that is not to go on, or
                the file is there.
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
            words = "--resume --force" if self.exists() else "--force"
            raise ConfigError(f"{self.target} is there already: {words} replaces it")

    def exists(self) -> bool:
        """Whether an export was begun."""
        return (self.folder / _STATE).is_file()

    def _state(self) -> Mapping[str, Any]:
        file = self.folder / _STATE
        try:
            state: Mapping[str, Any] = orjson.loads(file.read_bytes())
            self.plan = [Part.of(one) for one in state[_PARTS]]
            return {name: state[name] for name in ("project", "job", "force")}
        except (OSError, ValueError, LookupError, TypeError, AttributeError):
            raise ConfigError(
                f"{file} is damaged, or of another version of langsync: delete {self.folder} to "
                "begin anew"
            ) from None

    def begin(self, job: Job, project: str, plan: Sequence[Part]) -> None:
        """Keep what is exported.

        Args:
            job: What.
            project: Host and id of the project.
            plan: What it is made of, in the order of the file.
        """
        self.plan = list(plan)
        state = {
            "project": project,
            "job": job.as_json(),
            "force": self._force,
            _PARTS: [one.as_json() for one in plan],
        }
        write_file(self.folder / _STATE, orjson.dumps(state).decode(), private=True)
        self.begun = True

    def go_on(self, job: Job, project: str) -> None:
        """Take up what was begun.

        Raises:
            ConfigError: It was the export of something else.
        """
        state = self._state()
        if state["project"] != project or state["job"] != job.as_json():
            raise ConfigError(
                f"what was begun in {self.folder} is the export of something else: "
                f"{_words(state)}. Repeat its options, or delete the folder"
            )
        self.begun = True

    def missing(self) -> list[Part]:
        """What is not there yet, in the order of the file."""
        done = self._periods()
        return [
            left
            for number, part in enumerate(self.plan)
            for left in (
                [part] * (not self._named(number).exists())
                if part.names
                else map(Part, without(part.period, done))
            )
        ]

    def files(self) -> list[Path]:
        """The parts that are there, in the order of the file."""
        named = [self._named(number) for number, part in enumerate(self.plan) if part.names]
        timed = [self._timed(*one) for one in sorted(self._periods(), reverse=True)]
        return [file for file in named if file.exists()] + timed

    def _named(self, number: int) -> Path:
        return self.folder / f"{number:05d}.jsonl"

    def _timed(self, start: datetime, end: datetime) -> Path:
        first, last = ((time - _FIRST) // _MS for time in (start, end))
        return self.folder / f"{first}_{last}.jsonl"

    def _periods(self) -> list[tuple[datetime, datetime]]:
        """The stretches of time that are there."""
        names = (file.stem.split("_") for file in self.folder.glob("*_*.jsonl"))
        return [(_FIRST + int(first) * _MS, _FIRST + int(last) * _MS) for first, last in names]

    def file(self, part: Part) -> Path:
        """Where a part is, one JSON object on each line."""
        match part.period:
            case Period(start=datetime() as start, end=datetime() as end):
                return self._timed(start, end)
        return self._named(self.plan.index(part))

    @contextmanager
    def writing(self, part: Part) -> Iterator[IO[bytes]]:
        """Write a part under another name.

        Raises:
            LangsyncError: The disk cannot take it.
        """
        unfinished = self.file(part).with_suffix(".unfinished")
        with _told(unfinished), unfinished.open("wb") as file:
            yield file

    def finish(self, written: Part, part: Part) -> None:
        """Let what was written count.

        Args:
            written: The part as its writing began.
            part: What it holds: it may end earlier.

        Raises:
            LangsyncError: The disk cannot take it.
        """
        unfinished = self.file(written).with_suffix(".unfinished")
        with _told(unfinished):
            with unfinished.open("rb") as file:
                os.fsync(file.fileno())
            unfinished.replace(self.file(part))

    def lines(self) -> Iterator[bytes]:
        """The rows of all parts, in order."""
        for path in self.files():
            with path.open("rb") as file:
                yield from file

    def remove(self) -> None:
        """Delete the folder; nobody sees half of it."""
        gone = self.folder.with_suffix(".done")
        shutil.rmtree(gone, ignore_errors=True)
        with suppress(OSError):
            self.folder.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)


@contextmanager
def _told(file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise LangsyncError(f"{file} cannot be written: {error.strerror}") from error


def _words(state: Mapping[str, Any]) -> str:
    """The options of what was begun."""
    job = state["job"]
    words = [f"export {job['source']}"]
    for name, value in job["filters"].items():
        words += [f"--where {name}={one}" for one in ([value] if isinstance(value, str) else value)]
    times = zip(("--from", "--to"), job["period"], strict=True)
    words += [f"{name} {time}" for name, time in times if time]
    words += [f"--shard {job['shard'][0]}/{job['shard'][1]}"] if job["shard"] else []
    return f"{' '.join(words)}, of {state['project']}"
