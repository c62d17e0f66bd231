"""What goes into a turn and what comes out of it: plain values that the server and the worker exchange as JSON.

A turn is a pure function of the model and a :class:`TurnRequest`. Nothing here imports Rasa, a database or the web.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

STATE_VERSION = 1

FormField = Literal["name", "reach", "company"]
FORM_FIELDS: tuple[FormField, ...] = ("name", "reach", "company")

# Ids of buttons that are not an article; an article's button is "article:<area>/<name>", a package's "package:<name>", and that of what
# others than the municipality deal with "outside:out_of_scope/<name>".
PERSON = "person"  # talk to a person
NONE_OF_THESE = "none"
SKIP = "skip"  # leave the form's field empty
HELPFUL = "helpful"
UNHELPFUL = "unhelpful"


def _plain(value: Any) -> Any:
    """``value`` as JSON holds it; like ``dataclasses.asdict`` at a third of its cost, which was a seventh of a turn."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    names = getattr(value, "__dataclass_fields__", None)
    return value if names is None else {name: _plain(getattr(value, name)) for name in names}


@dataclass(slots=True)
class DialogueState:
    """All that the bot remembers of an inquiry between two turns. Holds ids and counters, never message text."""

    version: int = STATE_VERSION
    language: str | None = None  # "da" or "en": what the bot speaks in this inquiry
    language_chosen: bool = False  # the inquirer asked for it: it stays until they ask for the other
    language_drift: int = 0  # messages in a row that were rather in the other language, though too short to tell
    disclosed: bool = False  # said that it is a machine
    escalated: bool = False
    form_field: FormField | None = None  # the contact form's next question
    form_given: list[str] = field(default_factory=list)  # form fields that are answered
    form_skipped: list[str] = field(default_factory=list)  # form fields that were left out
    form_retry: bool = False  # the form's question was asked again, since the reply could not be right
    last_article: str | None = None
    last_area: str | None = None
    offered: list[str] = field(
        default_factory=list
    )  # ids offered as buttons (article, package/…, out_of_scope/…), in order
    facet: str | None = None  # what was asked about the offered ones before it was said which
    likely: list[str] = field(default_factory=list)  # article ids next in likelihood after those shown
    rejected: list[str] = field(default_factory=list)  # article ids that did not help
    clarified: bool = False  # asked "which of these" since the last answer
    low_confidence: int = 0  # turns in a row below the threshold
    unhelpful: int = 0  # "no, this did not help" in this inquiry
    waiting_told: bool = False  # said that the contact will see new messages
    insults: int = 0
    nonsense: int = 0  # messages in a row without a meaning
    alarmed: bool = False  # told of danger: nobody is asked for a name any more
    last_said: list[str] = field(default_factory=list)  # names of what was said last, so that it is not said again

    def to_json(self) -> dict[str, Any]:
        return _plain(self)

    @classmethod
    def from_json(cls, value: dict[str, Any] | None) -> DialogueState:
        """The state that ``value`` holds; fields unknown here are dropped, a newer version starts afresh, never an error."""
        if not isinstance(value, dict) or value.get("version", 0) > STATE_VERSION:
            return cls()
        known = {k: v for k, v in value.items() if k in cls.__dataclass_fields__}
        known["version"] = STATE_VERSION
        return cls(**known)


