"""What the bot can do in a turn: answer, offer, say, escalate, and what it then remembers. ``bot.decision`` chooses. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from bot.knowledge.content import Knowledge
from bot.turn import (
    NONE_OF_THESE,
    PERSON,
    Button,
    Decision,
    DialogueState,
    Escalation,
    Hit,
    Say,
    TurnRequest,
    Understanding,
)

CHOICES_SHOWN = 3
REMEMBERED = 6
CALLBACK = "contact_case/callback"  # its answer promises that a person calls, so a person gets the inquiry
PERSON_BUTTON = Button(PERSON, "talk_to_person")


@dataclass(frozen=True, slots=True)
class Ladder:
    """The confidences from which the bot dares a step; part of a model, since they belong to its calibration."""

    answer: float = 0.60  # an article
    package: float = 0.60  # a package
    sure: float = 0.60  # a question where the contact form had asked for something
    pair: float = 0.35  # each of two articles of different areas
    clarify: float = 0.25  # the likeliest three together
    candidate: float = 0.04  # worth a button
    other: float = 0.45  # a question of a known area that no article answers
    area: float = 0.50  # the area to escalate to
    group: float = 0.50  # small talk, out of scope, a person, a case, a complaint
    out_of_scope: float = 0.50  # out of scope rather than the likeliest area
    alarm: float = 0.40  # distress, violence, danger
    offsets: Mapping[str, float] = field(default_factory=dict)  # per area, added to ``answer``
    calls: Mapping[str, float] = field(default_factory=dict)  # group of talk → score from which it calls for people
    leanings: Mapping[str, float] = field(default_factory=dict)  # … from which it does when there is no sure answer

    def answer_in(self, area: str) -> float:
        """The confidence from which an article of ``area`` is given as the answer."""
        return self.answer + self.offsets.get(area, 0.0)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Ladder:
        return cls(**{key: step for key, step in value.items() if key in cls.__dataclass_fields__})


class Moves:
    """One turn under way: what was said so far, and the state as it will be."""

    def __init__(self, request: TurnRequest, understood: Understanding, knowledge: Knowledge, ladder: Ladder):
        self.request, self.understood, self.knowledge, self.ladder = request, understood, knowledge, ladder
        self.waiting = request.status == "waiting"
        self.state = DialogueState.from_json(request.state.to_json())
        self.says: list[Say] = []
        self.escalation: Escalation | None = None
        self.answered: list[str] = []
        self.kinds = {hit.id: hit.confidence for hit in understood.kinds}
        self.inside = sum(self.kinds.get(kind, 0.0) for kind in ("article", "other"))  # a question about an area

    def answer(self, articles: list[str], next_likeliest: list[Hit]) -> Decision:
        if self.waiting:
            self.says.append(Say(text="machine_answer_meanwhile"))
        if len(articles) > 1:
            self.says.append(Say(text="multi_area"))
        self.says += [Say(article=article) for article in articles]
        self._remember(articles[0], [hit.id for hit in next_likeliest])
        self.answered = articles
        incomplete = [article for article in articles if article in self.request.incomplete]
        if incomplete:
            self.says.append(Say(text="incomplete_answer"))
            return self.escalate("other", area=area_of(incomplete[0]))
        if CALLBACK in articles:
            return self.escalate("request", area=area_of(CALLBACK))
        self.says[-1] = replace(self.says[-1], buttons=[PERSON_BUTTON], feedback=True)
        return "Answer"

    def show_package(self, name: str) -> Decision:
        if self.waiting:
            self.says.append(Say(text="machine_answer_meanwhile"))
        self.says.append(Say(package=name, buttons=[PERSON_BUTTON], feedback=True))
        self._remember(None, [])
        self.answered = [f"package/{name}"]
        return "Answer"

    def _remember(self, article: str | None, likely: list[str]) -> None:
        state = self.state
        state.last_article = article
        state.last_area = area_of(article) if article else state.last_area
        state.likely, state.offered = likely[:REMEMBERED], []
        state.clarified, state.low_confidence = False, 0

    def offer(self, text: str, ids: list[str], *, none_button: bool = True) -> Decision:
        shown = ids[:CHOICES_SHOWN]
        self.state.offered = [id for id in shown if id in self.knowledge.articles]
        self.state.likely = [id for id in ids[CHOICES_SHOWN:REMEMBERED] if id in self.knowledge.articles]
        buttons = [Button(id.replace("/", ":", 1) if id.startswith("package/") else f"article:{id}") for id in shown]
        last = Button(NONE_OF_THESE, "clarify_none") if none_button else PERSON_BUTTON
        self.says.append(Say(text=text, buttons=[*buttons, last]))
        return "Clarify"

    def say(self, text: str, decision: Decision, buttons: list[Button] | None = None) -> Decision:
        self.says.append(Say(text=text, buttons=buttons or []))
        return decision

    def escalate(self, reason: str, *, area: str | None = None, urgent: bool = False) -> Decision:
        """People take over; in ``waiting`` they have, so only an urgent matter says so anew."""
        if self.waiting and not urgent:
            return self.tell_waiting(again=reason == "request")
        self.says.append(Say(text=f"escalated_{reason}"))
        self.escalation = Escalation(reason, area or self.area(), urgent)
        state = self.state
        state.escalated = True
        state.clarified, state.low_confidence, state.unhelpful = False, 0, 0
        state.offered, state.likely = [], []
        return "Escalate"

    def tell_waiting(self, again: bool = False) -> Decision:
        if again or not self.state.waiting_told:
            self.says.append(Say(text="waiting_seen"))
            self.state.waiting_told = True
        return "Escalate"

    def area(self) -> str | None:
        """The area that the message is about, when most of what was understood of areas points there; else of what was
        offered or answered last."""
        if self.inside >= 0.05 and self.understood.areas[0].confidence >= self.ladder.area:
            return self.understood.areas[0].id
        offered = {area_of(article) for article in self.state.offered}
        return offered.pop() if len(offered) == 1 else self.state.last_area


def area_of(article: str) -> str:
    return article.partition("/")[0]
