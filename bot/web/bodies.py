"""Reads whole requests of strangers: addresses, JSON and forms. What no database can hold is refused here, at every door alike.

That is NUL, which PostgreSQL takes in no text; halves of surrogate pairs, which JSON can name and UTF-8 cannot hold; numbers
over 2**31; and nesting without an end.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from aiohttp.http import HttpProcessingError
from multidict import MultiDictProxy

from bot.errors import BadInput, BadJson, TooSlow
from bot.web.keys import SERVICES

LARGEST = 2**31
MOST_NESTED = 20
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
# What people type is cleaned where it is taken in, so that one odd character of a pasted text loses nothing.
_TYPED = ("text", "note")


def is_storable(text: str) -> bool:
    return not _UNSTORABLE.search(text)


def storable(text: str) -> str:
    """``text`` with a replacement character for what no database can hold."""
    return _UNSTORABLE.sub("\ufffd", text)


def storable_json(value: Any) -> Any:
    """``value`` with a replacement character for what no database can hold, in every text of it."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, list):
        return [storable_json(item) for item in value]
    return {storable(k): storable_json(v) for k, v in value.items()} if isinstance(value, dict) else value


def read_address(request: web.Request) -> None:
    """The parts of the path can be looked for in any database, and then are not found. Raises BadInput for such a query."""
    for name, value in request.match_info.items():
        request.match_info[name] = storable(value)
    for name, value in request.query.items():
        if not is_storable(value):
            raise BadInput(f"{storable(name)[:40]} holds characters that no text has")


@asynccontextmanager
async def in_time(request: web.Request) -> AsyncIterator[None]:
    """The body arrives in time. Raises TooSlow, and BadInput for one that is not compressed as it says."""
    try:
        async with asyncio.timeout(request.app[SERVICES].settings.body_timeout_s):
            yield
    except TimeoutError as error:
        raise TooSlow from error
    except (web.RequestPayloadError, HttpProcessingError) as error:
        raise BadInput("the body cannot be read") from error


async def read_object(request: web.Request) -> dict[str, Any]:
    """The body as an object, whatever stands in it; raises BadJson for anything else. An empty body is an empty object."""
    async with in_time(request):
        raw = await request.read()
    try:
        return parse_object(raw.decode("utf-8")) if raw else {}
    except UnicodeDecodeError as error:
        raise BadJson from error


async def read_json(request: web.Request) -> dict[str, Any]:
    """The body as an object of storable texts and numbers. Raises BadJson, BadInput."""
    return checked(await read_object(request))


def parse_object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise BadJson from error
    if not isinstance(value, dict):
        raise BadJson
    return value


def checked(body: dict[str, Any]) -> dict[str, Any]:
    """``body``, if a database can hold all of it. Raises BadInput."""
    waiting: list[tuple[Any, int]] = [(name, 1) for name in body]
    waiting += [(value, 1) for name, value in body.items() if name not in _TYPED or not isinstance(value, str)]
    while waiting:
        value, depth = waiting.pop()
        if isinstance(value, str) and not is_storable(value):
            raise BadInput("a text holds characters that no text has")
        if isinstance(value, int | float) and not -LARGEST < value < LARGEST:
            raise BadInput("a number is too large")
        if isinstance(value, dict | list):
            if depth == MOST_NESTED:
                raise BadInput("this is nested too deeply")
            inside = [*value, *value.values()] if isinstance(value, dict) else value
            waiting += [(item, depth + 1) for item in inside]
    return body


async def read_form(request: web.Request) -> MultiDictProxy[Any]:
    """The form's fields. Raises BadInput for what cannot be read, and for a field that no database can hold."""
    try:
        async with in_time(request):
            form = await request.post()
    except (ValueError, LookupError) as error:  # not in the encoding it names, one that does not exist, broken parts
        raise BadInput("the form cannot be read") from error
    for name, value in form.items():
        if isinstance(value, str) and name not in _TYPED and not is_storable(value):
            raise BadInput(f"{storable(name)[:40]} holds characters that no text has")
    return form


def _no_number(name: str) -> float:
    raise ValueError(name)