@dataclass(slots=True)
class TurnRequest:
    """One thing an inquirer did. Exactly one of ``text`` (masked) and ``choice`` (a button's id) is set."""

    municipality: str
    text: str | None = None
    choice: str | None = None
    state: DialogueState = field(default_factory=DialogueState)
    status: Literal["with_bot", "waiting"] = "with_bot"
    language: str | None = None  # the page's language, used until a message tells better
    unavailable: list[str] = field(default_factory=list)  # article ids withdrawn here, or other municipalities' own
    incomplete: list[str] = field(default_factory=list)  # a core local value is not filled in

    def to_json(self) -> dict[str, Any]:
        return _plain(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> TurnRequest:
        return cls(**{**value, "state": DialogueState.from_json(value.get("state"))})


@dataclass(slots=True)
class Button:
    """``label`` is a key of the texts; None where the server shows the title of the article or package in ``id``."""

    id: str
    label: str | None = None


@dataclass(slots=True)
class Say:
    """One bot message. The server renders it with the municipality's current texts.

    ``text``: a key of dialogue/texts.yml or a dialogue label ("out_of_scope/tax_authority"). ``article``: an article id.
    ``package``: a package's name. ``facet``: only this follow-up text of the article ("price", "duration" …).
    Exactly one of ``text``, ``article`` and ``package`` is set.
    """

    text: str | None = None
    article: str | None = None
    package: str | None = None
    facet: str | None = None
    params: dict[str, str] = field(default_factory=dict)
    buttons: list[Button] = field(default_factory=list)
    feedback: bool = False  # ask "Did this help?"

    def to_json(self) -> dict[str, Any]:
        return _plain(self)


@dataclass(slots=True)
class Hit:
    id: str
    confidence: float  # 0..1, calibrated


@dataclass(slots=True)
class Understanding:
    """What the model understood of one message; empty for a button."""

    language: str = "da"  # "da", "en" or "other"
    kind: str = (
        "article"  # article, other (an area's question without article), package, out_of_scope, smalltalk, human, …
    )
    label: str | None = None  # the likeliest label that is not an article: "out_of_scope/police", "human/ask"
    areas: list[Hit] = field(default_factory=list)  # the twelve areas, best first
    articles: list[Hit] = field(default_factory=list)  # best first
    outside: list[Hit] = field(default_factory=list)  # labels of what others deal with, best first
    kinds: list[Hit] = field(default_factory=list)  # probability of each kind, best first
    # What calls for people whatever else the message asks: "human/ask", "case_status/concrete", "complaint/urgent", "distress/…"
    calls: list[str] = field(default_factory=list)
    leanings: list[str] = field(default_factory=list)  # the same, less sure: where there is nothing better to say
    entities: list[dict[str, Any]] = field(default_factory=list)  # {entity, value, start, end}

    def to_json(self) -> dict[str, Any]:
        return _plain(self)


def offers_outside(says: list[Say]) -> bool:
    """Whether a choice names somebody who deals with it instead of the municipality."""
    return any(button.id.startswith("outside:") for say in says for button in say.buttons)


HITS = ("areas", "articles", "outside", "kinds")

Decision = Literal["Answer", "Clarify", "Escalate", "Smalltalk", "OutOfScope"]


@dataclass(slots=True)
class Escalation:
    """Hand the inquiry to people. ``reason``: request, low_confidence, unhelpful, complaint, urgent, case, other, failure."""

    reason: str
    area: str | None = None
    urgent: bool = False


@dataclass(slots=True)
class TurnResult:
    decision: Decision
    says: list[Say] = field(default_factory=list)
    state: DialogueState = field(default_factory=DialogueState)
    escalation: Escalation | None = None
    contact: dict[str, str] = field(default_factory=dict)  # newly given: name, email, phone, company, cvr
    understanding: Understanding = field(default_factory=Understanding)
    answered: list[str] = field(default_factory=list)  # article ids, or "package/<name>"
    model: str = ""  # id of the model that took the turn

    def to_json(self) -> dict[str, Any]:
        return _plain(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> TurnResult:
        understood = value["understanding"]
        return cls(
            decision=value["decision"],
            says=[Say(**{**s, "buttons": [Button(**b) for b in s["buttons"]]}) for s in value["says"]],
            state=DialogueState.from_json(value["state"]),
            escalation=Escalation(**value["escalation"]) if value["escalation"] else None,
            contact=value["contact"],
            understanding=Understanding(
                **{**understood, **{k: [Hit(**h) for h in understood[k]] for k in HITS if k in understood}}
            ),
            answered=value["answered"],
            model=value["model"],
        )
