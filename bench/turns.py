"""Whole answered turns over HTTP: ``uv run python -m bench.turns``; ``--against REV`` compares with an earlier revision.

Each client opens an inquiry, posts a question and long-polls until the bot's answer is stored and read, up to eight times
per inquiry; the client runs on the same machine, in another process than the server and its worker.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import time
import uuid

import aiohttp
import click

from bench.server import machine, running_hotline
from bot.knowledge.files import load_knowledge
from bot.settings import PROJECT_DIR

PER_INQUIRY = 8


def questions() -> list[str]:
    """Examples of all areas in both languages, evenly spread: what is asked does not matter here, only that it differs."""
    texts = [text for label, _, text in load_knowledge(PROJECT_DIR / "nlu_data").examples() if label.count("/") == 1]
    return texts[:: max(1, len(texts) // 500)]


async def client_loop(
    session: aiohttp.ClientSession, address: str, asked: list[str], place: int, until: float, took: list[float]
) -> None:
    turn = turns_left = 0
    inquiry: dict[str, str] = {}
    seen = 0
    while time.monotonic() < until:
        if turns_left == 0:
            turns_left = PER_INQUIRY
            body = {"client_id": str(uuid.uuid4())}
            async with session.post(f"{address}/api/v1/municipalities/0000/inquiries", json=body) as response:
                inquiry, seen = await response.json(), 0
        headers = {"Authorization": f"Bearer {inquiry['token']}"}
        url = f"{address}/api/v1/inquiries/{inquiry['id']}/messages"
        began = time.monotonic()
        body = {"text": asked[(place * 37 + turn) % len(asked)], "client_id": str(uuid.uuid4())}
        async with session.post(url, json=body, headers=headers) as response:
            assert response.status == 201, await response.text()
            seen = (await response.json())["seq"]
        while True:
            async with session.get(url, params={"after": seen, "wait": 20}, headers=headers) as response:
                thread = await response.json()
            if any(message["author"] in ("bot", "system") for message in thread["messages"]):
                break
        took.append(time.monotonic() - began)
        turn += 1
        # With a person the bot has said its piece: the next question is another business's.
        turns_left = turns_left - 1 if thread["status"] == "with_bot" else 0


async def load(address: str, clients: int, seconds: float, asked: list[str]) -> dict[str, float]:
    took: list[float] = []
    began = time.monotonic()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        await asyncio.gather(*(client_loop(session, address, asked, i, began + seconds, took) for i in range(clients)))
    lasted = time.monotonic() - began
    took.sort()
    return {
        "clients": clients,
        "turns": len(took),
        "per_s": len(took) / lasted,
        "p50_ms": 1000 * statistics.median(took),
        "p99_ms": 1000 * took[min(len(took) - 1, int(len(took) * 0.99))],
    }


@click.command()
@click.option("--seconds", default=10.0, help="How long each load lasts.")
@click.option("--rounds", default=3, help="Rounds; medians are printed.")
@click.option("--workers", default="1")
@click.option("--json", "as_json", is_flag=True)
@click.option("--against", "revision", help="A revision to build and measure beside this one, in turns.")
def main(seconds: float, rounds: int, workers: str, as_json: bool, revision: str | None) -> None:
    import uvloop

    asked = questions()
    if revision:
        _compare(revision, rounds, seconds, asked, as_json)
        return
    with running_hotline(workers=workers) as hotline:
        uvloop.run(load(hotline.address, 4, 2.0, asked))  # warm
        found: dict[int, list[dict[str, float]]] = {1: [], 10: [], 50: []}
        for _ in range(rounds):
            for clients, results in found.items():
                results.append(uvloop.run(load(hotline.address, clients, seconds, asked)))
        memory = hotline.memory_mb()
    rows = [{key: statistics.median(r[key] for r in results) for key in results[0]} for results in found.values()]
    if as_json:
        json.dump({"machine": machine(), "rows": rows, "peak_mb": memory}, sys.stdout, indent=1)
        return
    print(machine(), f"; {workers} worker(s), {rounds} rounds of {seconds:.0f} s, medians")
    print("clients  turns/s  p50 ms  p99 ms")
    for row in rows:
        print(f"{row['clients']:7.0f}  {row['per_s']:7.1f}  {row['p50_ms']:6.1f}  {row['p99_ms']:6.1f}")
    print(f"peak memory: server {memory['server']:.0f} MB, workers {memory['workers']:.0f} MB")


def _compare(revision: str, rounds: int, seconds: float, asked: list[str], as_json: bool) -> None:
    from bench.against import KEYS, compare

    found = compare(revision, rounds, seconds, lambda *given: load(*given, asked))
    if as_json:
        json.dump({"machine": machine(), "against": revision, "rounds": rounds, **found}, sys.stdout, indent=1)
        return
    print(machine(), f"; against {revision}, {rounds} rounds of {seconds:.0f} s in turns")
    print(f"{'medians':26} {'new':>8} {'old':>8}  new/old")
    for key, what in KEYS.items():
        name = key.removesuffix("_ratio")
        low, high = found[f"{name}_interval"]
        new, old = found[f"{name}_new"], found[f"{name}_old"]
        print(f"{what:26} {new:8.2f} {old:8.2f}  {found[key]:.3f} ({low:.3f}–{high:.3f})")


if __name__ == "__main__":
    main()
