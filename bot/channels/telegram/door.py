"""Telegram's door: connects to the Bot API, lets updates in by webhook or long polling, and sends what the outbox promised."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import AsyncIterator

import structlog
from aiohttp import web
from telegram.error import InvalidToken, TelegramError

from bot.channels.telegram.acting import Acting
from bot.channels.telegram.arriving import store_update, update_id_of
from bot.channels.telegram.client import ALLOWED_UPDATES, Client
from bot.channels.telegram.conversing import Conversing
from bot.channels.telegram.sending import Sending
from bot.errors import BadInput, BadToken, SettingsError, StoreUnavailable
from bot.web.bodies import read_object
from bot.web.keys import LIMITS, NOTICES, OUTBOX, RECEIVING, SERVICES

log = structlog.get_logger()
CHANNEL = "telegram"
WEBHOOK_PATH = "/telegram"
# A long message that answers a long message, every character escaped, is over the 64 kB that other requests may have.
MAX_UPDATE_BYTES = 1024 * 1024
FIRST_RETRY_S, LAST_RETRY_S = 1.0, 60.0
CLAIM_S = 1.0  # of several processes one polls: Telegram refuses a second


class Door:
    def __init__(self, app: web.Application):
        self.services = app[SERVICES]
        self.notices = app[NOTICES]
        settings = self.services.settings
        self.municipality = settings.telegram_municipality
        self.secret = settings.telegram_webhook_secret.get_secret_value()
        if self.secret and not settings.public_url:
            raise SettingsError(
                "HOTLINE_TELEGRAM_WEBHOOK_SECRET needs HOTLINE_PUBLIC_URL: Telegram must know where to send"
            )
        self.client = Client(settings)
        conversing = Conversing(self.services, app[RECEIVING], app[LIMITS], self.client.bot)
        self.acting = Acting(self.services, conversing)

    def add_to(self, app: web.Application) -> None:
        app[OUTBOX].senders[CHANNEL] = Sending(self.services, self.client.bot).send
        if self.secret:
            app.router.add_post(WEBHOOK_PATH, self.post_update)
        app.cleanup_ctx.append(self._open)

    async def post_update(self, request: web.Request) -> web.Response:
        """200 once the update is stored, so that Telegram sends it again after anything else."""
        given = request.headers.get("X-Telegram-Bot-Api-Secret-Token", "")
        if not hmac.compare_digest(given.encode("utf-8", "replace"), self.secret.encode()):
            raise BadToken
        update = await read_object(request.clone(client_max_size=MAX_UPDATE_BYTES))
        if update_id_of(update) is None:
            raise BadInput("update_id is a number")
        await store_update(self.services, self.municipality, update)
        self.acting.woken.set()
        return web.Response()

    async def _open(self, app: web.Application) -> AsyncIterator[None]:
        if self.services.database.is_sqlite:
            await self.acting.release_own(self.municipality)
        tasks = [asyncio.create_task(self._let_in()), asyncio.create_task(self.acting.run(self.municipality))]
        yield
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.acting.close()
        await self.client.close()

    async def _let_in(self) -> None:
        """Telegram knows the webhook; or updates are polled for as long as the server runs. Starting waits for neither."""
        await self._connect()
        if not self.secret:
            await self._poll()

    async def _connect(self) -> None:
        bot, settings = self.client.bot, self.services.settings
        pause_s = FIRST_RETRY_S
        while True:
            try:
                await self.client.initialize()
                if self.secret:
                    url = settings.base_url + WEBHOOK_PATH
                    await bot.set_webhook(url, allowed_updates=ALLOWED_UPDATES, secret_token=self.secret)
                else:
                    await bot.delete_webhook()
                self._say(None)
                return
            except InvalidToken:
                self._say("telegram_token_refused")
            except TelegramError as error:
                self._say("telegram_unreachable", error)
            except Exception as error:  # the channel opens when it can, whatever is wrong until then
                self._say("telegram_connect_failed", error)
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, LAST_RETRY_S)

    def _say(self, trouble: str | None, error: Exception | None = None) -> None:
        """``trouble`` stands in the log and in /readyz until the next call that went well."""
        self.services.troubles.pop(CHANNEL, None)
        if trouble is not None:
            self.services.troubles[CHANNEL] = trouble
            log.warning(trouble, error=type(error).__name__ if error else None)

    async def _poll(self) -> None:
        offset: int | None = None
        pause_s = FIRST_RETRY_S
        while True:
            if not await self.notices.claim(f"telegram:{self.municipality}"):
                await asyncio.sleep(CLAIM_S)
                continue
            try:
                for update in await self.client.poll(offset):
                    update_id = update_id_of(update)
                    if update_id is None:
                        continue
                    await store_update(self.services, self.municipality, update)
                    self.acting.woken.set()
                    offset = update_id + 1  # what is stored is confirmed with the next call, not before
                self._say(None)
                pause_s = FIRST_RETRY_S
                continue
            except InvalidToken:
                self._say("telegram_token_refused")
            except TelegramError as error:
                self._say("telegram_poll_failed", error)
            except StoreUnavailable:
                log.warning("store_unavailable", work="telegram_poll")
            except Exception as error:  # as above: polling goes on
                self._say("telegram_poll_crashed", error)
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, LAST_RETRY_S)
