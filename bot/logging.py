"""Logs of the server: one line per event with ids and codes; never message text, and no local variables in tracebacks."""

from __future__ import annotations

import logging
import sys
import time
import traceback
from collections.abc import Callable
from types import TracebackType
from typing import TextIO

import structlog

_FRAMES = 6
_A_MINUTE = 5  # lines from one place of a library
_MINUTE_S = 60.0


def configure_logging(level: str) -> None:
    logging.basicConfig(level=level, handlers=[library_handler(sys.stderr)])
    logging.captureWarnings(True)
    # Of these every line below a warning is one request or statement: far too many.
    for noisy in (
        "aiohttp.access",
        "sqlalchemy.engine",
        "aiosqlite",
        "httpx",
        "httpcore",
        "telegram",
        "alembic",
        "asyncio",
    ):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, logging.getLevelName(level)))
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.ExceptionRenderer(structlog.tracebacks.ExceptionDictTransformer(show_locals=False)),
            _without_exception_text,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
    )


def library_handler(stream: TextIO, clock: Callable[[], float] = time.monotonic) -> logging.Handler:
    """Where the standard library's log goes, in which only libraries write: none of their words, and few of their lines."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_Wordless())
    handler.addFilter(_Sparing(clock))
    return handler


class _Wordless(logging.Formatter):
    """Which logger, from where, and of an error its type and place. A library's message may quote what it could not handle:
    aiohttp the raw bytes of a request, asyncio the text of an exception, SQLAlchemy the values of a row."""

    def format(self, record: logging.LogRecord) -> str:
        said = f"{record.levelname} {record.name} {record.module}:{record.lineno}"
        kind, _, trace = record.exc_info or (None, None, None)
        if kind is not None:
            said += f" {kind.__name__} at {', '.join(_places(trace))}"
        left_out = getattr(record, "left_out", 0)
        return f"{said} (and {left_out} more)" if left_out else said


class _Sparing(logging.Filter):
    """At most a few lines a minute from one place, then their number; a client that went away is no error at all."""

    def __init__(self, clock: Callable[[], float]):
        super().__init__()
        self.clock = clock
        self._written: dict[tuple[str, int], tuple[float, int]] = {}  # place: since when, how many

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info and record.exc_info[0] and issubclass(record.exc_info[0], ConnectionError):
            return False
        place, now = (record.pathname, record.lineno), self.clock()
        since, written = self._written.get(place, (now, 0))
        if now - since >= _MINUTE_S:
            record.left_out = max(0, written - _A_MINUTE)
            since, written = now, 0
        self._written[place] = (since, written + 1)
        return written < _A_MINUTE


def _places(trace: TracebackType | None) -> list[str]:
    frames = traceback.extract_tb(trace)[-_FRAMES:]
    return [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames]


def _without_exception_text(_logger: object, _name: str, event: dict[str, object]) -> dict[str, object]:
    """Exception texts of libraries may quote what they could not handle: the type and the place are kept, the words are not."""
    traces = event.get("exception")
    if isinstance(traces, list):
        event["exception"] = [
            {
                "type": trace["exc_type"],
                "at": [
                    f"{frame['filename'].rpartition('/')[2]}:{frame['lineno']} {frame['name']}"
                    for frame in trace["frames"][-_FRAMES:]
                ],
            }
            for trace in traces
        ]
    return event
