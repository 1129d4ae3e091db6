"""Which version of langsync this is."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("langsync")
except PackageNotFoundError:  # run from a checkout that was never installed
    __version__ = "0+unknown"
