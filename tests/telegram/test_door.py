"""Updates at the door: stored before they are acted on, once, masked; none lost and none in the way of another."""

from __future__ import annotations

import json

import aiohttp
import pytest
import sqlalchemy as sa

from bot.channels.telegram.arriving import store_update
from bot.store import tables as t
from bot.web.keys import LIMITS
from tests.conftest import eventually
from tests.telegram.bot_api import BotApi, User
from tests.telegram.conftest import SECRET, Hotline, HotlineMaker
from tests.telegram.test_stories import PERSON, QUESTION

CPR = "010190-1234"


async def _post(hotline: Hotline, secret: str, body: bytes) -> tuple[int, str]:
    headers = {"X-Telegram-Bot-Api-Secret-Token": secret}
    async with (
        aiohttp.ClientSession() as session,
        session.post(hotline.address + "/telegram", data=body, headers=headers) as response,
    ):
        return response.status, await response.text()


async def test_who_does_not_know_the_secret_is_refused_and_nothing_is_stored(hotline: Hotline, user: User) -> None:
    body = json.dumps({"update_id": 1, "message": user.message(text=QUESTION)}).encode()
    for wrong in ("", "wrong", SECRET + "x", "ø"):
        status, text = await _post(hotline, wrong.encode().decode("latin-1"), body)
        assert status == 401 and json.loads(text)["error"]["code"] == "bad_token"
    assert await hotline.stored(t.inbound) == []
    assert (await _post(hotline, SECRET, body))[0] == 200


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"update_id": "1"}', b'{"update_id": true}', b"\xff"])
async def test_what_is_no_update_is_refused(hotline: Hotline, body: bytes) -> None:
    status, text = await _post(hotline, SECRET, body)
    assert status == 400 and json.loads(text)["error"]["code"] in ("bad_json", "bad_input")


async def test_without_a_webhook_secret_there_is_no_webhook(start: HotlineMaker, user: User) -> None:
    hotline = await start(webhook=False)
    assert (await _post(hotline, "", b'{"update_id": 1}'))[0] == 404


async def test_the_same_update_twice_is_one_message(hotline: Hotline, user: User) -> None:
    update = await user.write(QUESTION)
    await user.api.deliver({"message": update["message"]}, update["update_id"])
    await hotline.hears(user, 2)
    await user.api.deliver({"message": update["message"]}, update["update_id"])
    await hotline.quiet()
    assert [m.author for m in await hotline.messages()] == ["inquirer", "bot", "bot"]
    assert len(await hotline.stored(t.inbound)) == 1


async def test_what_was_stored_before_a_crash_is_acted_on_after_it(start: HotlineMaker, user: User) -> None:
    hotline = await start()
    update = {"update_id": 5, "message": user.message(text=QUESTION)}
    await store_update(hotline.services, "0000", update)
    async with hotline.services.database.write() as connection:
        # Claimed by the process that died: its lease is still running.
        lease = hotline.services.now().replace(year=2027)
        await connection.execute(sa.update(t.inbound).values(attempts=1, leased_until=lease))
    again = await start()
    await again.hears(user, 2)
    assert (await again.messages())[0].text == QUESTION


async def test_acted_on_but_not_marked_before_a_crash_stores_nothing_twice(start: HotlineMaker, user: User) -> None:
    hotline = await start()
    await user.write("/start")
    await hotline.hears(user, 1)
    await user.write(QUESTION)
    answer = (await hotline.hears(user, 1, after=1))[-1]
    await user.press(answer, "Tal med en medarbejder")
    await hotline.hears(user, 3, after=2)
    await user.write("/sprog")
    await user.write("/new and another thing")
    await user.send(voice={"file_id": "f", "file_unique_id": "u", "duration": 1})
    await hotline.quiet()
    messages, inquiries = await hotline.stored(t.message), await hotline.stored(t.inquiry)
    sent = len(user.got)
    async with hotline.services.database.write() as connection:
        await connection.execute(sa.update(t.inbound).values(done_at=None, leased_until=None))
    again = await start()
    await again.quiet()
    assert [(m.inquiry_id, m.id) for m in await again.stored(t.message)] == [(m.inquiry_id, m.id) for m in messages]
    assert len(await again.stored(t.inquiry)) == len(inquiries)
    assert len(user.got) == sent


