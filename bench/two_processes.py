"""How long what is stored through one process takes to reach who waits at another: ``uv run python -m bench.two_processes --url …``.

Two applications with services of their own on an empty PostgreSQL database, in one event loop; only ``--url`` (a server without a
database name at the end) is needed. Messages are stored through the first, one at a time, and heard over a WebSocket of the
second and, to compare, of the first.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any

import asyncpg
import click
from aiohttp import ClientWebSocketResponse
from aiohttp.test_utils import TestClient, TestServer

from bench.server import PASSWORD, machine
from bot import demo
from bot.app import create_app
from bot.conversation.service import NoWorkers, Services, utc_now
from bot.hub import Hub
from bot.knowledge.files import load_knowledge
from bot.knowledge.service import KnowledgeService
from bot.settings import PROJECT_DIR, Settings
from bot.store.database import Database
from bot.store.migrate import migrate

UNLIMITED = ("max_inquiries_per_hour", "max_messages_per_minute", "max_messages_per_address")


@click.command()
@click.option("--url", required=True, help="postgresql+asyncpg://user@host:port of a server to make a database on")
@click.option("--messages", default=1000)
def main(url: str, messages: int) -> None:
    print(machine())
    for name, unsorted in asyncio.run(_measure(url, messages)).items():
        took = sorted(unsorted)
        p50, p95, p99 = statistics.median(took), took[int(len(took) * 0.95)], took[int(len(took) * 0.99)]
        print(f"{name} process, {len(took)} messages: p50 {p50:.1f} ms, p95 {p95:.1f} ms, p99 {p99:.1f} ms")


async def _measure(server: str, messages: int) -> dict[str, list[float]]:
    name = f"bench{uuid.uuid4().hex}"
    admin = await asyncpg.connect(server.replace("+asyncpg", "") + "/postgres")
    await admin.execute(f"CREATE DATABASE {name}")
    try:
        with tempfile.TemporaryDirectory(prefix="hotline-bench-") as folder:
            return await _between_two(f"{server}/{name}", Path(folder), messages)
    finally:
        await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await admin.close()


async def _between_two(url: str, folder: Path, messages: int) -> dict[str, list[float]]:
    knowledge = load_knowledge(PROJECT_DIR / "nlu_data")
    settings = Settings.model_validate(
        dict.fromkeys(UNLIMITED, 0) | {"data_dir": folder, "database_url": url, "secret_key": "k" * 40}
    )
    clients: list[TestClient[Any, Any]] = []
    databases: list[Database] = []
    try:
        for _ in range(2):
            databases.append(database := Database(url))
            await migrate(database)
            await demo.load_demo(database, knowledge, PASSWORD, utc_now())
            services = Services(
                settings, database, KnowledgeService(knowledge), Hub(), NoWorkers(), settings.key(), utc_now
            )
            clients.append(client := TestClient(TestServer(create_app(services))))
            await client.start_server()
        await asyncio.sleep(1.0)  # both listen
        return await _time(clients[0], clients[1], messages)
    finally:
        for client in clients:
            await client.close()
        for database in databases:
            await database.close()


async def _time(here: TestClient[Any, Any], there: TestClient[Any, Any], messages: int) -> dict[str, list[float]]:
    """Milliseconds from the answer that a message is stored to its arrival, for each message, at both processes."""
    took: dict[str, list[float]] = {"same": [], "other": []}
    body = {"client_id": str(uuid.uuid4())}
    opened = await (await here.post("/api/v1/municipalities/0000/inquiries", json=body)).json()
    headers = {"Authorization": f"Bearer {opened['token']}"}
    async with here.ws_connect("/api/v1/ws") as near, there.ws_connect("/api/v1/ws") as far:
        sockets = {"same": near, "other": far}
        for socket in sockets.values():
            await socket.send_json({"type": "hello", "id": opened["id"], "token": opened["token"], "rev": 0})
            await socket.receive_json()
        for number in range(messages):
            text = f"Prøve {number}"
            arrivals = {name: asyncio.create_task(_arrival(socket, text)) for name, socket in sockets.items()}
            sent = {"text": text, "client_id": str(uuid.uuid4())}
            response = await here.post(f"/api/v1/inquiries/{opened['id']}/messages", json=sent, headers=headers)
            assert response.status == 201, await response.text()
            stored = time.monotonic()
            for name, arrival in arrivals.items():
                took[name].append(1000 * max(0.0, await arrival - stored))
    return took


async def _arrival(socket: ClientWebSocketResponse, text: str) -> float:
    while True:
        frame = await asyncio.wait_for(socket.receive_json(), 30)
        if any(message["text"] == text for message in frame.get("messages", ())):
            return time.monotonic()


if __name__ == "__main__":
    main()
