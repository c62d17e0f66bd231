"""Whole stories of a business on Telegram, with the real client, the real model, and a Bot API server of our own."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from bot.conversation.timers import file_quiet
from bot.store import tables as t
from tests.conftest import eventually
from tests.telegram.bot_api import BotApi, User
from tests.telegram.conftest import Hotline, HotlineMaker

QUESTION = "jeg har en frisørsalon og vil lave en lille overdækket terrasse til kunderne, er det tilladelsespligtigt"
UNCLEAR = [
    "affald",
    "byggetilladelse nødvendig?",
    "building permit required or not",
    "byggeri og plads",
    "tilladelse vej skilt",
]
PERSON = "jeg vil gerne tale med en medarbejder"


async def test_a_question_is_answered_with_sources_and_confirmed(either: Hotline, api: BotApi, user: User) -> None:
    await user.write(QUESTION)
    disclosure, answer = await either.hears(user, 2)
    assert "maskine" in disclosure.text and "Demo Kommune" in disclosure.text
    assert answer.text.startswith("🤖") and answer.parse_mode == "HTML" and not answer.preview
    assert "Kilder:" in answer.text and answer.links and all(link.startswith("https://") for link in answer.links)
    assert answer.labels == ["Ja", "Nej", "Tal med en medarbejder"]
    await user.press(answer, "Ja")
    thanks = (await either.hears(user, 1, after=2))[0]
    assert thanks.text.startswith("🤖 Tak")
    assert answer.labels == ["✓ Ja", "Tal med en medarbejder"]
    assert len(api.answered) == 1
    (inquiry,) = await either.stored(t.inquiry)
    assert (inquiry.status, inquiry.outcome, inquiry.channel) == ("resolved", "confirmed", "telegram")
    assert inquiry.identity == "telegram:4242" and inquiry.disclosed_at is not None
    assert [m.seq for m in await either.messages()] == [1, 2, 3, 4]
    assert {row.status for row in await either.stored(t.outbox)} == {"sent"}


async def test_an_unclear_question_is_clarified_by_a_button(hotline: Hotline, user: User) -> None:
    for text in UNCLEAR:
        await user.write(f"/ny {text}")
        asked = (await hotline.hears(user, 2, after=len(user.got)))[-1]
        if "Ingen af dem" in asked.labels or "None of these" in asked.labels:
            break
    else:
        pytest.fail("the model was sure of everything")
    label = asked.labels[0]
    await user.press(asked, label)
    answer = (await hotline.hears(user, 1, after=len(user.got)))[-1]
    assert "Ja" in answer.labels or "Yes" in answer.labels
    assert asked.labels == [f"✓ {label}"]
    (chosen,) = [m for m in await hotline.stored(t.message) if (m.body or {}).get("choice", "").startswith("article:")]
    assert chosen.text == label and chosen.author == "inquirer"
    assert any(m.article == chosen.body["choice"].removeprefix("article:") for m in await hotline.stored(t.message))


async def test_no_offers_what_is_next_or_a_person(hotline: Hotline, user: User) -> None:
    await user.write(QUESTION)
    answer = (await hotline.hears(user, 2))[-1]
    await user.press(answer, "Nej")
    (offer,) = await hotline.hears(user, 1, after=2)
    assert answer.labels == ["✓ Nej", "Tal med en medarbejder"]
    await user.press(offer, "Tal med en medarbejder")
    await hotline.hears(user, 3, after=3)
    (inquiry,) = await hotline.stored(t.inquiry)
    assert inquiry.status == "waiting"
    assert [m.helped for m in await hotline.messages() if m.article] == [False]


async def test_who_asks_for_a_person_gets_a_name_a_deadline_and_a_link_and_fills_in_the_form(
    either: Hotline, user: User
) -> None:
    await user.write("/human")
    said = await either.hears(user, 4)
    named = next(m for m in said if "har fået jeres henvendelse" in m.text)
    number = re.search(r"\d{4}-\d{6}", named.text)
    assert number and "(demo)" in named.text and "senest" in named.text
    assert re.search(re.escape(either.address) + r"/i/#[0-9a-f]{16}\.\S{43}", named.text)
    assert said[-1].labels == ["Spring over"]
    for reply in ("Bo Madsen", "bo@firma.example", "Madsens Frisør"):
        await user.write(reply)
        await either.hears(user, 1, after=len(user.got))
    (inquiry,) = await either.stored(t.inquiry)
    assert (inquiry.status, inquiry.number) == ("waiting", number[0])
    assert (inquiry.contact_name, inquiry.contact_email) == ("Bo Madsen", "bo@firma.example")
    assert inquiry.company == "Madsens Frisør"


async def test_a_field_of_the_form_is_left_out_by_its_button_and_an_old_button_leaves_out_nothing(
    hotline: Hotline, api: BotApi, user: User
) -> None:
    await user.write(PERSON)
    name = (await hotline.hears(user, 4))[-1]
    old = name.data("Spring over")
    await user.write("Bo Madsen")
    reach = (await hotline.hears(user, 1, after=len(user.got)))[-1]
    await user.press_data(name, old)
    await hotline.quiet()
    (inquiry,) = await hotline.stored(t.inquiry)
    assert inquiry.state["form_field"] == "reach"
    assert "gælder ikke længere" in api.answered[-1]["text"]
    await user.press(reach, "Spring over")
    await hotline.hears(user, 1, after=len(user.got))
    (inquiry,) = await hotline.stored(t.inquiry)
    assert inquiry.state["form_field"] == "company" and inquiry.contact_email is None


async def test_a_contacts_reply_is_a_notice_with_name_number_and_secret_link(hotline: Hotline, user: User) -> None:
    await user.write(PERSON)
    await hotline.hears(user, 4)
    inquiry, contact = await hotline.contact()
    before = len(user.got)
    await hotline.people.reply(contact, inquiry.id, "I skal bruge **skema 7** og <b>mere</b>.")
    taken, notice = await hotline.hears(user, 2, after=before)
    assert "overtaget" in taken.text
    assert contact.name in notice.text and inquiry.number in notice.text and "/i/#" in notice.text
    assert "skema" not in "".join(m.text for m in user.got)
    assert notice.text.startswith("👤") and not notice.preview


async def test_a_contacts_words_are_sent_as_typed_where_the_municipality_allows_it(
    hotline: Hotline, user: User
) -> None:
    async with hotline.services.database.write() as connection:
        await connection.execute(sa.update(t.municipality).values(telegram_bodies=True))
    await user.write(PERSON)
    await hotline.hears(user, 4)
    inquiry, contact = await hotline.contact()
    before = len(user.got)
    await hotline.people.reply(contact, inquiry.id, "I skal bruge **skema 7** & <b>mere</b>.")
    said = (await hotline.hears(user, 2, after=before))[-1]
    assert said.text == f"👤 {contact.name}\nI skal bruge **skema 7** & <b>mere</b>."


async def test_bot_stays_silent_after_a_contact_took_over_and_the_contact_sees_what_is_written(
    hotline: Hotline, user: User
) -> None:
    await user.write(PERSON)
    await hotline.hears(user, 4)
    inquiry, contact = await hotline.contact()
    await hotline.people.take(contact, inquiry.id)
    await hotline.hears(user, 1, after=4)
    before = len(user.got)
    await user.write(QUESTION)
    await hotline.quiet()
    assert len(user.got) == before
    assert (await hotline.messages())[-1].text == QUESTION


async def test_start_greets_once_says_that_it_is_a_machine_and_the_bot_does_not_say_it_again(
    hotline: Hotline, user: User
) -> None:
    await user.write("/start")
    (greeting,) = await hotline.hears(user, 1)
    assert "maskine" in greeting.text and "Demo Kommune" in greeting.text
    await user.write(QUESTION)
    (answer,) = await hotline.hears(user, 1, after=1)
    assert "Ja" in answer.labels
    (inquiry,) = await hotline.stored(t.inquiry)
    assert inquiry.disclosed_at is not None


async def test_a_greeting_that_nobody_answers_leaves_no_inquiry(hotline: Hotline, user: User) -> None:
    await user.write("/start")
    await hotline.hears(user, 1)
    hotline.services.now.advance(hours=30)  # type: ignore[attr-defined]
    await file_quiet(hotline.services)
    assert await hotline.stored(t.inquiry) == []
    await user.write("/start")
    await hotline.hears(user, 1, after=1)


async def test_new_starts_another_and_a_reply_goes_to_the_inquiry_of_the_message_replied_to(
    on_both: Hotline, user: User
) -> None:
    first = await user.write(PERSON)
    named = next(m for m in await on_both.hears(user, 4) if "har fået jeres" in m.text)
    await user.write("/new")
    await on_both.hears(user, 1, after=len(user.got))
    await user.write(QUESTION)
    await on_both.hears(user, 2, after=len(user.got))
    old, new = sorted(await on_both.stored(t.inquiry), key=lambda row: row.number is None)
    assert (await on_both.messages(new.id))[1].text == QUESTION
    await user.reply(named, "Bo Madsen")
    await on_both.quiet()
    assert any(m.text == "Bo Madsen" for m in await on_both.messages(old.id))
    # With two open, the messages of a numbered one say which it is.
    assert user.got[-1].text.startswith(f"{old.number}\n")
    await user.write("/new")
    await on_both.quiet()
    await user.reply(first, "mere om den første")
    await on_both.quiet()
    assert any(m.text == "mere om den første" for m in await on_both.messages(old.id))


async def test_help_names_the_commands_and_language_switches(hotline: Hotline, user: User) -> None:
    await user.write("/help")
    (told,) = await hotline.hears(user, 1)
    assert "/ny" in told.text
    await user.write("/sprog")
    (switched,) = await hotline.hears(user, 1, after=1)
    assert switched.text == "We will go on in English."
    await user.write("/hjaelp")
    (told,) = await hotline.hears(user, 1, after=2)
    assert "/new" in told.text


@pytest.mark.parametrize(
    ("code", "word"), [("da", "maskine"), ("nb", "maskine"), ("en-GB", "machine"), ("de", "machine")]
)
async def test_the_first_words_are_in_the_language_of_the_users_telegram(
    hotline: Hotline, api: BotApi, code: str, word: str
) -> None:
    user = api.user(language=code)
    await user.write("/start")
    assert word in (await hotline.hears(user, 1))[0].text


async def test_after_that_the_language_is_the_one_the_inquirer_writes(hotline: Hotline, api: BotApi) -> None:
    user = api.user(language="da")
    await user.write("I would like to talk to a person about my application, please")
    await hotline.hears(user, 1)
    (inquiry,) = await hotline.stored(t.inquiry)
    assert inquiry.language == "en"


async def test_messages_of_one_chat_are_kept_in_order_and_chats_do_not_mix(start: HotlineMaker, api: BotApi) -> None:
    hotline = await start(webhook=False)
    users = [api.user(chat_id=100 + n) for n in range(3)]
    for n in range(5):
        for user in users:
            await user.write(f"besked nummer {n}")

    async def arrived() -> bool:
        return len(await hotline.stored(t.inbound)) == 15

    await eventually(arrived)
    await hotline.quiet()
    for user in users:
        (inquiry,) = await hotline.stored(t.inquiry, t.inquiry.c.identity == f"telegram:{user.chat_id}")
        messages = await hotline.messages(inquiry.id)
        written = [m.text for m in messages if m.author == "inquirer"]
        assert written == [f"besked nummer {n}" for n in range(5)]
        assert [m.seq for m in messages] == list(range(1, len(messages) + 1))
        sent = await hotline.stored(t.outbox, t.outbox.c.inquiry_id == inquiry.id)
        by_seq = [row.external_id for row in sorted(sent, key=lambda row: row.message_id)]
        assert by_seq == [str(m.message_id) for m in user.got]
