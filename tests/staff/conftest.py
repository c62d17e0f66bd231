"""Staff who sign in over HTTP, each with cookies of their own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest_asyncio
from aiohttp.test_utils import TestClient

from tests.staff.people import Staff

SignIn = Callable[..., Awaitable[Staff]]


@pytest_asyncio.fixture(loop_scope="session")
async def sign_in(client: TestClient[Any, Any]) -> AsyncIterator[SignIn]:
    """Signs in ``name``@demo.example at the client's server."""
    made: list[Staff] = []

    async def start(name: str, at: TestClient[Any, Any] | None = None, **more: str) -> Staff:
        staff = Staff(at or client)
        made.append(staff)
        await staff.sign_in(name, **more)
        return staff

    yield start
    for staff in made:
        await staff.session.close()
