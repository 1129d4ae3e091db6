"""``python -m tests.reliability RESULTS``: writes ``langsync/docs/reliability.md``.

RESULTS is what pytest wrote with ``--junitxml`` for ``tests/faults`` and ``tests/hostile``; a run
of the whole suite has it as well. Promises and faults come from the suites themselves, and a test
compares the page with them.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

from tests.faults import invariants, schedule
from tests.faults.stories import STORIES

PAGE = Path(__file__).parents[1] / "langsync" / "docs" / "reliability.md"

RULES: tuple[Callable[..., object], ...] = (
    invariants.ends,
    invariants.says_no_traceback,
    invariants.keeps_the_keys,
    invariants.loses_no_label,
    invariants.spares_others,
    invariants.writes_nothing,
    invariants.reads_the_truth,
    invariants.reports_the_truth,
)

GROUPS = {
    "Refusals of a proxy, before or after Langfuse has done the work": schedule.STATUSES,
    "Successes whose body says nothing, before or after": schedule.BODIES,
    "No answer, before or after": schedule.BREAKS,
    "Langfuse's own answer in another form, which must not even be noticed": schedule.TRANSPARENT,
    "Refusals after which nothing was done": schedule.REFUSED,
}

CASES_BEGIN = "## Cases of the last run\n"


TEMPLATE = """# Reliability

What langsync promises whatever goes wrong, and how each promise is tested. Two suites put faults
between langsync and a server: `tests/faults/` (networks, proxies, crashes, other writers, disks)
and `tests/hostile/` (files, plans, pages and hosts of somebody who means harm). This page is made
by `python -m tests.reliability` from their code and their results.

## Promises

{promises}
- Applying again, with nothing in the way, ends in the declared state; the plan after it is empty.

## Faults

A seed chooses a command, what was deployed before, and which requests meet which of these:

{faults}

Commands: {commands}. Beside the seeds, a crash at each request
(SIGINT, SIGTERM, SIGKILL), pairs of applies, a person's edits while one runs, full disks, folders
that cannot be written, and caches that are broken, newer or locked.

"""


def promises() -> str:
    """The page down to the cases: what holds, and against what."""
    grouped = {name for replies in GROUPS.values() for name in replies}
    others = [name for name in schedule.CLASSES if name.partition("/")[0] not in grouped]
    groups = {**{title: list(replies) for title, replies in GROUPS.items()}, "Others": others}
    commands = sorted({command for story in STORIES.values() for command in story.commands})
    return TEMPLATE.format(
        promises="\n".join(f"- {(rule.__doc__ or '').strip()}" for rule in RULES),
        faults="\n".join(f"- {title}: {_code(names)}." for title, names in groups.items()),
        commands=_code(commands),
    )


def _code(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def cases(results: Path) -> str:
    """A table of how many cases passed, by file of tests.

    Args:
        results: What pytest wrote with ``--junitxml``.
    """
    passed: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    for case in ET.parse(results).iter("testcase"):
        module = case.get("classname", "")
        if module.startswith(("tests.faults.", "tests.hostile.")):
            bad = case.find("failure") is not None or case.find("error") is not None
            (failed if bad else passed)[module] += 1
    rows = [
        f"| `{module.replace('.', '/')}.py` | {passed[module]} | {failed[module]} |\n"
        for module in sorted(passed.keys() | failed.keys())
    ]
    return f"{CASES_BEGIN}\n| Tests | passed | failed |\n|---|---:|---:|\n{''.join(rows)}"


if __name__ == "__main__":
    PAGE.write_text(promises() + cases(Path(sys.argv[1])), encoding="utf-8")
