"""Times in the console's words are never later than they are."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.staff.words import ago, span

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
MINUTES = {"minut": 1, "time": 60, "dag": 1440, "døgn": 1440, "uge": 10_080, "måned": 43_200, "år": 525_600}


def told(words: str) -> timedelta:
    count, unit = re.search(r"(\d+) (\w+)", words).groups()  # type: ignore[union-attr]
    return timedelta(minutes=int(count) * next(size for name, size in MINUTES.items() if unit.startswith(name)))


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(0.5, "lige nu"), (1.9, "om 1 minut"), (59, "om 59 minutter"), (90, "om 90 minutter"), (119.9, "om 119 minutter"),
     (120, "om 2 timer"), (150, "om 2 timer"), (179, "om 2 timer"), (36 * 60, "om 36 timer"), (60 * 60, "om 2 dage"),
     (71 * 60, "om 2 dage"), (13.9 * 1440, "om 13 dage"), (14 * 1440, "om 2 uger"), (-150, "for 2 timer siden"),
     (-0.5, "lige nu"), (-90, "for 90 minutter siden")],
)  # fmt: skip
def test_a_time_is_told_in_whole_units(minutes: float, words: str) -> None:
    assert ago(NOW + timedelta(minutes=minutes), NOW) == words


@given(st.integers(60, 400 * 86_400))
def test_no_time_is_told_longer_than_it_is_and_none_by_half(seconds: int) -> None:
    delta = timedelta(seconds=seconds)
    for words in (ago(NOW + delta, NOW), ago(NOW - delta, NOW), span(NOW - delta, NOW)):
        assert delta / 1.51 < told(words) <= delta or seconds < 120
