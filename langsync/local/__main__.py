"""``python -m langsync.local``: the embedded server in the foreground, with one project."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from langsync.errors import LangsyncError
from langsync.local import LocalProject, serve


def main() -> None:
    """Serves until the process is interrupted or terminated."""
    default = LocalProject()
    parser = argparse.ArgumentParser(prog="python -m langsync.local", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--data", type=Path, help="a folder or file; in memory without it")
    parser.add_argument("--public-key", default=default.public_key)
    parser.add_argument("--secret-key", default=default.secret_key)
    parser.add_argument("--log", action="store_true", help="a line for each request, on stderr")
    args = parser.parse_args()
    if args.log:
        logging.basicConfig(level=logging.WARNING, format="%(message)s")
        logging.getLogger("langsync.local").setLevel(logging.INFO)
    project = LocalProject(public_key=args.public_key, secret_key=args.secret_key)
    try:
        serve(args.port, projects=[project], data=args.data, log=args.log)
    except LangsyncError as error:
        sys.exit(error.message)


if __name__ == "__main__":
    main()
