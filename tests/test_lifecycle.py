from __future__ import annotations

import pytest

from bot.errors import WrongStatus
from bot.lifecycle import Status, check_transition, reopened_status

ALLOWED = {
    ("with_bot", "waiting"),
    ("with_bot", "with_contact"),
    ("with_bot", "resolved"),
    ("waiting", "with_contact"),
    ("waiting", "resolved"),
    ("with_contact", "with_bot"),
    ("with_contact", "resolved"),
    ("with_contact", "waiting"),  # its contact left, and there is nobody else
    ("resolved", "with_contact"),
    ("resolved", "with_bot"),
}


@pytest.mark.parametrize("before", list(Status))
@pytest.mark.parametrize("after", list(Status))
def test_only_the_transitions_of_the_lifecycle_are_allowed(before: Status, after: Status) -> None:
    if (before, after) in ALLOWED:
        check_transition(before, after)
    else:
        with pytest.raises(WrongStatus):
            check_transition(before, after)


def test_a_reopened_inquiry_comes_back_at_its_owner_or_at_the_bot() -> None:
    assert reopened_status("byg") is Status.WITH_CONTACT
    assert reopened_status(None) is Status.WITH_BOT
