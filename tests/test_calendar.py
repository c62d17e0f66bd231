from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.calendar import ZONE, OpeningHours, public_holidays, read_periods

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


NIGHT = OpeningHours(read_periods({"4": [["22:00", "02:00"]], "5": [["20:00", "24:00"]]}))
ALWAYS = [
    OpeningHours(read_periods({str(day): [["00:00", end]] for day in range(7)})) for end in ("23:59", "24:00", "00:00")
]
EVENINGS = OpeningHours(
    read_periods({str(day): [["13:00", "16:00"], ["08:00", "12:00"], ["18:30", "01:15"]] for day in range(6)})
)


def test_hours_over_midnight_are_open_on_both_days() -> None:
    # Friday 27 November 2026, 22:00 to Saturday 02:00 Danish time.
    assert NIGHT.is_open(utc(2026, 11, 27, 22)) and NIGHT.is_open(utc(2026, 11, 28, 0, 59))
    assert not NIGHT.is_open(utc(2026, 11, 27, 20, 59)) and not NIGHT.is_open(utc(2026, 11, 28, 1))
    assert NIGHT.after(utc(2026, 11, 28, 0), 30) == utc(2026, 11, 28, 0, 30)
    assert NIGHT.is_open(utc(2026, 11, 28, 22, 59)) and not NIGHT.is_open(utc(2026, 11, 28, 23))


@pytest.mark.parametrize("hours", ALWAYS)
def test_a_whole_day_has_no_hole_at_midnight(hours: OpeningHours) -> None:
    assert hours.is_open(utc(2026, 11, 25, 22, 59))
    assert hours.after(utc(2026, 11, 25, 22, 45), 30) == utc(2026, 11, 25, 23, 15)


@pytest.mark.parametrize(
    "setting",
    [{"7": [["08:00", "12:00"]]}, {"0": [["08:00"]]}, {"0": [["25:00", "26:00"]]}, {"0": [["08:00", "08:00"]]}],
)
def test_a_wrong_setting_is_refused(setting: dict[str, list[list[str]]]) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_periods(setting)


def test_prayer_day_was_a_holiday_until_2023() -> None:
    assert date(2023, 5, 5) in public_holidays(2023)
    assert date(2024, 4, 26) not in public_holidays(2024)


@functools.cache
def holidays_by_hand(year: int) -> set[date]:
    """By Gauss's rule for Easter, and a list of the days around it."""
    a, b, c = year % 19, year // 100, year % 100
    d = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    e = (32 + 2 * (b % 4) + 2 * (c // 4) - d - c % 4) % 7
    f = d + e - 7 * ((a + 11 * d + 22 * e) // 451) + 114
    easter = date(year, f // 31, f % 31 + 1)
    moving = {easter + timedelta(days) for days in (-3, -2, 0, 1, 39, 49, 50)}
    return moving | {date(year, *day) for day in ((1, 1), (6, 5), (12, 24), (12, 25), (12, 26), (12, 31))}


@pytest.mark.parametrize("year", range(2026, 2031))
def test_the_closing_days_are_those_counted_by_hand(year: int) -> None:
    assert public_holidays(year) == holidays_by_hand(year)


def quarters_open(hours: OpeningHours, start: datetime) -> Iterator[datetime]:
    """The ends of the open quarters of an hour after ``start``, looked at one by one on the clock on the wall."""
    at = start
    while True:
        wall = at.astimezone(ZONE)
        minute = wall.hour * 60 + wall.minute
        for back in (0, 1):
            day = wall.date() - timedelta(back)
            if day in holidays_by_hand(day.year):
                continue
            for opens, closes in hours.periods.get(day.weekday(), ()):
                begin, end = opens.hour * 60 + opens.minute, closes.hour * 60 + closes.minute
                end += 1440 * (end <= begin)
                if begin <= minute + 1440 * back < end:
                    break
            else:
                continue
            yield at + timedelta(minutes=15)
            break
        at += timedelta(minutes=15)


STARTS = st.one_of(
    st.integers(0, 4 * 24 * 1826).map(lambda n: utc(2026, 1, 1) + timedelta(minutes=15 * n)),
    st.sampled_from(
        [utc(2027, 3, 27, 20), utc(2027, 10, 30, 20), utc(2026, 12, 30, 22), utc(2028, 12, 23, 22), utc(2030, 6, 4, 20)]
    ),
)


@settings(max_examples=60, deadline=None)
@given(STARTS, st.integers(1, 200), st.sampled_from([WEEK, NIGHT, EVENINGS, ALWAYS[1]]))
def test_adding_opening_time_agrees_with_counting_quarters(start: datetime, quarters: int, hours: OpeningHours) -> None:
    expected = next(itertools.islice(quarters_open(hours, start), quarters - 1, None))
    assert hours.after(start, 15 * quarters) == expected
