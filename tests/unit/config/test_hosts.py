"""Base URLs in the form in which they are compared: what is compared is what is connected to."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

import pytest

from langsync.config.hosts import parse_base_url, parse_origin

LOOPBACK = {
    "http://localhost": "http://localhost",
    "http://LOCALHOST.:80": "http://localhost",
    "http://127.0.0.1:3030": "http://127.0.0.1:3030",
    "http://127.9.9.9": "http://127.9.9.9",
    "http://2130706433": "http://127.0.0.1",
    "http://0x7f000001": "http://127.0.0.1",
    "http://0x7F.1": "http://127.0.0.1",
    "http://0177.0.0.01": "http://127.0.0.1",
    "http://127.1:8080": "http://127.0.0.1:8080",
    "http://[::1]:3000": "http://[::1]:3000",
    "http://[0:0:0:0:0:0:0:1]": "http://[::1]",
    "http://[::ffff:127.0.0.1]": "http://[::ffff:7f00:1]",
}


@pytest.mark.parametrize(("url", "canonical"), LOOPBACK.items())
def test_every_way_to_write_this_machine_is_one(url: str, canonical: str) -> None:
    """Numbers are read as resolvers read them."""
    origin, path = parse_base_url(url)
    assert origin.is_loopback
    assert not origin.is_insecure
    assert (str(origin).replace("::ffff:127.0.0.1", "::ffff:7f00:1"), path) == (canonical, "")


@pytest.mark.parametrize("url", [one for one in LOOPBACK if one[7].isdigit()])
def test_numbers_are_read_as_resolvers_read_them(url: str) -> None:
    """The system's own, which httpx asks."""
    address = socket.inet_aton(urlsplit(url).hostname or "")
    assert socket.inet_ntoa(address) == parse_origin(url).host


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1.example.com",
        "http://localhost.example.com",
        "http://foo.localhost",
        "http://128.0.0.1",
        "http://0.0.0.0",
        "http://[::]",
        "http://3232235777",
        "http://[::ffff:10.0.0.1]",
        "http://langfuse-web:3000",
        "http://langfuse_web:3000",
    ],
)
def test_no_other_host_is_this_machine(url: str) -> None:
    """However alike it looks."""
    origin = parse_origin(url)
    assert not origin.is_loopback
    assert origin.is_insecure


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("https://langfuse.example.com", "HTTPS://Langfuse.Example.COM:443/"),
        ("https://langfuse.example.com", "https://langfuse.example.com./langfuse"),
        ("https://langfuse.example.com", "langfuse.example.com"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("https://BÜCHER。example", "https://xn--bcher-kva.example"),
        ("http://langfuse-web:80", "http://langfuse-web"),
        ("http://[2001:DB8::0:1]", "http://[2001:db8::1]:80"),
    ],
)
def test_the_same_server_is_equal(first: str, second: str) -> None:
    """Whatever its case, default port, final dot, encoding or path."""
    assert parse_origin(first) == parse_origin(second)


@pytest.mark.parametrize(
    "other",
    [
        "http://langfuse.example.com",
        "https://langfuse.example.com:8443",
        "https://langfuse.example.com.evil.example",
        "https://evil.example/langfuse.example.com",
        "https://xlangfuse.example.com",
        "https://lаngfuse.example.com",  # noqa: RUF001 - a Cyrillic letter
    ],
)
def test_another_server_is_not(other: str) -> None:
    """Scheme and port count."""
    assert parse_origin("https://langfuse.example.com") != parse_origin(other)


@pytest.mark.parametrize(
    "url",
    [
        "https://user@langfuse.example.com",
        "https://evil.example#@langfuse.example.com",
        "https://evil.example\\@langfuse.example.com",
        "https://evil.example\\.langfuse.example.com",
        "https://langfuse.example.com?x",
        "https://langfuse.example.com#x",
        "https://langfuse.example.com?",
        "https://langfuse.exa\tmple.com",
        "https://langfuse.example.com/a b",
        "https://%6c%6fcalhost",
        "https://langfuse..example.com",
        "https://.",
        "https://[::1%25eth0]",
        "https://[::1",
        "https://1.2.3.4.5",
        "https://1.2.3.256",
        "https://example.0x7f",
        "https://99999999999",
        "https://x:0",
        "https://x:99999",
        "https://xn--a",
        "https://１２７.0.0.1",  # noqa: RUF001 - digits of full width
        "https://*.example.com",
        "ftp://x",
        "",
    ],
)
def test_what_could_be_read_in_two_ways_is_refused(url: str) -> None:
    """By whoever parses it next."""
    with pytest.raises(ValueError, match=r"is no|must not hold"):
        parse_base_url(url)


def test_the_path_is_kept() -> None:
    """Without what people copy along."""
    assert parse_base_url("https://x.example/langfuse/api/public/")[1] == "/langfuse"
