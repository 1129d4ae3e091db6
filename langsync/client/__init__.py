"""HTTP: authentication, retries, rate limits, paging; knows no kinds."""

from langsync.client.client import Client
from langsync.client.options import Options

__all__ = ["Client", "Options"]
