"""langsync: Langfuse prompts and datasets as code."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("langsync")
except PackageNotFoundError:  # run from a checkout that was never installed
    __version__ = "0+unknown"

__all__ = ["__version__"]
