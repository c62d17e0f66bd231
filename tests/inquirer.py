"""An inquirer and a contact as tests play them: over HTTP, and through the service."""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa
from aiohttp.test_utils import TestClient

from bot.conversation.people import StaffMember
from bot.conversation.service import Services
from bot.store import tables as t


def client_id(number: int) -> str:
    """The same UUID for the same number."""
    return str(uuid.UUID(int=number))


class Inquirer:
    """Writes over HTTP and reads until the bot has answered."""

    def __init__(
        self,
        client: TestClient[Any, Any],
        *,
        municipality: str = "0000",
        language: str = "da",
        browser: str | None = None,
    ):
        self.client, self.municipality, self.language, self.browser = client, municipality, language, browser
        self.id = self.token = ""
        self.seen = 0
        self.thread: dict[str, Any] = {}

    async def open(self, text: str | None = None) -> None:
        body = {"client_id": str(uuid.uuid4()), "language": self.language, "text": text, "browser": self.browser}
        response = await self.client.post(f"/api/v1/municipalities/{self.municipality}/inquiries", json=body)
        assert response.status == 201, await response.text()
        opened = await response.json()
        self.id, self.token = opened["id"], opened["token"]

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    async def post(self, **body: Any) -> Any:
        return await self.client.post(f"/api/v1/inquiries/{self.id}/messages", json=body, headers=self.headers)

    async def write(self, text: str) -> list[dict[str, Any]]:
        """Write ``text`` and return what was said since, when the bot has finished."""
        if not self.id:
            await self.open()
        response = await self.post(text=text, client_id=str(uuid.uuid4()))
        assert response.status == 201, await response.text()
        return await self.answered()

    async def press(self, choice: str) -> list[dict[str, Any]]:
        response = await self.post(choice=choice, client_id=str(uuid.uuid4()))
        assert response.status == 201, await response.text()
        return await self.answered()

    async def helped(self, seq: int, helped: bool) -> list[dict[str, Any]]:
        response = await self.client.post(
            f"/api/v1/inquiries/{self.id}/feedback", json={"seq": seq, "helped": helped}, headers=self.headers
        )
        assert response.status == 200, await response.text()
        return await self.answered()

    async def read(self, **query: Any) -> dict[str, Any]:
        response = await self.client.get(f"/api/v1/inquiries/{self.id}/messages", params=query, headers=self.headers)
        assert response.status == 200, await response.text()
        thread: dict[str, Any] = await response.json()
        return thread

    async def answered(self) -> list[dict[str, Any]]:
        """Everything new that others said, once no turn is open."""
        rev = None
        while True:
            self.thread = await self.read(after=0) if rev is None else await self.read(rev=rev, wait=10)
            if not self.thread["answering"]:
                break
            rev = self.thread["rev"]
        self.thread = await self.read(after=0)
        new = [m for m in self.thread["messages"] if m["seq"] > self.seen and m["author"] != "inquirer"]
        self.seen = max((m["seq"] for m in self.thread["messages"]), default=0)
        return new

    @property
    def status(self) -> str:
        return str(self.thread["status"])


def buttons(messages: list[dict[str, Any]]) -> list[str]:
    return [button["id"] for message in messages for button in message["buttons"]]


def kinds(messages: list[dict[str, Any]]) -> list[str]:
    return [message["kind"] for message in messages if message["kind"]]


async def staff_member(services: Services, staff_id: str, municipality: str = "0000") -> StaffMember:
    async with services.database.read() as connection:
        c, d = t.staff.c, t.department.c
        row = (
            await connection.execute(
                sa.select(t.staff, d.areas)
                .join(t.department, (d.municipality == c.municipality) & (d.id == c.department_id))
                .where(c.municipality == municipality, c.id == staff_id)
            )
        ).one()
    return StaffMember(
        municipality, row.id, row.email, row.name, row.title, row.department_id, tuple(row.areas), frozenset(row.roles)
    )
