"""Reads replies to the contact form: name, e-mail or phone, company or CVR number. Pure.

The escalation has happened before the form asks, so every field can be left out and nothing depends on a right reply: a reply that cannot
be right is asked for once more, then taken as it is or left out. Something typed that is clearly no reply is answered instead.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from bot.decision import Ladder
from bot.details import LONGEST, pick, says_nothing
from bot.turn import SKIP, Button, FormField, Say, Understanding

LEFT_OUT = re.compile(
    r"(?:spring(?: den| det)? over|skip(?: it| this)?|nej(?: tak)?|no(?:pe)?(?:,? thank(?:s| you))?"
    r"|ikke nu|not now|pas|ved ikke|ingen|none|[-–.]+)[.!]?",
    re.IGNORECASE,
)
# What the bot must react to also while it asks for a name; anything else typed then is the reply.
INTERRUPTING = frozenset(
    {"article", "package", "other", "human", "complaint", "case_status", "distress", "out_of_scope"}
)


@dataclass(frozen=True, slots=True)
class Reply:
    """``given``: ``contact`` holds it; ``left_out``; ``again``: cannot be right, ask once more; ``no_reply``: something else was said."""

    outcome: Literal["given", "left_out", "again", "no_reply"]
    contact: dict[str, str] = field(default_factory=dict)


def read_reply(
    asked: FormField, text: str | None, choice: str | None, understood: Understanding, ladder: Ladder, *, retry: bool
) -> Reply:
    """What ``text`` or the button ``choice`` says to the question for ``asked``; ``retry``: it was already asked again."""
    if choice is not None:
        return Reply("left_out") if choice == SKIP else Reply("no_reply")
    text = (text or "").strip()
    if not text or LEFT_OUT.fullmatch(" ".join(text.split())):
        return Reply("left_out")
    details = pick(text, asked)
    contact = details.contact()
    if asked in filled(contact):
        return Reply("given", contact)
    if _interrupts(text, understood, ladder) and not contact and (not retry or _asks_or_alarms(text, understood)):
        return Reply("no_reply")
    if not retry:  # something else may be given than what was asked, which is then asked again
        return Reply("given", contact) if contact else Reply("again")
    line = " ".join(text.split())[:LONGEST]
    return _taken_at_last(asked, line, details.rest, contact)


def _taken_at_last(asked: FormField, line: str, rest: str, contact: dict[str, str]) -> Reply:
    """What was asked twice is not asked a third time: the reply is taken unless it cannot be one."""
    said = rest if contact else line
    if said and asked != "reach" and _can_be_one(said):
        return Reply("given", {**contact, asked: said})
    return Reply("given", contact) if contact else Reply("left_out")


def filled(contact: dict[str, str]) -> list[FormField]:
    """The form's fields that ``contact`` fills."""
    fields: list[tuple[FormField, tuple[str, ...]]] = [
        ("name", ("name",)),
        ("reach", ("email", "phone")),
        ("company", ("company", "cvr")),
    ]
    return [name for name, parts in fields if any(part in contact for part in parts)]


def ask(field_name: FormField, *, retry: bool) -> Say:
    """The question for a field; after a reply that could not be right, the one that says so."""
    again = {"name": "form_name_again", "reach": "form_reach_invalid", "company": "form_cvr_invalid"}
    key = again.get(field_name, f"form_{field_name}") if retry else f"form_{field_name}"
    return Say(text=key, buttons=[Button(SKIP, "form_skip")])


def finish(given: list[str]) -> Say:
    return Say(text="form_done" if given else "form_nothing")


def _can_be_one(text: str) -> bool:
    return not (text.endswith("?") or says_nothing(text))


def _asks_or_alarms(text: str, understood: Understanding) -> bool:
    return text.endswith("?") or understood.kind == "distress"


def _interrupts(text: str, understood: Understanding, ladder: Ladder) -> bool:
    """Clearly no reply: the model is sure of a matter, and it is a sentence or a question, as names and companies are not."""
    if understood.kind not in INTERRUPTING or not understood.kinds:
        return False
    alarm = understood.kind == "distress"
    sure = understood.kinds[0].confidence >= (ladder.alarm if alarm else ladder.sure)
    return sure and (alarm or text.endswith("?") or len(text.split()) >= 4)
