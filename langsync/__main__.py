"""``python -m langsync``."""

from langsync.cli import main

if __name__ == "__main__":
    main()
