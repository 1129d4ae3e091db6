"""What a client gets in place of the server's answer."""

from __future__ import annotations

import gzip
import json
import random
import time
from collections.abc import Callable
from typing import Any

from tests.faults import wire
from tests.faults.proxy import Connection
from tests.faults.wire import Answer, answer

Reply = Callable[[Connection, Answer | None], bool]

PAGE = "<!DOCTYPE html><html><body><h1>Please sign in</h1></body></html>"
ENVOY = (
    "upstream connect error or disconnect/reset before headers. "
    "reset reason: connection termination"
)


def says(status: int, body: str = "", kind: str = "text/plain", **headers: str) -> Reply:
    """An answer of somebody on the way; underscores in names of headers are hyphens."""
    made = answer(status, body, kind, **headers)

    def reply(client: Connection, _: Answer | None) -> bool:
        client.send(made.head() + made.body)
        return True

    return reply


def message(status: int, text: str, **headers: str) -> Reply:
    """An error in the form of Langfuse's own."""
    body = json.dumps({"message": text, "error": "Error"})
    return says(status, body, "application/json", **headers)


def reset(client: Connection, _: Answer | None) -> bool:
    """ECONNRESET, and no answer."""
    wire.reset(client.socket)
    return False


def closed(client: Connection, _: Answer | None) -> bool:
    """The end of the connection, and no answer."""
    return False


def stalled(client: Connection, _: Answer | None) -> bool:
    """Nothing at all, until the client has had enough."""
    client.wait_for_client()
    return False


def cut_off(client: Connection, real: Answer | None) -> bool:
    """The head and half of the body, then the end of the connection."""
    shown = real or answer(200, json.dumps({"data": [], "meta": {}}), "application/json")
    client.send(shown.head() + shown.body[: len(shown.body) // 2])
    return False


def half(client: Connection, real: Answer | None) -> bool:
    """Half of the JSON, as if it were all."""
    shown = real or answer(200, json.dumps({"data": [], "meta": {}}), "application/json")
    return _whole(client, shown, shown.body[: len(shown.body) // 2])


def success(body: str, kind: str) -> Reply:
    """A success that says nothing of use."""

    def reply(client: Connection, real: Answer | None) -> bool:
        return _whole(client, answer(real.status if real else 200, kind=kind), body.encode())

    return reply


def slow(seconds: float) -> Reply:
    """The answer, late."""

    def reply(client: Connection, real: Answer | None) -> bool:
        assert real is not None
        time.sleep(seconds)
        client.send(real.head() + real.body)
        return True

    return reply


def drops(client: Connection, real: Answer | None) -> bool:
    """The answer, in small pieces."""
    assert real is not None
    data = real.head() + real.body
    step = max(1, len(data) // 20)
    for start in range(0, len(data), step):
        client.send(data[start : start + step])
        time.sleep(0.001)
    return True


def gzipped(client: Connection, real: Answer | None) -> bool:
    """The answer, compressed."""
    assert real is not None
    return _whole(client, real.with_header("Content-Encoding", "gzip"), gzip.compress(real.body))


def chunked(client: Connection, real: Answer | None) -> bool:
    """The answer, in chunks."""
    assert real is not None
    if not real.body:
        return _whole(client, real, b"")
    shown = real.with_header("Content-Length").with_header("Transfer-Encoding", "chunked")
    pieces = [real.body[at : at + 100] for at in range(0, len(real.body), 100)]
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    client.send(shown.head() + chunks + b"0\r\n\r\n")
    return True


def old_protocol(client: Connection, real: Answer | None) -> bool:
    """The answer in HTTP/1.0, which ends with the connection."""
    assert real is not None
    client.send(real.with_header("Content-Length").head("1.0") + real.body)
    return False


def dated(*dates: str) -> Reply:
    """The answer with other ``Date`` headers."""

    def reply(client: Connection, real: Answer | None) -> bool:
        assert real is not None
        client.send(real.with_header("Date", *dates).head() + real.body)
        return True

    return reply


def redirect(status: int) -> Reply:
    """A redirect to another path of this host, which must not get the keys."""

    def reply(client: Connection, _: Answer | None) -> bool:
        shown = answer(status, Location=f"{client.proxy.url}/elsewhere")
        client.send(shown.head())
        return True

    return reply


def misshapen(seed: int) -> Reply:
    """The answer with JSON of a form that the API never has; of lists a part at random."""

    def reply(client: Connection, real: Answer | None) -> bool:
        assert real is not None
        try:
            body = json.loads(real.body)
        except ValueError:
            return _whole(client, real, b"[3]")
        rng = random.Random(seed)
        return _whole(client, real, json.dumps(_misshape(body, rng)).encode())

    return reply


def _whole(client: Connection, real: Answer, body: bytes) -> bool:
    shown = real.with_header("Content-Length", str(len(body)))
    client.send(shown.head() + body)
    return True


WRONG: dict[str, tuple[Any, ...]] = {
    "data": (None, {}, 3, "x", [None], ["x"], [[]], [3]),
    "meta": (None, [], 3, {}, {"totalItems": "many"}, {"totalItems": None}),
    "name": (None, 3, [], {}),
    "id": (None, 3, [], {}),
    "version": (None, "x", [], {}),
    "versions": (None, "x", 3, ["x"], [None]),
    "labels": (None, "x", 3, [3], [None]),
    "tags": ("x", 3, [3], [None]),
    "type": (None, 3, "sonnet"),
    "prompt": (None, 3, [3], [None]),
    "status": (None, 3, "ASLEEP"),
    "dataType": (None, 3, "COLOR"),
}
"""Keys of answers, and values that they never have."""


def _misshape(body: Any, rng: random.Random) -> Any:  # noqa: ANN401
    """JSON with one thing in it wrong, or missing."""
    if not isinstance(body, dict) or rng.random() < 0.2:
        wrong: list[Any] = [None, 3, "x", True, {}, *([] if body == [] else [[], [3]])]
        return rng.choice(wrong)
    rows = body.get("data")
    if isinstance(rows, list) and rows and rng.random() < 0.6:
        at = rng.randrange(len(rows))
        return {**body, "data": [*rows[:at], _misshape(rows[at], rng), *rows[at + 1 :]]}
    key = rng.choice([key for key in WRONG if key in body] or [*body])
    if rng.random() < 0.4:
        return {name: value for name, value in body.items() if name != key}
    return {**body, key: rng.choice(WRONG.get(key, (None,)))}
