"""The one place that decides what the bot does next. Pure: no Rasa, no database, no clock.

``decide`` takes a message or a button that the contact form does not claim; ``bot.contact_form`` reads the form's replies. Rules and words:
domain.md; keys of texts: nlu_data/dialogue/texts.yml.
"""

from __future__ import annotations

from typing import Any

from bot.details import pick
from bot.knowledge.content import Knowledge
from bot.moves import CHOICES_SHOWN, PERSON_BUTTON, Ladder, Moves, area_of
from bot.turn import (
    HELPFUL,
    NONE_OF_THESE,
    PERSON,
    UNHELPFUL,
    Decision,
    Hit,
    Say,
    TurnRequest,
    TurnResult,
    Understanding,
)
from bot.words import tokens

LANGUAGE_NAMES = {"da": {"dansk", "danish"}, "en": {"engelsk", "english"}}
REFUSALS = {"ikke", "ik", "ingen", "hvorfor", "not", "don", "dont", "no", "why"}
OTHER_LANGUAGE = "out_of_scope/other_language"
URGENT_REASONS = ("complaint/urgent",)
# These come before anything that the message may also ask, even when the model is only half sure.
ALARMS = ("distress/self_harm", "distress/violence", "distress/danger")


def decide(request: TurnRequest, understood: Understanding, knowledge: Knowledge, ladder: Ladder) -> TurnResult:
    """What the bot says and does, and what it remembers; ``request`` is left as it is. Buttons need no ``understood``."""
    return _Turn(request, understood, knowledge, ladder).run()


