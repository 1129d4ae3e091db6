"""What holds whatever goes wrong: each rule gives the sentences that say how it is broken."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.faults.process import Ended
from tests.faults.proxy import Exchange
from tests.faults.scene import Reference
from tests.faults.state import ServerState

CODES = frozenset({0, 1, 2, 3, 130})
"""The exit codes that are documented."""

MOST_REQUESTS = 40
"""How many times the requests of an undisturbed run a disturbed one may send."""

TRACEBACK = re.compile(r"Traceback \(most recent call last\)|this is a fault of langsync")
"""What an unexpected exception leaves in the output."""


@dataclass(frozen=True, slots=True)
class Run:
    """A command that something went wrong with.

    Args:
        command: Its name, as stories call it.
        ended: How it ended.
        exchanges: The requests that it sent.
        before: What the server held before it.
        after: What the server held after it, everything that was under way included.
        files: The files of the repository after it.
        files_before: The files of the repository before it.
        reference: The same command where nothing goes wrong.
        transparent: Whether it must not even notice what went wrong.
        signal: The signal that it got; 0 for none.
    """

    command: str
    ended: Ended
    exchanges: list[Exchange]
    before: ServerState
    after: ServerState
    files: dict[str, bytes]
    files_before: dict[str, bytes]
    reference: Reference
    transparent: bool = False
    signal: int = 0

    @property
    def printed(self) -> Any:  # noqa: ANN401
        """The JSON on its standard output; None where that is none."""
        try:
            return json.loads(self.ended.out)
        except ValueError:
            return None


def broken(run: Run) -> list[str]:
    """How a run breaks the rules; nothing where it keeps them."""
    rules = (ends, says_no_traceback, keeps_the_keys, loses_no_label, spares_others)
    own = {"apply": (reports_the_truth,), "refused": (writes_nothing, reads_the_truth)}
    more = own.get(run.command, (writes_nothing, reads_the_truth))
    return [text for rule in (*rules, *more) for text in rule(run)]


def ends(run: Run) -> Iterator[str]:
    """A command ends, by itself, after a bounded number of requests."""
    if run.ended.hung:
        yield "it did not end"
    most = MOST_REQUESTS * run.reference.requests
    if len(run.exchanges) > most:
        yield f"it sent {len(run.exchanges)} requests, more than {most}"
    if run.ended.code not in CODES and run.ended.code != -run.signal:
        yield f"it ended with {run.ended.code}"
    if run.ended.code == 1 and not run.ended.err.strip() and not run.printed:
        yield "it failed and did not say why"


def says_no_traceback(run: Run) -> Iterator[str]:
    """Nothing that a server or a proxy sends is unexpected."""
    text = run.ended.err + run.ended.out
    if TRACEBACK.search(text):
        yield f"it failed unexpectedly: {text.strip().splitlines()[-1]}"
    for warning in ("was never awaited", "was never retrieved", "Exception ignored"):
        if warning in text:
            yield f"asyncio complains: {warning}"


def keeps_the_keys(run: Run) -> Iterator[str]:
    """A redirect is not followed: it could carry the keys elsewhere."""
    if any(exchange.request.target.startswith("/elsewhere") for exchange in run.exchanges):
        yield "it followed a redirect"


def loses_no_label(run: Run) -> Iterator[str]:
    """Each label that was on a version is on one, and on no more than one."""
    after = run.after.labels()
    for (address, label), versions in run.before.labels().items():
        count = len(after.get((address, label), ()))
        if count != 1:
            yield f"{address}: the label {label} of v{versions[0]} is on {count} versions"


def spares_others(run: Run) -> Iterator[str]:
    """What is not declared stays as it is."""
    for address, rows in run.before.rows.items():
        if "foreign" in address and run.after.at(address) != rows:
            yield f"{address} is somebody else's and was changed"


def writes_nothing(run: Run) -> Iterator[str]:
    """A command that only reads, or refuses, sends no write."""
    yield from (f"it sent {one}" for one in run.exchanges if one.request.is_write)


def reads_the_truth(run: Run) -> Iterator[str]:
    """A command that only reads fails, or says and writes what it does when nothing goes wrong."""
    expected = run.reference
    if run.ended.code == 1 and not run.transparent:
        if run.files != run.files_before and not _only_parts_of_exports(run):
            yield "it failed and changed files"
        return
    if run.ended.code != expected.ended.code:
        yield f"it ended with {run.ended.code}, undisturbed with {expected.ended.code}"
    elif run.ended.out != expected.ended.out:
        yield f"it said something else than undisturbed: {_first_difference(run)}"
    if run.files != expected.files:
        yield "it wrote other files than undisturbed"


def reports_the_truth(run: Run) -> Iterator[str]:
    """What an apply reports of each change is what became of it."""
    report = run.printed
    if not report or "results" not in report:
        if run.ended.code == 0:
            yield "it ended with 0 and without a report"
        changed = run.after.differences(run.before)
        if changed and run.ended.code not in (130, -run.signal):
            yield f"it reported nothing and wrote {changed}"
        return
    for result in report["results"]:
        yield from _untrue(run, result)
    if (run.ended.code == 0) != all(one["outcome"] == "applied" for one in report["results"]):
        yield f"it ended with {run.ended.code}, its report says {report['summary']}"
    if run.transparent and run.ended.code:
        yield f"it ended with {run.ended.code} for nothing"


def _untrue(run: Run, result: dict[str, Any]) -> Iterator[str]:
    """What is not true of what a report says of one change."""
    address, outcome = result["address"], result["outcome"]
    before, wanted = run.before.at(address), run.reference.after.at(address)
    actual = run.after.at(address)
    said = f"{address} is reported as {outcome} ({result['detail']})"
    allowed = {"applied": [wanted], "unknown": [before, wanted]}.get(outcome, [before])
    begun = outcome in ("failed", "unknown") and "begun and not finished" in result["detail"]
    if actual not in allowed and not begun:
        yield f"{said}, and is {actual}"


def converged(run: Run, again: Ended, plan: Ended, state: ServerState) -> list[str]:
    """How applying again, undisturbed, did not end where the first apply was to end.

    Args:
        run: The disturbed run.
        again: The apply after it.
        plan: The plan after that.
        state: What the server holds in the end.
    """
    problems = []
    if again.code:
        problems.append(f"applying again ended with {again.code}: {again.err.strip()[-600:]}")
    elif plan.code or json.loads(plan.out)["changes"]:
        problems.append(f"a plan after it is not empty: {plan.err.strip()[-600:]}")
    problems += [f"in the end, {text}" for text in state.differences(run.reference.after)]
    return problems


def _only_parts_of_exports(run: Run) -> bool:
    """Whether all that was left behind is what an export resumes from."""
    return (
        run.command == "export"
        and all(
            name.startswith(".") or ".part" in name or name in run.files_before
            for name in run.files
            if name != "rows.jsonl"
        )
        and "rows.jsonl" not in run.files
    )


def _first_difference(run: Run) -> str:
    ours, theirs = run.ended.out.splitlines(), run.reference.ended.out.splitlines()
    for mine, undisturbed in zip(ours, theirs, strict=False):
        if mine != undisturbed:
            return f"{mine.strip()!r}, undisturbed {undisturbed.strip()!r}"
    return f"{len(ours)} lines, undisturbed {len(theirs)}"
