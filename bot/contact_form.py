"""Reads replies to the contact form: name, e-mail or phone, company or CVR number. Pure.

The escalation has happened before the form asks, so every field can be left out and nothing depends on a right reply: a reply that cannot
be right is asked for once more, then taken as it is or left out. Something typed that is clearly no reply is answered instead.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from stdnum.dk import cvr

from bot.decision import Ladder
from bot.turn import SKIP, Button, FormField, Say, Understanding

EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
PHONE = re.compile(r"(?<![\d+-])(?:(?:\+|00)[1-9]\d{0,2}(?:[ -]?\d{2,4}){2,5}|\d{2}(?: ?\d{2}){3})(?![\d-])")
EIGHT_DIGITS = re.compile(r"(?<!\d)(?:DK[ -]?)?(\d{2}[ .]?\d{2}[ .]?\d{2}[ .]?\d{2})(?!\d)", re.IGNORECASE)
LEFT_OUT = re.compile(
    r"(?:spring(?: den| det)? over|skip(?: it| this)?|nej(?: tak)?|no(?:pe)?(?:,? thank(?:s| you))?"
    r"|ikke nu|not now|pas|ved ikke|ingen|none|[-–.]+)[.!]?",
    re.IGNORECASE,
)
LONGEST = 200
LONGEST_EMAIL = 254
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
    text = " ".join((text or "").split())
    if not text or LEFT_OUT.fullmatch(text):
        return Reply("left_out")
    contact = _contact(asked, text)
    if contact is None and _interrupts(text, understood, ladder):
        return Reply("no_reply")
    if asked == "name":
        return Reply("given", {"name": text[:LONGEST]})
    if contact is not None:
        return Reply("given", contact)
    if asked == "reach":
        return Reply("left_out") if retry else Reply("again")
    if EIGHT_DIGITS.search(text) and not retry:
        return Reply("again")
    return Reply("given", {"company": text[:LONGEST]})


def ask(field_name: FormField, *, retry: bool) -> Say:
    """The question for a field; after a reply that could not be right, the one that says so."""
    again = {"reach": "form_reach_invalid", "company": "form_cvr_invalid"}
    key = again.get(field_name, f"form_{field_name}") if retry else f"form_{field_name}"
    return Say(text=key, buttons=[Button(SKIP, "form_skip")])


def finish(given: list[str]) -> Say:
    return Say(text="form_done" if given else "form_nothing")


def find_email(text: str) -> str | None:
    """The address in ``text``; None also for what is too long to be one (RFC 5321)."""
    found = EMAIL.search(text)
    address = found.group().rstrip(".") if found else ""
    return address if 0 < len(address) <= LONGEST_EMAIL else None


def find_phone(text: str) -> str | None:
    """A Danish number of eight digits, or one with a country code, without spaces."""
    found = PHONE.search(text)
    return re.sub("[ -]", "", found.group()) if found else None


def _contact(asked: FormField, text: str) -> dict[str, str] | None:
    """The contact data that surely stands in ``text``, or None."""
    if asked == "reach":
        found = {"email": find_email(text), "phone": find_phone(text)}
        return {key: value for key, value in found.items() if value} or None
    if asked == "company":
        number = EIGHT_DIGITS.search(text)
        if number and cvr.is_valid(number.group(1)):
            name = re.sub(
                r"\bcvr\b[-. ]?(?:nr|nummer|no|number)?\b[.:]?",
                "",
                text.replace(number.group(), ""),
                flags=re.IGNORECASE,
            )
            name = name.strip(" ,;:-./()")
            return {"cvr": cvr.compact(number.group(1)).replace(".", "")} | (
                {"company": name[:LONGEST]} if name else {}
            )
    return None


def _interrupts(text: str, understood: Understanding, ladder: Ladder) -> bool:
    """Clearly no reply: the model is sure of a matter, and it is a sentence or a question, as names and companies are not."""
    if understood.kind not in INTERRUPTING or not understood.kinds:
        return False
    alarm = understood.kind == "distress"
    sure = understood.kinds[0].confidence >= (ladder.alarm if alarm else ladder.sure)
    return sure and (alarm or text.endswith("?") or len(text.split()) >= 4)
