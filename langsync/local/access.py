"""Which requests the embedded server answers: none of a web page that the user did not name.

A web page can send requests to this machine, and by a name of its own that resolves to 127.0.0.1
(DNS rebinding) it could read the answers, too. What a browser sends on behalf of a page tells it
apart: the name in ``Host``, the page's ``Origin``, ``Sec-Fetch-Site`` (Fetch Metadata), and the
three body types that need no preflight (Fetch, "CORS-safelisted request-header").
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from langsync.config.hosts import Origin, parse_base_url
from langsync.errors import ConfigError
from langsync.local.endpoint import Answer
from langsync.local.refusals import RefusalError

Headers = Iterable[tuple[bytes, bytes]]

_SIMPLE_TYPES: Final = (
    "",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "text/plain",
)
_PREFLIGHT_SECONDS: Final = "600"


@dataclass(frozen=True, slots=True)
class Access:
    """Whose requests are answered, beside those for and from loopback addresses.

    Args:
        hosts: Names and addresses that requests may be sent to.
        origins: Web pages whose scripts may send requests.
    """

    hosts: frozenset[str] = frozenset()
    origins: frozenset[Origin] = frozenset()

    @classmethod
    def of(cls, hosts: Iterable[str] = (), origins: Iterable[str] = ()) -> Access:
        """Read names and origins as a user gives them.

        Args:
            hosts: Names or addresses, without a port; ``0.0.0.0`` and ``::`` add none.
            origins: Such as ``https://app.example:8443``.

        Raises:
            ConfigError: One is no name, or no origin.
        """
        names = {_named(host) for host in hosts}
        return cls(
            frozenset(name for name in names if not is_wildcard(name)),
            frozenset(map(_origin, origins)),
        )

    def check(self, headers: Headers) -> Origin | None:
        """Make sure that a request may be answered.

        Args:
            headers: Names in lower case, and values.

        Returns:
            The origin of the page that sent it; None where no page did.

        Raises:
            RefusalError: 403 for a foreign host or page, 415 for a body of a type that any page
                can send.
        """
        sent = _values(headers)
        self._check_host(sent.get("host", []))
        origin = self._sender(sent)
        _check_type(sent)
        return origin

    def _check_host(self, values: Sequence[str]) -> None:
        host = _parsed(f"http://{values[0]}") if len(values) == 1 else None
        if host is None or not (host.is_loopback or host.host in self.hosts):
            raise _forbidden(
                f"This server does not answer to the host {', '.join(values)!r}: "
                "'langsync serve --allow-host NAME' adds a name"
            )

    def _sender(self, sent: Mapping[str, list[str]]) -> Origin | None:
        values = sent.get("origin", [])
        if values:
            origin = _parsed(values[0]) if len(values) == 1 else None
            if origin is not None and (origin.is_loopback or origin in self.origins):
                return origin
            raise _forbidden(
                f"This server does not answer pages of {', '.join(values)!r}: "
                "'langsync serve --allow-origin ORIGIN' lets them in"
            )
        # Images, scripts, frames and links of another site come without an Origin.
        if "cross-site" in sent.get("sec-fetch-site", []):
            raise _forbidden("This server does not answer other sites' images, scripts and links")
        return None


def is_wildcard(host: str) -> bool:
    """Whether an address to listen on stands for all of the machine's addresses."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_unspecified
    except ValueError:
        return False


def preflight(method: str, headers: Headers, origin: Origin | None) -> Answer | None:
    """The answer to a browser that asks whether a page may send a request; None where none asks.

    Args:
        method: The method of the request.
        headers: Names in lower case, and values.
        origin: The page's origin, which was let in.
    """
    sent = _values(headers)
    asked = sent.get("access-control-request-method")
    if method != "OPTIONS" or origin is None or not asked:
        return None
    allowed = {
        "Access-Control-Allow-Methods": ", ".join(asked),
        "Access-Control-Allow-Headers": ", ".join(sent.get("access-control-request-headers", [])),
        "Access-Control-Max-Age": _PREFLIGHT_SECONDS,
    }
    if "access-control-request-private-network" in sent:  # of Chromium, for pages on the Internet
        allowed["Access-Control-Allow-Private-Network"] = "true"
    return Answer(b"", 204, content_type="", headers={k: v for k, v in allowed.items() if v})


def shared_with(headers: Headers, origin: Origin | None) -> list[tuple[bytes, bytes]]:
    """The headers that let a page read an answer.

    Args:
        headers: Those of the request.
        origin: The page's origin, which was let in; None where no page asked.
    """
    if origin is None:
        return []
    (value,) = (value for name, value in headers if name == b"origin")
    return [
        (b"access-control-allow-origin", value),
        (b"access-control-expose-headers", b"*"),
        (b"vary", b"Origin"),
    ]


def _check_type(sent: Mapping[str, list[str]]) -> None:
    """Refuse a body that a page can send without asking."""
    has_body = "transfer-encoding" in sent or any(
        length.strip("0") for length in sent.get("content-length", [])
    )
    types = sent.get("content-type", [""])
    if has_body and any(kind.partition(";")[0].strip().lower() in _SIMPLE_TYPES for kind in types):
        raise RefusalError(
            415,
            "This server takes no body of this type, which any web page can send: "
            "send Content-Type: application/json",
            "UnsupportedMediaType",
        )


def _forbidden(message: str) -> RefusalError:
    return RefusalError(403, message, "ForbiddenError")


def _values(headers: Headers) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for name, value in headers:
        values.setdefault(name.decode("latin-1"), []).append(value.decode("latin-1").strip())
    return values


def _parsed(url: str) -> Origin | None:
    """The origin that a header names; None where it names none, as ``null`` does."""
    try:
        origin, path = parse_base_url(url)
    except ValueError:
        return None
    return None if path or url.endswith("/") else origin


def _named(host: str) -> str:
    bare = host.strip("[]")
    origin = _parsed(f"http://[{bare}]" if ":" in bare else f"http://{bare}")
    if origin is None or "/" in host:
        raise ConfigError(f"{host!r} is no name of a host: write it without scheme and port")
    return origin.host


def _origin(text: str) -> Origin:
    origin = _parsed(text.rstrip("/"))
    if origin is None:
        raise ConfigError(f"{text!r} is no origin: write it as https://app.example")
    return origin
