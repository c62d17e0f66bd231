"""Who waits for news of an inquiry or of a municipality, in this process. Holds no content: readers ask the database.

What is published here is told to the other processes by ``bot.notices``; what they publish comes back as ``wake``.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import NamedTuple

_Key = tuple[str, str]  # municipality, inquiry id
EVERYTHING = "*"  # in a console's queue: anything may have changed


class Change(NamedTuple):
    """What was committed to an inquiry, without its content."""

    municipality: str
    inquiry_id: str
    rev: int
    promised: bool  # the outbox has something new to send


class Hub:
    """``publish`` wakes every subscriber of the inquiry, and of its municipality's console, in every process."""

    def __init__(self) -> None:
        self._inquiries: dict[_Key, set[asyncio.Event]] = defaultdict(set)
        self._consoles: dict[str, set[asyncio.Queue[str]]] = defaultdict(set)
        self.relay: Callable[[Change], None] | None = None  # tells the other processes

    def publish(self, municipality: str, inquiry_id: str, rev: int = 0, promised: bool = False) -> None:
        """``rev`` is the inquiry's after the commit; 0 when the caller does not know it."""
        self.wake(municipality, inquiry_id)
        if self.relay is not None:
            self.relay(Change(municipality, inquiry_id, rev, promised))

    def wake(self, municipality: str, inquiry_id: str) -> None:
        """Who waits in this process looks again."""
        for event in self._inquiries.get((municipality, inquiry_id), ()):
            event.set()
        for queue in self._consoles.get(municipality, ()):
            _put(queue, inquiry_id)

    def wake_all(self) -> None:
        """Everybody who waits in this process looks again: what happened meanwhile is not known."""
        for events in self._inquiries.values():
            for event in events:
                event.set()
        for queues in self._consoles.values():
            for queue in queues:
                _put(queue, EVERYTHING)

    def waiting(self) -> tuple[set[_Key], set[str]]:
        """The inquiries and the municipalities' consoles that somebody waits for here."""
        return set(self._inquiries), set(self._consoles)

    @contextlib.contextmanager
    def inquiry(self, municipality: str, inquiry_id: str) -> Iterator[asyncio.Event]:
        """An event that is set at every change; the subscriber clears it before it reads."""
        key = (municipality, inquiry_id)
        event = asyncio.Event()
        self._inquiries[key].add(event)
        try:
            yield event
        finally:
            self._inquiries[key].discard(event)
            if not self._inquiries[key]:
                del self._inquiries[key]

    @contextlib.contextmanager
    def console(self, municipality: str) -> Iterator[asyncio.Queue[str]]:
        """A queue of ids of changed inquiries, with ``EVERYTHING`` among them when no id tells enough."""
        queue: asyncio.Queue[str] = asyncio.Queue(maxsize=200)
        self._consoles[municipality].add(queue)
        try:
            yield queue
        finally:
            self._consoles[municipality].discard(queue)
            if not self._consoles[municipality]:
                del self._consoles[municipality]


def _put(queue: asyncio.Queue[str], word: str) -> None:
    if not queue.full():  # a console that lags reloads its list anyway
        queue.put_nowait(word)