class _Turn(Moves):
    def run(self) -> TurnResult:
        self._choose_language()
        decision = self._choice(self.request.choice) if self.request.choice is not None else self._message()
        if self.says and not self.state.disclosed:
            self.says.insert(0, Say(text="disclosure"))
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

    def _choose_language(self) -> None:
        asked = self._asked_language()
        if asked:
            self.state.language, self.state.language_chosen = asked, True
        elif self.state.language_chosen:
            return
        elif self.request.text is not None and self.understood.language in ("da", "en"):
            self.state.language = self.understood.language
        elif self.state.language is None:
            self.state.language = self.request.language if self.request.language in ("da", "en") else "da"

    def _asked_language(self) -> str | None:
        """The one that "kan vi tage det på engelsk?" names; "jeg forstår ikke engelsk" asks for the other."""
        if self.understood.label != "smalltalk/language_switch" or not self._sure("smalltalk"):
            return None
        words = set(tokens(self.request.text or ""))
        named = [language for language, names in LANGUAGE_NAMES.items() if words & names]
        if len(named) != 1:
            return None
        return next(language for language in LANGUAGE_NAMES if (language == named[0]) != bool(words & REFUSALS))

    # What was typed

    def _message(self) -> Decision:
        kind, label = self.understood.kind, self.understood.label or ""
        alarm = label if kind == "distress" and self._sure("distress", self.ladder.alarm) else self._called("distress")
        if alarm is not None and (alarm == label or alarm in ALARMS):
            return self._distress(alarm)
        idle = kind in ("smalltalk", "abuse", "follow_up") and self._sure(kind)
        if (kind == "human" and self._sure("human")) or (self._called("human") and not idle):
            return self._people("human/ask")
        if self.understood.language == "other":
            return self._other_language()
        people = label if kind in ("complaint", "case_status") and self._sure(kind) else None
        if people is None and not idle and not (kind == "out_of_scope" and self._out_of_scope()):
            people = self._called("complaint", "case_status")
        if people is not None:
            return self._people(people)
        if self.waiting:
            return self._while_waiting()
        if kind == "abuse" and self._sure("abuse"):
            return self._insult(label)
        if kind == "follow_up" and self._sure("follow_up"):
            return self._follow_up(label.partition("/")[2])
        if kind == "smalltalk" and self._sure("smalltalk"):
            return self.say(label, "Smalltalk")
        if kind == "out_of_scope" and self._out_of_scope():
            return self.say(label, "OutOfScope", buttons=[PERSON_BUTTON])
        return self._question()

    def _called(self, *groups: str) -> str | None:
        """The label of the first of ``groups`` by which the message calls for people, whatever else it asks."""
        return _of_group(self.understood.calls, *groups)

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

    def _out_of_scope(self) -> bool:
        """A sure answer comes before the suspicion that it is none of our business."""
        outside = self.kinds.get("out_of_scope", 0.0)
        area = self.inside * (self.understood.areas[0].confidence if self.understood.areas else 0.0)
        suspected = outside >= self.ladder.out_of_scope * (outside + area) > 0
        return suspected and not any(
            hit.confidence >= self.ladder.answer_in(area_of(hit.id)) for hit in self._candidates()
        )

    def _question(self) -> Decision:
        """An article or a package when the model is sure, the area's people when it is sure that there is none, else a question back."""
        answer = self._confident_answer()
        if answer is not None:
            return answer
        leaning = _of_group(self.understood.leanings, "human", "complaint", "case_status")
        if leaning is not None:
            return self._people(leaning)
        area = self.area()
        if self.understood.kind == "other" and area and self._sure("other", self.ladder.other):
            return self.escalate("other", area=area)
        likely = self._worth_offering()
        mass = sum(hit.confidence for hit in likely[:CHOICES_SHOWN])
        asked_before = self.state.clarified and bool(
            {hit.id for hit in likely[:CHOICES_SHOWN]} & set(self.state.offered)
        )
        # A new matter may be clarified too, when it is clear which few answers are meant.
        if mass >= (self.ladder.sure if self.state.clarified else self.ladder.clarify) and not asked_before:
            self.state.low_confidence += not self.state.clarified
            self.state.clarified = True
            return self.offer("clarify", [hit.id for hit in likely])
        self.state.low_confidence += 1
        if self.state.low_confidence >= 2:
            return self.escalate("low_confidence", area=area)
        self.says.append(Say(text="ask_again", buttons=[PERSON_BUTTON]))
        return "Clarify"

    def _confident_answer(self) -> Decision | None:
        if self.understood.kind == "package" and self._sure("package", self.ladder.package):
            name = (self.understood.label or "").partition("/")[2]
            if name in self.knowledge.packages:
                return self.show_package(name)
        hits = [hit for hit in self._candidates() if hit.id in self.knowledge.articles]
        if hits and hits[0].confidence >= self.ladder.answer_in(area_of(hits[0].id)):
            return self.answer([hits[0].id], [hit for hit in self._next_likeliest() if hit.id != hits[0].id])
        if len(hits) > 1 and hits[1].confidence >= self.ladder.pair and area_of(hits[0].id) != area_of(hits[1].id):
            return self.answer([hits[0].id, hits[1].id], hits[2:])
        return None

    def _candidates(self) -> list[Hit]:
        """Articles, and the package if it is the likeliest label of its kind, worth a button; best first."""
        hits = [hit for hit in self.understood.articles if self._may_answer(hit.id)]
        if self.understood.kind == "package" and self.understood.label:
            hits.append(Hit(self.understood.label, self.kinds.get("package", 0.0)))
        hits = [hit for hit in hits if hit.confidence >= self.ladder.candidate]
        return sorted(hits, key=lambda hit: -hit.confidence)

    def _worth_offering(self) -> list[Hit]:
        """The candidates; at least two, so that there is a choice."""
        candidates = self._candidates()
        if len(candidates) >= 2:
            return candidates
        known = {hit.id for hit in candidates}
        return candidates + [hit for hit in self._next_likeliest() if hit.id not in known][: 2 - len(candidates)]

    def _next_likeliest(self) -> list[Hit]:
        """Articles that may be meant, however little: what "no" to an answer leads to."""
        return [
            hit
            for hit in self.understood.articles
            if self._may_answer(hit.id) and hit.confidence > self.ladder.candidate / 10
        ]

    def _may_answer(self, article: str) -> bool:
        unwanted = (*self.request.unavailable, *self.state.rejected)
        return article in self.knowledge.articles and article not in unwanted

    # What was clicked

    def _choice(self, choice: str) -> Decision:
        kind, _, name = choice.partition(":")
        if kind == "article" and name in self.knowledge.articles and name not in self.request.unavailable:
            return self.answer([name], [Hit(id, 0.0) for id in self._remaining() if id != name])
        if kind == "package" and name in self.knowledge.packages:
            return self.show_package(name)
        if choice == HELPFUL:
            self.state.likely, self.state.offered = [], []
            return self.say("thanks_feedback", "Smalltalk")
        if self.waiting:
            return self.tell_waiting(again=choice == PERSON)
        if choice == PERSON:
            return self.escalate("request")
        if choice == UNHELPFUL:
            return self._unhelpful()
        if choice == NONE_OF_THESE:
            return self._none_of_these()
        return self.say("ask_again", "Clarify", buttons=[PERSON_BUTTON])

    def _remaining(self) -> list[str]:
        return [id for id in (*self.state.offered, *self.state.likely) if id not in self.state.rejected]

    def _unhelpful(self) -> Decision:
        """The first time the next likeliest is offered, the second time a person."""
        self.state.unhelpful += 1
        if self.state.last_article and self.state.last_article not in self.state.rejected:
            self.state.rejected.append(self.state.last_article)
        if self.state.unhelpful >= 2:
            return self.escalate("unhelpful")
        remaining = self._remaining()
        if remaining:
            return self.offer("sorry_next", remaining, none_button=False)
        return self.say("sorry_person", "Clarify", buttons=[PERSON_BUTTON])

    def _none_of_these(self) -> Decision:
        self.state.offered = []
        remaining = self._remaining()
        if remaining and self.state.low_confidence < 2:
            self.state.low_confidence += 1
            return self.offer("clarify", remaining)
        return self.escalate("low_confidence")

    def _while_waiting(self) -> Decision:
        """The contact may come tomorrow: what is sure is still answered, all else is left to them."""
        facet = (self.understood.label or "").partition("/")[2]
        if self.understood.kind == "follow_up" and self._sure("follow_up") and self._has_facet(facet):
            return self._follow_up(facet)
        return self._confident_answer() or self.tell_waiting()

    def _distress(self, label: str) -> Decision:
        if label not in ALARMS:
            return self.say(label, "OutOfScope", buttons=[PERSON_BUTTON])
        self.says.append(Say(text=label))
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

    def _has_facet(self, facet: str) -> bool:
        article = self.knowledge.articles.get(self.state.last_article or "")
        return article is not None and facet in article.follow_ups

    def _follow_up(self, facet: str) -> Decision:
        """A short question or word that only the last answer or offer gives a sense."""
        if facet == "yes" and len(self.state.offered) == 1:
            return self._choice(f"article:{self.state.offered[0]}")
        if facet == "no" and self.state.offered:
            return self._none_of_these()
        last = self.state.last_article
        if last and facet == "yes":
            return self._choice(HELPFUL)
        if last and facet in ("no", "other"):
            return self._unhelpful()
        if last is None or last not in self.knowledge.articles or last in self.request.unavailable:
            self.state.low_confidence += 1
            if self.state.low_confidence >= 2:
                return self.escalate("low_confidence")
            return self.say("ask_again", "Clarify", buttons=[PERSON_BUTTON])
        if not self._has_facet(facet) or last in self.request.incomplete:
            return self.answer([last], [Hit(id, 0.0) for id in self._remaining()])
        if self.waiting:
            self.says.append(Say(text="machine_answer_meanwhile"))
        self.says.append(Say(article=last, facet=facet, buttons=[PERSON_BUTTON], feedback=True))
        self.answered = [last]
        return "Answer"


def _of_group(labels: list[str], *groups: str) -> str | None:
    return next((label for group in groups for label in labels if label.startswith(f"{group}/")), None)


def _contact_in(entities: list[dict[str, Any]], text: str | None) -> dict[str, str]:
    """Contact data that a message held besides its matter: the form need not ask for it again."""
    found = {e["entity"]: e["value"] for e in reversed(entities) if e["entity"] in ("email", "phone", "cvr")}
    return found | pick(text or "").contact()
