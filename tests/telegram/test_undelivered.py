"""A contact sees that a reply did not arrive, and why; the inquirer is owed it still."""

from __future__ import annotations

from typing import Any

from bot.staff import words
from bot.staff.detail import read_detail
from tests.telegram.bot_api import BotApi, User
from tests.telegram.conftest import Hotline
from tests.telegram.test_stories import PERSON


async def _seen(hotline: Hotline) -> dict[str, Any]:
    """The thread as its contact sees it."""
    inquiry, contact = await hotline.contact()
    return await read_detail(hotline.services, contact, inquiry.id, "da")


async def _replied(hotline: Hotline, api: BotApi, user: User, failure: str) -> dict[str, Any]:
    await user.write(PERSON)
    await hotline.hears(user, 4)
    inquiry, contact = await hotline.contact()
    await hotline.people.take(contact, inquiry.id)
    await hotline.quiet()
    api.fail_all["sendMessage"] = failure
    hotline.services.now.advance(minutes=3)  # type: ignore[attr-defined]
    await hotline.people.reply(contact, inquiry.id, "I skal søge om tilladelse.")
    assert (await _seen(hotline))["inquiry"]["reply_due_at"] is None
    await hotline.outbox.deliver_due()
    await hotline.quiet()
    return await _seen(hotline)


async def test_a_reply_to_who_blocked_the_bot_says_so_and_is_owed_still(
    on_both: Hotline, api: BotApi, user: User
) -> None:
    detail = await _replied(on_both, api, user, "403")
    reply = detail["messages"][-1]
    assert reply["delivery"] == {"channel": "telegram", "status": "failed", "error": "blocked"}
    assert "blokeret" in (words.undelivered(reply["delivery"]) or "")
    (deadline,) = detail["deadlines"]
    assert deadline["met_at"] is None and detail["inquiry"]["needs_reply"]
    assert detail["inquiry"]["reply_due_at"] == deadline["due_at"]
    on_both.services.now.advance(days=9)  # type: ignore[attr-defined]
    assert (await _seen(on_both))["inquiry"]["overdue"]


async def test_what_arrives_after_all_is_owed_no_more(hotline: Hotline, api: BotApi, user: User) -> None:
    rev = (await _replied(hotline, api, user, "403"))["rev"]
    api.fail_all.clear()
    await user.becomes("member")
    await hotline.quiet()
    inquiry, contact = await hotline.contact()
    news = await read_detail(hotline.services, contact, inquiry.id, "da", rev=rev)
    reply = next(message for message in news["messages"] if message["author"] == "staff")
    assert reply["delivery"]["status"] == "sent" and words.undelivered(reply["delivery"]) is None
    assert not news["inquiry"]["needs_reply"] and news["deadlines"][-1]["met_at"]


async def test_a_reply_that_is_still_tried_says_so(hotline: Hotline, api: BotApi, user: User) -> None:
    detail = await _replied(hotline, api, user, "500")
    reply = detail["messages"][-1]
    assert reply["delivery"]["status"] == "pending" and reply["rev"] > reply["id"], "it is among the page's news"
    assert "endnu" in (words.undelivered(reply["delivery"]) or "")
    assert not detail["inquiry"]["needs_reply"]


async def test_what_is_not_sent_to_a_channel_says_nothing_of_it(hotline: Hotline, api: BotApi, user: User) -> None:
    detail = await _replied(hotline, api, user, "403")
    assert all(m["delivery"] is None for m in detail["messages"] if m["author"] == "inquirer")
    assert all(m["delivery"]["status"] == "sent" for m in detail["messages"] if m["author"] in ("bot", "system"))
