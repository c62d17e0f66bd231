"""The staff API as its OpenAPI entries."""

from __future__ import annotations

from typing import Any

from bot.lifecycle import STAFF_OUTCOMES
from bot.staff.lists import LISTS, STATUSES
from bot.web.openapi import answer, operation

_TEXT: dict[str, Any] = {"type": "string"}
_MAYBE: dict[str, Any] = {"type": ["string", "null"]}
_TIME: dict[str, Any] = {"type": ["string", "null"], "format": "date-time"}
_FLAG: dict[str, Any] = {"type": "boolean"}
_NUMBER: dict[str, Any] = {"type": "integer"}
_SHARE: dict[str, Any] = {"type": "number", "minimum": 0, "maximum": 1}


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def _list(of: Any) -> dict[str, Any]:
    return {"type": "array", "items": of}


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def _query(name: str, schema: Any, description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema, "description": description}


_PERSON = {"oneOf": [_object(id=_TEXT, name=_TEXT), {"type": "null"}]}
_NAMED = _object(id=_TEXT, name=_TEXT)
_ROW = {
    "id": _TEXT, "number": _MAYBE, "status": {"enum": list(STATUSES)}, "outcome": _MAYBE, "area": _MAYBE, "subject": _TEXT,
    "company": _MAYBE, "contact_name": _MAYBE, "channel": _TEXT, "language": _TEXT, "waiting_since": _TIME,
    "reply_due_at": _TIME, "overdue": _FLAG, "urgent": _FLAG, "owner": _PERSON, "acting": _PERSON, "department": _MAYBE,
    "last_message_at": _TIME, "needs_reply": _FLAG, "rev": _NUMBER,
}  # fmt: skip
_CONTACT = _object(
    name=_MAYBE, email=_MAYBE, phone=_MAYBE, company=_MAYBE, cvr=_MAYBE, cvr_checked=_FLAG,
    page_only=_FLAG | {"description": "There is no contact data: a reply is read only when the inquirer opens the page."},
)  # fmt: skip
_HIT = _object(id=_TEXT, name=_MAYBE, title=_MAYBE, confidence=_SHARE)
_MESSAGE = {
    **_object(
        id=_NUMBER, seq={"type": ["integer", "null"]}, rev=_NUMBER, author=_TEXT, name=_MAYBE, internal=_FLAG, text=_TEXT,
        html=_MAYBE, at=_TIME, sources=_list({"type": "object"}), article=_MAYBE, masked=_NUMBER, client_id=_MAYBE,
        delivery={
            "oneOf": [_object(channel=_TEXT, status={"enum": ["pending", "sent", "failed"]}, error=_MAYBE), {"type": "null"}],
            "description": "Of a message that is sent to a channel: whether it arrived. error: why not (yet), blocked or a short code.",
        },
    ),
    "description": "As in the inquirer's API; notes have internal true and no seq. masked: CPR numbers removed.",
}  # fmt: skip

SCHEMAS: dict[str, Any] = {
    "StaffSession": _object(
        csrf=_TEXT | {"description": "Send it as X-CSRF-Token with every change."},
        staff=_object(
            id=_TEXT, name=_TEXT, title=_TEXT, department=_NAMED, roles=_list(_TEXT), municipality=_object(code=_TEXT, name=_TEXT)
        ),
    ),
    "StaffInquiry": _object(**_ROW),
    "StaffMessage": _MESSAGE,
    "StaffThread": _object(
        inquiry=_object(
            **_ROW, area_name=_MAYBE, contact=_CONTACT, escalation_reason=_MAYBE, read_seq=_NUMBER, last_seq=_NUMBER,
            acting_present=_FLAG, foreign=_FLAG, previous=_MAYBE, created_at=_TIME, escalated_at=_TIME, taken_at=_TIME,
            resolved_at=_TIME,
        ),
        deadlines=_list(_object(kind=_TEXT, due_at=_TIME, met_at=_TIME, overdue=_FLAG)),
        messages=_list(_ref("StaffMessage")),
        turns=_list(
            _object(
                seq=_NUMBER, at=_TIME, decision=_MAYBE, model=_MAYBE, language=_TEXT, kind=_TEXT, label=_MAYBE,
                areas=_list(_HIT), articles=_list(_HIT),
            )
        ),
        suggestions=_list(
            _object(
                article=_TEXT, title=_TEXT, text=_TEXT, html=_TEXT, sources=_list(_object(title=_TEXT, url=_TEXT)),
                version=_TEXT, confidence=_SHARE, shown=_FLAG,
            )
        ),
        marks=_list(_object(message=_NUMBER, state=_TEXT, label=_TEXT, kind=_TEXT, title=_MAYBE)),
        questions=_list(_NUMBER) | {"description": "The ids of messages that can be marked."},
        may={"type": "object", "additionalProperties": _FLAG, "description": "What you may do with it as it stands now."},
        earlier=_FLAG | {"description": "There are messages before these: ask with before, the id of the first."},
        more=_FLAG | {"description": "Of what changed since rev there is more: ask again with the rev of this answer."},
        rev=_NUMBER,
    ),
    "Colleague": _object(
        id=_TEXT, name=_TEXT, title=_TEXT, department=_NAMED, present=_FLAG, seen_at=_TIME, absent_until=_TIME, open=_NUMBER,
        capacity=_NUMBER,
    ),
}  # fmt: skip

