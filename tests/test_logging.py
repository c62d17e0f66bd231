"""What libraries write into our log: that and where something failed, and none of what anybody wrote."""

from __future__ import annotations

import asyncio
import io
import logging
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from aiohttp.test_utils import TestClient

from bot.logging import library_handler
from tests.conftest import Clock

SECRETS = ("0101901234", "010190-1234", "geheim-token", "Prøve")


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """The log of the libraries, as the server writes it."""
    stream, root = io.StringIO(), logging.getLogger()
    handler = library_handler(stream)
    root.addHandler(handler)
    yield stream
    root.removeHandler(handler)


async def send_raw(client: TestClient[Any, Any], request: bytes, *, answer: bool = True) -> bytes:
    reader, writer = await asyncio.open_connection(client.host, client.port)
    writer.write(request)
    await writer.drain()
    answered = await asyncio.wait_for(reader.read(4096), 10) if answer else b""
    writer.transport.abort()
    return answered


@pytest.mark.parametrize(
    "request_line",
    [
        b"POST /api/v1/inquiries/x/messages HTTP/1.1\r\nHost: x\r\nAuthorization Bearer geheim-token 010190-1234\r\n\r\n",
        b"010190-1234 geheim-token\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer geheim-token\r\nContent-Length: 0101901234x\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\ngeheim-token 010190-1234\r\n",
    ],
)
async def test_a_malformed_request_leaves_no_word_of_it_in_the_log(
    client: TestClient[Any, Any], written: io.StringIO, request_line: bytes
) -> None:
    answer = await send_raw(client, request_line)
    assert answer.startswith(b"HTTP/1.0 4") or answer.startswith(b"HTTP/1.1 4")
    log = written.getvalue()
    assert not [secret for secret in SECRETS if secret in log] and "127.0.0.1" not in log


async def test_a_flood_of_malformed_requests_is_a_few_lines(client: TestClient[Any, Any], written: io.StringIO) -> None:
    for _ in range(30):
        await send_raw(client, b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n")
    assert 1 <= len(written.getvalue().splitlines()) <= 5


async def test_an_upload_that_breaks_off_is_no_error(client: TestClient[Any, Any], written: io.StringIO) -> None:
    head = b"POST /api/v1/municipalities/0000/inquiries HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n{"
    for _ in range(3):
        await send_raw(client, head, answer=False)
    await client.get("/healthz")
    await asyncio.sleep(0.05)
    assert written.getvalue() == ""


def test_how_many_lines_were_left_out_is_said_a_minute_later(clock: Clock) -> None:
    stream = io.StringIO()
    handler = library_handler(stream, lambda: clock.at.timestamp())
    for seconds in [0] * 20 + [61]:
        clock.advance(seconds=seconds)
        record = logging.LogRecord("some.library", logging.ERROR, "/x/module.py", 7, "%s failed", ("Prøve",), None)
        handler.handle(record)
    lines = stream.getvalue().splitlines()
    assert lines == ["ERROR some.library module:7"] * 5 + ["ERROR some.library module:7 (and 15 more)"]


def test_the_servers_log_has_no_words_of_any_library_at_any_level() -> None:
    script = """
import logging, warnings
from bot.logging import configure_logging
configure_logging("DEBUG")
for name in ("aiohttp.server", "aiohttp.web", "asyncio", "sqlalchemy.engine", "sqlalchemy.pool", "alembic", "telegram.ext", "httpx", "x"):
    logging.getLogger(name).error("failed for %s", "Prøve 010190-1234")
    try:
        raise ValueError("Prøve 010190-1234")
    except ValueError:
        logging.getLogger(name).exception("Prøve %r", "geheim-token", stack_info=True)
warnings.warn("Prøve 010190-1234")
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "ERROR aiohttp.server" in done.stderr and "ValueError at <string>:" in done.stderr
    assert not [secret for secret in SECRETS if secret in done.stderr + done.stdout]
