"""Reads what strangers send: each function returns a value of the promised kind or raises BadInput."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from bot.errors import BadInput
from bot.web.bodies import LARGEST

MAX_WAIT_S = 25.0  # of a long poll; proxies give up after 30
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def text_field(body: dict[str, Any], name: str, longest: int) -> str | None:
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > longest:
        raise BadInput(f"{name} is a text of at most {longest} characters")
    return value


def client_id_field(body: Mapping[str, Any]) -> str | None:
    """A UUID as :class:`uuid.UUID` writes it: other spellings of one would be other ids to the database. Nothing but random
    hexadecimal digits comes in here, and no CPR number."""
    value = body.get("client_id")
    if value is None:
        return None
    if not isinstance(value, str) or not _UUID.fullmatch(value):
        raise BadInput("client_id is a random UUID in lower case: 8-4-4-4-12 hexadecimal digits")
    return value


def number_query(request: web.Request, name: str) -> float | None:
    value = request.query.get(name)
    if value is None:
        return None
    try:
        number = float(value)
    except ValueError as error:
        raise BadInput(f"{name} is a number") from error
    if not 0 <= number < LARGEST:
        raise BadInput(f"{name} is a number from 0")
    return number


def whole_number(value: Any, name: str) -> int:
    """``value`` as a number that any column of numbers holds, from 0. Raises BadInput."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < LARGEST:
        raise BadInput(f"{name} is a whole number from 0")
    return value


def number_field(body: dict[str, Any], name: str) -> int:
    return whole_number(body.get(name), name)


def number_in(form: Any, name: str) -> int:
    """The number in a field of a form."""
    value = str(form.get(name, ""))
    if not (value.isascii() and value.isdecimal()) or len(value) > 10 or int(value) >= LARGEST:
        raise BadInput(f"{name} is a number")
    return int(value)


def number_of(text: str) -> int:
    """The number in an address that only chooses a sentence; 0 for anything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


def seq_field(body: dict[str, Any]) -> int:
    return number_field(body, "seq")


def helped_field(body: dict[str, Any]) -> bool:
    helped = body.get("helped")
    if not isinstance(helped, bool):
        raise BadInput("helped is true or false")
    return helped
