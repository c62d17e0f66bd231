"""What a stored update says, read from its own JSON: only the fields that are used, each where it has the right kind. Pure.

Not the client's ``Update.de_json``: it refuses a whole update for a required field that is missing anywhere in it, also in a message
that was only quoted, so that a newer Bot API could silence every chat.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

# Messages that tell of the chat and say nothing (https://core.telegram.org/bots/api#message, "Service message").
_SERVICE = frozenset((
    "new_chat_members", "left_chat_member", "new_chat_title", "new_chat_photo", "delete_chat_photo",
    "group_chat_created", "supergroup_chat_created", "channel_chat_created", "message_auto_delete_timer_changed",
    "migrate_to_chat_id", "migrate_from_chat_id", "pinned_message", "successful_payment", "refunded_payment",
    "users_shared", "chat_shared", "connected_website", "write_access_allowed", "passport_data",
    "proximity_alert_triggered", "boost_added", "chat_background_set", "forum_topic_created", "forum_topic_edited",
    "forum_topic_closed", "forum_topic_reopened", "general_forum_topic_hidden", "general_forum_topic_unhidden",
    "giveaway_created", "giveaway_completed", "video_chat_scheduled", "video_chat_started", "video_chat_ended",
    "video_chat_participants_invited", "web_app_data", "checklist_tasks_done", "checklist_tasks_added",
    "paid_message_price_changed", "direct_message_price_changed",
))  # fmt: skip
# What may stand beside a text or a caption and cannot be read.
_ATTACHED = frozenset((
    "animation", "audio", "document", "paid_media", "photo", "sticker", "story", "video", "video_note", "voice",
    "checklist", "contact", "dice", "game", "poll", "venue", "location", "giveaway", "giveaway_winners", "invoice",
    "live_photo", "gift", "unique_gift",
))  # fmt: skip
_PHONE = re.compile(r"(?:\+|00)?\d{6,15}")
GONE = ("kicked", "left")

Kind = Literal["message", "edited_message", "my_chat_member", "callback_query"]


@dataclass(frozen=True, slots=True)
class Message:
    id: int
    text: str | None  # or caption; of a shared contact its name and phone number
    replied_to: int | None
    album: str | None
    unreadable: bool  # holds something that is no text


@dataclass(frozen=True, slots=True)
class Press:
    id: str
    data: str | None
    message_id: int | None


@dataclass(frozen=True, slots=True)
class Incoming:
    """One update of a chat. ``member`` is what the bot has become in it (``my_chat_member``)."""

    update_id: int
    kind: Kind
    chat_id: int | None
    chat_type: str
    language_code: str | None
    message: Message | None = None
    member: str | None = None
    press: Press | None = None


def read_update(body: dict[str, Any]) -> Incoming | None:
    """What ``body`` says; None for an update of a kind that was not asked for, or of no chat. Raises nothing for odd content."""
    update_id = body["update_id"]
    query = _object(body.get("callback_query"))
    if query:
        shown = _object(query.get("message"))
        press = Press(str(query.get("id", "")), _string(query.get("data")), _number(shown.get("message_id")))
        return Incoming(update_id, "callback_query", *_chat(shown), _code(query), press=press)
    for kind in ("message", "edited_message", "my_chat_member"):
        holder = _object(body.get(kind))
        chat_id, chat_type = _chat(holder)
        if chat_id is None:
            continue
        if kind == "my_chat_member":
            status = _string(_object(holder.get("new_chat_member")).get("status"))
            return Incoming(update_id, "my_chat_member", chat_id, chat_type, _code(holder), member=status)
        read = _message(holder)
        return Incoming(update_id, kind, chat_id, chat_type, _code(holder), message=read) if read else None
    return None


def text_of(message: dict[str, Any]) -> str | None:
    """What somebody wrote; of a shared contact the name and the phone number, which were typed into fields of their own."""
    written = _string(message.get("text")) or _string(message.get("caption"))
    return written if written is not None else _shared_contact(_object(message.get("contact")))


def _message(holder: dict[str, Any]) -> Message | None:
    message_id = _number(holder.get("message_id"))
    if message_id is None:
        return None
    text = text_of(holder)
    attached = _ATTACHED & holder.keys() - ({"contact"} if _shared_contact(_object(holder.get("contact"))) else set())
    return Message(
        id=message_id,
        text=text,
        replied_to=_number(_object(holder.get("reply_to_message")).get("message_id")),
        album=_string(holder.get("media_group_id")),
        # Without a text it is something newer than this list, unless it only tells of the chat.
        unreadable=bool(attached) or (text is None and not _SERVICE & holder.keys()),
    )


def _shared_contact(contact: dict[str, Any]) -> str | None:
    number = re.sub(r"[\s().-]", "", _string(contact.get("phone_number")) or "")
    if not _PHONE.fullmatch(number):
        return None
    # Telegram's own numbers are international and come with or without "+"; eight digits are from a Danish address book.
    if len(number) > 8 and not number.startswith(("+", "00")):
        number = f"+{number}"
    names = (_string(contact.get(part)) for part in ("first_name", "last_name"))
    name = " ".join(name for name in names if name)
    return f"{name}, tlf. {number}" if name else f"Tlf. {number}"


def _chat(holder: dict[str, Any]) -> tuple[int | None, str]:
    chat = _object(holder.get("chat"))
    return _number(chat.get("id")), _string(chat.get("type")) or ""


def _code(holder: dict[str, Any]) -> str | None:
    return _string(_object(holder.get("from")).get("language_code"))


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _string(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _number(value: Any) -> int | None:
    """An id of Telegram's: at most 52 significant bits (https://core.telegram.org/bots/api#chat)."""
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**53 else None
