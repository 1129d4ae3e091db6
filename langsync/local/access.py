"""Decides which requests the embedded server answers: none of a web page that is not allowed.

A web page can send requests to this machine, and by a name of its own that resolves to 127.0.0.1
(DNS rebinding) it could read the responses, too. Requests of pages are recognized by the name in
``Host``, the page's ``Origin``, ``Sec-Fetch-Site`` (Fetch Metadata), and the three body types that
need no preflight (Fetch, "CORS-safelisted request-header").
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from langsync.config.hosts import ServerOrigin, parse_base_url
from langsync.errors import ConfigError
from langsync.local.endpoint import Response
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
    """The hosts and origins that are answered, besides loopback addresses.

    Args:
        hosts: Names and addresses that requests may be sent to.
        origins: Origins of web pages that may send requests.
    """

    hosts: frozenset[str] = frozenset()
    origins: frozenset[ServerOrigin] = frozenset()

    @classmethod
    def parse(cls, hosts: Iterable[str] = (), origins: Iterable[str] = ()) -> Access:
        """Parses hosts and origins as users write them.

        Args:
            hosts: Names or addresses, without a port; ``0.0.0.0`` and ``::`` add none.
            origins: Origins such as ``https://app.example:8443``.

        Raises:
            ConfigError: A host or an origin is invalid.
        """
        names = {_host_name(host) for host in hosts}
        return cls(
            frozenset(name for name in names if not is_wildcard(name)),
            frozenset(map(_origin, origins)),
        )

    def check(self, headers: Headers) -> ServerOrigin | None:
        """Checks that a request may be answered.

        Args:
            headers: Names in lower case, and values.

        Returns:
            The origin of the page that sent it; None if no page did.

        Raises:
            RefusalError: 403 for a foreign host or page, 415 for a body of a type that any page
                can send.
        """
        fields = _values(headers)
        self._check_host(fields.get("host", []))
        origin = self._sender(fields)
        _check_type(fields)
        return origin

    def _check_host(self, values: Sequence[str]) -> None:
        host = _parse_origin(f"http://{values[0]}") if len(values) == 1 else None
        if host is None or not (host.is_loopback or host.host in self.hosts):
            raise _forbidden(
                f"This server does not answer to the host {', '.join(values)!r}: "
                "'langsync serve --allow-host NAME' adds a name"
            )

    def _sender(self, fields: Mapping[str, list[str]]) -> ServerOrigin | None:
        values = fields.get("origin", [])
        if values:
            origin = _parse_origin(values[0]) if len(values) == 1 else None
            if origin is not None and (origin.is_loopback or origin in self.origins):
                return origin
            raise _forbidden(
                f"This server does not answer pages of {', '.join(values)!r}: "
                "'langsync serve --allow-origin ORIGIN' lets them in"
            )
        # Images, scripts, frames and links of another site come without an Origin.
        if "cross-site" in fields.get("sec-fetch-site", []):
            raise _forbidden("This server does not answer other sites' images, scripts and links")
        return None


def is_wildcard(host: str) -> bool:
    """Whether an address to listen on means all addresses of the machine."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_unspecified
    except ValueError:
        return False


def preflight(method: str, headers: Headers, origin: ServerOrigin | None) -> Response | None:
    """Returns the response to a preflight request of a browser; None for any other request.

    Args:
        method: The method of the request.
        headers: Names in lower case, and values.
        origin: The origin of the page, which is allowed.
    """
    fields = _values(headers)
    methods = fields.get("access-control-request-method")
    if method != "OPTIONS" or origin is None or not methods:
        return None
    allowed = {
        "Access-Control-Allow-Methods": ", ".join(methods),
        "Access-Control-Allow-Headers": ", ".join(fields.get("access-control-request-headers", [])),
        "Access-Control-Max-Age": _PREFLIGHT_SECONDS,
    }
    # Chromium sends it for pages on the Internet.
    if "access-control-request-private-network" in fields:
        allowed["Access-Control-Allow-Private-Network"] = "true"
    return Response(b"", 204, "", {name: value for name, value in allowed.items() if value})


def cors_headers(headers: Headers, origin: ServerOrigin | None) -> list[tuple[bytes, bytes]]:
    """Returns the headers that allow a page to read a response.

    Args:
        headers: The headers of the request.
        origin: The origin of the page, which is allowed; None if no page sent the request.
    """
    if origin is None:
        return []
    (value,) = (value for name, value in headers if name == b"origin")
    return [
        (b"access-control-allow-origin", value),
        (b"access-control-expose-headers", b"*"),
        (b"vary", b"Origin"),
    ]


def _check_type(fields: Mapping[str, list[str]]) -> None:
    """Refuses a body that a page can send without a preflight request."""
    has_body = "transfer-encoding" in fields or any(
        length.strip("0") for length in fields.get("content-length", [])
    )
    types = fields.get("content-type", [""])
    media_types = {type_.partition(";")[0].strip().lower() for type_ in types}
    if has_body and not media_types.isdisjoint(_SIMPLE_TYPES):
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


def _parse_origin(url: str) -> ServerOrigin | None:
    """Returns the origin in a header; None if there is none, as in ``null``."""
    try:
        origin, path = parse_base_url(url)
    except ValueError:
        return None
    return None if path or url.endswith("/") else origin


def _host_name(host: str) -> str:
    address = host.strip("[]")
    origin = _parse_origin(f"http://[{address}]" if ":" in address else f"http://{address}")
    if origin is None or "/" in host:
        raise ConfigError(f"{host!r} is no name of a host: write it without scheme and port")
    return origin.host


def _origin(text: str) -> ServerOrigin:
    origin = _parse_origin(text.rstrip("/"))
    if origin is None:
        raise ConfigError(f"{text!r} is no origin: write it as https://app.example")
    return origin
