"""Updates at the door: stored before they are acted on, once, masked; none lost and none in the way of another."""

from __future__ import annotations

import json

import aiohttp
import pytest
import sqlalchemy as sa

from bot.channels.telegram.arriving import store_update
from bot.staff.lists import Filter, count_lists, read_list
from bot.store import tables as t
from bot.web.keys import LIMITS
from tests.conftest import eventually
from tests.inquirer import staff_member
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
    refused = f"chat_id = {user.chat_id}"
    async with on_both.services.database.write() as connection:
        await connection.exec_driver_sql(
            f"CREATE TRIGGER refuse BEFORE INSERT ON telegram_chat WHEN NEW.{refused} BEGIN SELECT RAISE(ABORT, 'no'); END"
            if on_both.services.database.is_sqlite
            else f"ALTER TABLE telegram_chat ADD CONSTRAINT refuse CHECK (NOT {refused})"
        )
    broken = user.message(text="går ikke")
    await api.deliver({"message": broken}, 1)
    other = api.user(chat_id=99)
    await other.write(QUESTION)
    await on_both.hears(other, 2)

    async def heard() -> bool:
        on_both.services.now.advance(minutes=1)  # type: ignore[attr-defined]
        await api.deliver({"message": broken}, 1)  # known already: only wakes whoever acts
        found = await on_both.stored(t.inbound, t.inbound.c.external_id == "1")
        return found[0].attempts == 5 and found[0].error

    await eventually(heard, 30)
    (failed,) = await on_both.stored(t.inbound, t.inbound.c.external_id == "1")
    assert (failed.done_at, failed.error) == (None, "IntegrityError")
    async with on_both.services.database.write() as connection:
        await connection.exec_driver_sql(
            "DROP TRIGGER refuse"
            if on_both.services.database.is_sqlite
            else "ALTER TABLE telegram_chat DROP CONSTRAINT refuse"
        )
    await user.write(QUESTION)
    await on_both.hears(user, 2)


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
    await user.write("x" * 4097)
    (said,) = await hotline.hears(user, 1)
    assert "for lang" in said.text
    (stored,) = await hotline.stored(t.inbound)
    assert len(stored.body["message"]["text"]) == 4097


@pytest.mark.parametrize(
    "text", ["x" * 4096, f"mit cpr er {CPR} " + "y" * 4070, "😀" * 4096], ids=["x", "cpr", "emoji"]
)
async def test_a_paste_as_long_as_telegram_lets_through_is_stored_whole(
    hotline: Hotline, user: User, text: str
) -> None:
    await user.write(text[:4096])
    await user.write("og her er resten")
    await hotline.quiet()
    written = [m.text for m in await hotline.messages() if m.author == "inquirer"]
    assert [text.count("x") + text.count("y") + text.count("😀") for text in written[:1]] == [
        sum(text[:4096].count(letter) for letter in "xy😀")
    ]
    assert written[1:] == ["og her er resten"]


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
    api.failures["deleteWebhook"].append("502")
    hotline = await start(webhook=False)
    await user.write(QUESTION)
    await hotline.hears(user, 2)


async def test_a_bot_api_that_describes_things_in_another_way_keeps_no_chat_waiting(
    start: HotlineMaker, api: BotApi, user: User
) -> None:
    api.replaced["getMe"] = {"id": 123456, "first_name": "Hotline"}
    hotline = await start()
    odd = user.message(text=QUESTION, reply_to_message={"message_id": 5}, entities="none", new_kind={"a": 1})
    del odd["date"], odd["from"]["is_bot"]
    await api.deliver({"message": odd})
    await hotline.hears(user, 2)
    assert (await hotline.messages())[0].text == QUESTION


async def test_a_door_that_cannot_open_is_tried_again_and_says_so_until_it_opens(
    start: HotlineMaker, api: BotApi, user: User
) -> None:
    hotline = await start(webhook=False)
    async with aiohttp.ClientSession(hotline.address) as session:

        async def channels() -> object:
            async with session.get("/readyz") as response:
                return (await response.json())["channels"]

        api.replaced["getUpdates"] = 7
        await user.write(QUESTION)
        api.fail_all["getUpdates"] = "502"

        async def closed() -> bool:
            return await channels() == {"telegram": "telegram_poll_failed"}

        await eventually(closed)
        api.fail_all.clear()
        api.replaced.clear()
        await hotline.hears(user, 2)
        assert await channels() == {}


