"""Which way text runs: what people type must not turn what stands beside it. Pure."""

from __future__ import annotations

import re

# Embeddings, overrides and isolates (U+202A to U+202E, U+2066 to U+2069). Letters know their direction without them, and pages
# isolate names by <bdi>.
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")


def straight(text: str) -> str:
    """``text`` without characters that turn the direction of writing."""
    return _TURNING.sub("", text)