_ID = [{"name": "id", "in": "path", "required": True, "schema": _TEXT}]
_CHANGED = answer(_object(inquiry=_ref("StaffInquiry")), "The inquiry as it now is.")
_SENT = answer(_ref("StaffMessage"), "The stored message.", 201)
_SEEN = _NUMBER | {"description": "The rev of the thread that the person saw."}
_MEANWHILE = "Error message_meanwhile: the inquirer wrote after rev, and nothing is changed."
_LONG_TEXT = _TEXT | {"maxLength": 4096}


def _action(
    summary: str, answered: dict[str, Any], body: dict[str, Any] | None = None, *, description: str = ""
) -> Any:
    return {
        "post": operation(summary, answered, body=body, parameters=_ID, security="session", description=description)
    }


PATHS: dict[str, Any] = {
    "/api/v1/staff/session": {
        "post": operation(
            "Sign in.",
            answer(_ref("StaffSession"), "Signed in; the cookie of the session is set.", 201),
            body={
                **_object(
                    email=_TEXT, password=_TEXT, municipality=_TEXT | {"description": "Its code; may be left out."}
                ),
                "required": ["email", "password"],
            },
            description="Errors: wrong_password, too_many with Retry-After, foreign_origin.",
        ),
        "get": operation("Who is signed in.", answer(_ref("StaffSession"), "The session."), security="session"),
        "delete": operation("Sign out.", answer({"type": "object"}, "Signed out."), security="session"),
    },
    "/api/v1/staff/inquiries": {
        "get": operation(
            "A list, longest waiting first.",
            answer(
                _object(
                    inquiries=_list(_ref("StaffInquiry")),
                    after=_MAYBE | {"description": "Send it back for the next page; null at the end."},
                    counts={"type": "object", "additionalProperties": _NUMBER},
                ),
                "At most 50 inquiries, and how many stand in each list.",
            ),
            parameters=[
                _query("list", {"enum": list(LISTS), "default": "mine"}, "Which list."),
                _query("area", _TEXT, "Only this area."),
                _query("status", {"enum": list(STATUSES)}, "Only this status."),
                _query("q", _TEXT, "Searched in number, company, CVR number, contact data and subject."),
                _query("after", _TEXT, "The cursor of the page before."),
            ],
            security="session",
        )
    },
    "/api/v1/staff/inquiries/{id}": {
        "get": operation(
            "One inquiry with its thread, notes included.",
            answer(_ref("StaffThread"), "The inquiry."),
            parameters=[
                *_ID,
                _query("rev", _NUMBER, "Only messages that changed since, at most 500 of them."),
                _query("before", _NUMBER, "Messages before the one with this id; without it the newest 500."),
                _query("wait", {"type": "number", "maximum": 25}, "With rev: seconds to wait for something new."),
                _query("reason", _TEXT, "Why another department's inquiry is read; it is logged."),
            ],
            security="session",
        )
    },
    "/api/v1/staff/inquiries/{id}/take": _action(
        "Become its owner and acting contact.",
        _CHANGED,
        _object(**{"from": _TEXT | {"description": "The colleague it is taken from; it must still be theirs."}}),
        description="Of simultaneous attempts one wins; the others get taken_by_other with `by`. A resolved inquiry is reopened.",
    ),
    "/api/v1/staff/inquiries/{id}/reply": _action(
        "Write to the inquirer.",
        _SENT,
        _object(
            text=_LONG_TEXT,
            article=_TEXT | {"description": "An answer to send, with its sources; text replaces its wording."},
            client_id=_TEXT | {"format": "uuid", "description": "In lower case; the same one sends once."},
        ),
        description="Only for the acting contact: not_acting_contact. Errors: wrong_status when resolved or with the bot.",
    ),
    "/api/v1/staff/inquiries/{id}/note": _action(
        "Write a note that no inquirer sees.", _SENT, {**_object(text=_LONG_TEXT), "required": ["text"]}
    ),
    "/api/v1/staff/inquiries/{id}/give_back": _action(
        "Let the bot answer again; the owner stays.",
        _CHANGED,
        {**_object(rev=_SEEN), "required": ["rev"]},
        description=_MEANWHILE,
    ),
    "/api/v1/staff/inquiries/{id}/hand_on": _action(
        "Make a colleague its owner.",
        _CHANGED,
        {**_object(to=_TEXT, note=_LONG_TEXT, rev=_SEEN), "required": ["to", "rev"]},
        description=_MEANWHILE,
    ),
    "/api/v1/staff/inquiries/{id}/resolve": _action(
        "End it with an outcome.",
        _CHANGED,
        {**_object(outcome={"enum": list(STAFF_OUTCOMES)}, rev=_SEEN), "required": ["outcome", "rev"]},
        description=_MEANWHILE,
    ),
    "/api/v1/staff/inquiries/{id}/revoke_link": _action(
        "End every secret link given so far.",
        _CHANGED,
        description="Tokens and links so far get bad_token and open sockets end. Opening again with the client_id of the first "
        "opening returns the new token. Only for the acting contact and coordinators: not_acting_contact.",
    ),
    "/api/v1/staff/colleagues": {
        "get": operation(
            "Who can take an inquiry: presence and load.",
            answer(_object(colleagues=_list(_ref("Colleague"))), "Own department first, present ones first."),
            security="session",
        )
    },
    "/api/v1/staff/events": {
        "get": operation(
            "Server-sent events: what changed.",
            {
                "200": {
                    "description": "Events `changed` {ids, counts, missed, now}, `here` {now} and `signed_out`, with the server's time. "
                    "Listening shows one as present.",
                    "content": {"text/event-stream": {"schema": _TEXT}},
                }
            },
            security="session",
        )
    },
}
