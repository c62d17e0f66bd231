"""The editors' API as its OpenAPI entries."""

from __future__ import annotations

from typing import Any, get_args

from bot.editing.articles import STATES
from bot.editing.lease import Phase
from bot.web.openapi import MAYBE_TIME, NUMBER, TEXT, TRUTH, answer, fields, nullable, operation, parameter, ref

_BOTH = fields("da", "en", da=TEXT, en=TEXT)
_MANY: dict[str, Any] = {"type": "array"}
_SHARE: dict[str, Any] = {"type": "number", "minimum": 0, "maximum": 1}
_TEXTS = fields(
    "title", "answer", title=_BOTH, answer=_BOTH, follow_ups={"type": "object", "additionalProperties": _BOTH}
)
_MAYBE_TEXTS = {"oneOf": [_TEXTS, {"type": "null"}]}
_VALUE = fields(
    "name", "label", "example", "core", "value",
    name=TEXT, label=_BOTH, example=_BOTH, core=TRUTH | {"description": "Without it the answer is worthless."},
    value={"oneOf": [_BOTH, {"type": "null"}]},
)  # fmt: skip
_ROW: dict[str, Any] = {
    "id": TEXT, "area": TEXT, "title": TEXT, "states": _MANY | {"items": {"enum": list(STATES)}}, "values_missing": NUMBER,
    "core_missing": TRUTH, "reports": NUMBER, "changed_at": MAYBE_TIME,
}  # fmt: skip
SCHEMAS: dict[str, Any] = {
    "ArticleRow": fields(*_ROW, **_ROW),
    "Article": fields(
        *_ROW, "version", "common", "own", "values", "shown", "shown_version", "given",
        **_ROW, version=NUMBER, changed_by=nullable("string"), common=_MAYBE_TEXTS, own=_MAYBE_TEXTS,
        sources=_MANY | {"items": fields("title", "url", title=TEXT, url=TEXT)}, law=_MANY | {"items": TEXT},
        kle=_MANY | {"items": TEXT}, owner=TEXT, reviewed={"type": "string", "format": "date"}, facets=_MANY | {"items": TEXT},
        examples={"type": ["object", "null"]}, values=_MANY | {"items": _VALUE},
        shown=_BOTH | {"description": "The answer as the bot says it now."}, shown_version=TEXT,
        given=_MANY | {"items": fields("version", "inquiries", "last_at", "reports", "current", version=TEXT, inquiries=NUMBER,
                                       last_at=MAYBE_TIME, reports=NUMBER, current=TRUTH)},
    ),
    "Preview": fields(
        "text", "decision", "language", "said", "areas", "articles", "model",
        text=TEXT, decision=TEXT, language=TEXT, reason=nullable("string"), model=TEXT,
        said=_MANY | {"items": fields("text", "html", text=TEXT, html=TEXT, article=nullable("string"))},
        areas=_MANY | {"items": fields("id", "name", "confidence", id=TEXT, name=TEXT, confidence=_SHARE)},
        articles=_MANY | {"items": fields("id", "title", "confidence", id=TEXT, title=nullable("string"), confidence=_SHARE)},
    ),
}  # fmt: skip

_ID = [
    parameter("area", "path", TEXT, "The area."),
    parameter("name", "path", TEXT, "The article's name in it."),
]
_ARTICLE = answer(ref("Article"), "The article as it now is.")
_TRAINING = answer(
    fields(
        "progress", "models", "left_out",
        progress=fields("phase", "share", "model", "round", phase={"enum": list(get_args(Phase))}, share=_SHARE,
                        model=nullable("string"), round=NUMBER),
        models=_MANY | {"items": fields("id", "live", "refused", "told", "report", "created_at", id=TEXT, live=TRUTH,
                        refused=TRUTH, told=_MANY | {"items": TEXT}, report={"type": ["object", "null"]}, created_at=MAYBE_TIME)},
        left_out=_MANY | {"items": fields("kind", "article", "text", "why", "spoilt", "questions", "elsewhere",
                          kind={"enum": ["article", "example"]}, article=TEXT, text=nullable("string"),
                          why={"enum": ["label", "area", "all"]}, spoilt=NUMBER, questions=_MANY | {"items": TEXT},
                          elsewhere=NUMBER | {"description": "Of other municipalities' questions; they are not told."})},
    ),
    "Phase and share done; each model with the gate's report, told in words; what of the municipality's own was left out.",
)  # fmt: skip
_EDITORS = "For editors and administrators; others get forbidden."


_VERSION = NUMBER | {"description": "The one that was read; conflict when it changed since."}


def _change(summary: str, description: str = _EDITORS) -> dict[str, Any]:
    body = fields("version", version=_VERSION)
    return {
        "post": operation(summary, _ARTICLE, body=body, parameters=_ID, security="session", description=description)
    }


