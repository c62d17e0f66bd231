"""Reads what strangers send: each function returns a value of the promised kind or raises BadInput."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from bot.errors import BadInput

MAX_WAIT_S = 25.0  # of a long poll; proxies give up after 30
_LARGEST = 2**31
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
    if not 0 <= number < _LARGEST:
        raise BadInput(f"{name} is a number from 0")
    return number


def seq_field(body: dict[str, Any]) -> int:
    seq = body.get("seq")
    if not isinstance(seq, int) or isinstance(seq, bool) or not 0 <= seq < _LARGEST:
        raise BadInput("seq is a number")
    return seq


def helped_field(body: dict[str, Any]) -> bool:
    helped = body.get("helped")
    if not isinstance(helped, bool):
        raise BadInput("helped is true or false")
    return helped
