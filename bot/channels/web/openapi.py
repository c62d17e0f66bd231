"""What the OpenAPI document says of the inquirer's API."""

from __future__ import annotations

from typing import Any

from bot.web.openapi import (
    MAYBE_TIME,
    NUMBER,
    TEXT,
    TIME,
    TRUTH,
    answer,
    fields,
    nullable,
    operation,
    parameter,
    ref,
)

_LOCAL = fields("da", da=TEXT, en=TEXT)
_CODE = parameter("code", "path", {**TEXT, "pattern": r"^\d{4}$"}, "The municipality's code (kommunekode).")
_ID = parameter("id", "path", TEXT, "The inquiry's id.")
_CLIENT_ID = {
    **TEXT,
    "format": "uuid",
    "pattern": "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
    "description": "A random UUID of the client's, in lower case; sending the same again changes nothing.",
}
_SEQ = {**NUMBER, "description": "Place among the inquiry's messages: 1, 2, 3 … without gaps."}

SCHEMAS: dict[str, Any] = {
    "Municipality": fields(
        "code",
        "name",
        "open",
        code=TEXT,
        name=_LOCAL,
        open={**TRUTH, "description": "Whether it is opening time now."},
        opens_at={**MAYBE_TIME, "description": "Next time it opens."},
        closes_at={**MAYBE_TIME, "description": "When it closes, while it is open."},
        now={**TIME, "description": "The server's time."},
        phone=TEXT,
        email=TEXT,
    ),
    "NewInquiry": fields(
        client_id=_CLIENT_ID,
        text={**TEXT, "maxLength": 4096, "description": "The first message."},
        language={"enum": ["da", "en"]},
        browser={
            **TEXT,
            "maxLength": 80,
            "description": "A secret of the browser: inquiries with the same come to the same contact.",
        },
    ),
    "Inquiry": fields(
        "id",
        "number",
        "token",
        id=TEXT,
        number=nullable("string", description="Like 2026-000123; null until a person has it."),
        token={**TEXT, "description": "Opens the inquiry; keep it secret."},
    ),
    "NewMessage": {
        **fields(
            text={**TEXT, "maxLength": 4096},
            choice={**TEXT, "description": "The id of a button."},
            client_id=_CLIENT_ID,
        ),
        "description": "Exactly one of text and choice.",
    },
    "Message": fields(
        "seq",
        "author",
        "text",
        "at",
        "rev",
        seq=_SEQ,
        id=NUMBER,
        rev={**NUMBER, "description": "Rises with every change of this message."},
        author={"enum": ["inquirer", "bot", "staff", "system"]},
        name=nullable("string", description="Of the staff member who wrote it."),
        internal=TRUTH,
        text={**TEXT, "description": "Markdown of the bot and the system, as typed of people."},
        html=nullable("string", description="Safe HTML: paragraphs, lists, emphasis and links only."),
        kind=nullable("string", description="What a fixed sentence is about: disclosure, contact_named, taken_over …"),
        decision=nullable("string"),
        buttons={"type": "array", "items": fields("id", "label", id=TEXT, label=TEXT)},
        choice=nullable("string", description="The button an inquirer pressed."),
        sources={"type": "array", "items": fields("title", "url", title=TEXT, url={**TEXT, "format": "uri"})},
        article=nullable("string"),
        article_version=nullable("string"),
        feedback={**TRUTH, "description": "Asks whether the answer helped."},
        helped=nullable("boolean"),
        masked={**NUMBER, "description": "So many CPR numbers were removed."},
        due_at=MAYBE_TIME,
        client_id=nullable("string"),
        at=TIME,
        inquiry={
            **fields("id", "token", id=TEXT, token=TEXT),
            "description": "Only when the inquiry written to was closed for good: the new one that holds the message.",
        },
    ),
    "Thread": fields(
        "id",
        "messages",
        "status",
        "rev",
        id=TEXT,
        municipality=TEXT,
        messages={"type": "array", "items": ref("Message")},
        status={"enum": ["with_bot", "waiting", "with_contact", "resolved"]},
        outcome=nullable("string"),
        number=nullable("string"),
        language=TEXT,
        contact={
            "oneOf": [
                {"type": "null"},
                fields(
                    "name",
                    name=TEXT,
                    title=TEXT,
                    department=TEXT,
                    present={**TRUTH, "description": "At the screen now."},
                ),
            ]
        },
        reply_due_at=MAYBE_TIME,
        answering={**TRUTH, "description": "The machine is at work on an answer."},
        read_seq={**NUMBER, "description": "Read by the inquirer, on any device."},
        rev={**NUMBER, "description": "Ask with rev=… for what changes after this."},
        more={**TRUTH, "description": "There is more: ask again with the last seq or this rev."},
        now={**TIME, "description": "The server's time: what is late, and what today is, goes by it."},
    ),
    "Feedback": fields("seq", "helped", seq=_SEQ, helped=TRUTH),
}

_STORED = answer(ref("Message"), "Stored.", 201) | answer(ref("Message"), "The same client_id was stored before.")

PATHS: dict[str, Any] = {
    "/api/v1/municipalities/{code}": {
        "get": operation(
            "The municipality, as a chat shows it.",
            answer(ref("Municipality"), "The municipality."),
            parameters=[_CODE],
        )
    },
    "/api/v1/municipalities/{code}/inquiries": {
        "post": operation(
            "Open an inquiry.",
            answer(ref("Inquiry"), "Opened.", 201),
            answer(ref("Inquiry"), "The same client_id opened it before; the same inquiry and token."),
            body=ref("NewInquiry"),
            parameters=[_CODE],
        )
    },
    "/api/v1/inquiries/{id}/messages": {
        "get": operation(
            "Read the thread.",
            answer(ref("Thread"), "The thread."),
            parameters=[
                _ID,
                parameter("after", "query", NUMBER, "Messages with a seq above this."),
                parameter("rev", "query", NUMBER, "All that changed since this rev instead."),
                parameter("wait", "query", {**NUMBER, "maximum": 25}, "Wait so many seconds for something new."),
            ],
            security="token",
        ),
        "post": operation(
            "Write, or press a button.", _STORED, body=ref("NewMessage"), parameters=[_ID], security="token"
        ),
    },
    "/api/v1/inquiries/{id}/feedback": {
        "post": operation(
            "Say whether an answer helped.",
            answer(ref("Message"), "The answer with its mark."),
            body=ref("Feedback"),
            parameters=[_ID],
            security="token",
        )
    },
    "/api/v1/inquiries/{id}/read": {
        "post": operation(
            "Say up to where the thread was read.",
            answer(fields("read_seq", read_seq=NUMBER), "Read."),
            body=fields("seq", seq=_SEQ),
            parameters=[_ID],
            security="token",
        )
    },
    "/api/v1/ws": {
        "get": operation(
            "The same conversation over a WebSocket.",
            {"101": {"description": "The protocol is switched."}},
            description="The first frame is {type: hello, id, token, rev}. Then the client sends message, feedback, read and ping, "
            "and receives thread (a Thread), stored, error and pong; docs/api.md shows each.",
        )
    },
}
