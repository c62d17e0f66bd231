"""What the actions read from Rasa's tracker, and how they speak: a text for Rasa's own channels, ``{"say": …}`` for ours."""

from __future__ import annotations

import json
import os
import re
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot.decision import Ladder
from bot.knowledge.content import Knowledge
from bot.knowledge.files import load_knowledge
from bot.turn import HITS, Button, DialogueState, Hit, Say, TurnRequest, TurnResult, Understanding

DIALOGUE, REQUEST, TURN = "dialogue", "request", "turn"  # slots
FORM = "contact_form"
REQUESTED_SLOT = "requested_slot"
CHOICE = "choice"  # the intent of a button

# What the server fills in with names of the municipality, where there is no municipality.
_SOMEONE = {
    "da": {"name": "en medarbejder", "municipality": "kommunen"},
    "en": {"name": "a colleague", "municipality": "the municipality"},
}

_handed_over: Knowledge | None = None


def hand_over(knowledge: Knowledge) -> None:
    """The actions speak from ``knowledge`` (the loaded model's) and not from the files."""
    global _handed_over
    _handed_over = knowledge


def knowledge() -> Knowledge:
    return _handed_over or _knowledge_from_files()


@lru_cache(maxsize=1)
def _knowledge_from_files() -> Knowledge:
    return load_knowledge(Path(os.environ.get("HOTLINE_NLU_DATA_DIR", "nlu_data")))


def read_state(tracker: Tracker) -> DialogueState:
    return DialogueState.from_json(tracker.get_slot(DIALOGUE))


def read_request(tracker: Tracker) -> TurnRequest:
    """The turn as our own value; outside the worker an escalated conversation counts as waiting."""
    state = read_state(tracker)
    given = tracker.get_slot(REQUEST) or {"status": "waiting" if state.escalated else "with_bot"}
    choice = read_choice(tracker)
    text = None if choice is not None else tracker.latest_message.get("text") or ""
    return TurnRequest(**{"municipality": "", **given, "text": text, "choice": choice, "state": state})


def read_choice(tracker: Tracker) -> str | None:
    message = tracker.latest_message
    if message.get("intent", {}).get("name") != CHOICE:
        return None
    return next((str(e["value"]) for e in message.get("entities", []) if e["entity"] == "id"), "")


def read_understanding(tracker: Tracker) -> Understanding:
    value = tracker.latest_message.get("understanding")
    if not value:
        return Understanding()
    ranked = {key: [Hit(**hit) for hit in value[key]] for key in HITS if key in value}
    return Understanding(**{**value, **ranked})


def read_ladder(tracker: Tracker) -> Ladder:
    return Ladder.from_json(tracker.latest_message.get("ladder") or {})


def remember(state: DialogueState, **turn: Any) -> list[dict[str, Any]]:
    """Events that keep the dialogue state and what the turn came to."""
    return [SlotSet(DIALOGUE, state.to_json()), SlotSet(TURN, turn)]


def remember_result(result: TurnResult) -> list[dict[str, Any]]:
    return remember(
        result.state,
        decision=result.decision,
        escalation=asdict(result.escalation) if result.escalation else None,
        contact=result.contact,
        answered=result.answered,
    )


def speak(dispatcher: CollectingDispatcher, tracker: Tracker, says: list[Say], language: str | None) -> None:
    """Say it in the channel's way: our server renders the municipality's own text, a terminal shows the common one."""
    language = language or "da"
    in_terminal = tracker.get_latest_input_channel() == "cmdline"
    for say in says:
        dispatcher.utter_message(
            text=_text(say, language),
            buttons=[{"title": _title(button, language), "payload": _payload(button.id)} for button in say.buttons],
            json_message=None if in_terminal else {"say": say.to_json()},
        )


def _payload(choice: str) -> str:
    return f"/{CHOICE}{json.dumps({'id': choice})}"


def _text(say: Say, language: str) -> str:
    known = knowledge()
    if say.article:
        article = known.articles[say.article]
        text = article.follow_ups[say.facet] if say.facet else article.answer
        examples = {value.name: value.example[language] for value in article.local}
        filled = _fill(text[language], _SOMEONE[language] | examples)
        sources = "\n".join(f"{source.title}: {source.url}" for source in article.sources)
        return f"{filled}\n\n{sources}"
    if say.package:
        package = known.packages[say.package]
        steps = "\n".join(f"{i}. {step.what[language]}" for i, step in enumerate(package.steps, 1))
        return f"{package.title[language]}\n{package.intro[language]}\n\n{steps}"
    entry = known.dialogue.get(say.text or "")
    texts = entry.text if entry and entry.text else known.texts.get(say.text or "")
    return _fill(texts[language], _SOMEONE[language] | say.params) if texts else f"[{say.text}]"


def _title(button: Button, language: str) -> str:
    known = knowledge()
    kind, _, name = button.id.partition(":")
    if button.label:
        return known.texts.get(button.label, {}).get(language, button.label)
    if kind == "article" and name in known.articles:
        return known.articles[name].title[language]
    if kind == "package" and name in known.packages:
        return known.packages[name].title[language]
    if kind == "outside" and (title := known.outside_title(name)):
        return title[language]
    return button.id


def _fill(text: str, values: dict[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: values.get(found.group(1), found.group()), text)
