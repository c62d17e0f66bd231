"""Swaps of the model under load: ``uv run python -m bench.swaps``.

A hotline with the whole knowledge base of its own; clients hold dialogues all the while. An editor publishes an article, and the time until
it answers is taken. Then the operator goes from one model to the other, again and again. After each swap: memory of server and worker.
A turn is lost when it is not answered within half a minute, or ends in the hand-over that a failed turn ends in. Each swap also catches
a contact form between two of its questions; the next one must be asked by the other model's worker.
"""

from __future__ import annotations

import asyncio
import itertools
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import click

from bench.server import PASSWORD, Running, machine, running_hotline
from bench.turns import PER_INQUIRY, questions

PATIENCE_S = 30
FAILED = "escalated_failure"
STEADY_FROM = 5  # swaps, from which on memory should not grow
ARTICLE: dict[str, Any] = {
    "id": "public_space/bell_tower",
    "title": {"da": "Må vi ringe med klokkerne i Madsebakketårnet?", "en": "May we ring the Madsebakke bells?"},
    "answer": {"da": "Ja, på hverdage mellem kl. 10 og 16.", "en": "Yes, on weekdays between 10 and 16."},
    "sources": [{"title": "Klokkeregulativ", "url": "https://demo.example/klokker"}],
    "examples": {
        "da": [
            "må vi ringe med klokkerne i madsebakketårnet",
            "madsebakketårnet klokker til vores åbning",
            "hvornår må klokkerne i madsebakketårnet bruges",
            "klokkespil fra madsebakketårnet ved firmajubilæum",
            "låne klokkerne i madsebakke tårnet",
            "ringe med madsebakkes klokker",
        ],
        "en": ["may we ring the bells of madsebakke"],
    },
}
QUESTION = "vi vil gerne ringe med klokkerne i madsebakketårnet til vores jubilæum"


class Lost(Exception):
    """A turn that got no proper answer; says why."""


@dataclass
class Tally:
    turns: int = 0
    lost: list[str] = field(default_factory=list)


class Dialogue:
    """One inquiry over HTTP."""

    def __init__(self, session: aiohttp.ClientSession, address: str):
        self._session, self._address = session, address
        self._seen = 0
        self.status = ""

    async def open(self) -> None:
        body = {"client_id": str(uuid.uuid4())}
        async with self._session.post(f"{self._address}/api/v1/municipalities/0000/inquiries", json=body) as response:
            opened = await response.json()
        self._url = f"{self._address}/api/v1/inquiries/{opened['id']}/messages"
        self._headers = {"Authorization": f"Bearer {opened['token']}"}

    async def say(self, **body: str) -> list[dict[str, Any]]:
        """What was said to ``text`` or ``choice``. Raises Lost."""
        body["client_id"] = str(uuid.uuid4())
        async with self._session.post(self._url, json=body, headers=self._headers) as response:
            if response.status != 201:
                raise Lost(f"refused with {response.status}")
            self._seen = max(self._seen, (await response.json())["seq"])
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            query = {"after": self._seen, "wait": 10}
            async with self._session.get(self._url, params=query, headers=self._headers) as response:
                thread = await response.json()
            said: list[dict[str, Any]] = [m for m in thread["messages"] if m["author"] in ("bot", "system")]
            if said and not thread["answering"]:
                self._seen, self.status = max(m["seq"] for m in said), thread["status"]
                if any(message["kind"] == FAILED for message in said):
                    raise Lost("handed over because the turn failed")
                return said
            await asyncio.sleep(0.02)
        raise Lost(f"no answer in {PATIENCE_S} s")


async def talk(session: aiohttp.ClientSession, address: str, place: int, tally: Tally, stop: asyncio.Event) -> None:
    """Dialogues one after the other, each of up to eight questions."""
    asked = itertools.islice(itertools.cycle(questions()), place * 37, None)
    while not stop.is_set():
        dialogue = Dialogue(session, address)
        await dialogue.open()
        for question in itertools.islice(asked, PER_INQUIRY):
            await counted(dialogue, tally, text=question)
            await asyncio.sleep(0.05)
            if stop.is_set() or dialogue.status != "with_bot":
                break


async def counted(dialogue: Dialogue, tally: Tally, **body: str) -> list[dict[str, Any]]:
    tally.turns += 1
    try:
        return await dialogue.say(**body)
    except (Lost, aiohttp.ClientError, TimeoutError) as error:
        tally.lost.append(str(error) or type(error).__name__)
        return []


