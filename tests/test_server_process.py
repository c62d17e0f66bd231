"""The server as a process: started by its command, killed in the middle, started again."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import sys
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import sqlalchemy as sa

from bot.conversation.service import utc_now
from bot.models import store_model, training_fingerprint
from bot.settings import PROJECT_DIR
from bot.store import tables as t
from bot.store.database import Database
from bot.store.migrate import migrate
from tests.conftest import PASSWORD

QUESTION = "skal man have byggetilladelse til et skur på 20 kvm bag værkstedet"


class Server:
    """``hotline serve`` in ``folder``, on one port over all its lives."""

    def __init__(self, folder: Path):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        limits = ("MAX_INQUIRIES_PER_HOUR", "MAX_MESSAGES_PER_MINUTE", "MAX_MESSAGES_PER_ADDRESS")
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("HOTLINE_")},
            **{f"HOTLINE_{name}": "0" for name in limits},
            "HOTLINE_DATA_DIR": str(folder),
            "HOTLINE_PORT": str(self.port),
            "HOTLINE_DEMO_PASSWORD": PASSWORD,
        }
        self.process: asyncio.subprocess.Process | None = None
        self.output = ""

    async def start(self) -> None:
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "serve", cwd=PROJECT_DIR, env=self.environment,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        assert self.process.stdout is not None
        while "Stop with Ctrl+C" not in self.output:
            line = await asyncio.wait_for(self.process.stdout.readline(), 60)
            assert line, f"the server ended: {self.output}"
            self.output += line.decode()

    async def kill(self, number: int = signal.SIGKILL) -> None:
        assert self.process is not None
        self.process.send_signal(number)
        await asyncio.wait_for(self.process.wait(), 30)
        self.output = ""


@asynccontextmanager
async def server_with_model(folder: Path, model: Path) -> AsyncIterator[Server]:
    database = Database(f"sqlite+aiosqlite:///{folder.resolve() / 'hotline.sqlite3'}")
    await migrate(database)
    await store_model(database, model, training_fingerprint(PROJECT_DIR / "nlu_data", PROJECT_DIR), utc_now())
    await database.close()
    server = Server(folder)
    await server.start()
    try:
        yield server
    finally:
        if server.process is not None and server.process.returncode is None:
            await server.kill(signal.SIGTERM)


async def test_serve_prints_addresses_and_password_and_needs_no_network_of_its_own(
    tmp_path: Path, model_path: Path
) -> None:
    async with server_with_model(tmp_path, model_path) as server:
        assert re.search(r"^Chat page +http://127\.0\.0\.1:\d+/chat/0000$", server.output, re.MULTILINE)
        assert "/embed/0000" in server.output and "/staff" in server.output and PASSWORD in server.output
        async with aiohttp.ClientSession(server.address) as session, session.get("/healthz") as response:
            assert response.status == 200


async def test_a_server_without_a_model_listens_and_hands_over_to_people(tmp_path: Path) -> None:
    server = Server(tmp_path / "data")
    await server.start()
    assert (tmp_path / "data").stat().st_mode & 0o077 == 0  # the folder that it made is its own account's
    try:
        async with aiohttp.ClientSession(server.address) as session:
            async with session.get("/readyz") as response:
                assert (response.status, (await response.json())["checks"]["model"]) == (503, False)
            body = {"text": QUESTION}
            async with session.post("/api/v1/municipalities/0000/inquiries", json=body) as response:
                inquiry = await response.json()
            url, headers = (
                f"/api/v1/inquiries/{inquiry['id']}/messages",
                {"Authorization": f"Bearer {inquiry['token']}"},
            )
            thread: dict[str, Any] = {"inquiry": {}}
            for _ in range(100):
                async with session.get(url, headers=headers) as response:
                    thread = await response.json()
                if len(thread["messages"]) > 1:
                    break
                await asyncio.sleep(0.1)
        assert thread["messages"][0]["author"] == "inquirer" and len(thread["messages"]) > 1
        assert not any(m["article"] for m in thread["messages"])
    finally:
        await server.kill(signal.SIGTERM)


async def test_a_second_server_on_the_same_data_refuses_to_start_and_commands_work_beside_the_first(
    tmp_path: Path, model_path: Path
) -> None:
    async with server_with_model(tmp_path, model_path) as server:
        second = Server(tmp_path)
        status, said = await _command(second, "serve")
        assert status == 1 and "another `hotline serve` uses" in said and "hotline.sqlite3" in said
        status, said = await _command(server, "models", "list")
        assert status == 0, said
        await server.kill()
        await second.start()  # the lock of a killed server holds nobody up
        await second.kill(signal.SIGTERM)
        await server.start()


async def _command(server: Server, *words: str) -> tuple[int | None, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", *words, cwd=PROJECT_DIR, env=server.environment,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode, said.decode()


@pytest.mark.chaos
@pytest.mark.parametrize("each", [5, pytest.param(20, marks=pytest.mark.nightly)])
async def test_kill_9_of_the_server_while_25_inquirers_write_loses_and_doubles_nothing(
    tmp_path: Path, model_path: Path, each: int
) -> None:
    async with server_with_model(tmp_path, model_path) as server, aiohttp.ClientSession() as session:
        writers = [asyncio.create_task(_write(session, server.address, each)) for _ in range(25)]
        for _ in range(2):
            await asyncio.sleep(0.05 * each)
            await server.kill()
            await server.start()
        inquiries = await asyncio.gather(*writers)
        for inquiry in inquiries:
            thread = await _until_answered(session, server.address, inquiry)
            assert [m["seq"] for m in thread["messages"]] == list(range(1, len(thread["messages"]) + 1))
            texts = [m["text"] for m in thread["messages"] if m["author"] == "inquirer"]
            assert texts == [f"{QUESTION} {number}" for number in range(each)]
    database = Database(f"sqlite+aiosqlite:///{tmp_path.resolve() / 'hotline.sqlite3'}")
    async with database.read() as connection:
        turns = (await connection.execute(sa.select(t.turn.c.status, t.turn.c.decision))).all()
    await database.close()
    assert len(turns) == 25 * each and all(turn.status == "done" and turn.decision for turn in turns)


async def _write(session: aiohttp.ClientSession, address: str, count: int) -> dict[str, Any]:
    """Open an inquiry and write ``count`` messages in order, each again until it is known to be stored."""
    client_id = str(uuid.uuid4())
    inquiry = await _post(session, f"{address}/api/v1/municipalities/0000/inquiries", {"client_id": client_id}, {})
    url, headers = (
        f"{address}/api/v1/inquiries/{inquiry['id']}/messages",
        {"Authorization": f"Bearer {inquiry['token']}"},
    )
    for number in range(count):
        await _post(session, url, {"text": f"{QUESTION} {number}", "client_id": str(uuid.UUID(int=number))}, headers)
        await asyncio.sleep(0.1)
    return inquiry


async def _post(
    session: aiohttp.ClientSession, url: str, body: dict[str, str], headers: dict[str, str]
) -> dict[str, Any]:
    while True:
        try:
            async with session.post(url, json=body, headers=headers) as response:
                assert response.status in (200, 201, 503), await response.text()
                if response.status != 503:
                    stored: dict[str, Any] = await response.json()
                    return stored
        except (aiohttp.ClientError, OSError):
            pass
        await asyncio.sleep(0.1)


async def _until_answered(session: aiohttp.ClientSession, address: str, inquiry: dict[str, Any]) -> dict[str, Any]:
    url, headers = (
        f"{address}/api/v1/inquiries/{inquiry['id']}/messages",
        {"Authorization": f"Bearer {inquiry['token']}"},
    )
    for _ in range(600):
        async with session.get(url, headers=headers) as response:
            thread: dict[str, Any] = await response.json()
        if not thread["answering"]:
            return thread
        await asyncio.sleep(0.1)
    raise AssertionError("not every message was answered")
