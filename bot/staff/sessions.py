"""Sessions of staff: kept on the server, named by a random cookie of which only the hash is stored; each has its CSRF token."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from aiohttp import web

from bot.conversation.rights import INSTALLATION, StaffMember
from bot.conversation.service import Services
from bot.errors import BadCsrf, Forbidden, SignedOut
from bot.store import tables as t
from bot.web.keys import LIMITS, SERVICES

COOKIE, SECURE_COOKIE = "hotline_session", "__Host-hotline_session"
WHO = web.RequestKey("who", StaffMember)  # who asks, once their session was found
CSRF_HEADER = "X-CSRF-Token"
CSRF_FIELD = "csrf"
_TOUCH_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Session:
    staff: StaffMember
    csrf: str
    token_hash: str


async def start_session(services: Services, row: dict[str, Any]) -> tuple[Session, str]:
    """A new session of the person in ``row`` and its cookie's value."""
    token = secrets.token_urlsafe(32)
    session = Session(_staff_member(row), secrets.token_urlsafe(32), _hash(token))
    await _store(services, session, services.now())
    return session, token


async def end_session(services: Services, session: Session) -> None:
    async with services.database.write() as connection:
        await connection.execute(sa.delete(t.session).where(t.session.c.token_hash == session.token_hash))


async def find_session(request: web.Request, *, counts_as_use: bool = True) -> Session | None:
    """The session of the cookie, unless it ended; None without one. A live page's own requests do not keep it alive."""
    token = request.cookies.get(_cookie(request))
    if not token or len(token) > 200 or not token.isascii():
        return None
    services = request.app[SERVICES]
    row = await _row(services, _hash(token))
    if row is None:
        return None
    request[WHO] = _staff_member(row)
    now = services.now()
    if counts_as_use and now - row["session_seen_at"] > _TOUCH_EVERY:
        async with services.database.write() as connection:
            await connection.execute(
                sa.update(t.session).where(t.session.c.token_hash == row["token_hash"]).values(seen_at=now)
            )
    return Session(request[WHO], row["csrf"], row["token_hash"])


async def access_session(request: web.Request, *, counts_as_use: bool = True, operator: bool = False) -> Session:
    """The session of the cookie; raises SignedOut. A request that changes something must bring the CSRF header: BadCsrf.

    The operator of the installation may do only what says ``operator``: Forbidden."""
    session = await find_session(request, counts_as_use=counts_as_use)
    if session is None:
        raise SignedOut
    check_operator_may(session, operator)
    if request.method not in ("GET", "HEAD"):
        check_csrf(session, request.headers.get(CSRF_HEADER, ""))
    return session


def check_operator_may(session: Session, operator: bool) -> None:
    """Raises Forbidden for the operator of the installation unless ``operator`` says that it is for them too."""
    if session.staff.has("operator") and not operator:
        raise Forbidden


async def is_alive(services: Services, session: Session) -> bool:
    """Whether the session has neither been signed out nor gone unused for too long."""
    return await _row(services, session.token_hash) is not None


def check_csrf(session: Session, given: str) -> None:
    if not hmac.compare_digest(given.encode("utf-8", "replace"), session.csrf.encode()):
        raise BadCsrf


def set_cookie(request: web.Request, response: web.Response, token: str) -> None:
    response.set_cookie(_cookie(request), token, path="/", httponly=True, samesite="Lax", secure=is_secure(request))


def drop_cookie(request: web.Request, response: web.Response) -> None:
    response.del_cookie(_cookie(request), path="/", httponly=True, samesite="Lax", secure=is_secure(request))


def _cookie(request: web.Request) -> str:
    """Behind https browsers take the name from this host and with TLS only."""
    return SECURE_COOKIE if request.app[SERVICES].settings.is_https else COOKIE


def is_secure(request: web.Request) -> bool:
    return request.app[LIMITS].is_secure(request)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


PERSON = (
    sa.select(t.staff, t.department.c.areas)
    .outerjoin(  # the operator of the installation has none
        t.department,
        (t.department.c.municipality == t.staff.c.municipality) & (t.department.c.id == t.staff.c.department_id),
    )
    .where(t.staff.c.active)
)


async def _row(services: Services, token_hash: str) -> dict[str, Any] | None:
    s = t.session.c
    alive_since = services.now() - timedelta(hours=services.settings.session_hours)
    query = (
        PERSON.add_columns(s.token_hash, s.csrf, s.seen_at.label("session_seen_at"))
        .join(t.session, (s.municipality == t.staff.c.municipality) & (s.staff_id == t.staff.c.id))
        .where(s.token_hash == token_hash, s.seen_at > alive_since)
    )
    async with services.database.read() as connection:
        row = (await connection.execute(query)).first()
    return dict(row._mapping) if row else None


async def _store(services: Services, session: Session, now: datetime) -> None:
    """The session is stored, and those that ended are removed."""
    alive_since = now - timedelta(hours=services.settings.session_hours)
    row = {
        "token_hash": session.token_hash,
        "municipality": session.staff.municipality,
        "staff_id": session.staff.id,
        "csrf": session.csrf,
        "created_at": now,
        "seen_at": now,
    }
    async with services.database.write() as connection:
        await connection.execute(sa.delete(t.session).where(t.session.c.seen_at <= alive_since))
        await connection.execute(sa.insert(t.session), row)


def _staff_member(row: dict[str, Any]) -> StaffMember:
    # An operator is nothing else, and a municipality has none: neither follows from what its own staff list says.
    of_installation = row["municipality"] == INSTALLATION
    roles = frozenset(row["roles"]) & {"operator"} if of_installation else frozenset(row["roles"]) - {"operator"}
    return StaffMember(
        municipality=row["municipality"],
        id=row["id"],
        email=row["email"],
        name=row["name"],
        title=row["title"],
        department_id=row["department_id"] or "",
        areas=tuple(row["areas"] or ()),
        roles=roles,
    )
