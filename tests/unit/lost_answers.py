"""Answers to writes that do not prove what became of them."""

from __future__ import annotations

from dataclasses import replace

from langsync.local import Fault

ENVOY = "upstream connect error or disconnect/reset before headers"
UNIQUE = {"message": "Failed due to unique constraint failure. Please add a delay"}

LOST = {
    "connection": Fault(drop="after"),
    "408": Fault(status=408, body="Request Timeout"),
    "425": Fault(status=425),
    "429": Fault(status=429, body="slow down", headers={"Retry-After": "0.01"}),
    "500 page": Fault(status=500, body="<h1>Internal Server Error</h1>"),
    "502": Fault(status=502, body="<h1>Bad Gateway</h1>"),
    "503": Fault(status=503, body=ENVOY),
    "504": Fault(status=504),
    "524": Fault(status=524, body="error code: 524"),
    "redirect": Fault(status=302, headers={"Location": "https://login.example"}),
    "empty": Fault(status=200, body=""),
    "truncated": Fault(drop="within"),
    "half": Fault(status=200, body='{"id": "1", "na'),
    "page": Fault(status=200, body="<html>Welcome</html>"),
    "other JSON": Fault(status=200, body={"status": "ok"}),
}
"""Answers that prove nothing, and after which a request may still run."""

ENDED = {
    "500": Fault(status=500, body={"message": "deadlock detected"}),
    "unique constraint": Fault(status=400, body=UNIQUE),
}
"""Answers that prove nothing, by which Langfuse says that the request has ended."""

ALL = {**LOST, **ENDED}


def lost_answer(
    name: str, method: str, path: str, *, handled: bool, times: int | None = 1
) -> Fault:
    """A fault that loses answers.

    Args:
        name: How; one of `ALL`.
        method: To which method.
        path: To which paths, as an expression.
        handled: Whether the server handles the request.
        times: To how many requests; None for all.
    """
    fault = replace(ALL[name], method=method, path=path, handled=handled, times=times)
    return replace(fault, drop="before") if fault.drop and not handled else fault
