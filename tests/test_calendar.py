from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.calendar import OpeningHours, public_holidays

WEEK = OpeningHours(
    {day: ((time(8), time(12)), (time(12, 30), time(16))) for day in range(4)} | {4: ((time(8), time(14)),)}
)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type]


def test_hours_count_only_while_it_is_open() -> None:
    # Thursday 15:00 Danish time: one hour on Thursday, the second on Friday from 08:00.
    assert WEEK.after(utc(2026, 11, 26, 14), 120) == utc(2026, 11, 27, 8)


def test_the_pause_at_noon_does_not_count() -> None:
    assert WEEK.after(utc(2026, 11, 25, 10, 30), 60) == utc(2026, 11, 25, 12)


def test_a_weekend_is_passed_over() -> None:
    assert WEEK.after(utc(2026, 11, 27, 20), 30) == utc(2026, 11, 30, 7, 30)


@pytest.mark.parametrize(
    "day",
    [date(2026, 6, 5), date(2026, 12, 24), date(2026, 12, 25), date(2026, 12, 31), date(2026, 4, 3), date(2026, 5, 14)],
)
def test_danish_holidays_and_customary_days_are_closed(day: date) -> None:
    assert day in public_holidays(day.year)
    assert WEEK.periods_on(day) == []


def test_the_abolished_prayer_day_is_a_working_day() -> None:
    assert date(2026, 5, 1) not in public_holidays(2026)  # Store bededag was abolished from 2024


def test_a_municipality_may_open_on_a_customary_day_and_close_on_another() -> None:
    hours = OpeningHours(
        WEEK.periods, closed=frozenset({date(2026, 11, 25)}), open_anyway=frozenset({date(2026, 6, 5)})
    )
    assert hours.periods_on(date(2026, 6, 5))
    assert not hours.periods_on(date(2026, 11, 25))


def test_summer_time_moves_the_opening_in_utc() -> None:
    assert WEEK.next_opening(utc(2026, 3, 28, 12)) == utc(2026, 3, 30, 6)
    assert WEEK.next_opening(utc(2026, 3, 20, 20)) == utc(2026, 3, 23, 7)


def test_without_opening_hours_plain_time_counts() -> None:
    assert OpeningHours({}).after(utc(2026, 11, 25, 9), 60) == utc(2026, 11, 25, 10)
    assert OpeningHours({}).next_opening(utc(2026, 11, 25, 9)) is None


@given(
    start=st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1)),
    minutes=st.integers(1, 3000),
    more=st.integers(1, 600),
)
def test_a_deadline_lies_in_opening_hours_and_grows_with_its_length(start: datetime, minutes: int, more: int) -> None:
    at = start.replace(tzinfo=UTC)
    due = WEEK.after(at, minutes)
    assert due > at
    assert any(opens < due <= closes for opens, closes in WEEK.periods_on(due.date()))
    assert WEEK.after(at, minutes + more) > due


def test_each_opening_period_closes_by_itself() -> None:
    assert WEEK.closing(utc(2026, 11, 25, 9)) == utc(2026, 11, 25, 11)
    assert WEEK.closing(utc(2026, 11, 25, 11)) is None
    assert WEEK.closing(utc(2026, 11, 25, 11, 30)) == utc(2026, 11, 25, 15)
