"""Who waits for news of an inquiry or of a municipality, in this process. Holds no content: readers ask the database."""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Iterator

_Key = tuple[str, str]  # municipality, inquiry id


class Hub:
    """``publish`` wakes every subscriber of the inquiry, and of its municipality's console."""

    def __init__(self) -> None:
        self._inquiries: dict[_Key, set[asyncio.Event]] = defaultdict(set)
        self._consoles: dict[str, set[asyncio.Queue[str]]] = defaultdict(set)

    def publish(self, municipality: str, inquiry_id: str) -> None:
        for event in self._inquiries.get((municipality, inquiry_id), ()):
            event.set()
        for queue in self._consoles.get(municipality, ()):
            if queue.full():  # a console that lags reloads its list anyway
                continue
            queue.put_nowait(inquiry_id)

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
        """A queue of ids of changed inquiries."""
        queue: asyncio.Queue[str] = asyncio.Queue(maxsize=200)
        self._consoles[municipality].add(queue)
        try:
            yield queue
        finally:
            self._consoles[municipality].discard(queue)
            if not self._consoles[municipality]:
                del self._consoles[municipality]
