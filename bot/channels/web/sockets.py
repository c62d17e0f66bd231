"""The conversation over a WebSocket: the first frame says who and from where on, then every change is pushed in order.

In: ``{"type": "hello", "id", "token", "rev"}``, then ``message`` (text or choice, client_id), ``feedback``, ``read``, ``ping``.
Out: ``thread`` (the same object as GET …/messages), ``stored``, ``error``, ``pong`` with the server's
``now`` (a browser sees no ping of the protocol).
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import structlog
from aiohttp import WSCloseCode, WSMsgType, web

from bot.channels.web import api, listening
from bot.channels.web.origins import check_origin
from bot.errors import BadInput, BadJson, BadToken, HotlineError, StoreUnavailable
from bot.web.bodies import checked, parse_object
from bot.web.fields import client_id_field, helped_field, seq_field, text_field, whole_number
from bot.web.keys import LIMITS, RECEIVING, SERVICES

log = structlog.get_logger()
SOCKETS: web.AppKey[set[Any]] = web.AppKey("sockets", set[Any])  # WebSocketResponses
HELLO_S = 10.0
HEARTBEAT_S = 25.0
MAX_FRAME_BYTES = 64 * 1024


async def get_socket(request: web.Request) -> web.WebSocketResponse:
    # Compressed, a frame of a few bytes may be read as megabytes; and threads are short.
    socket = web.WebSocketResponse(heartbeat=HEARTBEAT_S, max_msg_size=MAX_FRAME_BYTES, compress=False)
    with listening.from_address(request):
        try:
            await socket.prepare(request)
        except ValueError as error:
            raise BadInput("this is no WebSocket handshake") from error
        request.app[SOCKETS].add(socket)
        try:
            inquiry, rev = await _hello(request, socket)
            with listening.to_inquiry(request, inquiry):
                await _serve(request, socket, inquiry, rev)
        except HotlineError as error:
            await _send(socket, _error(error, None))
            await socket.close(code=WSCloseCode.POLICY_VIOLATION)
        finally:
            request.app[SOCKETS].discard(socket)
    return socket


async def _serve(request: web.Request, socket: web.WebSocketResponse, inquiry: dict[str, Any], rev: int) -> None:
    with request.app[SERVICES].hub.inquiry(inquiry["municipality"], inquiry["id"]) as news:
        writer = asyncio.create_task(_push(request, socket, inquiry, rev, news))
        # A socket that answers and hears nothing is worse than none: whoever listens comes back to a new one.
        closing = asyncio.Event()
        writer.add_done_callback(lambda _: closing.set())
        closer = asyncio.create_task(_close_after(socket, closing))
        try:
            await _read(request, socket, inquiry)
        finally:
            for task in (writer, closer):
                task.cancel()
            ended = await asyncio.gather(writer, closer, return_exceptions=True)
    for error in ended:
        if isinstance(error, Exception) and not isinstance(error, ConnectionError):
            log.error("socket_writer_ended", inquiry=inquiry["id"], error=type(error).__name__)


async def _close_after(socket: web.WebSocketResponse, ended: asyncio.Event) -> None:
    await ended.wait()
    await socket.close(code=WSCloseCode.TRY_AGAIN_LATER)


async def close_all(app: web.Application) -> None:
    for socket in app[SOCKETS].copy():
        await socket.close(code=WSCloseCode.GOING_AWAY)


async def _hello(request: web.Request, socket: web.WebSocketResponse) -> tuple[dict[str, Any], int]:
    try:
        frame = _parse(await asyncio.wait_for(socket.receive(), HELLO_S))
    except TimeoutError as error:
        raise BadToken from error
    if (
        frame is None
        or frame.get("type") != "hello"
        or not isinstance(frame.get("token"), str)
        or not isinstance(frame.get("id"), str)
    ):
        raise BadToken
    services = request.app[SERVICES]
    async with services.database.read() as connection:
        inquiry = await request.app[RECEIVING].access_by_token(connection, frame["id"], frame["token"])
    await check_origin(request, services, inquiry["municipality"])
    rev = frame.get("rev")
    return inquiry, 0 if rev is None else whole_number(rev, "rev")


async def _push(
    request: web.Request, socket: web.WebSocketResponse, inquiry: dict[str, Any], rev: int, news: asyncio.Event
) -> None:
    """One writer per socket: a slow reader waits here, and gets what came meanwhile in one frame. It ends with the token."""
    first = True
    while not socket.closed:
        news.clear()
        try:
            thread = await api.read_shared(request, inquiry, rev=rev)
        except BadToken as error:
            await _send(socket, _error(error, None))
            await socket.close(code=WSCloseCode.POLICY_VIOLATION)
            return
        except StoreUnavailable:
            await asyncio.sleep(1)
            continue
        if first or thread["messages"] or thread["rev"] > rev or thread["answering"]:
            await _send(socket, {"type": "thread", **thread})
            rev, first = thread["rev"], False
            if thread["more"]:
                continue
        await news.wait()


async def _read(request: web.Request, socket: web.WebSocketResponse, inquiry: dict[str, Any]) -> None:
    limits, settings = request.app[LIMITS], request.app[SERVICES].settings
    async for received in socket:
        # Who is over it is told so, and closed.
        limits.check("frame", inquiry["id"], settings.max_frames_per_minute, 60)
        frame: dict[str, Any] | None = None
        try:
            frame = _parse(received)
            if frame is not None:
                await _act(request, socket, inquiry, frame)
        except HotlineError as error:
            await _send(socket, _error(error, (frame or {}).get("client_id")))


async def _act(
    request: web.Request, socket: web.WebSocketResponse, inquiry: dict[str, Any], frame: dict[str, Any]
) -> None:
    services, receiving = request.app[SERVICES], request.app[RECEIVING]
    municipality, inquiry_id = inquiry["municipality"], inquiry["id"]
    kind = frame.get("type")
    if kind != "ping":
        await api.check_not_revoked(services, inquiry)
    if kind == "message":
        text, choice = text_field(frame, "text", 100_000), text_field(frame, "choice", 120)
        client_id = client_id_field(frame)
        if text is not None and choice is not None:
            raise BadInput("send either text or choice")
        api.check_message_limits(request, inquiry)
        received = await receiving.receive(
            municipality,
            inquiry_id,
            text=text,
            choice=choice,
            client_id=client_id,
            check_new=api.may_open(request),
        )
        await _send(socket, {"type": "stored", "message": api.received_json(services, received)})
    elif kind == "feedback":
        seq, helped = seq_field(frame), helped_field(frame)
        api.check_message_limits(request, inquiry)
        await receiving.feedback(municipality, inquiry_id, seq, helped)
    elif kind == "read":
        await api.mark_read(request, inquiry, frame)
    elif kind == "ping":
        await _send(socket, {"type": "pong", "now": services.now().isoformat()})
    else:
        raise BadInput("unknown type")


def _parse(received: Any) -> dict[str, Any] | None:
    """The frame as an object; None when the socket closed. Raises BadJson."""
    if received.type in (WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR):
        return None
    if received.type is not WSMsgType.TEXT:
        raise BadJson
    return checked(parse_object(received.data))


def _error(error: HotlineError, client_id: Any) -> dict[str, Any]:
    return {
        "type": "error",
        "code": error.code,
        "message": {"da": error.public_text("da"), "en": error.public_text("en")},
        "client_id": client_id if isinstance(client_id, str) else None,
        "retry_after": error.retry_after_s,
    }


async def _send(socket: web.WebSocketResponse, frame: dict[str, Any]) -> None:
    with contextlib.suppress(ConnectionError):
        await socket.send_json(frame)
