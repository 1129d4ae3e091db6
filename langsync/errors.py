"""The errors of langsync.

::

    LangsyncError                  anything that a user should read without a traceback (exit 1)
    ├── ConfigError                langsync.yaml, an environment or the credentials are not usable
    ├── InvalidFilesError          files that declare resources have problems, all of them listed
    ├── MissingExtraError          a feature needs an optional package that is not installed
    ├── PlanFileError              a saved plan cannot be read
    ├── RefusedError               a guard stopped the command; nothing was sent (exit 3)
    │   ├── UntrustedHostError     a file names a server that the user never trusted with keys
    │   └── InsecureHostError      keys would leave this machine unencrypted
    ├── LocalServerError           the embedded server could not start
    ├── LockedError                another process on this machine writes to the same project
    └── ApiError                   a request to Langfuse failed
        ├── ConnectionFailedError  nothing answered: DNS, TLS, refused, timed out
        ├── StoppedError           the user stopped it while it waited; it did nothing
        ├── AnswerLostError        a write was sent, no answer proves what became of it
        ├── UnexpectedAnswerError  something answered that is not Langfuse's API
        ├── UnsafeRequestError     it would do far more than it seems to: nothing was sent
        ├── UnauthorizedError      401
        ├── ForbiddenError         403
        ├── NotFoundError          404
        └── RejectedError          any other refusal
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem in a file.

    Args:
        file: The file as a user would name it, relative to where langsync was started.
        message: What is wrong and what to do about it, without a final period.
        line: Line from 1; 0 where the whole file is meant.
        column: Column from 1; 0 where the whole line is meant.
        code: The rule's code, of what is only worth a look; see `langsync.rules`.
    """

    file: str
    message: str
    line: int = 0
    column: int = 0
    code: str = ""

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"

    @property
    def place(self) -> str:
        """``file:line:column``, as far as it is known."""
        parts = [self.file, *(str(n) for n in (self.line, self.column) if n)]
        return ":".join(parts)


class LangsyncError(Exception):
    """Base of every error that is meant for the user.

    Args:
        message: What is wrong, where, and what to do.
    """

    exit_code = 1

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class ConfigError(LangsyncError):
    """``langsync.yaml``, an environment or the credentials are not usable."""


class InvalidFilesError(LangsyncError):
    """Files that declare resources have problems.

    Args:
        problems: All of them, at least one.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(
            sorted(set(problems), key=lambda p: (p.file, p.line, p.column, p.message))
        )
        super().__init__("\n".join(str(problem) for problem in self.problems))


class MissingExtraError(LangsyncError):
    """A feature needs packages that come with an extra.

    Args:
        feature: What was asked for, as a user would say it.
        extra: The name of the extra to install.
    """

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(
            f"{feature} needs packages that are not installed: pip install 'langsync[{extra}]'"
        )


class PlanFileError(LangsyncError):
    """A saved plan cannot be read."""


class RefusedError(LangsyncError):
    """A guard stopped the command before anything was sent.

    Args:
        reasons: Every reason, at least one.
    """

    exit_code = 3

    def __init__(self, reasons: Sequence[str]) -> None:
        self.reasons = tuple(reasons)
        super().__init__("\n".join(self.reasons))


class UntrustedHostError(RefusedError):
    """A file names a server that the user never trusted with keys.

    Args:
        host: The server, as it is to be trusted.
        named_by: The file that names it.
        variable: The variable that would trust it.
        similar: A trusted server that has the same name, but another scheme or port; or nothing.
    """

    def __init__(self, host: str, named_by: str, variable: str, similar: str = "") -> None:
        self.host = host
        self.named_by = named_by
        but = f" (only {similar}: scheme and port count)" if similar else ""
        reason = (
            f"{named_by} names the host {host}, which you have not trusted with keys{but}: a file "
            f"can name anybody's server. If it is yours, run 'langsync trust "
            f"{command_options(host)}'; where there is no terminal, set {variable}={host}"
        )
        super().__init__([reason])


class InsecureHostError(RefusedError):
    """Keys would leave this machine unencrypted.

    Args:
        host: The server.
        variable: The variable that would allow it.
    """

    def __init__(self, host: str, variable: str) -> None:
        self.host = host
        reason = (
            f"{host} is not encrypted: keys and texts could be read in transit. Use https://, "
            f"or allow it: with --insecure, with 'langsync trust {command_options(host)}', or "
            f"with {variable}={host}"
        )
        super().__init__([reason])


def command_options(host: str) -> str:
    """The arguments of ``langsync trust`` for a host."""
    return f"--insecure {host}" if host.startswith("http:") else host


class LockedError(LangsyncError):
    """Another process on this machine writes to the same project, and did not end in time."""


class LocalServerError(LangsyncError):
    """The embedded server could not start."""


class ApiError(LangsyncError):
    """A request to Langfuse failed.

    Args:
        message: What happened, in the server's words where it gave any.
        status: The HTTP status; 0 where there was no answer.
    """

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status

    @property
    def is_general(self) -> bool:
        """Whether other requests fail as well: because of the server, the network or the keys."""
        return self.status in {401, 502, 503, 504} or self.status >= 520


class ConnectionFailedError(ApiError):
    """Nothing answered: the name is unknown, TLS failed, refused or timed out."""

    @property
    def is_general(self) -> bool:
        """Always."""
        return True


class StoppedError(ApiError):
    """The user stopped the command while the request had to wait: it did nothing so far."""


class AnswerLostError(ApiError):
    """A write was sent, and no answer proves what became of it: it may have been applied.

    Args:
        message: What happened.
        status: The HTTP status of the answer that proves nothing; 0 where none came.
        retry_after: Seconds that the answer asks to wait; 0 where it does not say.
        refusal: What failed, should nothing have been written: Langfuse has answered, so that the
            request no longer runs. None where it may still be under way.
    """

    def __init__(
        self,
        message: str,
        status: int = 0,
        *,
        retry_after: float = 0.0,
        refusal: ApiError | None = None,
    ) -> None:
        super().__init__(message, status)
        self.retry_after = retry_after
        self.refusal = refusal

    @property
    def is_general(self) -> bool:
        """Unless Langfuse has answered."""
        return self.refusal is None

    def with_advice(self, advice: str) -> AnswerLostError:
        """The same error, saying how to find out what became of the write."""
        text = f"{self}. {advice}"
        return AnswerLostError(
            text, self.status, retry_after=self.retry_after, refusal=self.refusal
        )


class UnexpectedAnswerError(ApiError):
    """Something answered that is not Langfuse's API: a proxy, a login page, other JSON."""


class UnsafeRequestError(ApiError):
    """A request would do more than it seems to: an empty filter, a path that leads elsewhere."""


class UnauthorizedError(ApiError):
    """401: the keys are unknown to this host."""


class ForbiddenError(ApiError):
    """403: this is not allowed, by the keys, the plan or the server's setup."""


class NotFoundError(ApiError):
    """404 from the API."""


class RejectedError(ApiError):
    """Any other answer of 400 and above."""
