"""How often one address or one token may do a thing: a token bucket for each, in this process."""

from __future__ import annotations

import ipaddress
import math
import re
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from aiohttp import web

from bot.errors import TooMany, TooManyOpen
from bot.settings import Settings

_RETRY_OPEN_S = 10
_WITH_PORT = re.compile(r"\[([^\]]+)\](?::\d+)?|(\d+(?:\.\d+){3}):\d+")
_KEPT = 50_000  # buckets; the longest unused are forgotten first


class Limits:
    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic):
        self.settings = settings
        self.clock = clock
        self._buckets: OrderedDict[tuple[str, str], tuple[float, float]] = OrderedDict()
        self._open: Counter[tuple[str, str]] = Counter()
        self._proxies = [
            ipaddress.ip_network(part.strip(), strict=False)
            for part in settings.trusted_proxies.split(",")
            if part.strip()
        ]

    def check(self, what: str, who: str, allowed: int, per_s: float) -> None:
        """Raises TooMany, with the seconds until the next is allowed, when ``who`` did ``what`` over ``allowed`` times in
        ``per_s`` seconds. ``allowed`` 0 switches the limit off."""
        if allowed <= 0:
            return
        now = self.clock()
        left, seen = self._buckets.pop((what, who), (float(allowed), now))
        left = min(float(allowed), left + (now - seen) * allowed / per_s)
        self._buckets[(what, who)] = (left - 1 if left >= 1 else left, now)
        if len(self._buckets) > _KEPT:
            self._buckets.popitem(last=False)
        if left < 1:
            raise TooMany(retry_after_s=max(1, math.ceil((1 - left) * per_s / allowed)))

    @contextmanager
    def holding(self, what: str, who: str, allowed: int) -> Iterator[None]:
        """``who`` has one more of ``what`` open. Raises TooManyOpen when it would be over ``allowed``; 0 switches the limit off."""
        key = (what, who)
        if 0 < allowed <= self._open[key]:
            raise TooManyOpen(retry_after_s=_RETRY_OPEN_S)
        self._open[key] += 1
        try:
            yield
        finally:
            self._open[key] -= 1
            if not self._open[key]:
                del self._open[key]

    def address(self, request: web.Request) -> str:
        """Whom to count by: the client's address, or of IPv6 the /64 that one household or company has to itself."""
        return network_of(self._client(request))

    def _client(self, request: web.Request) -> str:
        """The client's address; a header counts only when a trusted proxy sent it, and only its last untrusted entry."""
        address = request.remote or ""
        if not self._is_proxy(address):
            return address
        for hop in reversed(
            [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
        ):
            if not self._is_proxy(hop):
                return hop
            address = hop
        return address

    def is_secure(self, request: web.Request) -> bool:
        """Whether the client's connection is TLS: always where the public address is https, whatever a proxy tells or forgets."""
        if self.settings.is_https:
            return True
        if self._is_proxy(request.remote or ""):
            return request.headers.get("X-Forwarded-Proto", request.scheme) == "https"
        return request.scheme == "https"

    def _is_proxy(self, address: str) -> bool:
        ip = _ip(address)
        return ip is not None and any(ip in network for network in self._proxies)


def network_of(address: str) -> str:
    """The addresses that one client may choose from at will: of IPv6 the /64, of IPv4 the address itself."""
    ip = _ip(address)  # a network's own name is no address, and stays as it is
    if isinstance(ip, ipaddress.IPv6Address):
        return str(ipaddress.IPv6Network((int(ip), 64), strict=False))
    return str(ip or address)


def _ip(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address without brackets and port; one of IPv4 that is written as IPv6 as what it is. None for no address."""
    bare = _WITH_PORT.fullmatch(address)
    try:
        ip = ipaddress.ip_address((bare[1] or bare[2]) if bare else address)
    except ValueError:
        return None
    return getattr(ip, "ipv4_mapped", None) or ip
