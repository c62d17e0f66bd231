"""A small knowledge base in memory, and a conversation with the decision alone: no model, no Rasa."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from bot.decision import Ladder, decide
from bot.knowledge.content import Article, Authority, DialogueEntry, Knowledge, Package, Source, Step
from bot.moves import CALLBACK
from bot.turn import DialogueState, TurnRequest, TurnResult
from bot.understanding.labels import understand

AREAS = ("building", "environment", "licences", "planning", "contact_case")
PERMIT, FEE, CARPORT, ALCOHOL = (
    "building/permit_needed",
    "building/permit_fee",
    "building/carport",
    "licences/alcohol_new",
)


def both(text: str) -> dict[str, str]:
    return {"da": text, "en": text}


def article(id: str, **follow_ups: str) -> Article:
    return Article(
        id=id,
        owner=id.partition("/")[0],
        kle=("02.34.02",),
        law=(),
        reviewed=date(2026, 11, 25),
        title=both(f"Title of {id}"),
        answer=both(f"Answer of {id}"),
        sources=(Source("Source", "https://example.dk/x"),),
        local=(),
        follow_ups={key: both(text) for key, text in follow_ups.items()},
        examples={},
    )


KNOWLEDGE = Knowledge(
    articles={
        a.id: a for a in (article(PERMIT, price="It is free."), *map(article, (FEE, CARPORT, ALCOHOL, CALLBACK)))
    },
    dialogue={
        label: DialogueEntry(label, {}, both(f"Text of {label}"), authority)
        for label, authority in (
            ("out_of_scope/police", Authority(both("The police"), "https://politi.dk")),
            ("out_of_scope/nonsense", None),
            ("smalltalk/greet", None),
            ("distress/self_harm", None),
            ("abuse/insult", None),
        )
    },
    packages={
        "open_cafe": Package(
            "open_cafe", both("Open a café"), both("…"), date(2026, 11, 25), (Step("planning", both("…")),), {}
        )
    },
)


@dataclass
class Dialogue:
    """Keeps the state from turn to turn, as an inquiry does."""

    status: str = "with_bot"
    unavailable: list[str] = field(default_factory=list)
    incomplete: list[str] = field(default_factory=list)
    state: DialogueState = field(default_factory=DialogueState)
    knowledge: Knowledge = KNOWLEDGE
    ladder: Ladder = field(
        default_factory=lambda: Ladder(answer=0.6, pair=0.35, clarify=0.25, other=0.45, group=0.5, alarm=0.4)
    )

    def hear(
        self,
        shares: dict[str, float],
        language: str = "da",
        entities: list[dict[str, Any]] | None = None,
        text: str = "…",
        calls: Sequence[str] = (),
        leanings: Sequence[str] = (),
    ) -> TurnResult:
        """A message that the model understands as ``shares`` (label → probability)."""
        understood = understand(shares, AREAS, language, entities or [])
        understood.calls, understood.leanings = list(calls), list(leanings)
        return self._take(TurnRequest("0000", text=text, **self._common()), understood)

    def click(self, choice: str) -> TurnResult:
        return self._take(TurnRequest("0000", choice=choice, **self._common()), understand({}, AREAS, "da", []))

    def _common(self) -> dict[str, Any]:
        return {
            "state": self.state,
            "status": self.status,
            "unavailable": self.unavailable,
            "incomplete": self.incomplete,
        }

    def _take(self, request: TurnRequest, understood: Any) -> TurnResult:
        result = decide(request, understood, self.knowledge, self.ladder)
        self.state = result.state
        if result.escalation:
            self.status = "waiting"
        return result


def said(result: TurnResult) -> list[str]:
    """What was said, by name: text keys, article ids with their facet, packages."""
    names = []
    for say in result.says:
        name = say.text or say.article or f"package/{say.package}"
        names.append(f"{name}#{say.facet}" if say.facet else name)
    return names


def buttons(result: TurnResult) -> list[str]:
    return [button.id for button in result.says[-1].buttons]
