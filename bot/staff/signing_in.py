"""Signing in and out. Attempts are counted per e-mail and network, so that nobody locks a colleague out from elsewhere; a browser
in which somebody signed in before is known by a cookie and counted apart. All of it stands in the audit log."""

from __future__ import annotations

import secrets
from typing import Any

import structlog
from aiohttp import web

from bot.channels.web.origins import is_own
from bot.conversation.noting import HOUR, note
from bot.conversation.service import Services
from bot.conversation.tokens import hashed
from bot.errors import ForeignOrigin, TooMany, WrongPassword
from bot.staff.passwords import PasswordChecks
from bot.staff.sessions import PERSON, Session, end_session, is_secure, start_session
from bot.store import tables as t
from bot.web.keys import LIMITS, SERVICES
from bot.web.limits import network_of

log = structlog.get_logger()
PASSWORDS: web.AppKey[PasswordChecks] = web.AppKey("passwords", PasswordChecks)
DEVICE_COOKIE = "hotline_device"
_DEVICE_DAYS = 180
_QUARTER_S = 900
# Colleagues share an address; and one e-mail is tried from so many networks only by somebody who guesses.
_OF_NETWORK, _OF_EMAIL = 5, 20
_MOST_TRIED = 5  # municipalities in which one e-mail is tried with a password


async def sign_in(request: web.Request, email: str, password: str, municipality: str | None) -> tuple[Session, str]:
    """A new session and its cookie's value. Of several municipalities with this e-mail, the one whose password fits.

    Raises TooMany, WrongPassword (after the same work for an unknown e-mail), Busy, ForeignOrigin for another website's form.
    """
    services, checks = request.app[SERVICES], request.app[PASSWORDS]
    _check_same_site(request, services)
    email = email.strip().lower()
    try:
        _check_limits(request, email)
    except TooMany:
        await _note_failure(services, "sign_in_throttled", await _with_email(services, email, municipality))
        raise
    rows = await _with_email(services, email, municipality)
    found = None
    for row in rows:
        fits = await checks.fits(password, row["password_hash"])
        found = found or (row if fits else None)
    if not rows:  # the same work, so that the time does not tell whether there is such a person
        await checks.fits(password, None)
    if found is None:
        await _note_failure(services, "wrong_password", rows)
        raise WrongPassword
    session, token = await start_session(services, found)
    await note(services, session.staff.municipality, session.staff.id, "signed_in")
    return session, token


async def sign_out(request: web.Request, session: Session) -> None:
    services = request.app[SERVICES]
    await end_session(services, session)
    await note(services, session.staff.municipality, session.staff.id, "signed_out")


def know_device(request: web.Request, response: web.Response, session: Session) -> None:
    """The browser is known from now on as one in which this person signed in."""
    nonce = secrets.token_urlsafe(16)
    value = f"{nonce}.{_device_mac(request.app[SERVICES], session.staff.email, nonce)}"
    response.set_cookie(
        DEVICE_COOKIE,
        value,
        path="/",
        max_age=_DEVICE_DAYS * 86400,
        httponly=True,
        samesite="Lax",
        secure=is_secure(request),
    )


def _check_limits(request: web.Request, email: str) -> None:
    limits, allowed = request.app[LIMITS], request.app[SERVICES].settings.max_sign_ins_per_quarter
    if device := _device(request, email):
        limits.check("sign_in_device", device, allowed, _QUARTER_S)
        return
    network = network_of(limits.address(request))
    limits.check(
        "sign_in_as", f"{network} {email}", allowed, _QUARTER_S
    )  # first: who is refused here uses up no other's
    limits.check("sign_in", network, allowed * _OF_NETWORK, _QUARTER_S)
    limits.check("sign_in_everywhere", email, allowed * _OF_EMAIL, _QUARTER_S)


def _device(request: web.Request, email: str) -> str | None:
    """The nonce of the cookie, if this e-mail signed in in this browser before."""
    nonce, _, mac = request.cookies.get(DEVICE_COOKIE, "")[:200].partition(".")
    known = secrets.compare_digest(
        mac.encode("utf-8", "replace"), _device_mac(request.app[SERVICES], email, nonce).encode()
    )
    return nonce if known else None


def _device_mac(services: Services, email: str, nonce: str) -> str:
    return hashed(services.key, "device", f"{nonce}\0{email}")


async def _note_failure(services: Services, action: str, rows: list[dict[str, Any]]) -> None:
    """Once an hour for each person who has the e-mail, in their municipality; for an unknown one in the installation's."""
    log.info(action, staff=[f"{row['municipality']}/{row['id']}" for row in rows])
    for municipality, staff_id in [(row["municipality"], row["id"]) for row in rows] or [("", None)]:
        await note(services, municipality, staff_id, action, once_in=HOUR)


def _check_same_site(request: web.Request, services: Services) -> None:
    """Nobody is signed in by another website: that would show them a stranger's console as theirs."""
    site = request.headers.get("Sec-Fetch-Site")  # no page can set it; older browsers send only the origin
    if site not in ("same-origin", "none") if site else not is_own(request, services):
        raise ForeignOrigin


async def _with_email(services: Services, email: str, municipality: str | None) -> list[dict[str, Any]]:
    query = PERSON.where(t.staff.c.email == email).order_by(t.staff.c.municipality).limit(_MOST_TRIED)
    if municipality:
        query = query.where(t.staff.c.municipality == municipality)
    async with services.database.read() as connection:
        return [dict(row._mapping) for row in await connection.execute(query)]
