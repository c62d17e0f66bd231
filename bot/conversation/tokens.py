"""Tokens of inquiries: derived from the secret key, never stored. Pure."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets


def new_id() -> str:
    """16 hexadecimal characters, random."""
    return secrets.token_hex(8)


def inquiry_token(key: bytes, municipality: str, inquiry_id: str, generation: int) -> str:
    """``<inquiry id>.<43 characters>``; another generation gives another token, which revokes the earlier."""
    mac = hmac.new(key, f"inquiry\0{municipality}\0{inquiry_id}\0{generation}".encode(), hashlib.sha256).digest()
    return f"{inquiry_id}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def same_token(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())


def hashed(key: bytes, purpose: str, secret: str) -> str:
    """64 hexadecimal characters by which a secret of the browser is found again without being stored."""
    return hmac.new(key, f"{purpose}\0{secret}".encode("utf-8", "replace"), hashlib.sha256).hexdigest()
