"""What is exported: stretches of time, shards, and what has to be the same to go on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langsync.errors import ConfigError
from langsync.export import Job
from langsync.export.job import shard_period, subtract_periods
from langsync.observability import Period

FIRST = datetime(2021, 1, 1, tzinfo=UTC)
MS = timedelta(milliseconds=1)
TIMES = st.integers(0, 6 * 365 * 86_400_000).map(lambda number: FIRST + number * MS)


@given(TIMES, st.timedeltas(MS, timedelta(days=900)), st.integers(1, 20))
def test_shards_tile_the_time(start: datetime, long: timedelta, count: int) -> None:
    """Each begins where the one before ends; borders are whole milliseconds."""
    long = max(1, long // MS) * MS
    whole = Period(start, start + long)
    found = [shard_period(whole, (number, count)) for number in range(1, count + 1)]
    assert shard_period(whole) == whole
    assert (found[0].start, found[-1].end) == (whole.start, whole.end)
    assert all(first.end == second.start for first, second in pairwise(found))
    for one in found:
        assert one.start is not None
        assert one.end is not None
        assert one.start <= one.end
        assert one.start.microsecond % 1000 == 0


@given(st.sets(st.integers(0, 60)), st.data())
def test_what_is_left_and_what_is_done_make_up_the_whole(
    borders: set[int], data: st.DataObject
) -> None:
    """No time is in both."""
    edges = sorted(borders | {0, 60})
    pieces = [(FIRST + first * MS, FIRST + last * MS) for first, last in pairwise(edges)]
    done = [one for one in pieces if data.draw(st.booleans())]
    left = subtract_periods(Period(FIRST, FIRST + 60 * MS), done)
    joined = sorted(done + [(one.start, one.end) for one in left if one.start and one.end])
    assert (joined[0][0], joined[-1][1]) == (FIRST, FIRST + 60 * MS)
    assert all(first[1] == second[0] for first, second in pairwise(joined))
    assert left == sorted(left, key=lambda one: one.start or FIRST, reverse=True)


DAY = Period(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC))


@pytest.mark.parametrize(
    ("shard", "period", "relative"),
    [
        ((0, 4), DAY, ("", "")),
        ((5, 4), DAY, ("", "")),
        ((1, 4), Period(), ("", "")),
        ((1, 4), Period(datetime(2026, 1, 1, tzinfo=UTC)), ("", "")),
        ((1, 4), DAY, ("12m", "")),
        ((1, 4), DAY, ("", "1m")),
    ],
)
def test_shards_that_cannot_be(
    shard: tuple[int, int], period: Period, relative: tuple[str, str]
) -> None:
    """Out of range, or of a time that differs from job to job."""
    with pytest.raises(ConfigError, match="--shard"):
        Job("scores", {}, period, shard, relative)


def test_an_export_is_known_by_what_was_asked_for() -> None:
    """``7d`` is the same request an hour later; the same words of another time are another one."""
    later = Period(*(one and one + timedelta(hours=1) for one in (DAY.start, DAY.end)))
    assert Job("scores", {}, DAY).as_json() != Job("scores", {}, later).as_json()
    week = ("7d", "")
    since = [Job("scores", {}, Period(one.start), None, week) for one in (DAY, later)]
    assert since[0].as_json() == since[1].as_json()
    assert since[0].as_json() != Job("scores", {}, Period(DAY.start)).as_json()
    assert Job("scores").as_json() == Job("scores").as_json()
