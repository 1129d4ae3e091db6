"""Deploys this repository from a script: `python deploy.py`, with `langsync serve` running.

`langsync apply` does the same; a script can look at the plan first and decide.
"""

import sys
from pathlib import Path

import langsync

MAX_CHANGES = 500
"""More than that is no edit, it is a mistake."""


def main() -> int:
    """Plan, look, apply; gives the exit code."""
    repository = langsync.load(Path(__file__).parent)
    plan = langsync.plan(repository)
    for change in plan.changes:
        if change.address.kind == "prompt":
            print(f"{change.action} {change.address}: {', '.join(change.reasons)}")
    if len(plan.changes) > MAX_CHANGES:
        print(f"{len(plan.changes)} changes: refusing to go on", file=sys.stderr)
        return 1
    try:
        report = langsync.apply(repository, plan)
    except langsync.RefusedError as error:
        print(f"refused: {error}", file=sys.stderr)
        return error.exit_code
    print(f"{report.count(langsync.Outcome.APPLIED)} of {len(report.results)} applied")
    return 0 if report.ok else 1


if __name__ == "__main__":
    sys.exit(main())
