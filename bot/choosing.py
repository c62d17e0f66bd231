"""What may be chosen, and what a press, a choice in words or a short follow-up leads to. ``bot.decision`` decides when. Pure."""

from __future__ import annotations

from bot.moves import CHOICES_SHOWN, OUTSIDE, PERSON_BUTTON, Moves, button_of
from bot.replies import NONE, YES, bare_facet, picked
from bot.turn import HELPFUL, NONE_OF_THESE, PERSON, UNHELPFUL, Decision, Hit, Say


class Choosing(Moves):
    def reply_to_choices(self) -> Decision | None:
        """What the message says to the choices that were offered last: which one, none, or what is asked about one of them."""
        text, offered = self.request.text or "", self.state.offered
        if not offered or self.waiting:
            return None
        found = picked(text, self.titles(offered))
        if isinstance(found, int):
            return self.choice(button_of(offered[found]))
        if found == NONE:
            return self.none_of_these()
        facet = bare_facet(text)
        if found != YES and facet is None:
            return None
        self.state.facet = facet or self.state.facet
        if len(offered) == 1:
            return self.choice(button_of(offered[0]))
        return self.offer("which_of_these", [*offered, *self.state.likely])

    def choice(self, choice: str) -> Decision:
        kind, _, name = choice.partition(":")
        if kind == "article" and name in self.knowledge.articles and name not in self.request.unavailable:
            return self.answer_chosen(name)
        if kind == "package" and name in self.knowledge.packages:
            return self.show_package(name)
        if kind == OUTSIDE and self.knowledge.outside_title(name) and not self.waiting:
            return self.refer(name, [id for id in self.remaining() if id != name][:CHOICES_SHOWN])
        if choice == HELPFUL:
            self.state.likely, self.state.offered = [], []
            return self.say("thanks_feedback", "Smalltalk")
        if self.waiting:
            return self.tell_waiting(again=choice == PERSON)
        if choice == PERSON:
            return self.escalate("request")
        if choice == UNHELPFUL:
            return self.unhelpful()
        if choice == NONE_OF_THESE:
            return self.none_of_these()
        return self.say("ask_again", "Clarify", buttons=[PERSON_BUTTON])

    def answer_chosen(self, article: str) -> Decision:
        """The article, or only what was asked about it before it was chosen."""
        facet = self.state.facet
        next_likeliest = [Hit(id, 0.0) for id in self.remaining() if id != article]
        if facet and facet in self.knowledge.articles[article].follow_ups and article not in self.request.incomplete:
            self.remember(article, [hit.id for hit in next_likeliest])
            return self.answer_facet(article, facet)
        return self.answer([article], next_likeliest)

    def unhelpful(self) -> Decision:
        """The first time the next likeliest is offered, the second time a person."""
        self.state.unhelpful += 1
        if self.state.last_article and self.state.last_article not in self.state.rejected:
            self.state.rejected.append(self.state.last_article)
        if self.state.unhelpful >= 2:
            return self.escalate("unhelpful")
        remaining = self.remaining()
        if remaining:
            return self.offer("sorry_next", remaining, none_button=False)
        return self.say("sorry_person", "Clarify", buttons=[PERSON_BUTTON])

    def none_of_these(self) -> Decision:
        self.state.offered = []
        remaining = self.remaining()
        if remaining and self.state.low_confidence < 2:
            self.state.low_confidence += 1
            return self.offer("clarify", remaining)
        return self.escalate("low_confidence")

    def follow_up(self, facet: str) -> Decision:
        """A short question or word that only the last answer or offer gives a sense."""
        if facet == "yes" and len(self.state.offered) == 1:
            return self.choice(button_of(self.state.offered[0]))
        if facet == "no" and self.state.offered:
            return self.none_of_these()
        last = self.state.last_article
        if last and facet == "yes":
            return self.choice(HELPFUL)
        if last and facet in ("no", "other"):
            return self.unhelpful()
        if last is None or last not in self.knowledge.articles or last in self.request.unavailable:
            self.state.low_confidence += 1
            if self.state.low_confidence >= 2:
                return self.escalate("low_confidence")
            return self.say("ask_again", "Clarify", buttons=[PERSON_BUTTON])
        if not self.has_facet(facet):
            return self.ask_what_else()
        if last in self.request.incomplete:
            return self.answer([last], [Hit(id, 0.0) for id in self.remaining()])
        return self.answer_facet(last, facet)

    def has_facet(self, facet: str) -> bool:
        article = self.knowledge.articles.get(self.state.last_article or "")
        return article is not None and facet in article.follow_ups

    def answer_facet(self, article: str, facet: str) -> Decision:
        if self.waiting:
            self.says.append(Say(text="machine_answer_meanwhile"))
        self.says.append(Say(article=article, facet=facet, buttons=[PERSON_BUTTON], feedback=True))
        self.answered = [article]
        return "Answer"

    def refer_elsewhere(self, label: str) -> Decision:
        if self.knowledge.outside_title(label) is None:  # nobody's: there is no one to name
            return self.meaningless(label)
        self.state.nonsense = 0
        return self.refer(label, [hit.id for hit in self.candidates() if hit.id != label][: CHOICES_SHOWN - 1])

    def meaningless(self, label: str) -> Decision:
        """Said once; then another way is shown, and the third time a person looks at it."""
        self.state.nonsense += 1
        if self.state.nonsense >= 3:
            return self.escalate("low_confidence")
        return self.say(label if self.state.nonsense == 1 else "stuck", "OutOfScope", buttons=[PERSON_BUTTON])

    def remaining(self) -> list[str]:
        return [id for id in (*self.state.offered, *self.state.likely) if id not in self.state.rejected]

    def candidates(self) -> list[Hit]:
        """Articles, and the package if it is the likeliest label of its kind, worth a button; best first."""
        hits = [hit for hit in self.understood.articles if self.may_answer(hit.id)]
        if self.understood.kind == "package" and self.understood.label:
            hits.append(Hit(self.understood.label, self.kinds.get("package", 0.0)))
        hits = [hit for hit in hits if hit.confidence >= self.ladder.candidate]
        return sorted(hits, key=lambda hit: -hit.confidence)

    def others(self) -> list[Hit]:
        """What others deal with, worth a button: also one of many that are likely only together."""
        named = [hit for hit in self.understood.outside if self.knowledge.outside_title(hit.id)]
        together = self.kinds.get("out_of_scope", 0.0) >= self.ladder.candidate
        return [hit for i, hit in enumerate(named) if hit.confidence >= self.ladder.candidate or (together and i == 0)]

    def with_an_authority(self, ids: list[str]) -> list[str]:
        """``ids`` with the likeliest authority among those that are shown, last if it is less likely than they are."""
        first = next((hit.id for hit in self.others()), None)
        if first is None or first in ids[:CHOICES_SHOWN]:
            return ids
        rest = [id for id in ids if id != first]
        return [*rest[: CHOICES_SHOWN - 1], first, *rest[CHOICES_SHOWN - 1 :]]

    def worth_offering(self) -> list[Hit]:
        """The candidates; at least two, so that there is a choice."""
        candidates = self.candidates()
        if len(candidates) >= 2:
            return candidates
        known = {hit.id for hit in candidates}
        return candidates + [hit for hit in self.next_likeliest() if hit.id not in known][: 2 - len(candidates)]

    def next_likeliest(self) -> list[Hit]:
        """Articles that may be meant, however little: what "no" to an answer leads to."""
        return [
            hit
            for hit in self.understood.articles
            if self.may_answer(hit.id) and hit.confidence > self.ladder.candidate / 10
        ]

    def may_answer(self, article: str) -> bool:
        unwanted = (*self.request.unavailable, *self.state.rejected)
        return article in self.knowledge.articles and article not in unwanted
