"""Buttons under a message, and what a press of one says. Pure but for the client's types.

Telegram gives a button 64 bytes; an article's id may be longer. So a button names its place: ``c:<inquiry>:<seq>:<n>`` is the
n-th button stored with that message, ``f:<inquiry>:<seq>:1`` its "yes, this helped".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

_DATA = re.compile(r"c:([0-9a-f]{16}):(\d{1,9}):(\d{1,2})|f:([0-9a-f]{16}):(\d{1,9}):([01])")
CHOSEN = "-"  # the data of a button that says what was chosen, and does nothing


@dataclass(frozen=True, slots=True)
class Press:
    """A button of message ``seq``: its ``place`` among the stored ones, or whether the answer ``helped``."""

    inquiry_id: str
    seq: int
    place: int | None = None
    helped: bool | None = None


def read_press(data: str | None) -> Press | None:
    """What was pressed; None for data that no button of ours has."""
    match = _DATA.fullmatch(data or "")
    if match is None:
        return None
    if match[1]:
        return Press(match[1], int(match[2]), place=int(match[3]))
    return Press(match[4], int(match[5]), helped=match[6] == "1")


def keyboard(message: dict[str, Any], yes: str, no: str) -> InlineKeyboardMarkup | None:
    """The buttons of a stored message, "did this help" first; None when it has none."""
    rows = [] if not _asks_feedback(message) else [[_feedback(message, 1, yes), _feedback(message, 0, no)]]
    rows += [[button] for button in _choices(message)]
    return InlineKeyboardMarkup(rows) if rows else None


def keyboard_after(message: dict[str, Any], press: Press, label: str) -> InlineKeyboardMarkup:
    """What is left once ``press`` counted: what was chosen; beside an answer found helpful or not, its other buttons."""
    rows = [[InlineKeyboardButton(f"✓ {label}", callback_data=CHOSEN)]]
    if press.helped is not None:
        rows += [[button] for button in _choices(message)]
    return InlineKeyboardMarkup(rows)


def _asks_feedback(message: dict[str, Any]) -> bool:
    return bool((message["body"] or {}).get("feedback")) and message["helped"] is None


def _feedback(message: dict[str, Any], helped: int, label: str) -> InlineKeyboardButton:
    return InlineKeyboardButton(label, callback_data=f"f:{message['inquiry_id']}:{message['seq']}:{helped}")


def _choices(message: dict[str, Any]) -> list[InlineKeyboardButton]:
    buttons = (message["body"] or {}).get("buttons", [])
    data = f"c:{message['inquiry_id']}:{message['seq']}"
    return [InlineKeyboardButton(button["label"], callback_data=f"{data}:{n}") for n, button in enumerate(buttons)]
