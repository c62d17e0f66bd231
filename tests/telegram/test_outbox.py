"""Promised deliveries to Telegram: every refusal of the Bot API has its own consequence, and none loses a message."""

from __future__ import annotations

import asyncio

import pytest

from bot.channels.telegram.sending import Pace
from bot.conversation.receiving import Receiving
from bot.conversation.service import Services
from bot.conversation.turns import TurnRunner
from bot.store import tables as t
from tests.conftest import eventually
from tests.telegram.bot_api import BotApi, User
from tests.telegram.conftest import Hotline, HotlineMaker
from tests.telegram.test_stories import PERSON, QUESTION


async def test_a_user_who_blocked_the_bot_is_not_written_to_and_gets_all_in_order_on_coming_back(
    on_both: Hotline, api: BotApi, user: User
) -> None:
    api.fail_all["sendMessage"] = "403"
    await user.write(PERSON)
    await on_both.quiet()
    entries = await on_both.stored(t.outbox)
    assert entries and {(e.status, e.error) for e in entries} == {("failed", "blocked")}
    (chat,) = await on_both.stored(t.telegram_chat)
    assert chat.blocked
    calls = api.calls.count("sendMessage")
    assert calls == 1  # the others were not even tried
    api.fail_all.clear()
    await user.becomes("member")
    said = await on_both.hears(user, len(entries))
    sent = sorted(await on_both.stored(t.outbox), key=lambda e: e.message_id)
    assert [e.external_id for e in sent] == [str(m.message_id) for m in said]
    (chat,) = await on_both.stored(t.telegram_chat)
    assert not chat.blocked


async def test_kicked_is_known_without_a_try(hotline: Hotline, api: BotApi, user: User) -> None:
    await user.write(PERSON)
    await hotline.hears(user, 4)
    await user.becomes("kicked")
    await hotline.quiet()
    calls = api.calls.count("sendMessage")
    inquiry, contact = await hotline.contact()
    await hotline.people.reply(contact, inquiry.id, "Ring til mig")
    await hotline.quiet()
    assert api.calls.count("sendMessage") == calls


async def test_telegram_asks_to_wait_and_is_not_asked_again_before(hotline: Hotline, api: BotApi, user: User) -> None:
    api.failures["sendMessage"].append("429:30")
    await user.write(QUESTION)
    await hotline.quiet()
    assert user.got == [] and api.calls.count("sendMessage") == 1
    hotline.services.now.advance(seconds=29)  # type: ignore[attr-defined]
    await hotline.outbox.deliver_due()
    assert api.calls.count("sendMessage") == 1
    hotline.services.now.advance(seconds=2)  # type: ignore[attr-defined]
    disclosure, answer = await hotline.hears(user, 2)
    assert "maskine" in disclosure.text and answer.labels  # the order was kept


async def test_tags_that_telegram_refuses_are_left_out_once(hotline: Hotline, api: BotApi, user: User) -> None:
    api.failures["sendMessage"].append("400:can't parse entities")
    await user.write(QUESTION)
    disclosure, answer = await hotline.hears(user, 2)
    assert disclosure.parse_mode is None and "<" not in disclosure.text
    assert answer.parse_mode == "HTML"


async def test_what_telegram_refuses_for_good_is_given_up_and_the_next_is_sent(
    hotline: Hotline, api: BotApi, user: User
) -> None:
    api.failures["sendMessage"].extend(["400", "400"])
    await user.write(QUESTION)
    (answer,) = await hotline.hears(user, 1)
    assert answer.labels
    statuses = [(e.status, e.error) for e in await hotline.stored(t.outbox)]
    assert statuses == [("failed", "bad_request"), ("sent", None)]


async def test_a_broken_answer_is_sent_again_and_counted_as_perhaps_doubled(
    hotline: Hotline, api: BotApi, user: User
) -> None:
    api.failures["sendMessage"].append("lost")
    await user.write(QUESTION)
    await hotline.hears(user, 1)
    hotline.services.now.advance(seconds=5)  # type: ignore[attr-defined]
    twice, again, answer = await hotline.hears(user, 3)
    assert twice.text == again.text and answer.labels
    assert [e.maybe_doubled for e in await hotline.stored(t.outbox)] == [True, False]


