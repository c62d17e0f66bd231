"""From the inquirer inwards: open an inquiry, receive a message or a press of a button, record feedback.

A message is masked and stored, with the turn that will answer it, in one short transaction; understanding happens after it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.conversation.attendance import keep_contact
from bot.conversation.continuing import find_written, going_on, is_offered, new_inquiry
from bot.conversation.effects import tell
from bot.conversation.service import Services, find_municipality, opening_hours
from bot.conversation.thread import Thread, find_inquiry
from bot.conversation.tokens import hashed, same_token
from bot.conversation.turns import TurnRunner
from bot.errors import BadToken, NotFound, SameIdOtherText, UnknownChoice
from bot.lifecycle import Outcome, Status, reopened_status
from bot.store import tables as t
from bot.text_input import check
from bot.turn import HELPFUL, NONE_OF_THESE, PERSON, SKIP, UNHELPFUL

_CHOICE = re.compile(rf"(?:article|package):[a-z0-9_/]{{1,80}}|{PERSON}|{NONE_OF_THESE}|{SKIP}|{HELPFUL}|{UNHELPFUL}")
_CHOICE_TEXTS = {
    PERSON: "talk_to_person",
    NONE_OF_THESE: "clarify_none",
    SKIP: "form_skip",
    HELPFUL: "yes",
    UNHELPFUL: "no",
}
# "tak" and the like never reopen a resolved inquiry and start no deadline (docs/domain.md).
_THANKS = re.compile(
    r"\W*(?:(?:mange|tusind|1000|selv|super|ok|okay|fint|perfekt|dejligt)\W+)*"
    r"(?:tak|takker|thanks?|thank you|thx|ok|okay|super|fint|perfekt|dejligt|great|perfect|[👍🙏😊👌🙌❤])"
    r"(?:\W+(?:for|skal|du|i|jer|dig|have|det|din|jeres|hjælp|hjælpen|svar|svaret|så|meget|so|much|a|lot|the|help|hilsen|mvh|vh))*\W*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Opened:
    inquiry: dict[str, Any]
    token: str
    created: bool


@dataclass(frozen=True, slots=True)
class Received:
    """``inquiry`` is another than the one written to when that was closed for good and a linked one was started."""

    inquiry: dict[str, Any]
    message: dict[str, Any]
    created: bool
    linked: bool = False


class Receiving:
    def __init__(self, services: Services, turns: TurnRunner):
        self.services = services
        self.turns = turns

    async def access_by_token(self, connection: AsyncConnection, inquiry_id: str, token: str) -> dict[str, Any]:
        """The inquiry the token was made for; raises BadToken, also for an id that does not exist."""
        inquiry = await find_inquiry(connection, inquiry_id)
        if inquiry is None or not same_token(token, self.services.token_of(inquiry)):
            raise BadToken
        if self.services.now() - inquiry["last_message_at"] > timedelta(days=self.services.settings.link_days):
            raise BadToken
        return inquiry

    async def open(
        self,
        code: str,
        *,
        channel: str,
        client_id: str | None = None,
        language: str | None = None,
        identity: str | None = None,
    ) -> Opened:
        """An inquiry exists for ``client_id``; the same one returns the same inquiry and token. ``identity`` names the same
        inquirer again ("telegram:<user id>", or a secret of the browser, of which the hash is stored)."""
        services = self.services
        client_hash = hashed(services.key, "client", client_id) if client_id else None
        async with services.database.read() as connection:
            await find_municipality(connection, code)
            if found := await self._by_client(connection, code, client_hash):
                return Opened(found, services.token_of(found), False)
        now = services.now()
        row = new_inquiry(code, channel=channel, language=language, client_hash=client_hash, identity=identity, now=now)
        try:
            async with services.database.write() as connection:
                await connection.execute(sa.insert(t.inquiry), row)
        except IntegrityError:  # two tabs opened at once
            async with services.database.read() as connection:
                if found := await self._by_client(connection, code, client_hash):
                    return Opened(found, services.token_of(found), False)
            raise
        return Opened(row, services.token_of(row), True)

    async def receive(
        self,
        municipality: str,
        inquiry_id: str,
        *,
        text: str | None = None,
        choice: str | None = None,
        client_id: str | None = None,
        channel: str = "web",
        removed: int = 0,
        check_new: Callable[[], None] = lambda: None,
    ) -> Received:
        """The message is stored and a turn will answer it, unless a person has the inquiry. The caller has checked the right.
        ``removed``: so many CPR numbers were masked in ``text`` before, where the channel stored it as it came. ``check_new``
        raises where one more inquiry, which continues this one, would be too many.

        Raises EmptyText, TextTooLong, UnknownChoice; SameIdOtherText when ``client_id`` came before with another text.
        """
        masked = check(text, removed=removed) if choice is None else None
        if choice is not None and not _CHOICE.fullmatch(choice):
            raise UnknownChoice
        services, now = self.services, self.services.now()
        leased = False
        try:
            async with services.database.write() as connection:
                written_to = thread = await Thread.load(connection, municipality, inquiry_id, now)
                # The constraint of one inquiry does not see the others that continue it.
                if thread["status"] == Status.RESOLVED or thread["previous_id"]:
                    said = masked.text if masked else None
                    if before := await self._stored_before(connection, thread.row, client_id, said, choice):
                        return before
                if choice and not await is_offered(connection, thread.row, choice):
                    raise UnknownChoice
                thread = await going_on(services, thread, check_new)
                linked = thread is not written_to
                label = await self._label(connection, municipality, choice, thread["language"]) if choice else ""
                shown = masked.text if masked else label
                body: dict[str, Any] = {"choice": choice} if choice else {}
                if masked and masked.count:
                    body["masked"] = masked.count
                message = thread.add("inquirer", shown, channel=channel, body=body or None, client_id=client_id)
                if masked and masked.count:
                    await tell(services, thread, "cpr_masked")
                await self._reopen(thread, shown, choice)
                if thread["status"] in (Status.WITH_BOT, Status.WAITING):
                    lease = now + timedelta(seconds=services.settings.turn_lease_s)
                    leased = thread.ask_turn(
                        message_id=message["id"], choice=choice, leased_by=services.process_id, leased_until=lease
                    )
                if thread["status"] in (Status.WAITING, Status.WITH_CONTACT):
                    await self._promise_next_reply(connection, thread, shown, choice)
                await thread.save()
        except IntegrityError:
            said = masked.text if masked else None
            async with services.database.read() as connection:
                inquiry = await find_inquiry(connection, inquiry_id)
                if inquiry and (before := await self._stored_before(connection, inquiry, client_id, said, choice)):
                    return before
            raise
        inquiry = {**thread.row, **thread.changes}
        services.announce(thread)
        if leased:
            self.turns.start(inquiry, thread.turns[-1], message)
        return Received(inquiry, message, True, linked)

    async def feedback(self, municipality: str, inquiry_id: str, seq: int, helped: bool) -> dict[str, Any]:
        """The answer is marked; the first "yes" confirms the inquiry, the first "no" offers what is next. Raises NotFound."""
        services, now = self.services, self.services.now()
        leased = False
        async with services.database.write() as connection:
            thread = await Thread.load(connection, municipality, inquiry_id, now)
            m = t.message.c
            here = (m.municipality == municipality) & (m.inquiry_id == inquiry_id) & (m.seq == seq)
            found = (await connection.execute(sa.select(t.message).where(here))).first()
            if found is None or found.author != "bot" or not (found.body or {}).get("feedback"):
                raise NotFound
            message = dict(found._mapping)
            if message["helped"] is not helped:
                first = message["helped"] is None
                message |= {"helped": helped, "rev": thread.next_rev()}
                await connection.execute(sa.update(t.message).where(here).values(helped=helped, rev=message["rev"]))
                if first and thread["status"] == Status.WITH_BOT:
                    if helped:
                        thread.add(
                            "bot",
                            services.knowledge.text("thanks_feedback", thread["language"]),
                            body={"kind": "thanks"},
                        )
                        if thread["open_turns"] == 0:
                            thread.set(status=Status.RESOLVED, outcome=Outcome.CONFIRMED, resolved_at=now)
                    else:
                        lease = now + timedelta(seconds=services.settings.turn_lease_s)
                        leased = thread.ask_turn(
                            message_id=None, choice=UNHELPFUL, leased_by=services.process_id, leased_until=lease
                        )
                await thread.save()
        services.announce(thread)
        if leased:
            self.turns.start({**thread.row, **thread.changes}, thread.turns[-1], None)
        return message

    async def _label(self, connection: AsyncConnection, municipality: str, choice: str, language: str) -> str:
        kind, _, key = choice.partition(":")
        knowledge = self.services.knowledge
        if key:
            title = (await knowledge.of(connection, municipality)).title(key, language)
        else:
            title = knowledge.text(_CHOICE_TEXTS[kind], language)
        if title is None:
            raise UnknownChoice
        return title

    async def _reopen(self, thread: Thread, text: str, choice: str | None) -> None:
        """A resolved inquiry is open again, unless the text is mere thanks; one with people is with somebody who works here."""
        reopens = thread["status"] == Status.RESOLVED and not (choice is None and _THANKS.fullmatch(text))
        if reopens:
            thread.set(status=reopened_status(thread["owner_id"]), outcome=None, resolved_at=None)
        if thread["status"] in (Status.WAITING, Status.WITH_CONTACT):
            await keep_contact(self.services, thread)
        if reopens and thread["status"] == Status.WITH_CONTACT:
            await tell(self.services, thread, "reopened")

    async def _promise_next_reply(
        self, connection: AsyncConnection, thread: Thread, text: str, choice: str | None
    ) -> None:
        """A reply is owed within the municipality's time, unless one is already or the text is mere thanks."""
        if thread["reply_due_at"] is not None:
            return
        if choice is None and _THANKS.fullmatch(text) and not await _was_asked(connection, thread):
            return
        municipality = await find_municipality(connection, thread.municipality)
        due_at = opening_hours(municipality).after(thread.now, municipality["next_reply_minutes"])
        thread.set(waiting_since=thread.now, reply_due_at=due_at)
        await connection.execute(
            sa.insert(t.deadline),
            {
                "municipality": thread.municipality,
                "inquiry_id": thread.id,
                "id": thread.next_rev(),
                "kind": "next_reply",
                "due_at": due_at,
            },
        )

    async def _stored_before(
        self,
        connection: AsyncConnection,
        inquiry: dict[str, Any],
        client_id: str | None,
        text: str | None,
        choice: str | None,
    ) -> Received | None:
        """What came of the same message before, wherever it was stored; None for a new one. Raises SameIdOtherText."""
        written = await find_written(connection, inquiry, client_id) if client_id else None
        if written is None:
            return None
        holder, found = written
        if (found["text"] != text) if text is not None else ((found["body"] or {}).get("choice") != choice):
            raise SameIdOtherText
        return Received(holder, found, False, linked=holder["id"] != inquiry["id"])

    async def _by_client(
        self, connection: AsyncConnection, code: str, client_hash: str | None
    ) -> dict[str, Any] | None:
        if client_hash is None:
            return None
        found = await connection.execute(
            sa.select(t.inquiry).where(t.inquiry.c.municipality == code, t.inquiry.c.client_hash == client_hash)
        )
        row = found.first()
        return dict(row._mapping) if row else None


async def _was_asked(connection: AsyncConnection, thread: Thread) -> bool:
    """Whether the contact's last message asks something: then "ok" is an answer, and no mere thanks."""
    m = t.message.c
    last = await connection.scalar(
        sa.select(m.text)
        .where(
            m.municipality == thread.municipality,
            m.inquiry_id == thread.id,
            m.author == "staff",
            m.internal.is_(False),
        )
        .order_by(m.id.desc())
        .limit(1)
    )
    return "?" in (last or "")
