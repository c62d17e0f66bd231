"""Which status of an inquiry may follow which, and the outcomes it can end with. Pure."""

from __future__ import annotations

from enum import StrEnum

from bot.errors import WrongStatus


class Status(StrEnum):
    WITH_BOT = "with_bot"
    WAITING = "waiting"
    WITH_CONTACT = "with_contact"
    RESOLVED = "resolved"


class Outcome(StrEnum):
    CONFIRMED = "confirmed"  # answered by the bot, confirmed
    UNCONFIRMED = "unconfirmed"  # answered by the bot, filed after 24 quiet hours
    SOLVED = "solved"  # by the contact
    REFERRED = "referred"  # to another authority
    WITHDRAWN = "withdrawn"
    ABUSE = "abuse"


STAFF_OUTCOMES = (Outcome.SOLVED, Outcome.REFERRED, Outcome.WITHDRAWN, Outcome.ABUSE)

_FOLLOWS: dict[Status, frozenset[Status]] = {
    Status.WITH_BOT: frozenset({Status.WAITING, Status.WITH_CONTACT, Status.RESOLVED}),
    Status.WAITING: frozenset({Status.WITH_CONTACT, Status.RESOLVED}),
    Status.WITH_CONTACT: frozenset({Status.WITH_BOT, Status.RESOLVED, Status.WAITING}),  # waiting: its contact left
    Status.RESOLVED: frozenset({Status.WITH_CONTACT, Status.WITH_BOT}),
}


def check_transition(before: str, after: str) -> None:
    """Raise :class:`WrongStatus` unless ``after`` may follow ``before``."""
    if Status(after) not in _FOLLOWS[Status(before)]:
        raise WrongStatus(f"{before} -> {after}")


def reopened_status(owner_id: str | None) -> Status:
    """A resolved inquiry comes back at its owner, or at the bot when no person was involved."""
    return Status.WITH_CONTACT if owner_id else Status.WITH_BOT
