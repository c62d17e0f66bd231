"""A Bot API server of our own, as strict as Telegram's where it matters, and the users who write to the bot.

Keeps what was sent. Refuses what Telegram refuses (unknown tags, too long texts and buttons), and can be told to fail.
"""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict, deque
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import aiohttp
from aiohttp import web

TOKEN = "123456:local-bot-api"
_TAGS = {"b", "i", "u", "s", "code", "pre", "a", "blockquote"}


@dataclass
class Sent:
    """A message in a chat, as its user sees it; ``links`` are the addresses behind words."""

    chat_id: int
    message_id: int
    text: str
    parse_mode: str | None
    keyboard: list[list[dict[str, str]]]
    links: list[str] = field(default_factory=list)
    preview: bool = True

    @property
    def labels(self) -> list[str]:
        return [button["text"] for row in self.keyboard for button in row]

    def data(self, label: str) -> str:
        return next(button["callback_data"] for row in self.keyboard for button in row if button["text"] == label)


class BotApi:
    def __init__(self) -> None:
        self.sent: list[Sent] = []
        self.answered: list[dict[str, str]] = []  # callback queries
        self.calls: list[str] = []
        self.failures: dict[str, deque[str]] = defaultdict(deque)  # of a method, for its next calls
        self.fail_all: dict[str, str] = {}  # of a method, for all calls
        self.replaced: dict[str, Any] = {}  # of a method: its result in another form than today's
        self.updates: list[dict[str, Any]] = []
        self.webhook: dict[str, str] = {}
        self._news = asyncio.Event()
        self._update_id = 700_000_000
        self._message_id = 100
        self._runner: web.AppRunner | None = None
        self.url = ""

    async def start(self) -> None:
        app = web.Application()
        app.router.add_post("/bot{token}/{method}", self._call)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def close(self) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    def user(self, chat_id: int = 4242, language: str = "da") -> User:
        return User(self, chat_id, language)

    def to(self, chat_id: int) -> list[Sent]:
        return [message for message in self.sent if message.chat_id == chat_id]

    def next_message_id(self) -> int:
        self._message_id += 1
        return self._message_id

    async def deliver(self, content: dict[str, Any], update_id: int | None = None) -> dict[str, Any]:
        """Hand an update over as Telegram does: to the webhook until it says 200, else to whoever polls."""
        if update_id is None:
            self._update_id += 1
            update_id = self._update_id
        update = {"update_id": update_id, **content}
        if not self.webhook:
            self.updates.append(update)
            self._news.set()
            return update
        headers = {"X-Telegram-Bot-Api-Secret-Token": self.webhook["secret_token"]}
        async with aiohttp.ClientSession() as session:
            for _ in range(50):
                async with session.post(self.webhook["url"], json=update, headers=headers) as response:
                    if response.status == 200:
                        return update
                await asyncio.sleep(0.1)
        raise AssertionError("the webhook never said 200")

    async def _call(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        self.calls.append(method)
        if request.match_info["token"] != TOKEN:
            return _error(401, "Unauthorized")
        given: dict[str, Any] = {**request.query, **(await request.post())}
        failure = self.failures[method].popleft() if self.failures[method] else self.fail_all.get(method)
        if failure and failure != "lost":
            return await self._fail(failure)
        result = await getattr(self, f"_{method}")(given)
        if failure == "lost":  # taken, and the connection breaks before it says so
            assert request.transport is not None
            request.transport.close()
        if not isinstance(result, web.Response) and method in self.replaced:
            result = self.replaced[method]
        return result if isinstance(result, web.Response) else web.json_response({"ok": True, "result": result})

    async def _fail(self, failure: str) -> web.Response:
        kind, _, value = failure.partition(":")
        if kind == "403":
            return _error(403, "Forbidden: bot was blocked by the user")
        if kind == "429":
            return _error(429, f"Too Many Requests: retry after {value}", {"retry_after": int(value)})
        if kind == "400":
            return _error(400, f"Bad Request: {value or 'chat not found'}")
        if kind == "slow":
            await asyncio.sleep(30)
        return _error(502, "Bad Gateway")

    async def _getMe(self, given: dict[str, Any]) -> Any:
        return {"id": 123456, "is_bot": True, "first_name": "Hotline", "username": "hotline_bot"}

    async def _setWebhook(self, given: dict[str, Any]) -> Any:
        self.webhook = {"url": given["url"], "secret_token": given["secret_token"]}
        return True

    async def _deleteWebhook(self, given: dict[str, Any]) -> Any:
        self.webhook = {}
        return True

    async def _getUpdates(self, given: dict[str, Any]) -> Any:
        if self.webhook:
            return _error(409, "Conflict: can't use getUpdates method while webhook is active")
        offset = int(given.get("offset", 0))
        self.updates = [update for update in self.updates if update["update_id"] >= offset]
        if not self.updates:
            self._news.clear()
            try:
                await asyncio.wait_for(self._news.wait(), float(given.get("timeout", 0)))
            except TimeoutError:
                return []
        return [update for update in self.updates if update["update_id"] >= offset]

    async def _sendMessage(self, given: dict[str, Any]) -> Any:
        parse_mode = given.get("parse_mode")
        text, links = given["text"], []
        if parse_mode == "HTML":
            shown = _Shown()
            shown.feed(text)
            shown.close()
            if shown.wrong or shown.open:
                return _error(400, "Bad Request: can't parse entities")
            text, links = "".join(shown.text), shown.links
        if not text.strip() or len(text.encode("utf-16-le")) > 2 * 4096:
            return _error(
                400, "Bad Request: message is too long" if text.strip() else "Bad Request: message text is empty"
            )
        keyboard = json.loads(given.get("reply_markup", "{}")).get("inline_keyboard", [])
        if any(not 0 < len(button["callback_data"].encode()) <= 64 for row in keyboard for button in row):
            return _error(400, "Bad Request: BUTTON_DATA_INVALID")
        preview = not json.loads(given.get("link_preview_options", "{}")).get("is_disabled", False)
        chat_id = int(given["chat_id"])
        message = Sent(chat_id, self.next_message_id(), text, parse_mode, keyboard, links, preview)
        self.sent.append(message)
        return _message(chat_id, message.message_id, text=text)

    async def _editMessageReplyMarkup(self, given: dict[str, Any]) -> Any:
        message = next(m for m in self.sent if m.message_id == int(given["message_id"]))
        message.keyboard = json.loads(given.get("reply_markup", "{}")).get("inline_keyboard", [])
        return _message(message.chat_id, message.message_id, text=message.text)

    async def _answerCallbackQuery(self, given: dict[str, Any]) -> Any:
        self.answered.append({"id": given["callback_query_id"], "text": given.get("text", "")})
        return True


class User:
    """Writes to the bot in a private chat, and presses its buttons."""

    def __init__(self, api: BotApi, chat_id: int, language: str):
        self.api, self.chat_id, self.language = api, chat_id, language
        self.query_id = 9_000_000_000_000_000_000

    @property
    def got(self) -> list[Sent]:
        return self.api.to(self.chat_id)

    @property
    def sender(self) -> dict[str, Any]:
        return {"id": self.chat_id, "is_bot": False, "first_name": "Bo", "language_code": self.language}

    def message(self, **content: Any) -> dict[str, Any]:
        message_id = content.pop("message_id", None) or self.api.next_message_id()
        return _message(self.chat_id, message_id, **{"from": self.sender, **content})

    async def write(self, text: str, *, update_id: int | None = None, **content: Any) -> dict[str, Any]:
        return await self.api.deliver({"message": self.message(text=text, **content)}, update_id)

    async def send(self, **content: Any) -> dict[str, Any]:
        return await self.api.deliver({"message": self.message(**content)})

    async def reply(self, to: Sent | dict[str, Any], text: str) -> dict[str, Any]:
        message_id = to.message_id if isinstance(to, Sent) else to["message"]["message_id"]
        return await self.write(text, reply_to_message=_message(self.chat_id, message_id, text="…"))

    async def edit(self, update: dict[str, Any], text: str) -> dict[str, Any]:
        message_id = update["message"]["message_id"]
        return await self.api.deliver({"edited_message": self.message(message_id=message_id, text=text, edit_date=1)})

    async def press(self, message: Sent, label: str) -> dict[str, Any]:
        return await self.press_data(message, message.data(label))

    async def press_data(self, message: Sent, data: str) -> dict[str, Any]:
        self.query_id += 1
        query = {"id": str(self.query_id), "from": self.sender, "chat_instance": "1", "data": data}
        query["message"] = _message(self.chat_id, message.message_id, text=message.text)
        return await self.api.deliver({"callback_query": query})

    async def becomes(self, status: str) -> None:
        """The user blocks the bot ("kicked") or lets it in again ("member")."""
        bot = {"id": 123456, "is_bot": True, "first_name": "Hotline"}
        member = {"user": bot, "status": status} | ({"until_date": 0} if status == "kicked" else {})
        chat = {"id": self.chat_id, "type": "private"}
        before = {"user": bot, "status": "member"}
        change = {"chat": chat, "from": self.sender, "date": 1, "old_chat_member": before, "new_chat_member": member}
        await self.api.deliver({"my_chat_member": change})


class _Shown(HTMLParser):
    """What is left when the tags are taken; ``wrong`` for anything Telegram would not parse."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text: list[str] = []
        self.links: list[str] = []
        self.open: list[str] = []
        self.wrong = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.wrong |= tag not in _TAGS
        self.open.append(tag)
        self.links += [value or "" for name, value in attrs if name == "href"]

    def handle_endtag(self, tag: str) -> None:
        self.wrong |= not self.open or self.open.pop() != tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def _message(chat_id: int, message_id: int, **content: Any) -> dict[str, Any]:
    kind = "private" if chat_id > 0 else "supergroup"
    chat: dict[str, Any] = {"id": chat_id, "type": kind} | ({"title": "Group"} if chat_id < 0 else {})
    return {"message_id": message_id, "date": 1_795_000_000, "chat": chat, **content}


def _error(code: int, description: str, parameters: dict[str, int] | None = None) -> web.Response:
    body: dict[str, Any] = {"ok": False, "error_code": code, "description": description}
    return web.json_response(body | ({"parameters": parameters} if parameters else {}), status=code)
