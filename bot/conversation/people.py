"""What staff do with an inquiry: take, reply, note, give back, hand on, resolve. Rights are checked here, writes happen here."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from bot.conversation.continuing import linked_ids
from bot.conversation.effects import assign, next_number, tell, tell_contact
from bot.conversation.rights import StaffMember, may_act
from bot.conversation.service import Services
from bot.conversation.thread import Thread
from bot.errors import (
    BadInput,
    Forbidden,
    MessageMeanwhile,
    NotActingContact,
    NotFound,
    SameIdOtherText,
    TakenByOther,
    WrongStatus,
)
from bot.knowledge.service import Shown
from bot.lifecycle import STAFF_OUTCOMES, Outcome, Status, check_transition
from bot.routing import Contact
from bot.store import tables as t
from bot.text_input import check
from bot.turn import DialogueState


class People:
    def __init__(self, services: Services):
        self.services = services

    @asynccontextmanager
    async def _acting(self, staff: StaffMember, inquiry_id: str, *, taking: bool = False) -> AsyncIterator[Thread]:
        """The inquiry open for a change by ``staff``; saved at the end, and everyone who looks at it is woken.

        Who would take an inquiry of their area that a colleague of another department just took is told so: TakenByOther.
        """
        async with self.services.database.write() as connection:
            thread = await Thread.load(connection, staff.municipality, inquiry_id, self.services.now())
            if not may_act(staff, thread.row):
                if (
                    taking
                    and thread["status"] == Status.WITH_CONTACT
                    and staff.has("contact")
                    and thread["area"] in staff.areas
                ):
                    raise TakenByOther(await self._name(thread, thread["acting_id"]))
                raise Forbidden
            yield thread
            await thread.save()
        self.services.announce(thread)

    async def take(self, staff: StaffMember, inquiry_id: str, *, from_id: str | None = None) -> dict[str, Any]:
        """``staff`` is owner and acting contact, and the bot is silent. Of simultaneous attempts one wins, the others get
        TakenByOther with the winner's name. ``from_id`` takes a colleague's inquiry: it must still be that colleague's."""
        async with self._acting(staff, inquiry_id, taking=True) as thread:
            if thread["status"] == Status.WITH_CONTACT and (
                from_id is None or from_id != thread["acting_id"] or from_id == staff.id
            ):
                raise TakenByOther(await self._name(thread, thread["acting_id"]))
            await self._take(thread, staff)
        return {**thread.row, **thread.changes}

    async def _take(self, thread: Thread, staff: StaffMember) -> None:
        if thread["status"] != Status.WITH_CONTACT:
            check_transition(thread["status"], Status.WITH_CONTACT)
        person = await self._person(thread, staff.id)
        thread.set(
            status=Status.WITH_CONTACT,
            number=thread["number"] or await next_number(thread),
            outcome=None,  # taking a resolved inquiry reopens it
            resolved_at=None,
            taken_at=thread["taken_at"] or thread.now,
            state={
                **DialogueState.from_json(thread["state"]).to_json(),
                "form_field": None,
            },  # a take-over ends the form
            state_version=thread["state_version"] + 1,
        )
        await assign(thread, Contact(person, person))
        await tell_contact(self.services, thread, Contact(person, person), "taken_over", thread["reply_due_at"])
        await self._audit(thread, staff, "take")

    async def reply(
        self,
        staff: StaffMember,
        inquiry_id: str,
        text: str | None,
        *,
        article: str | None = None,
        client_id: str | None = None,
    ) -> dict[str, Any]:
        """The message is stored and promised to the inquirer's channel. A waiting inquiry is taken by its acting contact's reply.

        With ``article`` it carries that answer's sources and, without a ``text`` of the writer's own, its text. Raises
        NotActingContact, WrongStatus (resolved, or with the bot); the same ``client_id`` returns the same message.
        """
        own = None if text is None and article else check(text or "")
        try:
            async with self._acting(staff, inquiry_id) as thread:
                shown = await self._article(thread, article) if article else Shown("")
                written = own or check(shown.text)
                if before := await self._stored_before(thread, client_id, written.text):
                    return before
                if thread["status"] == Status.RESOLVED:
                    raise WrongStatus
                if thread["acting_id"] != staff.id:
                    raise NotActingContact
                if thread["status"] == Status.WITH_BOT:
                    raise WrongStatus
                if thread["status"] == Status.WAITING:
                    await self._take(thread, staff)
                message = thread.add(
                    "staff",
                    written.text,
                    staff_id=staff.id,
                    client_id=client_id,
                    body=_body(masked=written.count, sources=shown.sources),
                    article=shown.article,
                    article_version=shown.version,
                )
                thread.set(waiting_since=None, reply_due_at=None)
                await self._met(thread)
        except IntegrityError:  # the same client_id twice at once
            async with self._acting(staff, inquiry_id) as thread:
                if before := await self._stored_before(thread, client_id, written.text):
                    return before
            raise
        return message

    async def _article(self, thread: Thread, article: str) -> Shown:
        """The municipality's current text of an article it may use; raises NotFound."""
        here = await self.services.knowledge.of(thread.connection, thread.municipality)
        if here.title(article, "da") is None or article in here.unavailable or "/" not in article:
            raise NotFound
        return here.article(article, thread["language"])

    async def note(self, staff: StaffMember, inquiry_id: str, text: str) -> dict[str, Any]:
        """An internal message that no inquirer sees."""
        async with self._acting(staff, inquiry_id) as thread:
            written = check(text)
            return thread.add("staff", written.text, internal=True, staff_id=staff.id, body=_body(masked=written.count))

    async def give_back(self, staff: StaffMember, inquiry_id: str, *, rev: int | None = None) -> None:
        """The bot answers again; the owner stays the owner. ``rev``: of the thread that ``staff`` saw, here as in all that ends
        it or hands it on. Raises WrongStatus, NotActingContact, MessageMeanwhile when the inquirer wrote since."""
        async with self._acting(staff, inquiry_id) as thread:
            self._check_contact(thread, staff)
            await _check_seen(thread, rev)
            check_transition(thread["status"], Status.WITH_BOT)
            state = DialogueState.from_json(thread["state"])
            state.escalated = state.waiting_told = False
            state.low_confidence = state.unhelpful = 0
            state.form_field = None
            thread.set(
                status=Status.WITH_BOT,
                state=state.to_json(),
                state_version=thread["state_version"] + 1,
                waiting_since=None,
                reply_due_at=None,
            )
            await tell(self.services, thread, "given_back", name=staff.name)
            await self._met(thread)
            await self._audit(thread, staff, "give_back")

    async def hand_on(
        self, staff: StaffMember, inquiry_id: str, to_id: str, note: str = "", *, rev: int | None = None
    ) -> None:
        """``to_id`` is owner and acting contact; the status stays. Raises NotFound for no such active colleague, MessageMeanwhile."""
        async with self._acting(staff, inquiry_id) as thread:
            if thread["status"] not in (Status.WAITING, Status.WITH_CONTACT):
                raise WrongStatus
            if thread["acting_id"] != staff.id and thread["owner_id"] != staff.id and not staff.has("coordinator"):
                raise NotActingContact
            await _check_seen(thread, rev)
            person = await self._person(thread, to_id)
            if to_id == thread["acting_id"] or not set(person["roles"]) & {"contact", "coordinator"}:
                raise BadInput("this colleague cannot take it")
            previous = await self._name(thread, thread["acting_id"])
            thread.set(state_version=thread["state_version"] + 1)
            await assign(thread, Contact(person, person))
            if note.strip():
                written = check(note)
                thread.add("staff", written.text, internal=True, staff_id=staff.id, body=_body(masked=written.count))
            await tell_contact(
                self.services, thread, Contact(person, person), "handed_on", thread["reply_due_at"], previous=previous
            )
            await self._audit(thread, staff, "hand_on", to=to_id)

    async def resolve(self, staff: StaffMember, inquiry_id: str, outcome: str, *, rev: int | None = None) -> None:
        """The inquiry is resolved with ``outcome`` (solved, referred, withdrawn, abuse). Raises BadInput, WrongStatus,
        MessageMeanwhile."""
        if outcome not in STAFF_OUTCOMES:
            raise BadInput("outcome is one of " + ", ".join(STAFF_OUTCOMES))
        async with self._acting(staff, inquiry_id) as thread:
            if thread["status"] == Status.RESOLVED:
                raise WrongStatus
            self._check_contact(thread, staff)
            await _check_seen(thread, rev)
            check_transition(thread["status"], Status.RESOLVED)
            thread.set(
                status=Status.RESOLVED,
                outcome=outcome,
                resolved_at=thread.now,
                waiting_since=None,
                reply_due_at=None,
                state_version=thread["state_version"] + 1,
            )
            shown = self.services.knowledge.text(f"outcome_{outcome}", thread["language"])
            await tell(self.services, thread, "resolved", deliver=outcome != Outcome.ABUSE, outcome=shown)
            await self._met(thread)
            await self._audit(thread, staff, "resolve", outcome=outcome)

    async def revoke_link(self, staff: StaffMember, inquiry_id: str) -> None:
        """No secret link or token given so far opens the inquiry any more; the browser that began it gets a new one by the secret
        with which it did (``Receiving.open``), and a messenger goes on. Raises NotActingContact."""
        async with self._acting(staff, inquiry_id) as thread:
            self._check_contact(thread, staff)
            thread.set(generation=thread["generation"] + 1)
            thread.add("system", "", internal=True, staff_id=staff.id, body={"kind": "link_revoked"})
            # Who has the link of an inquiry is told that of the one that continues it.
            c, linked = (
                t.inquiry.c,
                [other for other in await linked_ids(thread.connection, thread.row) if other != thread.id],
            )
            others = (c.municipality == thread.municipality) & c.id.in_(linked)
            raised = {"generation": c.generation + 1, "rev": c.rev + 1}
            await thread.connection.execute(sa.update(t.inquiry).where(others).values(raised))
            await self._audit(thread, staff, "link_revoked")
        for other in linked:
            self.services.hub.publish(staff.municipality, other)

    def _check_contact(self, thread: Thread, staff: StaffMember) -> None:
        if thread["acting_id"] is None and thread["status"] == Status.WITH_BOT:
            return  # nobody's yet: whoever may act on it
        if thread["acting_id"] != staff.id and not staff.has("coordinator"):
            raise NotActingContact

    async def _stored_before(self, thread: Thread, client_id: str | None, text: str) -> dict[str, Any] | None:
        if client_id is None:
            return None
        m = t.message.c
        found = (
            await thread.connection.execute(
                sa.select(t.message).where(
                    m.municipality == thread.municipality, m.inquiry_id == thread.id, m.client_id == client_id
                )
            )
        ).first()
        if found is None:
            return None
        if found.author != "staff" or found.text != text:
            raise SameIdOtherText
        return dict(found._mapping)

    async def _person(self, thread: Thread, staff_id: str) -> dict[str, Any]:
        c = t.staff.c
        found = (
            await thread.connection.execute(
                sa.select(t.staff).where(c.municipality == thread.municipality, c.id == staff_id, c.active)
            )
        ).first()
        if found is None:
            raise NotFound
        return dict(found._mapping)

    async def _name(self, thread: Thread, staff_id: str | None) -> str:
        c = t.staff.c
        name = await thread.connection.scalar(
            sa.select(c.name).where(c.municipality == thread.municipality, c.id == staff_id)
        )
        return name or ""

    async def _met(self, thread: Thread) -> None:
        """Every open deadline of the inquiry is met."""
        c = t.deadline.c
        await thread.connection.execute(
            sa.update(t.deadline)
            .where(c.municipality == thread.municipality, c.inquiry_id == thread.id, c.met_at.is_(None))
            .values(met_at=thread.now)
        )

    async def _audit(self, thread: Thread, staff: StaffMember, action: str, **detail: str) -> None:
        await thread.connection.execute(
            sa.insert(t.audit),
            {
                "municipality": thread.municipality,
                "staff_id": staff.id,
                "inquiry_id": thread.id,
                "action": action,
                "detail": detail or None,
                "at": thread.now,
            },
        )


async def _check_seen(thread: Thread, rev: int | None) -> None:
    """Raises MessageMeanwhile when the inquirer wrote after ``rev``. None: nobody looked at a thread."""
    if rev is None:
        return
    m = t.message.c
    unseen = sa.select(m.id).where(
        m.municipality == thread.municipality, m.inquiry_id == thread.id, m.author == "inquirer", m.id > rev
    )
    if await thread.connection.scalar(unseen.limit(1)) is not None:
        raise MessageMeanwhile


def _body(*, masked: int, sources: list[dict[str, str]] | None = None) -> dict[str, Any] | None:
    body: dict[str, Any] = {"masked": masked} if masked else {}
    return body | ({"sources": sources} if sources else {}) or None
