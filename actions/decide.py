"""The action behind every message and button: answers, asks back, escalates, makes small talk or names who is responsible."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.conversation import (
    FORM,
    knowledge,
    read_ladder,
    read_request,
    read_understanding,
    remember_result,
    speak,
)
from bot.decision import decide


class ActionDecide(Action):
    def name(self) -> str:
        return "action_decide"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[dict[str, Any]]:
        request = read_request(tracker)
        result = decide(request, read_understanding(tracker), knowledge(), read_ladder(tracker))
        form_starts = result.escalation is not None and not request.state.escalated
        filled: list[dict[str, Any]] = []
        if form_starts:
            filled = [SlotSet(field, "given") for field in _given_unasked(result.contact)]
            result.state.form_given = [event["name"] for event in filled]
        speak(dispatcher, tracker, result.says, result.state.language)
        events = [*remember_result(result), *filled]
        return [*events, FollowupAction(FORM)] if form_starts else events


def _given_unasked(contact: dict[str, str]) -> list[str]:
    """The form's fields that the message itself has filled."""
    reach = "email" in contact or "phone" in contact
    return ["reach"] * reach + ["company"] * ("cvr" in contact)
