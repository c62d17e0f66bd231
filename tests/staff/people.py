"""A staff member as tests play them, and a second municipality."""

from __future__ import annotations

from typing import Any

import aiohttp
import sqlalchemy as sa
from aiohttp.test_utils import TestClient

from bot.conversation.service import Services
from bot.store import tables as t
from tests.conftest import PASSWORD
from tests.inquirer import Inquirer

API = "/api/v1/staff"
QUESTION = "skal man have byggetilladelse til et skur på 20 kvm bag værkstedet"


class Staff:
    """One person with a browser: keeps the cookie, sends the CSRF token."""

    def __init__(self, client: TestClient[Any, Any]):
        jar = aiohttp.CookieJar(unsafe=True)
        self.session = aiohttp.ClientSession(client.make_url("/"), cookie_jar=jar)
        self.csrf = ""
        self.me: dict[str, Any] = {}

    async def sign_in(self, name: str, password: str = PASSWORD, **more: str) -> None:
        response = await self.try_sign_in(name, password, **more)
        assert response.status == 201, await response.text()
        body = await response.json()
        self.csrf, self.me = body["csrf"], body["staff"]

    async def try_sign_in(self, name: str, password: str, **more: str) -> aiohttp.ClientResponse:
        body = {"email": f"{name}@demo.example", "password": password, **more}
        return await self.session.post(f"{API}/session", json=body)

    async def get(self, path: str, **query: Any) -> dict[str, Any]:
        response = await self.session.get(API + path, params=query)
        assert response.status == 200, await response.text()
        body: dict[str, Any] = await response.json()
        return body

    async def seen(self, inquiry_id: str) -> int:
        """The rev of the thread, as somebody who looks at it now sees it; 0 for who may not."""
        response = await self.session.get(f"{API}/inquiries/{inquiry_id}")
        return int((await response.json())["rev"]) if response.status == 200 else 0

    async def post(self, path: str, **body: Any) -> aiohttp.ClientResponse:
        return await self.session.post(API + path, json=body, headers={"X-CSRF-Token": self.csrf})

    async def version(self, article: str) -> int:
        """The version of an article as somebody who looks at it now sees it; 0 for who may not."""
        response = await self.session.get(f"{API}/articles/{article}")
        return int((await response.json())["version"]) if response.status == 200 else 0

    async def change(self, article: str, action: str) -> aiohttp.ClientResponse:
        """Keep, withdraw or take back the article as it is now."""
        return await self.post(f"/articles/{article}/{action}", version=await self.version(article))

    async def act(self, inquiry_id: str, action: str, **body: Any) -> dict[str, Any]:
        response = await self._try(inquiry_id, action, body)
        assert response.status in (200, 201), await response.text()
        answer: dict[str, Any] = await response.json()
        return answer

    async def refused(self, inquiry_id: str, action: str, **body: Any) -> tuple[int, str]:
        """The status and error code of an action that must not work."""
        return await refusal(await self._try(inquiry_id, action, body))

    async def _try(self, inquiry_id: str, action: str, body: dict[str, Any]) -> aiohttp.ClientResponse:
        if action in ("give_back", "hand_on", "resolve") and "rev" not in body:
            body["rev"] = await self.seen(inquiry_id)
        return await self.post(f"/inquiries/{inquiry_id}/{action}", **body)

    async def listed(self, name: str, **query: Any) -> list[str]:
        """Ids of the inquiries in a list, in its order."""
        return [row["id"] for row in (await self.get("/inquiries", list=name, **query))["inquiries"]]


async def refusal(response: aiohttp.ClientResponse) -> tuple[int, str]:
    return response.status, (await response.json())["error"]["code"]


async def escalated(client: TestClient[Any, Any]) -> Inquirer:
    """An inquiry on a building matter that waits for a person."""
    business = Inquirer(client)
    await business.write(QUESTION)
    await business.press("person")
    assert business.status == "waiting"
    return business


async def owner_of(services: Services, inquiry_id: str) -> str:
    async with services.database.read() as connection:
        return str(await connection.scalar(sa.select(t.inquiry.c.owner_id).where(t.inquiry.c.id == inquiry_id)))


async def copy_municipality(services: Services, code: str) -> None:
    """A second municipality with the same departments, staff and e-mail addresses as the demonstration."""
    async with services.database.write() as connection:
        for table, column in ((t.municipality, "code"), (t.department, "municipality"), (t.staff, "municipality")):
            found = await connection.execute(sa.select(table).where(table.c[column] == "0000"))
            await connection.execute(sa.insert(table), [{**row._mapping, column: code} for row in found.all()])
