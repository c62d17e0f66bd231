"""Logs of the server: one line per event with ids and codes; never message text, and no local variables in tracebacks."""

from __future__ import annotations

import logging
import sys

import structlog


def configure_logging(level: str) -> None:
    logging.basicConfig(level=level, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")
    # The access log would hold addresses of inquirers; SQLAlchemy's would hold parameters, that is, message text.
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


def _without_exception_text(_logger: object, _name: str, event: dict[str, object]) -> dict[str, object]:
    """Exception texts of libraries may quote what they could not handle: the type and the place are kept, the words are not."""
    traces = event.get("exception")
    if isinstance(traces, list):
        event["exception"] = [
            {
                "type": trace["exc_type"],
                "at": [
                    f"{frame['filename'].rpartition('/')[2]}:{frame['lineno']} {frame['name']}"
                    for frame in trace["frames"][-6:]
                ],
            }
            for trace in traces
        ]
    return event