class Staff:
    def __init__(self, address: str):
        self._address = address
        self._session = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))

    async def sign_in(self, name: str) -> None:
        body = {"email": f"{name}@demo.example", "password": PASSWORD}
        async with self._session.post(f"{self._address}/api/v1/staff/session", json=body) as response:
            self._session.headers["X-CSRF-Token"] = (await response.json())["csrf"]

    async def get(self, path: str) -> dict[str, Any]:
        async with self._session.get(f"{self._address}/api/v1/staff{path}") as response:
            found: dict[str, Any] = await response.json()
            return found

    async def post(self, path: str, **body: Any) -> None:
        async with self._session.post(f"{self._address}/api/v1/staff{path}", json=body) as response:
            assert response.status in (200, 201), await response.text()

    async def close(self) -> None:
        await self._session.close()


async def publish(session: aiohttp.ClientSession, address: str) -> float:
    """Seconds from an editor's publishing until a business gets the new article."""
    editor = Staff(address)
    await editor.sign_in("redaktoer")
    began = time.monotonic()
    await editor.post("/articles", **ARTICLE)
    phase = ""
    while True:
        training = await editor.get("/training")
        if training["progress"]["phase"] != phase:
            phase = training["progress"]["phase"]
            print(f"  {time.monotonic() - began:6.1f} s  {phase}", flush=True)
        assert phase not in ("failed", "kept_aside"), training["models"][0]
        dialogue = Dialogue(session, address)
        await dialogue.open()
        if any(message["article"] == f"{ARTICLE['id']}_0000" for message in await dialogue.say(text=QUESTION)):
            await editor.close()
            return time.monotonic() - began
        await asyncio.sleep(0.5)


async def swap(session: aiohttp.ClientSession, hotline: Running, swaps: int, tally: Tally) -> list[dict[str, float]]:
    operator = Staff(hotline.address)
    await operator.sign_in("operator")
    rows = []
    for number in range(1, swaps + 1):
        form = Dialogue(session, hotline.address)
        await form.open()
        await counted(form, tally, choice="person")
        other = next(model["id"] for model in (await operator.get("/training"))["models"] if not model["live"])
        began = time.monotonic()
        await operator.post("/training/use", model=other)
        took = time.monotonic() - began
        if not await counted(form, tally, text="Firma ApS, kontakt os her"):
            print("  the contact form was lost")
        await asyncio.sleep(1.0)
        rows.append({"swap": number, "seconds": took, "lost": len(tally.lost), **hotline.memory_mb(peak=False)})
        print(
            "  {swap:4d}  {seconds:5.1f} s  server {server:6.1f} MB  worker {workers:6.1f} MB  lost {lost}".format(
                **rows[-1]
            ),
            flush=True,
        )
    await operator.close()
    return rows


async def run(hotline: Running, swaps: int, clients: int) -> None:
    tally, stop = Tally(), asyncio.Event()
    timeout = aiohttp.ClientTimeout(total=PATIENCE_S + 15)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), timeout=timeout) as session:
        talking = [asyncio.create_task(talk(session, hotline.address, place, tally, stop)) for place in range(clients)]
        print(
            "Memory at the start: server {server:.1f} MB, worker {workers:.1f} MB".format(
                **hotline.memory_mb(peak=False)
            )
        )
        print("Publishing an article under load:")
        print(f"  {await publish(session, hotline.address):6.1f} s  it answers", flush=True)
        print("Swaps:")
        rows = await swap(session, hotline, swaps, tally)
        stop.set()
        await asyncio.gather(*talking)
    print(f"{tally.turns} turns, {len(tally.lost)} lost", *sorted(set(tally.lost)), sep="\n  ")
    first = rows[min(STEADY_FROM, len(rows)) - 1]
    growth = {name: rows[-1][name] - first[name] for name in ("server", "workers")}
    print(
        f"Growth from swap {first['swap']} to {rows[-1]['swap']}: server {growth['server']:+.1f} MB, worker {growth['workers']:+.1f} MB"
    )


@click.command()
@click.option("--swaps", default=50)
@click.option("--clients", default=4, help="Dialogues at the same time.")
@click.option(
    "--data", type=click.Path(path_type=Path), help="Keep the data folder, so that a second run finds the model."
)
def main(swaps: int, clients: int, data: Path | None) -> None:
    import uvloop

    print(machine(), f"; one worker, {clients} clients", flush=True)
    with running_hotline(data) as hotline:
        uvloop.run(run(hotline, swaps, clients))


if __name__ == "__main__":
    main()