@pytest.mark.parametrize("after", ["/ny\n", "/ny\u00a0", "/NY \t\n ", "/new@hotline_bot\n"])
async def test_a_command_may_be_followed_by_a_new_line(hotline: Hotline, user: User, after: str) -> None:
    await user.write(PERSON)
    await hotline.hears(user, 4)
    await user.write(f"{after}{QUESTION}")
    await hotline.quiet()
    inquiries = await hotline.stored(t.inquiry)
    assert len(inquiries) == 2
    (asked,) = await hotline.stored(t.message, t.message.c.text == QUESTION)
    assert asked.inquiry_id == next(i.id for i in inquiries if i.number is None)


@pytest.mark.parametrize("written", ["/hjælp", "/HJÆLP", "/hjaelp"])
async def test_help_comes_for_danish_spellings(hotline: Hotline, user: User, written: str) -> None:
    await user.write(written)
    (told,) = await hotline.hears(user, 1)
    assert "/ny" in told.text


@pytest.mark.parametrize(
    "content",
    [
        {"checklist": {"title": "Liste", "tasks": []}},
        {"gift": {"gift": {"id": "1"}}},
        {"a_kind_of_the_future": {"x": 1}},
        {"contact": {"phone_number": "ikke et nummer", "first_name": "Bo"}},
    ],
    ids=lambda content: next(iter(content)),
)
async def test_whatever_is_sent_is_answered(hotline: Hotline, user: User, content: dict[str, object]) -> None:
    await user.send(**content)
    (said,) = await hotline.hears(user, 1)
    assert "kan jeg ikke læse" in said.text


@pytest.mark.parametrize("content", [{"pinned_message": {"message_id": 1}}, {"new_chat_title": "x"}])
async def test_what_only_tells_of_the_chat_is_not_answered(
    hotline: Hotline, user: User, content: dict[str, object]
) -> None:
    await user.send(**content)
    await user.write("/help")
    (said,) = await hotline.hears(user, 1)
    assert "/ny" in said.text


@pytest.mark.parametrize("number", ["+4512345678", "4512345678", "12 34 56 78"])
async def test_a_shared_contact_is_read_as_its_name_and_phone_number(hotline: Hotline, user: User, number: str) -> None:
    await user.write(PERSON)
    await hotline.hears(user, 4)
    await user.write("Bo Prøve")
    await hotline.hears(user, 1, after=len(user.got))
    await user.send(contact={"phone_number": number, "first_name": "Bo", "last_name": "Prøve", "user_id": user.chat_id})
    await hotline.hears(user, 1, after=len(user.got))
    (inquiry,) = await hotline.stored(t.inquiry)
    assert inquiry.contact_phone in ("+4512345678", "12345678")


async def test_thanks_to_a_resolved_inquiry_do_not_draw_the_next_question_there(hotline: Hotline, user: User) -> None:
    await user.write(PERSON)
    named = next(m for m in await hotline.hears(user, 4) if "har fået jeres" in m.text)
    inquiry, contact = await hotline.contact()
    await hotline.people.take(contact, inquiry.id)
    await hotline.people.resolve(contact, inquiry.id, "solved")
    await user.write("/ny")
    await user.write(QUESTION)
    await hotline.quiet()
    await user.reply(named, "tak")
    await user.write("Hvor lang er behandlingstiden for byggesagen?")
    await hotline.quiet()
    old, new = sorted(await hotline.stored(t.inquiry), key=lambda row: row.number is None)
    assert old.status == "resolved"
    assert [m.text for m in await hotline.messages(old.id) if m.author == "inquirer"][-1] == "tak"
    asked = [m.text for m in await hotline.messages(new.id) if m.author == "inquirer"]
    assert asked == [QUESTION, "Hvor lang er behandlingstiden for byggesagen?"]
    await user.reply(named, "Der mangler stadig noget, vi har fået et nyt brev")
    await user.write("Det handler om brevet fra i går")
    await hotline.quiet()
    assert [m.text for m in await hotline.messages(old.id) if m.author == "inquirer"][-1].startswith("Det handler")


async def test_groups_and_greetings_fill_no_list_of_the_staff(hotline: Hotline, api: BotApi, user: User) -> None:
    for number in range(3):
        await api.user(chat_id=-1001 - number).write("hej alle")
    await user.write("/start")
    await hotline.quiet()
    assert len(await hotline.stored(t.inquiry)) == 4
    (coordinator,) = [row for row in await hotline.stored(t.staff) if "coordinator" in row.roles]
    staff = await staff_member(hotline.services, coordinator.id)
    async with hotline.services.database.read() as connection:
        counts = await count_lists(connection, staff, hotline.services.now())
        listed, _ = await read_list(connection, staff, Filter("bot"), hotline.services.now())
    assert (counts["bot"], counts["all"], listed) == (0, 0, [])
