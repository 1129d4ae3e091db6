"""``python -m tests.fuzz TARGET``: one target under atheris, from its corpus.

Needs ``pip install -e '.[fuzz]'``. Ends with 0 when the time is up, and with another code at the
first input that fails, which is in ``.fuzz/`` then: put it into the corpus with the fix.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["langsync", "ruamel"]):
    from tests.fuzz.targets import TARGETS, corpus

TOP = Path(__file__).parents[2]


def main() -> None:
    """Run a target; it never returns."""
    options = _options()
    grown = TOP / ".fuzz" / options.target
    grown.mkdir(parents=True, exist_ok=True)
    words = [
        sys.argv[0],
        f"-max_total_time={options.seconds}",
        f"-artifact_prefix={grown.parent}/{options.target}-",
        "-max_len=4096",
        "-timeout=60",
        str(grown),
        str(corpus(options.target)),
    ]
    check = TARGETS[options.target]

    def run(data: bytes) -> None:
        try:
            check(data)
        except BaseException:  # atheris itself may be stopped while it writes
            (grown.parent / f"{options.target}-failed").write_bytes(data)
            raise

    atheris.Setup(words, run)
    atheris.Fuzz()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m tests.fuzz", description=__doc__)
    parser.add_argument("target", choices=[*TARGETS])
    parser.add_argument("--seconds", type=int, default=60, help="how long (default: 60)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
