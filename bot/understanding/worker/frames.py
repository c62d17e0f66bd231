"""How the pool and a worker talk: JSON with its length in four bytes before it, over pipes."""

from __future__ import annotations

import asyncio
import json
import struct
from typing import Any, BinaryIO

LENGTH = struct.Struct(">I")
LONGEST = 64 * 1024 * 1024


def encode(value: Any) -> bytes:
    body = json.dumps(value, separators=(",", ":")).encode()  # escaped: half a surrogate pair has no UTF-8
    return LENGTH.pack(len(body)) + body


async def read(stream: asyncio.StreamReader) -> Any:
    """The next value. Raises ``asyncio.IncompleteReadError`` when the other side is gone, ``ValueError`` when it talks nonsense."""
    length = _length(await stream.readexactly(LENGTH.size))
    return json.loads(await stream.readexactly(length))


def read_blocking(stream: BinaryIO) -> Any:
    """The next value, or None when the other side has closed."""
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    return json.loads(stream.read(_length(head)))


def _length(head: bytes) -> int:
    (length,) = LENGTH.unpack(head)
    if length > LONGEST:
        raise ValueError("not a frame")
    return int(length)