PATHS: dict[str, Any] = {
    "/api/v1/staff/articles": {
        "get": operation(
            "The municipality's articles.",
            answer(
                fields("articles", "counts", articles=_MANY | {"items": ref("ArticleRow")}, counts={"type": "object"}),
                "Those that fit, and how many are in each state.",
            ),
            parameters=[
                parameter("area", "query", TEXT, "Only this area."),
                parameter("state", "query", {"enum": list(STATES)}, "Only this state."),
                parameter("q", "query", TEXT, "Words that all stand in id, title or answer."),
            ],
            security="session",
            description=_EDITORS,
        ),
        "post": operation(
            "Write a new article of the municipality's own; the bot gives it after the next training.",
            answer(ref("Article"), "The article.", 201),
            body=fields(
                "id", "title", "answer", "sources", "examples",
                id=TEXT | {"description": "area/name; the municipality's code is added."},
                title=_BOTH, answer=_BOTH, follow_ups={"type": "object"},
                sources=_MANY | {"items": fields("title", "url", title=TEXT, url=TEXT)},
                questions=_MANY | {"items": TEXT, "description": "<inquiry>.<message>: questions of inquiries that become examples."},
                draft=TEXT | {"description": "<inquiry>.<message> of the draft that this finishes."},
                examples={"type": "object"}, law=_MANY | {"items": TEXT}, kle=_MANY | {"items": TEXT},
            ),
            security="session",
            description=_EDITORS,
        ),
    },
    "/api/v1/staff/training": {
        "get": operation(
            "How far a training is, which models are kept, and what was left out of them.",
            _TRAINING,
            security="session",
            description="For editors, administrators and the operator of the installation.",
        )
    },
    "/api/v1/staff/training/use": {
        "post": operation(
            "Go back to a model that is kept, or overrule the gate.",
            _TRAINING,
            body=fields("model", model=TEXT, reason=TEXT | {"description": "Needed for a model that was kept aside."}),
            security="session",
            description="For the operator of the installation. Errors: not_found, reason_needed.",
        )
    },
    "/api/v1/staff/articles/{area}/{name}": {
        "get": operation("One article.", _ARTICLE, parameters=_ID, security="session", description=_EDITORS),
        "put": operation(
            "Give the article the municipality's own text; it holds at the next turn.",
            _ARTICLE,
            body=fields(
                "title", "answer", "version",
                title=_BOTH, answer=_BOTH, follow_ups={"type": "object"}, version=_VERSION,
            ),
            parameters=_ID,
            security="session",
            description=_EDITORS,
        ),
        "delete": operation(
            "Go back to the common text, or delete an own article.",
            _ARTICLE,
            parameters=[*_ID, parameter("version", "query", NUMBER, _VERSION["description"])],
            security="session",
            description="Of an own article the answer is empty. Error: article_in_use when a model has learnt it or somebody was given it.",
        ),
    },
    "/api/v1/staff/articles/{area}/{name}/keep": _change("The own text stays although the common one changed."),
    "/api/v1/staff/articles/{area}/{name}/withdraw": _change("The bot does not give it any more."),
    "/api/v1/staff/articles/{area}/{name}/take_back": _change("The bot gives it again."),
    "/api/v1/staff/articles/{area}/{name}/correct": {
        "post": operation(
            "Tell every inquiry that was given a wrong version what is right, once each.",
            answer(fields("told", told=NUMBER), "How many were told now."),
            body=fields("version", version=TEXT),
            parameters=_ID,
            security="session",
            description="Errors: answer_unchanged while that version is what the bot says.",
        )
    },
    "/api/v1/staff/values": {
        "get": operation(
            "Every local value, unfilled ones first.",
            answer(fields("values", values=_MANY | {"items": _VALUE}), "Each with its article and definition."),
            security="session",
        ),
        "put": operation(
            "Fill in local values of an article; null empties one.",
            _ARTICLE,
            body=fields("article", "values", "version", article=TEXT, values={"type": "object"}, version=_VERSION),
            security="session",
        ),
    },
    "/api/v1/staff/package": {
        "get": operation(
            "The municipality's own articles and texts, for another municipality.",
            answer(fields("package", package=TEXT | {"description": "YAML."}), "The package."),
            security="session",
        ),
        "post": operation(
            "Show what a package would change; with apply take it in, whole or not at all.",
            answer(
                fields(
                    "differences",
                    "taken",
                    differences=_MANY | {"items": {"type": "object"}},
                    taken=_MANY | {"items": TEXT},
                ),
                "Per article: new, changed or same, before and after; overwrites says that the municipality wrote it itself.",
            ),
            body=fields(
                "package",
                package=TEXT,
                name=TEXT,
                apply=TRUTH,
                overwrite=_MANY
                | {"items": TEXT, "description": "Own texts that may be replaced; the others are kept."},
            ),
            security="session",
            description="Errors: bad_input, whose detail names file, line and field of everything that is wrong.",
        ),
    },
    "/api/v1/staff/preview": {
        "post": operation(
            "What would the bot say? Nothing is stored.",
            answer(ref("Preview"), "Decision, what is said, what was understood."),
            body=fields("text", text=TEXT, language={"enum": ["da", "en"]}),
            security="session",
        )
    },
    "/api/v1/staff/inquiries/{id}/wrong": {
        "post": operation(
            "Tell the editors that an answer in this inquiry is wrong.",
            answer(fields("article", article=TEXT), "Told.", 201),
            body=fields("message", message=NUMBER | {"description": "The id of the message."}),
            parameters=[parameter("id", "path", TEXT, "The inquiry.")],
            security="session",
        )
    },
}  # fmt: skip
