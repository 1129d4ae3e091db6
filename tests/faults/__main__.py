"""``python -m tests.faults --seeds 1000``: many seeds, and how to run a failing one again."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.faults.scene import COMMANDS, world
from tests.faults.schedule import CLASSES, NOT_YET
from tests.faults.trial import Trial, attempt


def main() -> int:
    """Run seeds; 1 where one fails."""
    options = _options()
    classes = [*CLASSES] if options.all else options.classes
    failed: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder, world(Path(folder)) as scene:
        for seed in range(options.start, options.start + options.seeds):
            if seed % 25 == 0:
                sys.stderr.write(f"seed {seed}\n")
            trial = Trial.of(seed, classes, options.command)
            verdict = attempt(scene, trial)
            if options.verbose or verdict.problems:
                _say(str(verdict) if options.verbose else verdict.trial)
            if verdict.problems:
                failed.update(trial.schedule.classes)
                for problem in verdict.problems:
                    _say(f"  - {problem[:600]}")
                _say(f"  again: python -m tests.faults --seeds 1 --start {seed} {_same(options)}")
    _say(
        f"{options.seeds} seeds from {options.start}: {sum(failed.values())} faults in failing ones"
    )
    for name, count in failed.most_common():
        _say(f"  {count:4} {name}{' (not yet enabled)' if name in NOT_YET else ''}")
    return 1 if failed else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m tests.faults", description=__doc__)
    parser.add_argument("--seeds", type=int, default=100, help="how many")
    parser.add_argument("--start", type=int, default=0, help="the first one")
    parser.add_argument(
        "--classes",
        nargs="*",
        default=[],
        choices=sorted(CLASSES),
        metavar="CLASS",
        help="only these faults",
    )
    parser.add_argument("--all", action="store_true", help="faults that are not yet enabled, too")
    parser.add_argument("--command", default="", choices=["", *COMMANDS], help="only this command")
    parser.add_argument("--verbose", action="store_true", help="show requests and output")
    return parser.parse_args()


def _same(options: argparse.Namespace) -> str:
    words = ["--verbose"]
    words += ["--all"] if options.all else []
    words += ["--command", options.command] if options.command else []
    words += ["--classes", *options.classes] if options.classes else []
    return " ".join(words)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
