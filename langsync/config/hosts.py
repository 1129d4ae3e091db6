"""Base URLs of servers, in the one form in which they are compared and connected to."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

import idna

_PORTS = {"https": 443, "http": 80}
_NAME = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")
_UNPRINTABLE = re.compile(r"[\x00-\x20\x7f\\]")
_NUMBER = re.compile(r"0x[0-9a-f]*|[0-9]+")


@dataclass(frozen=True, slots=True)
class ServerOrigin:
    """A server: two URLs with equal origins reach the same one.

    Args:
        scheme: ``https`` or ``http``.
        host: A lower-case name in ASCII, or a canonical IP address without brackets.
        port: The port, also where it is the scheme's default.
    """

    scheme: str
    host: str
    port: int

    @property
    def is_loopback(self) -> bool:
        """Whether it is the machine that langsync runs on."""
        if self.host == "localhost":
            return True
        try:
            address = ipaddress.ip_address(self.host)
        except ValueError:
            return False
        mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
        return (mapped or address).is_loopback

    @property
    def is_insecure(self) -> bool:
        """Whether what is sent can be read in transit: HTTP that leaves this machine."""
        return self.scheme == "http" and not self.is_loopback

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}"


def parse_base_url(url: str) -> tuple[ServerOrigin, str]:
    """Split a server's base URL.

    The URL that is connected to is built from the result, so that the server that was compared is
    the one that is reached: resolvers read ``http://2130706433`` and ``http://0x7f.1`` as 127.0.0.1
    (``inet_aton(3)``), and httpx encodes names by IDNA 2008.

    Args:
        url: The URL.

    Returns:
        The origin, and the path without ``/api/public`` and a final slash; empty or ``/…``.

    Raises:
        ValueError: It is not a base URL; the message follows the word "host".
    """
    if "@" in url:
        raise ValueError("must not hold a user name or password: keys are read from variables")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError(f"{url!r} is no URL") from None
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError(f"{url!r} is no URL: it begins with https:// or http://")
    if _UNPRINTABLE.search(url) or parts.query or parts.fragment or url.endswith(("?", "#")):
        raise ValueError(f"{url!r} is no base URL: it is scheme, name, port and path alone")
    host = _canonical_host(parts.hostname)
    if not host or port == 0:
        raise ValueError(f"{url!r} is no URL: there is no host of this name")
    path = parts.path.rstrip("/").removesuffix("/api/public").rstrip("/")
    return ServerOrigin(parts.scheme, host, port or _PORTS[parts.scheme]), path


def parse_origin(text: str) -> ServerOrigin:
    """The server that a user names, by its base URL or by its bare name, which means HTTPS.

    Raises:
        ValueError: See `parse_base_url`.
    """
    return parse_base_url(text if "://" in text else f"https://{text}")[0]


def _canonical_host(host: str) -> str:
    """A host name or address as it is compared; empty if it is neither."""
    if ":" in host:
        return _canonical_ipv6(host)
    try:
        name = host if host.isascii() else idna.encode(host).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        return ""
    name = name.lower().removesuffix(".")
    if len(name) > 253 or not _NAME.fullmatch(name):
        return ""
    if name.startswith("xn--") or ".xn--" in name:
        try:
            idna.decode(name)
        except (idna.IDNAError, UnicodeError):
            return ""
    numeric = _NUMBER.fullmatch(name.rpartition(".")[2])
    return _canonical_ipv4(name) if numeric else name


def _canonical_ipv6(host: str) -> str:
    try:
        return "" if "%" in host else str(ipaddress.IPv6Address(host))
    except ValueError:
        return ""


def _canonical_ipv4(name: str) -> str:
    """The address that ``inet_aton`` reads in a name of numbers; empty if it is none."""
    parts = name.split(".")
    if len(parts) > 4 or not all(_NUMBER.fullmatch(part) for part in parts):
        return ""
    try:
        *first, last = (_number(part) for part in parts)
    except ValueError:
        return ""
    if any(value > 255 for value in first) or last >= 256 ** (4 - len(first)):
        return ""
    address = sum(value << (8 * (3 - index)) for index, value in enumerate(first)) + last
    return str(ipaddress.IPv4Address(address))


def _number(digits: str) -> int:
    if len(digits) > 12:
        raise ValueError(digits)
    if digits.startswith("0x"):
        return int(digits[2:] or "0", 16)
    return int(digits, 8) if digits.startswith("0") and digits != "0" else int(digits)
