"""What was read from Langfuse, kept on disk for the next run.

A cache saves requests and is never needed: whatever is wrong with it (a damaged file, a full disk,
a folder that cannot be written, a database that stays locked) makes it forget, and nobody hears of
it. What it promises: a value that it returns is one that was put under that very key and has not
been dropped since. A put may be lost, with the process or the disk; a drop may not, so it is
written at once, and where that fails the whole file is given up.
"""

from langsync.client.cache.disk import MAX_BYTES, Cache, DiskCache, NoCache

__all__ = ["MAX_BYTES", "Cache", "DiskCache", "NoCache"]
