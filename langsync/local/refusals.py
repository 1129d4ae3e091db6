"""Error responses, raised as exceptions."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class RefusalError(Exception):
    """An error response of the API.

    Args:
        status: The HTTP status.
        message: ``message`` of the response.
        error: ``error`` of the response: a name, a list of issues, or None for none.
    """

    def __init__(
        self, status: int, message: str, error: str | Sequence[dict[str, object]] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.error = error

    def as_json(self) -> dict[str, object]:
        """Returns the body of the response."""
        body: dict[str, object] = {"message": self.message}
        if self.error is not None:
            body["error"] = self.error
        return body


def not_found(message: str) -> RefusalError:
    """Returns a 404, as recorded: prompt-text-lifecycle 11."""
    return RefusalError(404, message, "LangfuseNotFoundError")


def bad_request(message: str) -> RefusalError:
    """Returns a 400 for a request with a valid shape, as recorded: prompt-text-lifecycle 14."""
    return RefusalError(400, message, "InvalidRequestError")


def conflict(message: str) -> RefusalError:
    """Returns a 409, as recorded: item-ids 4."""
    return RefusalError(409, message, "LangfuseConflictError")


def internal_error(reason: str) -> RefusalError:
    """Returns a 500, as recorded: prompt-bodies 9."""
    return RefusalError(500, "Internal Server Error", reason)


def unstorable_text() -> RefusalError:
    """Returns a 500 for a NUL or a lone surrogate, as recorded: prompt-bodies 9."""
    return internal_error("unsupported Unicode escape sequence")