async def test_an_update_that_cannot_be_acted_on_is_set_aside_and_holds_up_nobody(
    on_both: Hotline, api: BotApi, user: User
) -> None:
    broken = user.message(text="går ikke")
    del broken["date"]
    await api.deliver({"message": broken}, 1)
    other = api.user(chat_id=99)
    await other.write(QUESTION)
    await on_both.hears(other, 2)
    await user.write(QUESTION)

    async def heard() -> bool:
        on_both.services.now.advance(minutes=1)  # type: ignore[attr-defined]
        await api.deliver({"message": broken}, 1)  # known already: only wakes whoever acts
        return len(user.got) == 2

    await eventually(heard)
    (failed,) = await on_both.stored(t.inbound, t.inbound.c.done_at.is_(None))
    assert (failed.external_id, failed.attempts, failed.error) == ("1", 5, "KeyError")


async def test_a_cpr_number_is_masked_in_the_stored_update_too_and_the_writer_is_told(
    hotline: Hotline, user: User
) -> None:
    original = await user.write(f"mit cpr er {CPR}, hvad gør jeg")
    said = await hotline.hears(user, 2)
    await user.edit(original, f"mit nummer: {CPR}")
    await user.reply(said[0], f"igen {CPR}")
    await user.send(caption=CPR, photo=[{"file_id": "f", "file_unique_id": "u", "width": 1, "height": 1}])
    await hotline.quiet()
    assert any("CPR-nummer" in m.text for m in said)
    for table in (t.inbound, t.message, t.turn, t.inquiry):
        for row in await hotline.stored(table):
            assert "010190" not in json.dumps(dict(row._mapping), default=str)


async def test_ids_are_kept_where_texts_are_masked(hotline: Hotline, api: BotApi) -> None:
    user = api.user(chat_id=101901234)
    await user.write(PERSON)
    asked = (await hotline.hears(user, 4))[-1]
    user.query_id = 101901233  # "0101901234" would be masked in a text; ten digits in a query's id are kept
    await user.press(asked, "Spring over")
    await hotline.quiet()
    assert api.answered[-1]["id"] == "101901234"


async def test_what_cannot_be_read_is_said_so_once_per_album_and_its_caption_is_read(
    hotline: Hotline, user: User
) -> None:
    photo = [{"file_id": "f", "file_unique_id": "u", "width": 1, "height": 1}]
    await user.send(photo=photo, caption=QUESTION, media_group_id="13000000000000001")
    await user.send(photo=photo, media_group_id="13000000000000001")
    await user.send(location={"latitude": 55.4, "longitude": 10.4})
    await hotline.hears(user, 4)
    told = [m for m in user.got if "kan jeg ikke læse" in m.text]
    assert len(told) == 2
    assert any(m.text == QUESTION and m.author == "inquirer" for m in await hotline.messages())


async def test_an_edited_message_is_answered_anew_and_both_texts_are_kept(on_both: Hotline, user: User) -> None:
    original = await user.write("hvad må jeg")
    await on_both.hears(user, 2)
    await user.edit(original, QUESTION)
    said = await on_both.hears(user, 2, after=len(user.got))
    assert "rettet" in said[0].text
    assert [m.text for m in await on_both.messages() if m.author == "inquirer"] == ["hvad må jeg", QUESTION]
    before = len(user.got)
    await user.edit(original, QUESTION)  # Telegram also calls a message edited whose text is the same
    await on_both.quiet()
    assert len(user.got) == before


