"""``python -m tests.mutation --sample 60``: the changes to the code that no test notices."""

from __future__ import annotations

import argparse
import random
import signal
import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.mutation.mutants import Mutant, mutants
from tests.mutation.trial import Outcome, Tree
from tests.mutation.which import MODULES, modules

ROOT = Path(__file__).parents[2]


def main() -> int:
    """Try mutants; 0 also where some survive, as a few change nothing that anybody could notice."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # ends the tests, too
    options = _options()
    found = _mutants(options.modules)
    if options.sample:
        drawn = random.Random(options.seed).sample(found, min(options.sample, len(found)))
        found = sorted(drawn, key=lambda one: (one[0], one[1].start))
    _say(f"{len(found)} mutants")
    outcomes: Counter[Outcome] = Counter()
    with tempfile.TemporaryDirectory(prefix="langsync-mutation-") as folder:
        tree = Tree.copy(ROOT, Path(folder) / "tree", quick=options.quick, limit=options.limit)
        for path, mutant in found:
            outcome = tree.attempt(path, mutant)
            outcomes[outcome] += 1
            if outcome is Outcome.SURVIVED or options.verbose:
                change = mutant.describe((ROOT / path).read_bytes())
                _say(f"{outcome.value:9} {path}:{mutant.line}: {change}")
    _say(", ".join(f"{count} {outcome.value}" for outcome, count in sorted(outcomes.items())))
    return 0


def _mutants(patterns: list[str]) -> list[tuple[str, Mutant]]:
    paths = modules(ROOT, patterns)
    return [(path, one) for path in paths for one in mutants((ROOT / path).read_bytes())]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m tests.mutation", description=__doc__)
    parser.add_argument(
        "--modules",
        nargs="+",
        default=[*MODULES],
        metavar="GLOB",
        help="what to mutate: files below langsync/ (default: %(default)s)",
    )
    parser.add_argument("--sample", type=int, default=0, help="how many mutants (default: all)")
    parser.add_argument("--seed", type=int, default=0, help="which sample")
    parser.add_argument(
        "--limit", type=float, default=600, help="seconds for the tests of one mutant"
    )
    parser.add_argument(
        "--quick", action="store_true", help="leave out tests that go through all stages"
    )
    parser.add_argument("--verbose", action="store_true", help="show what was killed, too")
    return parser.parse_args()


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
