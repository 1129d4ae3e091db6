"""The console script, and ``python -m langsync``."""

from __future__ import annotations

import sys
from typing import NoReturn


def main() -> NoReturn:
    """Run a command; whoever interrupts it while its modules load gets no traceback."""
    try:
        from langsync import cli  # noqa: PLC0415 - that is what takes its time
    except KeyboardInterrupt:
        sys.exit(130)
    cli.main()


if __name__ == "__main__":
    main()
