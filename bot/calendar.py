"""Opening hours of a municipality, and time counted in them. Pure; times in and out are aware UTC."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import holidays

ZONE = ZoneInfo("Europe/Copenhagen")
# Customary closing days of Danish municipalities besides the public holidays.
CUSTOMARY = ((6, 5), (12, 24), (12, 31))
_SEARCH_DAYS = 400


@functools.lru_cache(maxsize=32)
def public_holidays(year: int) -> frozenset[date]:
    """Danish public holidays of ``year``, and the customary closing days."""
    days = set(holidays.country_holidays("DK", years=year))
    return frozenset(days | {date(year, month, day) for month, day in CUSTOMARY})


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """``periods``: weekday (0 Monday) to (opens, closes) in local time, several a day. One that closes no later than it opens goes
    on over midnight; one that closes at 23:59 or 00:00 is open to the end of the day. ``closed``: local closing days.

    ``open_anyway``: holidays or customary days on which this municipality is open after all.
    """

    periods: dict[int, tuple[tuple[time, time], ...]]
    closed: frozenset[date] = field(default_factory=frozenset)
    open_anyway: frozenset[date] = field(default_factory=frozenset)

    def periods_on(self, day: date) -> list[tuple[datetime, datetime]]:
        """The open periods that begin on ``day``, in UTC and in order, joined where they meet; empty on closing days."""
        if day in self.closed or (day in public_holidays(day.year) and day not in self.open_anyway):
            return []
        joined: list[tuple[datetime, datetime]] = []
        for opens, closes in sorted(self.periods.get(day.weekday(), ())):
            begin, end = _utc(day, opens), _end_of(day, opens, closes)
            if joined and begin <= joined[-1][1]:
                joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
            elif begin < end:  # between 02:00 and 03:00 the spring's change of the clock may leave nothing
                joined.append((begin, end))
        return joined

    def is_open(self, at: datetime) -> bool:
        return self.closing(at) is not None

    def closing(self, at: datetime) -> datetime | None:
        """When the opening period that ``at`` lies in ends; None while it is closed."""
        today = at.astimezone(ZONE).date()
        # Yesterday's hours may go on over midnight.
        periods = (*self.periods_on(today - timedelta(days=1)), *self.periods_on(today))
        return next((closes for opens, closes in periods if opens <= at < closes), None)

    def after(self, start: datetime, open_minutes: int) -> datetime:
        """The moment when ``open_minutes`` of opening time have passed since ``start``.

        A municipality without opening hours counts plain time, so that no deadline is ever lost.
        """
        left = timedelta(minutes=open_minutes)
        first = start.astimezone(ZONE).date()
        counted = start  # two days' hours may lie over each other
        for offset in range(-1, _SEARCH_DAYS):
            for opens, closes in self.periods_on(first + timedelta(days=offset)):
                begin = max(opens, counted)
                if begin >= closes:
                    continue
                if closes - begin >= left:
                    return begin + left
                left -= closes - begin
                counted = closes
        return start + timedelta(minutes=open_minutes)

    def next_opening(self, at: datetime) -> datetime | None:
        """When it opens next after ``at``; ``at`` itself while it is open; None when it never does."""
        if self.is_open(at):
            return at
        first = at.astimezone(ZONE).date()
        for offset in range(_SEARCH_DAYS):
            for opens, _ in self.periods_on(first + timedelta(days=offset)):
                if opens >= at:
                    return opens
        return None


def read_periods(setting: dict[str, list[list[str]]]) -> dict[int, tuple[tuple[time, time], ...]]:
    """``{"0": [["08:00", "12:00"], …]}`` as ``OpeningHours.periods``; "24:00" is midnight at the end of the day.

    Raises ValueError, saying what cannot be right."""
    found: dict[int, tuple[tuple[time, time], ...]] = {}
    for day, periods in setting.items():
        if day not in tuple("0123456"):
            raise ValueError(f"opening hours: {day!r} is no weekday from 0 to 6")
        read = []
        for period in periods:
            if len(period) != 2:
                raise ValueError(f"opening hours of weekday {day}: {period!r} is not when it opens and closes")
            opens, closes = _read_time(period[0]), _read_time(period[1])
            if opens == closes != time(0):
                raise ValueError(f"opening hours of weekday {day}: it opens and closes at {period[0]}")
            read.append((opens, closes))
        found[int(day)] = tuple(read)
    return found


def _read_time(text: str) -> time:
    return time(0) if text == "24:00" else time.fromisoformat(text)


def _end_of(day: date, opens: time, closes: time) -> datetime:
    if closes == time(23, 59):
        closes = time(0)  # nobody means that it closes for a minute
    return _utc(day + timedelta(days=closes <= opens), closes)


def _utc(day: date, at: time) -> datetime:
    return datetime.combine(day, at, ZONE).astimezone(UTC)
