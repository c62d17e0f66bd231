"""Who listens to an inquiry, over a socket or by a poll: how many may, and one read of the thread for all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from aiohttp import web

from bot.web.keys import LIMITS, SERVICES

Thread = dict[str, Any]
_Key = tuple[str, int, int, int | None]  # inquiry, generation of the token, after, rev


class SharedReads:
    """Readers who ask for the same while a read of it is going on share the one after it, which sees all that woke them."""

    def __init__(self) -> None:
        self._reading: dict[_Key, asyncio.Lock] = {}
        self._next: dict[_Key, asyncio.Task[Thread]] = {}

    async def read(self, key: _Key, read: Callable[[], Awaitable[Thread]]) -> Thread:
        task = self._next.get(key)
        if task is None:
            task = self._next[key] = asyncio.create_task(self._run(key, read))
            task.add_done_callback(lambda done: done.cancelled() or done.exception())  # also when nobody waits any more
        return await asyncio.shield(task)  # one reader who leaves takes nothing from the others

    async def _run(self, key: _Key, read: Callable[[], Awaitable[Thread]]) -> Thread:
        lock = self._reading.setdefault(key, asyncio.Lock())
        async with lock:
            del self._next[key]  # who comes from now on may know of a later change
            try:
                return await read()
            finally:
                if key not in self._next:
                    del self._reading[key]


SHARED_READS = web.AppKey("shared_reads", SharedReads)


@contextmanager
def from_address(request: web.Request) -> Iterator[None]:
    """One more of those that this address keeps open. Raises TooManyOpen."""
    limits, settings = request.app[LIMITS], request.app[SERVICES].settings
    with limits.holding("open", limits.address(request), settings.max_open_per_address):
        yield


@contextmanager
def to_inquiry(request: web.Request, inquiry: dict[str, Any]) -> Iterator[None]:
    """One more of those that listen to the inquiry. Raises TooManyOpen."""
    settings = request.app[SERVICES].settings
    with request.app[LIMITS].holding("open", inquiry["id"], settings.max_open_per_inquiry):
        yield