async def test_a_slow_or_failing_bot_api_is_tried_again_later(start: HotlineMaker, api: BotApi, user: User) -> None:
    hotline = await start(telegram_timeout_s=0.5)
    api.failures["sendMessage"].extend(["slow", "502"])
    await user.write(QUESTION)

    async def sent() -> bool:
        hotline.services.now.advance(seconds=1)  # type: ignore[attr-defined]
        return len(user.got) >= 2

    await eventually(sent)
    await hotline.quiet()
    assert [e.status for e in await hotline.stored(t.outbox)] == ["sent", "sent"]


async def test_a_long_message_is_sent_in_parts_and_goes_on_after_those_that_arrived(
    on_both: Hotline, api: BotApi, user: User
) -> None:
    async with on_both.services.database.write() as connection:
        await connection.execute(t.municipality.update().values(telegram_bodies=True))
    await user.write(PERSON)
    await on_both.hears(user, 4)
    inquiry, contact = await on_both.contact()
    await on_both.people.take(contact, inquiry.id)
    await on_both.hears(user, 1, after=4)
    before = len(user.got)
    api.failures["sendMessage"].extend(["", "429:30"])  # the first part arrives, the second has to wait
    text = "Æ😀 < & ord " * 360
    await on_both.people.reply(contact, inquiry.id, text)
    await on_both.hears(user, 1, after=before)
    on_both.services.now.advance(seconds=31)  # type: ignore[attr-defined]
    parts = await on_both.hears(user, 2, after=before)
    assert len(parts) == 2
    assert "".join(p.text for p in parts).replace(" ", "").endswith(text.replace(" ", ""))
    (entry,) = [e for e in await on_both.stored(t.outbox) if "," in (e.external_id or "")]
    assert entry.external_id == ",".join(str(p.message_id) for p in parts)
    await user.reply(parts[0], "svar på den første del")
    await on_both.quiet()
    assert (await on_both.messages())[-1].text == "svar på den første del"


@pytest.mark.parametrize(("channel", "wakes"), [("telegram", True), ("web", False)])
async def test_a_turn_wakes_the_outbox_where_it_promised_a_delivery(
    services: Services, channel: str, wakes: bool
) -> None:
    turns = TurnRunner(services)
    receiving = Receiving(services, turns)
    opened = await receiving.open("0000", channel=channel, identity=f"{channel}:1")
    await receiving.receive("0000", opened.inquiry["id"], text=QUESTION, channel=channel)
    await turns.idle()
    assert services.promised.is_set() is wakes


async def test_no_more_than_thirty_messages_pass_in_a_second() -> None:
    pace, loop = Pace(30), asyncio.get_running_loop()
    began = loop.time()
    await asyncio.gather(*(pace.turn() for _ in range(16)))
    assert loop.time() - began >= 15 / 30 * 0.99


@pytest.mark.parametrize("result", [{"message_id": 77}, {"message_id": "x"}, {}, True, []], ids=str)
async def test_an_ok_is_a_delivery_however_it_is_described(
    hotline: Hotline, api: BotApi, user: User, result: object
) -> None:
    api.replaced["sendMessage"] = result
    await user.write(QUESTION)
    await hotline.hears(user, 2)
    await hotline.quiet()
    assert len(user.got) == 2
    assert {(e.status, e.error) for e in await hotline.stored(t.outbox)} == {("sent", None)}


async def test_what_did_not_arrive_is_a_change_of_the_thread(hotline: Hotline, api: BotApi, user: User) -> None:
    await user.write(PERSON)
    await hotline.hears(user, 4)
    inquiry, contact = await hotline.contact()
    api.fail_all["sendMessage"] = "403"
    with hotline.services.hub.inquiry("0000", inquiry.id) as news:
        await hotline.people.reply(contact, inquiry.id, "Ring til mig")
        await hotline.quiet()
        assert news.is_set()
    (reply,) = await hotline.stored(t.message, t.message.c.author == "staff")
    (after,) = await hotline.stored(t.inquiry)
    assert reply.id < reply.rev <= after.rev
