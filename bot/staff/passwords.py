"""Passwords of staff: argon2id with the library's current defaults (RFC 9106, low memory)."""

from __future__ import annotations

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from bot.errors import Busy

AT_ONCE, MOST_WAITING = 2, 20  # each takes a core for some 50 ms and 64 MB

_HASHER = PasswordHasher()
# Checked when there is no such person, so that the time tells nothing.
_NOBODY = _HASHER.hash("nobody")


def hash_password(password: str) -> str:
    return _HASHER.hash(password)


def is_password(password: str, hashed: str | None) -> bool:
    """Takes some 50 ms of one core by design: call it in a thread."""
    try:
        return _HASHER.verify(hashed or _NOBODY, password) and hashed is not None
    except (VerificationError, InvalidHashError):
        return False


class PasswordChecks:
    """Passwords are checked two at a time: a storm of attempts takes neither the memory nor every core."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0

    async def fits(self, password: str, hashed: str | None) -> bool:
        """Whether ``password`` is that of ``hashed``; None is nobody's. Raises Busy when too many wait already."""
        if self._waiting >= MOST_WAITING:
            raise Busy(retry_after_s=5)
        self._waiting += 1
        try:
            async with self._turns:
                return await asyncio.to_thread(is_password, password, hashed)
        finally:
            self._waiting -= 1
