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
    """``periods``: weekday (0 Monday) to (opens, closes) in local time, several a day. ``closed``: local closing days.

    ``open_anyway``: holidays or customary days on which this municipality is open after all.
    """

    periods: dict[int, tuple[tuple[time, time], ...]]
    closed: frozenset[date] = field(default_factory=frozenset)
    open_anyway: frozenset[date] = field(default_factory=frozenset)

    def periods_on(self, day: date) -> list[tuple[datetime, datetime]]:
        """The open periods of ``day`` in UTC, in order; empty on closing days."""
        if day in self.closed or (day in public_holidays(day.year) and day not in self.open_anyway):
            return []
        return [
            (
                datetime.combine(day, opens, ZONE).astimezone(UTC),
                datetime.combine(day, closes, ZONE).astimezone(UTC),
            )
            for opens, closes in sorted(self.periods.get(day.weekday(), ()))
        ]

    def is_open(self, at: datetime) -> bool:
        return self.closing(at) is not None

    def closing(self, at: datetime) -> datetime | None:
        """When the opening period that ``at`` lies in ends; None while it is closed."""
        periods = self.periods_on(at.astimezone(ZONE).date())
        return next((closes for opens, closes in periods if opens <= at < closes), None)

    def after(self, start: datetime, open_minutes: int) -> datetime:
        """The moment when ``open_minutes`` of opening time have passed since ``start``.

        A municipality without opening hours counts plain time, so that no deadline is ever lost.
        """
        left = timedelta(minutes=open_minutes)
        first = start.astimezone(ZONE).date()
        for offset in range(_SEARCH_DAYS):
            for opens, closes in self.periods_on(first + timedelta(days=offset)):
                begin = max(opens, start)
                if begin >= closes:
                    continue
                if closes - begin >= left:
                    return begin + left
                left -= closes - begin
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
