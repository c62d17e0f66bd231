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

CHOICES_SHOWN = 4
REMEMBERED = 6
OUTSIDE = "outside"  # the kind of button that names who deals with it instead
CALLBACK = "contact_case/callback"  # its answer promises that a person calls, so a person gets the inquiry
# These come before anything that the message may also ask, even when the model is only half sure.
ALARMS = ("distress/self_harm", "distress/violence", "distress/danger")
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
    group: float = 0.50  # small talk, a person, a case, a complaint
    referral: float = 0.50  # naming an authority instead of answering, and more than any article has
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
        self.just_alarmed = any(name in ALARMS or name == "danger_again" for name in request.state.last_said)
        self.inside = sum(self.kinds.get(kind, 0.0) for kind in ("article", "other"))  # a question about an area

    def titles(self, ids: list[str]) -> list[list[str]]:
        """What the choices ``ids`` are called, in every language."""
        known = self.knowledge
        found = [known.articles.get(id) or known.packages.get(id.removeprefix("package/")) for id in ids]
        texts = [one.title if one else known.outside_title(id) or {} for one, id in zip(found, ids, strict=True)]
        return [list(title.values()) for title in texts]

    def answer(self, articles: list[str], next_likeliest: list[Hit]) -> Decision:
        if self.waiting:
            self.says.append(Say(text="machine_answer_meanwhile"))
        if len(articles) > 1:
            self.says.append(Say(text="multi_area"))
        self.says += [Say(article=article) for article in articles]
        self.remember(articles[0], [hit.id for hit in next_likeliest])
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
        self.remember(None, [])
        self.answered = [f"package/{name}"]
        return "Answer"

    def remember(self, article: str | None, likely: list[str]) -> None:
        state = self.state
        state.last_article = article
        state.last_area = area_of(article) if article else state.last_area
        state.likely, state.offered = likely[:REMEMBERED], []
        state.clarified, state.low_confidence, state.nonsense = False, 0, 0
        state.facet = None

    def offer(self, text: str, ids: list[str], *, none_button: bool = True) -> Decision:
        buttons = self.choices(ids)
        last = Button(NONE_OF_THESE, "clarify_none") if none_button else PERSON_BUTTON
        self.says.append(Say(text=text, buttons=[*buttons, last]))
        return "Clarify"

    def choices(self, ids: list[str]) -> list[Button]:
        """The buttons of the first ``ids``, which the next message may name in words; the others are kept for "none of these"."""
        self.state.offered, self.state.likely = ids[:CHOICES_SHOWN], ids[CHOICES_SHOWN:][:REMEMBERED]
        return [Button(button_of(id)) for id in self.state.offered]

    def refer(self, label: str, way_back: list[str]) -> Decision:
        """Names who deals with it instead, with a way back to what may be meant here and to a person."""
        self.state.last_article = None
        self.says.append(Say(text=label, buttons=[*self.choices(way_back), PERSON_BUTTON]))
        return "OutOfScope"

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

    def not_again(self, decision: Decision) -> Decision:
        """The same words are not said twice in a row: another step is taken instead. Danger and hand-overs have words of their own."""
        names = [name_of(say) for say in self.says]
        if names and names == self.request.state.last_said and self.escalation is None:
            said = self.says[-1]
            self.says, self.answered = [], []
            if self.waiting:
                self.says.append(Say(text="answered_above" if said.article else "waiting_still"))
            elif said.article or said.package:
                decision = self.ask_what_else()
            elif decision == "Smalltalk":
                self.says.append(Say(text="still_here", buttons=[PERSON_BUTTON]))
            elif said.text == "stuck" or "stuck" in self.request.state.last_said:
                decision = self.escalate("low_confidence")
            else:
                self.says.append(Say(text="stuck", buttons=[PERSON_BUTTON]))
            names = [name_of(say) for say in self.says]
        if names:
            self.state.last_said = names
        return decision

    def ask_what_else(self) -> Decision:
        """The answer was just given: what else may be meant, and a person."""
        others = [id for id in self.state.likely if id not in self.state.rejected]
        self.says.append(Say(text="answered_above", buttons=[*self.choices(others), PERSON_BUTTON]))
        return "Clarify"

    def area(self) -> str | None:
        """The area that the message is about, when most of what was understood of areas points there; else of what was
        offered or answered last."""
        if self.inside >= 0.05 and self.understood.areas[0].confidence >= self.ladder.area:
            return self.understood.areas[0].id
        offered = {area_of(id) for id in self.state.offered if id in self.knowledge.articles}
        return offered.pop() if len(offered) == 1 else self.state.last_area


def button_of(id: str) -> str:
    """The button of an article, a package or what is nobody's here."""
    if id.startswith("package/"):
        return id.replace("/", ":", 1)
    return f"{OUTSIDE}:{id}" if id.startswith("out_of_scope/") else f"article:{id}"


def name_of(say: Say) -> str:
    """What is said, and what it offers, by name."""
    said = say.text or say.article or f"package/{say.package}"
    choices = [button.id for button in say.buttons if ":" in button.id]
    return " ".join([f"{said}#{say.facet}" if say.facet else said, *choices])


def area_of(article: str) -> str:
    return article.partition("/")[0]
