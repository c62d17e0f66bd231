"""What a channel says outside of any turn: a greeting, help, "this cannot be read". Stored and promised like every message."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from bot.conversation.service import Services
from bot.conversation.thread import Thread
from bot.store import tables as t
from bot.turn import DialogueState


async def remark(
    services: Services,
    municipality: str,
    inquiry_id: str,
    key: str,
    *,
    remark_id: str,
    greets: bool = False,
    params: Mapping[str, str] | None = None,
) -> None:
    """The texts' ``key`` stands in the inquiry, once per ``remark_id``. ``greets``: the text says that a machine answers, so
    the bot need not say it again; others are the system's, so that the bot's own first message still says it."""
    async with services.database.write() as connection:
        thread = await Thread.load(connection, municipality, inquiry_id, services.now())
        m = t.message.c
        said = sa.select(m.id).where(
            m.municipality == municipality, m.inquiry_id == inquiry_id, m.client_id == remark_id
        )
        if await connection.scalar(said) is not None:
            return
        text = services.knowledge.text(key, thread["language"], **(params or {}))
        thread.add("bot" if greets else "system", text, body={"kind": key}, client_id=remark_id)
        if greets:
            state = DialogueState.from_json(thread["state"])
            state.disclosed = True
            thread.set(
                state=state.to_json(),
                state_version=thread["state_version"] + 1,
                disclosed_at=thread["disclosed_at"] or thread.now,
            )
        await thread.save()
    services.announce(thread)


async def speak(services: Services, municipality: str, inquiry_id: str, language: str) -> None:
    """The inquiry goes on in ``language``, until a message shows another."""
    async with services.database.write() as connection:
        thread = await Thread.load(connection, municipality, inquiry_id, services.now())
        state = DialogueState.from_json(thread["state"])
        state.language = language
        thread.set(language=language, state=state.to_json(), state_version=thread["state_version"] + 1)
        thread.next_rev()
        await thread.save()
    services.announce(thread)
