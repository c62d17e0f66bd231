"""What an update means: a message, a command, a press of a button, an edit, a group, a user who comes or goes.

Every path may run twice (a crash after it, before the update was marked as done) and then stores nothing twice.
"""

from __future__ import annotations

from typing import Any

from telegram import Bot, Chat

from bot.channels.telegram import chats
from bot.channels.telegram.arriving import CHANNEL
from bot.channels.telegram.incoming import GONE, Incoming, Message, read_update, text_of
from bot.channels.telegram.pressing import Pressing
from bot.conversation.receiving import Receiving
from bot.conversation.remarks import remark, speak
from bot.conversation.service import Services, find_municipality
from bot.errors import EmptyText, TextTooLong, TooMany
from bot.lifecycle import Status
from bot.masking import MASK
from bot.turn import PERSON
from bot.web.limits import Limits

_COMMANDS = {
    "start": "start",
    "help": "help",
    "hjaelp": "help",
    "hjælp": "help",  # Telegram offers no command with æ, but people type it
    "human": "human",
    "person": "human",
    "new": "new",
    "ny": "new",
    "language": "language",
    "sprog": "language",
}


class Conversing:
    def __init__(self, services: Services, receiving: Receiving, limits: Limits, bot: Bot):
        self.services = services
        self.receiving = receiving
        self.limits = limits
        self.bot = bot
        self.pressing = Pressing(services, receiving, limits, bot)

    async def act(self, municipality: str, body: dict[str, Any]) -> None:
        """The stored update ``body`` has had its effect. Raises TooMany for one to come back to later."""
        update = read_update(body)
        if update is None:
            return
        if update.press is not None:
            await self.pressing.pressed(municipality, update)
            return
        here = _Here(self, municipality, update)
        if update.chat_type != Chat.PRIVATE:
            if update.chat_type != Chat.CHANNEL and update.member not in GONE:
                await here.refuse_group()
        elif update.kind == "my_chat_member":
            await here.came_or_went(update.member not in GONE)
        elif update.message is not None and update.kind == "edited_message":
            await here.edited(update.message)
        elif update.message is not None:
            await here.written(update.message)

    async def close(self) -> None:
        await self.pressing.close()


