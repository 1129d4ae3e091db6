"""Slices and shards of a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langsync.errors import ConfigError
from langsync.export import Job
from langsync.export.job import slices
from langsync.observability import Period

TIMES = st.integers(0, 6 * 365 * 86_400_000).map(
    lambda number: datetime(2021, 1, 1, tzinfo=UTC) + timedelta(milliseconds=number)
)


@given(TIMES, st.timedeltas(timedelta(milliseconds=1), timedelta(days=900)), st.integers(1, 20))
def test_slices_and_shards_tile_the_time(start: datetime, long: timedelta, count: int) -> None:
    """Each begins where the one before ends; none is empty; borders are whole milliseconds."""
    long = timedelta(milliseconds=max(1, long // timedelta(milliseconds=1)))
    whole = Period(start, start + long)
    for shards in ([None], [(number, count) for number in range(1, count + 1)]):
        found = [one for shard in shards for one in slices(whole, shard)]
        assert found[0].start == start
        assert found[-1].end == start + long
        for first, second in pairwise(found):
            assert first.end == second.start
        for one in found:
            assert one.start is not None
            assert one.end is not None
            assert one.start < one.end
            assert one.start.microsecond % 1000 == 0


@pytest.mark.parametrize(
    ("shard", "period"),
    [
        ((0, 4), Period(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC))),
        ((5, 4), Period(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC))),
        ((1, 4), Period()),
        ((1, 4), Period(datetime(2026, 1, 1, tzinfo=UTC))),
    ],
)
def test_shards_that_cannot_be(shard: tuple[int, int], period: Period) -> None:
    """Out of range, or of a time that differs from job to job."""
    with pytest.raises(ConfigError, match="--shard"):
        Job("scores", {}, period, shard)
