"""HTTP: authentication, retries, rate limits, paging; knows no kinds."""

from langsync.client.client import Client, Options

__all__ = ["Client", "Options"]