class _Here:
    """One update in its chat."""

    def __init__(self, conversing: Conversing, municipality: str, update: Incoming):
        assert update.chat_id is not None
        self.services, self.receiving, self.limits = conversing.services, conversing.receiving, conversing.limits
        self.municipality, self.chat_id, self.update = municipality, update.chat_id, update
        self.language = chats.first_language(update.language_code)
        self.id = f"tg:{update.update_id}"

    async def written(self, message: Message) -> None:
        await self.came_or_went(True)
        if message.text is None and not message.unreadable:
            return  # a pinned message, a changed timer and the like: nothing was said
        inquiry = await self._inquiry(message)
        command, rest = _command(message.text)
        if command is not None:
            await self._commanded(inquiry, command, rest)
        elif message.text is not None:
            await self._receive(inquiry, message.text)
        if message.unreadable:
            # An album comes as one update per picture; it is told once.
            remark_id = f"tg:album:{message.album}" if message.album else f"{self.id}:media"
            await self._remark(inquiry["id"], "unsupported_media", remark_id)

    async def edited(self, message: Message) -> None:
        """An edited text is a new message in the inquiry of the old one; Telegram also calls a moved live location an edit."""
        text = message.text
        if text is None:
            return
        async with self.services.database.read() as connection:
            before = await chats.find_received(connection, self.municipality, self.chat_id, message.id)
            inquiry = await chats.find_inquiry_of(connection, self.municipality, self.chat_id, message.id)
        earlier = [update for update in before if update["update_id"] < self.update.update_id]
        if earlier and _text_of(earlier[-1]) == text:
            return
        inquiry = inquiry or await self._inquiry(message)
        await self._remark(inquiry["id"], "edited_message", f"{self.id}:edited")
        await self._receive(inquiry, text)

    async def came_or_went(self, present: bool) -> None:
        """The chat is known; who comes back is sent what was promised meanwhile."""
        async with self.services.database.read() as connection:
            chat = await chats.find_chat(connection, self.municipality, self.chat_id)
        if chat is not None and chat["blocked"] is not present:
            return
        async with self.services.database.write() as connection:
            await chats.save_chat(connection, self.municipality, self.chat_id, self.language, blocked=not present)
            if present and chat is not None:
                await chats.promise_again(connection, self.municipality, self.chat_id, self.services.now())
        self.services.promised.set()

    async def refuse_group(self) -> None:
        """A group hears once that businesses are answered in private; what others in it write is no inquiry."""
        opened = await self.receiving.open(
            self.municipality,
            channel=CHANNEL,
            client_id=f"{CHANNEL}:group:{self.chat_id}",
            language=self.language,
            identity=chats.identity_of(self.chat_id),
        )
        await self._remark(opened.inquiry["id"], "telegram_group", "tg:group")

    async def _commanded(self, inquiry: dict[str, Any], command: str, rest: str) -> None:
        if command == "start":
            async with self.services.database.read() as connection:
                municipality = await find_municipality(connection, self.municipality)
            name = municipality["name"].get(inquiry["language"]) or municipality["name"]["da"]
            await self._remark(inquiry["id"], "telegram_start", self.id, greets=True, municipality=name)
            return
        if command == "help":
            await self._help(inquiry)
        elif command == "new":
            inquiry = await self._open(inquiry["language"])
            await self._remark(inquiry["id"], "telegram_new", f"{self.id}:new")
        elif command == "language":
            await self._switch_language(inquiry)
        if rest:
            await self._receive(inquiry, rest)
        if command == "human":
            await self._receive(inquiry, None, choice=PERSON, client_id=f"{self.id}:person")

    async def _help(self, inquiry: dict[str, Any]) -> None:
        await self._remark(inquiry["id"], "telegram_help", f"{self.id}:help")
        async with self.services.database.read() as connection:
            others = await chats.open_inquiries(connection, self.municipality, self.chat_id)
        numbers = [other["number"] for other in others if other["number"]]
        if len(numbers) > 1:
            await self._remark(inquiry["id"], "telegram_which", f"{self.id}:which", numbers=", ".join(numbers))

    async def _switch_language(self, inquiry: dict[str, Any]) -> None:
        remark_id = f"{self.id}:language"
        async with self.services.database.read() as connection:
            if await chats.find_inquiry_with(connection, self.municipality, self.chat_id, remark_id):
                return  # switched at the first try; switching once more would undo it
        await speak(self.services, self.municipality, inquiry["id"], "en" if inquiry["language"] == "da" else "da")
        await self._remark(inquiry["id"], "language_set", remark_id)

    async def _receive(
        self, inquiry: dict[str, Any], text: str | None, *, choice: str | None = None, client_id: str | None = None
    ) -> None:
        client_id = client_id or self.id
        async with self.services.database.read() as connection:
            before = await chats.find_inquiry_with(connection, self.municipality, self.chat_id, client_id)
        if before is None:
            await self._check_pace(inquiry)
        inquiry_id = (before or inquiry)["id"]
        try:
            received = await self.receiving.receive(
                self.municipality,
                inquiry_id,
                text=text,
                choice=choice,
                client_id=client_id,
                channel=CHANNEL,
                removed=(text or "").count(MASK),
                check_new=self._check_new,
            )
        except (EmptyText, TextTooLong) as error:
            key = "empty" if isinstance(error, EmptyText) else "too_long"
            await self._remark(inquiry_id, key, f"{client_id}:{key}")
            return
        await self._go_on_in(received.inquiry)

    async def _check_pace(self, inquiry: dict[str, Any]) -> None:
        settings = self.services.settings
        try:
            self.limits.check("message", chats.identity_of(self.chat_id), settings.max_messages_per_minute, 60)
        except TooMany:
            minute = self.services.now().strftime("%Y%m%d%H%M")
            await self._remark(inquiry["id"], "too_many", f"tg:slow:{minute}")
            raise

    def _check_new(self) -> None:
        limit = self.services.settings.max_inquiries_per_hour
        self.limits.check("inquiry", chats.identity_of(self.chat_id), limit, 3600)

    async def _inquiry(self, message: Message) -> dict[str, Any]:
        """Where the message goes: where an earlier try put it, else to what it replies to, else to the current inquiry,
        else to a new one."""
        async with self.services.database.read() as connection:
            inquiry = await chats.find_inquiry_with(connection, self.municipality, self.chat_id, self.id)
            if inquiry is None and message.replied_to is not None:
                inquiry = await chats.find_inquiry_of(connection, self.municipality, self.chat_id, message.replied_to)
            chat = await chats.find_chat(connection, self.municipality, self.chat_id)
            if inquiry is None and chat is not None and chat["inquiry_id"]:
                inquiry = await chats.access_inquiry(connection, self.municipality, self.chat_id, chat["inquiry_id"])
        if inquiry is None:
            return await self._open(chat["language"] if chat else self.language)
        await self._go_on_in(inquiry, chat)
        return inquiry

    async def _open(self, language: str) -> dict[str, Any]:
        client_id = f"{CHANNEL}:{self.chat_id}:{self.update.update_id}"
        self._check_new()
        opened = await self.receiving.open(
            self.municipality,
            channel=CHANNEL,
            client_id=client_id,
            language=language,
            identity=chats.identity_of(self.chat_id),
        )
        await self._go_on_in(opened.inquiry)
        return opened.inquiry

    async def _go_on_in(self, inquiry: dict[str, Any], chat: dict[str, Any] | None = None) -> None:
        """What is written next goes to this inquiry; thanks to one that stays resolved do not draw the next question there."""
        async with self.services.database.read() as connection:
            chat = chat or await chats.find_chat(connection, self.municipality, self.chat_id)
        current = chat["inquiry_id"] if chat else None
        if current == inquiry["id"] or (current and inquiry["status"] == Status.RESOLVED):
            return
        async with self.services.database.write() as connection:
            await chats.go_on_in(connection, self.chat_id, inquiry)

    async def _remark(self, inquiry_id: str, key: str, remark_id: str, *, greets: bool = False, **params: str) -> None:
        await remark(
            self.services, self.municipality, inquiry_id, key, remark_id=remark_id, greets=greets, params=params
        )


def _command(text: str | None) -> tuple[str | None, str]:
    """The command and what stands after it; (None, "") for a text that is no command of ours."""
    if not text or not text.startswith("/"):
        return None, ""
    first, *rest = text.split(maxsplit=1)
    name = _COMMANDS.get(first[1:].partition("@")[0].lower())
    return name, rest[0].strip() if name and rest else ""


def _text_of(update: dict[str, Any]) -> str | None:
    return text_of(update.get("message") or update.get("edited_message") or {})
