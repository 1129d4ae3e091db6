"""The faults there are, and which request is hit by which, by a seed."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass

from tests.faults import replies
from tests.faults.proxy import Exchange, Fault
from tests.faults.replies import ENVOY, PAGE, Reply, message, says

STATUSES: dict[str, Reply] = {
    "408": says(408, "Request Timeout"),
    "425": says(425, "Too Early"),
    "429": says(429, "slow down"),
    "500": message(500, "Internal Server Error"),
    "502": says(502, PAGE, "text/html"),
    "503": says(503, ""),
    "503-envoy": says(503, ENVOY),
    "504": says(504, "stream timeout"),
    "520": says(520, PAGE, "text/html"),
}
"""Refusals of somebody on the way, which do not tell whether the server got the request."""

BODIES: dict[str, Reply] = {
    "empty": replies.success("", "application/json"),
    "text": replies.success("OK", "text/plain"),
    "html": replies.success(PAGE, "text/html"),
    "half": replies.half,
    "cut-off": replies.cut_off,
}
"""Successes that do not say what the server said."""

BREAKS: dict[str, Reply] = {
    "reset": replies.reset,
    "closed": replies.closed,
    "stalled": replies.stalled,
}
"""No answer."""

TRANSPARENT: dict[str, Reply] = {
    "slow": replies.slow(0.05),
    "drops": replies.drops,
    "gzip": replies.gzipped,
    "chunked": replies.chunked,
    "http-1.0": replies.old_protocol,
    "date-without-zone": replies.dated("Sat, 01 Aug 2026 10:00:00"),
    "two-dates": replies.dated("Sat, 01 Aug 2026 10:00:00 GMT", "Sat, 01 Aug 2026 10:00:01 GMT"),
    "no-date": replies.dated(),
}
"""The server's own answer in another form: a client must not even notice."""

REFUSED: dict[str, Reply] = {
    "rate-limit": message(
        429,
        "Rate limit exceeded",
        Retry_After="1",
        X_RateLimit_Limit="100",
        X_RateLimit_Remaining="0",
    ),
    "redirect-301": replies.redirect(301),
    "redirect-302": replies.redirect(302),
    "redirect-303": replies.redirect(303),
    "redirect-307": replies.redirect(307),
    "redirect-308": replies.redirect(308),
}
"""Answers of which everybody knows that the server did nothing."""

UNIQUE = message(400, "Error due to unique constraint failure. Please add a delay")


OF_THE_RUN = re.compile(r"\d{4}-\d\d-\d\dT[^&]*|\bc[a-z0-9]{24}\b")
"""Times and ids in targets, which are others in each run."""


@dataclass(frozen=True, slots=True)
class FaultClass:
    """A kind of fault.

    Args:
        name: ``reset/handled``, or only ``gzip`` where it does not come in two forms.
        fault: The fault.
        reads: Whether reads can meet it.
        writes: Whether writes can meet it.
    """

    name: str
    fault: Fault
    reads: bool = True
    writes: bool = True


def _classes() -> Iterator[FaultClass]:
    for name, reply in {**STATUSES, **BODIES, **BREAKS}.items():
        for handled in (False, True):
            full = f"{name}/{'handled' if handled else 'unhandled'}"
            yield FaultClass(full, Fault(full, handled, reply))
    for name, reply in TRANSPARENT.items():
        yield FaultClass(name, Fault(name, handled=True, reply=reply))
    for name, reply in REFUSED.items():
        yield FaultClass(name, Fault(name, handled=False, reply=reply))
    for handled in (False, True):
        name = f"unique/{'handled' if handled else 'unhandled'}"
        yield FaultClass(name, Fault(name, handled, UNIQUE), reads=False)
    for late in (1, 2):
        name = f"late-{late}"
        yield FaultClass(
            name, Fault(name, handled=False, reply=replies.reset, late=late), reads=False
        )
    for number in range(8):  # parts of answers are chosen by the seed as well
        name = f"misshapen-{number}"
        yield FaultClass(name, Fault(name, handled=True, reply=replies.misshapen(number)))


CLASSES = {one.name: one for one in _classes()}

NOT_YET: dict[str, str] = {}
"""Classes that do not hold today, each with what goes wrong; see `enabled`."""


def enabled() -> list[str]:
    """The names of the classes that hold."""
    return [name for name in CLASSES if name not in NOT_YET]


@dataclass(frozen=True, slots=True)
class Schedule:
    """Which requests are hit by which faults: the same for the same seed.

    What hits a request depends on its method, its target and how often it came, not on its place
    among all: requests at once arrive in any order.

    Args:
        seed: The seed.
        classes: The names of the faults that may happen.
        share: The share of requests that are hit.
        repeats: How often a request is hit that is sent again and again; None for always.
        on: ``reads``, ``writes``, or ``all`` requests.
    """

    seed: int
    classes: tuple[str, ...]
    share: float
    repeats: int | None
    on: str = "all"

    @classmethod
    def of(cls, seed: int, names: list[str]) -> Schedule:
        """The schedule of a seed.

        Args:
            seed: The seed.
            names: The names of the classes to choose from.
        """
        rng = random.Random(f"schedule {seed}")
        chosen = tuple(rng.sample(names, min(len(names), rng.choice((1, 1, 2, 3)))))
        share = rng.choice((0.1, 0.25, 0.5, 1.0))
        repeats = rng.choice((1, 1, 2, 3, None))
        return cls(seed, chosen, share, repeats, rng.choice(("all", "writes", "writes", "reads")))

    def __call__(self, exchange: Exchange) -> Fault | None:
        """The fault that hits a request, if any."""
        request = exchange.request
        if self.on == ("reads" if request.is_write else "writes"):
            return None
        if self.repeats is not None and exchange.occurrence > self.repeats:
            return None
        target = OF_THE_RUN.sub("", request.target)
        rng = random.Random(
            f"{self.seed} {request.method} {target} {request.body!r} {exchange.occurrence}"
        )
        fitting = [
            one.fault
            for one in map(CLASSES.__getitem__, self.classes)
            if (one.writes if request.is_write else one.reads)
        ]
        return rng.choice(fitting) if fitting and rng.random() < self.share else None

    @property
    def is_transparent(self) -> bool:
        """Whether a client must not even notice."""
        return all(name in TRANSPARENT for name in self.classes)

    def __str__(self) -> str:
        often = "always" if self.repeats is None else f"at most {self.repeats} times each"
        return f"{', '.join(self.classes)} on {self.on}, {self.share:.0%}, {often}"
