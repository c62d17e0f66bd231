"""Takes one turn with a loaded Rasa model. The tracker is rebuilt from the request each time; nothing is kept between two turns."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rasa.core.agent import Agent
from rasa.core.channels.channel import CollectingOutputChannel, UserMessage
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.events import ActionExecuted, ActiveLoop, Event, SlotSet
from rasa.shared.core.trackers import DialogueStateTracker

from actions.conversation import CHOICE, DIALOGUE, FORM, REQUEST, REQUESTED_SLOT, TURN, hand_over
from bot.turn import FORM_FIELDS, DialogueState, TurnRequest, TurnResult
from bot.understanding.actions_in_process import InProcessActions
from bot.understanding.components import LabelClassifier
from bot.understanding.entities import find_entities
from bot.understanding.language import detect_language

SENDER = "turn"


class TurnFailed(Exception):
    """Rasa ended the turn without a decision; it logs an action's exception and goes on as if nothing had happened."""


class Turns:
    """A loaded model. Raises Rasa's errors when ``model`` is none."""

    def __init__(self, model: Path):
        self._trackers = _OneTracker()
        self._agent = Agent.load(model, tracker_store=self._trackers, action_endpoint=InProcessActions())
        self._classifier = _find_classifier(self._agent)
        self.model_id = model.name.removesuffix(".tar.gz")  # as the console lists it (bot/models.py)
        hand_over(self._classifier.knowledge)
        self.understand(
            ["Algade 1, 3. maj 2026"], []
        )  # spaCy makes its pipelines at first use: now, not in the first turn
        self.understand(["Please call 12 34 56 78"], [])

    async def take(self, value: dict[str, Any]) -> dict[str, Any]:
        """The TurnResult of the TurnRequest ``value``, both as JSON."""
        request = TurnRequest.from_json(value)
        assert self._agent.processor is not None
        domain = self._agent.processor.domain
        tracker = DialogueStateTracker.from_events(SENDER, _past(request), slots=domain.slots, domain=domain)
        self._trackers.current = tracker
        channel = CollectingOutputChannel()
        await self._agent.processor.handle_message(_message(request, channel))
        return self._result(tracker, channel.messages).to_json()

    def understand(self, texts: Iterable[str], unavailable: list[str]) -> list[dict[str, Any]]:
        """The Understanding of each text as JSON, as a turn would see it."""
        found = []
        for text in map(_clean, texts):
            language = detect_language(text)
            understood, _ = self._classifier.understand(text, language, find_entities(text, language), unavailable)
            found.append(understood.to_json())
        return found

    def _result(self, tracker: DialogueStateTracker, messages: list[dict[str, Any]]) -> TurnResult:
        turn = tracker.get_slot(TURN)
        if not turn or not turn.get("decision"):
            raise TurnFailed
        state = DialogueState.from_json(tracker.get_slot(DIALOGUE))
        state.form_field = tracker.get_slot(REQUESTED_SLOT) if tracker.active_loop_name == FORM else None
        understood = (tracker.latest_message.parse_data or {}).get("understanding") if tracker.latest_message else None
        return TurnResult.from_json(
            {
                "decision": turn["decision"],
                "says": [message["custom"]["say"] for message in messages if "custom" in message],
                "state": state.to_json(),
                "escalation": turn["escalation"],
                "contact": turn["contact"],
                "answered": turn["answered"],
                "understanding": understood or {"areas": [], "articles": [], "kinds": []},
                "model": self.model_id,
            }
        )


class _OneTracker(TrackerStore):
    """Hands Rasa the tracker of the turn at hand and keeps nothing."""

    def __init__(self) -> None:
        super().__init__(None)
        self.current: DialogueStateTracker | None = None

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        return self.current

    async def save(self, tracker: DialogueStateTracker) -> None: ...

    async def keys(self) -> Iterable[str]:
        return ()


def _past(request: TurnRequest) -> list[Event]:
    """The shortest history that stands for the dialogue state."""
    given = {
        "municipality": request.municipality,
        "status": request.status,
        "language": request.language,
        "unavailable": request.unavailable,
        "incomplete": request.incomplete,
    }
    state = request.state
    events: list[Event] = [
        ActionExecuted("action_session_start"),
        SlotSet(DIALOGUE, state.to_json()),
        SlotSet(REQUEST, given),
    ]
    if state.form_field is not None:
        done = {*state.form_given, *state.form_skipped, *FORM_FIELDS[: FORM_FIELDS.index(state.form_field)]}
        events += [SlotSet(name, "done") for name in FORM_FIELDS if name in done and name != state.form_field]
        events += [ActionExecuted(FORM), ActiveLoop(FORM), SlotSet(REQUESTED_SLOT, state.form_field)]
    return [*events, ActionExecuted("action_listen")]


def _message(request: TurnRequest, channel: CollectingOutputChannel) -> UserMessage:
    if request.choice is not None:
        clicked = {
            "text": f"/{CHOICE}",
            "intent": {"name": CHOICE, "confidence": 1.0},
            "entities": [{"entity": "id", "value": request.choice, "start": 0, "end": 0}],
        }
        return UserMessage(f"/{CHOICE}", channel, SENDER, parse_data=clicked)
    # Rasa takes "/intent{…}" for a command; what a business types never is one.
    text = _without_command(_clean(request.text or "")) or "?"
    hint = request.state.language or request.language
    return UserMessage(text, channel, SENDER, metadata={"language": hint, "unavailable": request.unavailable})


def _without_command(text: str) -> str:
    """Rasa strips every blank that Python knows before it looks for the "/", so that none may be left behind another."""
    while text.startswith("/") or text != text.strip():
        text = text.strip().lstrip("/")
    return text


def _clean(text: str) -> str:
    """Half a surrogate pair, which JSON can carry, becomes "?": spaCy and Rasa need what UTF-8 can say."""
    return text.encode("utf-8", "replace").decode()


def _find_classifier(agent: Agent) -> LabelClassifier:
    """Rasa gives no access to a model's components; this is the one place that reaches in."""
    assert agent.processor is not None
    for node in agent.processor.graph_runner._instantiated_nodes.values():
        if isinstance(node._component, LabelClassifier):
            return node._component
    raise TypeError("the model has no LabelClassifier: it was trained with another config.yml")
