"""The action behind every message and button: answers, asks back, escalates, makes small talk or names who is responsible."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActiveLoop, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.conversation import (
    FORM,
    REQUESTED_SLOT,
    knowledge,
    read_ladder,
    read_request,
    read_understanding,
    remember_result,
    speak,
)
from bot.contact_form import filled
from bot.decision import decide
from bot.turn import FormField


class ActionDecide(Action):
    def name(self) -> str:
        return "action_decide"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[dict[str, Any]]:
        request = read_request(tracker)
        result = decide(request, read_understanding(tracker), knowledge(), read_ladder(tracker))
        # In danger nobody is asked for a name, neither now nor when the form had begun to ask.
        form_starts = result.escalation is not None and not request.state.escalated and not result.state.alarmed
        given: list[FormField] = []
        if form_starts or request.state.form_field is not None:
            given = [name for name in filled(result.contact) if name not in result.state.form_given]
            result.state.form_given += given
        speak(dispatcher, tracker, result.says, result.state.language)
        events = [*remember_result(result), *(SlotSet(name, "given") for name in given)]
        if result.state.alarmed and request.state.form_field is not None:
            return [*events, ActiveLoop(None), SlotSet(REQUESTED_SLOT, None)]
        return [*events, FollowupAction(FORM)] if form_starts else events
