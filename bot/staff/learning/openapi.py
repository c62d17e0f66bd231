"""The API of the learning loop as its OpenAPI entries."""

from __future__ import annotations

from typing import Any

from bot.editing.candidates import STATES
from bot.editing.gains import SHARES
from bot.editing.questions import REASONS
from bot.web.openapi import MAYBE_TIME, NUMBER, TEXT, TIME, TRUTH, answer, fields, nullable, operation, parameter, ref

_MANY: dict[str, Any] = {"type": "array"}
_LABEL: dict[str, Any] = {
    "label": TEXT | {"description": "An article's id, area/other (the area's people), or out_of_scope/…."},
    "kind": {"enum": ["article", "other", "out_of_scope"]},
    "title": nullable("string"),
}
_SHARES = fields(*SHARES, **{name: nullable("number") for name in SHARES})
_KEY = TEXT | {"description": "<inquiry>.<message>"}
_CLEANED = TEXT | {"description": "Without names, addresses, contact data; digits are 0."}
SCHEMAS: dict[str, Any] = {
    "Label": fields(*_LABEL, **_LABEL),
    "Candidate": fields(
        "inquiry", "message", "text", "language", *_LABEL, "state", "use", "decision", "answered", "proposed_by", "proposed_at",
        inquiry=TEXT, message=NUMBER, text=_CLEANED, language=TEXT, **_LABEL, state={"enum": list(STATES)},
        use={"enum": ["training", "gate", None], "description": "Of a confirmed one: an example, or a question of the gate."},
        decision=nullable("string"), answered=_MANY | {"items": ref("Label")}, proposed_by=nullable("string"), proposed_at=TIME,
        judged_at=MAYBE_TIME,
    ),
    "Draft": fields(
        "inquiry", "message", "question_message", "question", "answer", "language", "area",
        inquiry=TEXT, message=NUMBER, question_message=NUMBER, question=_CLEANED, answer=TEXT, language=TEXT,
        area=nullable("string"), proposed_by=nullable("string"), proposed_at=TIME,
    ),
    "QuestionGroup": fields(
        "size", "reasons", "likely", "questions",
        size=NUMBER, reasons=fields(*REASONS, **dict.fromkeys(REASONS, NUMBER)), likely=_MANY | {"items": ref("Label")},
        questions=_MANY | {"items": fields(
            "inquiry", "message", "text", "language", "at", "reasons", "decision", "answered",
            inquiry=TEXT, message=NUMBER, text=_CLEANED, language=TEXT, at=TIME, reasons=_MANY | {"items": {"enum": list(REASONS)}},
            decision=nullable("string"), answered=_MANY | {"items": ref("Label")},
        )},
    ),
    "Gain": fields(
        "model", "live", "since", "until", "questions", "answers", "learnt", "shares", "changes",
        model=TEXT, live=TRUTH, since=TIME, until=TIME, questions=NUMBER, answers=NUMBER,
        learnt=NUMBER | {"description": "Confirmed questions that were new to this model."},
        shares=_SHARES, changes=_SHARES | {"description": "Against the round before."},
    ),
}  # fmt: skip

_INQUIRY = [parameter("id", "path", TEXT, "The inquiry.")]
_CANDIDATE = [parameter("inquiry", "path", TEXT, "The inquiry."), parameter("message", "path", NUMBER, "The message.")]
_MESSAGE = NUMBER | {"description": "The id of the message."}
_NOTHING = answer({"type": "object"}, "Done.")
_EDITORS = "For editors and administrators; others get forbidden."
PATHS: dict[str, Any] = {
    "/api/v1/staff/labels": {
        "get": operation(
            "What can be marked as the right answer.",
            answer(
                fields("articles", "others", articles=_MANY | {"items": ref("Label")}, others=_MANY | {"items": ref("Label")}),
                "Articles that fit q; every area's people, and what is out of scope.",
            ),
            parameters=[parameter("q", "query", TEXT, "Words that all stand in id, title or answer.")],
            security="session",
        )
    },
    "/api/v1/staff/inquiries/{id}/mark": {
        "post": operation(
            "Say what the right answer to a message of the inquirer was.",
            answer(
                fields("message", "label", "text", message=NUMBER, text=_CLEANED, state=TEXT, **_LABEL),
                "Proposed to the editors.",
                201,
            ),
            body=fields("message", "label", message=_MESSAGE, label=_LABEL["label"]),
            parameters=_INQUIRY,
            security="session",
            description="Errors: no_question for a button or a reply to the contact form, already_judged.",
        )
    },
    "/api/v1/staff/inquiries/{id}/draft": {
        "post": operation(
            "Propose a colleague's reply as a new article; an editor finishes it.",
            answer(
                fields("inquiry", "message", "question", "answer", inquiry=TEXT, message=NUMBER, question=_CLEANED, answer=TEXT,
                       area=nullable("string")),
                "The draft.",
                201,
            ),
            body=fields("message", message=_MESSAGE),
            parameters=_INQUIRY,
            security="session",
            description="Errors: no_question when the inquirer asked nothing before.",
        )
    },
    "/api/v1/staff/candidates": {
        "get": operation(
            "Marked questions, cleaned.",
            answer(
                fields(
                    "candidates", "counts", "more",
                    candidates=_MANY | {"items": ref("Candidate")}, counts={"type": "object"}, more=TRUTH,
                ),
                "Those in the state, at most 200, and how many are in each.",
            ),
            parameters=[
                parameter("state", "query", {"enum": list(STATES)}, "proposed when it is left out."),
                parameter("offset", "query", NUMBER, "So many are left out at the beginning, to read on."),
            ],
            security="session",
            description=_EDITORS,
        )
    },
    "/api/v1/staff/candidates/{inquiry}/{message}": {
        "put": operation(
            "Confirm or refuse a marked question, with another text or label; the next training knows it.",
            _NOTHING,
            body=fields("state", state={"enum": ["confirmed", "refused"]}, text=TEXT | {"maxLength": 4096}, label=TEXT),
            parameters=_CANDIDATE,
            security="session",
            description=_EDITORS,
        )
    },
    "/api/v1/staff/drafts": {
        "get": operation(
            "Replies that staff propose as articles.",
            answer(fields("drafts", drafts=_MANY | {"items": ref("Draft")}), "Oldest first."),
            security="session",
            description=_EDITORS,
        )
    },
    "/api/v1/staff/drafts/{inquiry}/{message}": {
        "delete": operation("Drop a draft.", _NOTHING, parameters=_CANDIDATE, security="session", description=_EDITORS)
    },
    "/api/v1/staff/unanswered": {
        "get": operation(
            "Unanswered and unhelpful questions of the last 90 days, cleaned and grouped by likeness.",
            answer(
                fields("total", "groups", "more", total=NUMBER, groups=_MANY | {"items": ref("QuestionGroup")}, more=NUMBER),
                "The largest group first; more is how many groups are not shown.",
            ),
            security="session",
            description=_EDITORS,
        )
    },
    "/api/v1/staff/unanswered/mark": {
        "post": operation(
            "Say what was right for all these questions, which are confirmed; without a label they are set aside.",
            answer(fields("marked", marked=NUMBER), "For how many."),
            body=fields("questions", questions=_MANY | {"items": _KEY, "maxItems": 500}, label=nullable("string")),
            security="session",
            description=_EDITORS,
        )
    },
    "/api/v1/staff/gains": {
        "get": operation(
            "What each round of learning gained.",
            answer(fields("rounds", rounds=_MANY | {"items": ref("Gain")}), "Per model that answered here, newest first."),
            security="session",
            description=_EDITORS,
        )
    },
}  # fmt: skip
