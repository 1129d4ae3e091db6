"""Caches responses of Langfuse on disk for the next run.

A cache saves requests and is never required: any error (a damaged file, a full disk, a folder that
cannot be written, a database that stays locked) makes it forget its values, and is not reported.
It guarantees that a value that it returns was put under the same key and has not been dropped
since. A put may be lost, with the process or the disk; a drop may not, so it is written
immediately, and if that fails the whole file is discarded.
"""

from langsync.client.cache.disk import MAX_BYTES, Cache, DiskCache, NoCache

__all__ = ["MAX_BYTES", "Cache", "DiskCache", "NoCache"]
