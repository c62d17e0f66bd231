"""The one place that decides what the bot does next. Pure: no Rasa, no database, no clock.

``decide`` takes a message or a button that the contact form does not claim; ``bot.contact_form`` reads the form's replies. Rules and words:
domain.md; keys of texts: nlu_data/dialogue/texts.yml.
"""

from __future__ import annotations

from typing import Any

from bot.choosing import Choosing
from bot.details import pick
from bot.knowledge.content import Knowledge
from bot.moves import ALARMS, CHOICES_SHOWN, PERSON_BUTTON, Ladder, area_of
from bot.replies import asks_if_open, asks_who, bare_facet, names_contact, runs_out_now
from bot.spoken import choose_language
from bot.turn import (
    Decision,
    Say,
    TurnRequest,
    TurnResult,
    Understanding,
)

DANGER = "distress/danger"
OTHER_LANGUAGE = "out_of_scope/other_language"
URGENT_REASONS = ("complaint/urgent",)


def decide(request: TurnRequest, understood: Understanding, knowledge: Knowledge, ladder: Ladder) -> TurnResult:
    """What the bot says and does, and what it remembers; ``request`` is left as it is. Buttons need no ``understood``."""
    return _Turn(request, understood, knowledge, ladder).run()


class _Turn(Choosing):
    def run(self) -> TurnResult:
        asks = self.understood.label == "smalltalk/language_switch" and self._sure("smalltalk")
        choose_language(self.request, self.state, self.understood, asks=asks)
        decision = self.choice(self.request.choice) if self.request.choice is not None else self._message()
        decision = self.not_again(decision)
        if self.says and not self.state.disclosed:
            danger = self.says[0].text in ALARMS  # where to call comes first
            self.says.insert(1 if danger else 0, Say(text="disclosure"))
            self.state.disclosed = True
        contact = _contact_in(self.understood.entities, self.request.text) if self.escalation or self.waiting else {}
        return TurnResult(
            decision=decision,
            says=self.says,
            state=self.state,
            escalation=self.escalation,
            contact=contact,
            understanding=self.understood,
            answered=self.answered,
        )

    # What was typed

    def _message(self) -> Decision:
        kind, label = self.understood.kind, self.understood.label or ""
        alarm = label if kind == "distress" and self._sure("distress", self.ladder.alarm) else self._called("distress")
        if alarm not in ALARMS and runs_out_now(self.request.text or ""):
            alarm = DANGER
        if alarm is not None and (alarm == label or alarm in ALARMS):
            return self._distress(alarm)
        if self.just_alarmed:
            return self._confident_answer() or self.say("danger_next", "Escalate")
        reply = self.reply_to_choices()
        if reply is not None:
            return reply
        idle = kind in ("smalltalk", "abuse", "follow_up") and self._sure(kind)
        if (kind == "human" and self._sure("human")) or (self._called("human") and not idle):
            return self._people("human/ask")
        if self.understood.language == "other":
            return self._other_language()
        people = label if kind in ("complaint", "case_status") and self._sure(kind) and self._heard([label]) else None
        referral = self._referral()
        if people is None and not idle and referral is None:
            people = self._called("complaint", "case_status")
        if people is not None:
            return self._people(people)
        if self.waiting:
            return self._while_waiting()
        if kind == "abuse" and self._sure("abuse"):
            return self._insult(label)
        if kind == "follow_up" and self._sure("follow_up"):
            return self.follow_up(label.partition("/")[2])
        facet = bare_facet(self.request.text or "") if self.state.last_article else None
        if facet is not None:
            return self.follow_up(facet)
        if kind == "smalltalk" and self._sure("smalltalk"):
            return self.say(label, "Smalltalk")
        if referral is not None:
            return self.refer_elsewhere(referral)
        return self._question()

    def _called(self, *groups: str) -> str | None:
        """The label of the first of ``groups`` by which the message calls for people, whatever else it asks."""
        return _of_group(self._heard(self.understood.calls), *groups)

    def _heard(self, labels: list[str]) -> list[str]:
        """``labels`` without a wish for a person that nobody uttered: "I want to open a shop" has the words of one but names no contact,
        and "who decides that?" is a question where an article is likely to answer it."""
        text, articles = self.request.text or "", self.understood.articles
        if asks_if_open(text):
            return [label for label in labels if label.startswith("distress/")]
        answers = bool(articles) and articles[0].confidence >= self.ladder.clarify
        if names_contact(text) and not (asks_who(text) and answers):
            return labels
        return [label for label in labels if not label.startswith("human/")]

    def _people(self, label: str) -> Decision:
        """Somebody is asked for, a complaint about the municipality's handling, or one concrete case."""
        if label.startswith("human/"):
            return self.escalate("request")
        if label in URGENT_REASONS:
            return self.escalate("urgent", urgent=True)
        if label.startswith("complaint/"):
            return self.escalate("complaint")
        return self.escalate("case", area=self.area() or "contact_case")

    def _sure(self, kind: str, least: float | None = None) -> bool:
        return self.kinds.get(kind, 0.0) >= (self.ladder.group if least is None else least)

    def _referral(self) -> str | None:
        """Who deals with it instead, when that one is likely by itself: more than all else together, and than any answer of ours."""
        likeliest = self.understood.outside[0] if self.understood.outside else None
        answers = [hit.confidence for hit in self.understood.articles]
        if likeliest and likeliest.confidence >= max([self.ladder.referral, *answers]):
            return likeliest.id
        return None

    def _question(self) -> Decision:
        """An article or a package when the model is sure, the area's people when it is sure that there is none, else a question back."""
        answer = self._confident_answer()
        if answer is not None:
            return answer
        leaning = _of_group(self._heard(self.understood.leanings), "human", "complaint", "case_status")
        if leaning is not None:
            return self._people(leaning)
        if self.understood.kind == "other" and self._sure("other", self.ladder.other) and not self.state.clarified:
            return self._offer_person()
        likely = sorted([*self.worth_offering(), *self.others()], key=lambda hit: -hit.confidence)
        mass = sum(hit.confidence for hit in likely[:CHOICES_SHOWN])
        asked_before = self.state.clarified and bool(
            {hit.id for hit in likely[:CHOICES_SHOWN]} & set(self.state.offered)
        )
        # A new matter may be clarified too, when it is clear which few answers are meant.
        if mass >= (self.ladder.sure if self.state.clarified else self.ladder.clarify) and not asked_before:
            self.state.low_confidence += not self.state.clarified
            self.state.clarified = True
            ids = self.with_an_authority([hit.id for hit in likely])
            mixed = any(id.startswith("out_of_scope/") for id in ids[:CHOICES_SHOWN])
            return self.offer("clarify_mixed" if mixed else "clarify", ids)
        self.state.low_confidence += 1
        if self.state.low_confidence >= 2:
            return self.escalate("low_confidence", area=self.area())
        self.says.append(Say(text="ask_again", buttons=[PERSON_BUTTON]))
        return "Clarify"

    def _offer_person(self) -> Decision:
        """No article answers it: its area's people can, if the business wants them to, or one of the likeliest after all."""
        self.state.clarified = True
        self.state.last_area = self.area()
        self.says.append(
            Say(text="offer_person", buttons=[PERSON_BUTTON, *self.choices([hit.id for hit in self.candidates()][:3])])
        )
        return "Clarify"

    def _confident_answer(self) -> Decision | None:
        if self.understood.kind == "package" and self._sure("package", self.ladder.package):
            name = (self.understood.label or "").partition("/")[2]
            if name in self.knowledge.packages:
                return self.show_package(name)
        hits = [hit for hit in self.candidates() if hit.id in self.knowledge.articles]
        if hits and hits[0].confidence >= self.ladder.answer_in(area_of(hits[0].id)):
            return self.answer([hits[0].id], [hit for hit in self.next_likeliest() if hit.id != hits[0].id])
        if len(hits) > 1 and hits[1].confidence >= self.ladder.pair and area_of(hits[0].id) != area_of(hits[1].id):
            return self.answer([hits[0].id, hits[1].id], hits[2:])
        return None

    def _while_waiting(self) -> Decision:
        """The contact may come tomorrow: what is sure is still answered, all else is left to them."""
        facet = (self.understood.label or "").partition("/")[2]
        if self.understood.kind == "follow_up" and self._sure("follow_up") and self.has_facet(facet):
            return self.follow_up(facet)
        return self._confident_answer() or self.tell_waiting()

    def _distress(self, label: str) -> Decision:
        if label not in ALARMS:
            return self.say(label, "OutOfScope", buttons=[PERSON_BUTTON])
        if self.state.alarmed:
            return self.say("danger_again" if label in self.state.last_said else label, "Escalate")
        self.says.append(Say(text=label))
        self.state.alarmed = True
        return self.escalate("urgent", urgent=True)

    def _insult(self, label: str) -> Decision:
        self.state.insults += 1
        return self.say(label if self.state.insults == 1 else "abuse_limit", "Smalltalk", buttons=[PERSON_BUTTON])

    def _other_language(self) -> Decision:
        if self.waiting:
            return self.tell_waiting()
        self.state.low_confidence += 1
        if self.state.low_confidence >= 2:
            return self.escalate("low_confidence")
        return self.say(OTHER_LANGUAGE, "OutOfScope", buttons=[PERSON_BUTTON])


def _of_group(labels: list[str], *groups: str) -> str | None:
    return next((label for group in groups for label in labels if label.startswith(f"{group}/")), None)


def _contact_in(entities: list[dict[str, Any]], text: str | None) -> dict[str, str]:
    """Contact data that a message held besides its matter: the form need not ask for it again."""
    found = {e["entity"]: e["value"] for e in reversed(entities) if e["entity"] in ("email", "phone", "cvr")}
    return found | pick(text or "").contact()
