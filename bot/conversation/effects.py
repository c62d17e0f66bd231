"""What a turn returned becomes rows: replies, dialogue state, contact details, and the hand-over to a person."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from babel.dates import format_datetime
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from bot.calendar import ZONE
from bot.conversation.service import Services, find_municipality, opening_hours
from bot.conversation.thread import Thread
from bot.knowledge.service import MunicipalKnowledge
from bot.lifecycle import Status, check_transition
from bot.routing import Contact, choose_contact
from bot.store import tables as t
from bot.turn import Escalation, Say, TurnResult

_CONTACT_COLUMNS = {
    "name": "contact_name",
    "email": "contact_email",
    "phone": "contact_phone",
    "company": "company",
    "cvr": "cvr",
}
_WITHOUT_DEADLINE = ("contact_changed", "contact_deputy")  # texts that name one, with a wording of their own without it
# The link holds the token, which is never stored: it is put in when an entitled reader asks.
LINK = "{link}"


async def apply_result(services: Services, thread: Thread, result: TurnResult) -> None:
    """The thread holds the turn's replies and effects; the caller has checked that the bot may still speak."""
    escalates = result.escalation if thread["status"] == Status.WITH_BOT else None
    if result.escalation and result.escalation.urgent:
        thread.set(urgent=True)
    language = result.state.language or thread["language"]
    thread.set(state=result.state.to_json(), state_version=thread["state_version"] + 1, language=language)
    # A question whose answer holds the matter names the inquiry; never the inquirer's own words.
    here = await services.knowledge.of(thread.connection, thread.municipality)
    if result.answered and not thread["subject"]:
        thread.set(subject=here.title(result.answered[0].removeprefix("package/"), language) or "")
    area = (result.escalation and result.escalation.area) or result.state.last_area
    if area:
        thread.set(area=area)
    thread.set(**{_CONTACT_COLUMNS[name]: value for name, value in result.contact.items() if name in _CONTACT_COLUMNS})
    before_form = [say for say in result.says if not (say.text or "").startswith("form_")]
    for say in before_form:
        await _say(services, here, thread, say, language, result)
    if escalates:
        await escalate(services, thread, escalates)
    for say in result.says:
        if say not in before_form:
            await _say(services, here, thread, say, language, result)
    if "cvr" in result.contact and thread["status"] == Status.WAITING and not escalates:
        await _route_again(services, thread)


async def _say(
    services: Services, here: MunicipalKnowledge, thread: Thread, say: Say, language: str, result: TurnResult
) -> None:
    knowledge = services.knowledge
    params = {**(await _known(services, thread, say.text) if say.text else {}), **say.params}
    shown = here.render(say, language, params)
    body: dict[str, Any] = {"decision": result.decision}
    if say.text:
        body["kind"] = say.text
    if say.buttons:
        body["buttons"] = [
            {
                "id": b.id,
                "label": knowledge.text(b.label, language) if b.label else here.title(b.id.partition(":")[2], language),
            }
            for b in say.buttons
        ]
    if shown.sources:
        body["sources"] = shown.sources
    if say.feedback:
        body["feedback"] = True
    if LINK in shown.text:
        body["receipt"] = True
    if say.text == "disclosure":
        thread.set(disclosed_at=thread.now)
    thread.add("bot", shown.text, body=body, article=shown.article, article_version=shown.version)


async def escalate(services: Services, thread: Thread, escalation: Escalation) -> None:
    """The inquiry waits for a named person, has a number and a deadline, and the inquirer is told who answers and by when."""
    check_transition(thread["status"], Status.WAITING)
    municipality = await find_municipality(thread.connection, thread.municipality)
    hours = opening_hours(municipality)
    due_at = hours.after(thread.now, municipality["first_reply_minutes"])
    area = escalation.area or thread["area"]
    thread.set(
        status=Status.WAITING,
        number=thread["number"] or await next_number(thread),
        area=area,
        escalated_at=thread["escalated_at"] or thread.now,
        escalation_reason=escalation.reason,
        urgent=thread["urgent"] or escalation.urgent,
        waiting_since=thread.now,
        reply_due_at=due_at,
        subject=thread["subject"] or (services.knowledge.area_name(area, thread["language"]) if area else ""),
    )
    contact = await choose_contact(thread.connection, {**thread.row, **thread.changes}, area, hours, due_at, thread.now)
    if contact:
        await assign(thread, contact)
        await tell_contact(services, thread, contact, "contact_named", due_at, receipt=True)
    await thread.connection.execute(
        sa.insert(t.deadline),
        {
            "municipality": thread.municipality,
            "inquiry_id": thread.id,
            "id": thread.next_rev(),
            "kind": "first_reply",
            "due_at": due_at,
        },
    )