async def test_a_group_hears_once_that_the_bot_answers_in_private(hotline: Hotline, api: BotApi) -> None:
    group = api.user(chat_id=-1001)
    await group.write("/start@hotline_bot")
    await group.write("hej alle")
    await hotline.hears(group, 1)
    assert len(group.got) == 1 and "private samtaler" in group.got[0].text
    assert not [m for m in await hotline.stored(t.message) if m.author == "inquirer"]


async def test_two_quick_presses_are_one_choice(hotline: Hotline, api: BotApi, user: User) -> None:
    await user.write(QUESTION)
    answer = (await hotline.hears(user, 2))[-1]
    data = answer.data("Tal med en medarbejder")
    await user.press_data(answer, data)
    await user.press_data(answer, data)
    await hotline.hears(user, 3, after=2)
    assert len([m for m in await hotline.messages() if (m.body or {}).get("choice") == "person"]) == 1
    assert len(api.answered) == 2


async def test_a_button_of_another_chats_inquiry_does_nothing(hotline: Hotline, api: BotApi, user: User) -> None:
    await user.write(QUESTION)
    answer = (await hotline.hears(user, 2))[-1]
    stranger = api.user(chat_id=13)
    for label in answer.labels:
        await stranger.press_data(answer, answer.data(label))
    for nonsense in ("c:zz:1:1", "f:", "", "-", "c:0123456789abcdef:1:1"):
        await stranger.press_data(answer, nonsense or "x")
    await hotline.quiet()
    assert [m.author for m in await hotline.messages()] == ["inquirer", "bot", "bot"]
    assert len(api.answered) == 8


async def test_a_flood_is_acted_on_as_slowly_as_the_limit_allows_and_nothing_is_lost(
    start: HotlineMaker, user: User
) -> None:
    hotline = await start(max_messages_per_minute=30)
    hotline.app[LIMITS].clock = lambda: hotline.services.now().timestamp()
    for n in range(40):
        last = await user.write(f"besked {n}")

    await hotline.quiet()
    assert len(await hotline.stored(t.message, t.message.c.author == "inquirer")) == 30
    assert any("mange beskeder" in m.text for m in user.got)

    async def all_stored() -> bool:
        hotline.services.now.advance(seconds=1)  # type: ignore[attr-defined]
        await user.api.deliver({"message": last["message"]}, last["update_id"])  # only wakes whoever acts
        return len(await hotline.stored(t.message, t.message.c.author == "inquirer")) == 40

    await eventually(all_stored)
    written = [m.text for m in await hotline.messages() if m.author == "inquirer"]
    assert written == [f"besked {n}" for n in range(40)]


async def test_a_text_over_the_limit_is_answered_with_what_to_do(hotline: Hotline, user: User) -> None:
    await user.write("x" * 4050)
    (said,) = await hotline.hears(user, 1)
    assert "for lang" in said.text
    (stored,) = await hotline.stored(t.inbound)
    assert len(stored.body["message"]["text"]) == 4050


async def test_a_large_update_is_taken(hotline: Hotline, user: User) -> None:
    padding = {"text": "😀" * 2000, "from": user.sender}
    quoted = {"message_id": 1, "date": 1, "chat": {"id": user.chat_id, "type": "private"}, **padding}
    entities = [{"type": "text_link", "offset": 0, "length": 1, "url": "https://e.example/" + "y" * 900}] * 80
    await user.write("hej", reply_to_message=quoted, entities=entities)
    await hotline.quiet()
    assert len(await hotline.stored(t.inbound, t.inbound.c.done_at.is_not(None))) == 1


async def test_an_unreachable_bot_api_does_not_keep_the_hotline_from_starting(
    start: HotlineMaker, api: BotApi, user: User
) -> None:
    api.failures["getMe"].append("502")
    hotline = await start(webhook=False)
    await user.write(QUESTION)
    await hotline.hears(user, 2)