async def tell_contact(
    services: Services,
    thread: Thread,
    contact: Contact,
    key: str,
    due_at: datetime | None,
    *,
    receipt: bool = False,
    **more: str,
) -> None:
    """A system message says who the contact is, and who acts while the owner is absent."""
    language = thread["language"]
    person = contact.acting
    if key == "contact_named" and contact.acting["id"] != contact.owner["id"]:
        key = "contact_deputy"
    params = {
        "name": person["name"],
        "title": local(person["title"], language),
        "department": local(await _department_name(thread, person["department_id"]), language),
        "owner": contact.owner["name"],
        "number": thread["number"] or "",
        "deadline": say_time(due_at, language) if due_at else "",
    } | more
    open_ended = due_at is None and key in _WITHOUT_DEADLINE
    text = services.knowledge.text(f"{key}_open" if open_ended else key, language, **params)
    body: dict[str, Any] = {"kind": key, "staff": person["id"], "due_at": due_at.isoformat() if due_at else None}
    if receipt:
        text += "\n\n" + services.knowledge.text("receipt_link", language, link=LINK)
        body["receipt"] = True
    thread.add("system", text, body=body)


async def _department_name(thread: Thread, department_id: str) -> dict[str, str]:
    c = t.department.c
    name = await thread.connection.scalar(
        sa.select(c.name).where(c.municipality == thread.municipality, c.id == department_id)
    )
    return name or {}


async def assign(thread: Thread, contact: Contact) -> None:
    thread.set(owner_id=contact.owner["id"], acting_id=contact.acting["id"], department_id=contact.department_id)
    await thread.connection.execute(
        sa.update(t.staff)
        .where(t.staff.c.municipality == thread.municipality, t.staff.c.id == contact.owner["id"])
        .values(last_assigned_at=thread.now)
    )


async def _route_again(services: Services, thread: Thread) -> None:
    """A CVR number came while waiting: its key account manager becomes the contact, and the inquirer is told."""
    municipality = await find_municipality(thread.connection, thread.municipality)
    due_at = thread["reply_due_at"] or thread.now
    inquiry = {**thread.row, **thread.changes, "owner_id": None}
    contact = await choose_contact(
        thread.connection, inquiry, thread["area"], opening_hours(municipality), due_at, thread.now
    )
    manager = contact and await thread.connection.scalar(
        sa.select(t.business.c.key_account_manager_id).where(
            t.business.c.municipality == thread.municipality, t.business.c.cvr == thread["cvr"]
        )
    )
    if contact and contact.owner["id"] == manager and contact.owner["id"] != thread["owner_id"]:
        await assign(thread, contact)
        await tell_contact(services, thread, contact, "contact_changed", due_at)


async def tell(services: Services, thread: Thread, key: str, *, deliver: bool = True, **params: str) -> None:
    """A system message of the texts' ``key``; the acting contact's name and the number are known to every text."""
    params = {**await _known(services, thread, key), **params}
    text = services.knowledge.text(key, thread["language"], **params)
    thread.add("system", text, body={"kind": key}, deliver=deliver)


async def _known(services: Services, thread: Thread, key: str) -> dict[str, str]:
    """What a text may name besides its own parameters; the database is asked only where the text names a person."""
    known = {"number": thread["number"] or "", "link": LINK}
    if thread["acting_id"] and "{name}" in services.knowledge.text(key, thread["language"]):
        c = t.staff.c
        name = await thread.connection.scalar(
            sa.select(c.name).where(c.municipality == thread.municipality, c.id == thread["acting_id"])
        )
        known["name"] = name or ""
    return known


async def next_number(thread: Thread) -> str:
    """``2026-000123``: per municipality and year; numbers may skip, never repeat."""
    year = thread.now.astimezone(ZONE).year
    insert = sqlite_insert if thread.connection.dialect.name == "sqlite" else postgresql_insert
    raised = (
        insert(t.number)
        .values(municipality=thread.municipality, year=year, last=1)
        .on_conflict_do_update(index_elements=["municipality", "year"], set_={"last": t.number.c.last + 1})
        .returning(t.number.c.last)
    )
    last = (await thread.connection.execute(raised)).scalar_one()
    return f"{year}-{last:06d}"


def local(texts: dict[str, str], language: str) -> str:
    return texts.get(language) or texts.get("da") or ""


def say_time(at: datetime, language: str) -> str:
    """ "torsdag den 26. november kl. 12.00" or "Thursday 26 November at 12:00", in Danish time."""
    if language == "en":
        return format_datetime(at, "EEEE d MMMM 'at' HH:mm", tzinfo=ZONE, locale="en_GB")
    return format_datetime(at, "EEEE 'den' d. MMMM 'kl'. HH.mm", tzinfo=ZONE, locale="da_DK")
