"""The contact form: asks for name, e-mail or phone, and company, one by one. The escalation has happened before."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActionExecutionRejected, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.conversation import (
    FORM,
    read_choice,
    read_ladder,
    read_state,
    read_understanding,
    remember,
    speak,
)
from bot.contact_form import ask, filled, finish, read_reply
from bot.turn import FormField

LEFT_OUT = "-"  # the slot's value when the field was skipped: filled, for Rasa's form


class ValidateContactForm(Action):
    """Takes the reply to the field that was asked, or steps aside when it was no reply."""

    def name(self) -> str:
        return f"validate_{FORM}"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[dict[str, Any]]:
        asked: FormField | None = tracker.get_slot("requested_slot")
        if asked is None or _already_decided(tracker):
            return []
        state = read_state(tracker)
        choice = read_choice(tracker)
        text = None if choice is not None else tracker.latest_message.get("text")
        reply = read_reply(
            asked, text, choice, read_understanding(tracker), read_ladder(tracker), retry=state.form_retry
        )
        if reply.outcome == "no_reply":
            return [ActionExecutionRejected(FORM)]
        given = filled(reply.contact)
        left_out = reply.outcome == "left_out" or (state.form_retry and asked not in given and reply.outcome == "given")
        state.form_retry = reply.outcome != "left_out" and asked not in given and not left_out
        # What was given travels in the turn's contact, not in Rasa's tracker.
        slots: dict[str, str | None] = {asked: None} | dict.fromkeys(given, "given")
        state.form_given += [name for name in given if name not in state.form_given]
        if left_out:
            state.form_skipped.append(asked)
            slots[asked] = LEFT_OUT
        return [
            *remember(state, decision="Escalate", escalation=None, contact=reply.contact, answered=[]),
            *(SlotSet(name, value) for name, value in slots.items()),
        ]


class AskName(Action):
    def name(self) -> str:
        return "action_ask_name"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[dict[str, Any]]:
        return _ask("name", dispatcher, tracker)


class AskReach(Action):
    def name(self) -> str:
        return "action_ask_reach"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[dict[str, Any]]:
        return _ask("reach", dispatcher, tracker)


class AskCompany(Action):
    def name(self) -> str:
        return "action_ask_company"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[dict[str, Any]]:
        return _ask("company", dispatcher, tracker)


class ContactDone(Action):
    def name(self) -> str:
        return "action_contact_done"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[dict[str, Any]]:
        state = read_state(tracker)
        speak(dispatcher, tracker, [finish(state.form_given)], state.language)
        return []


def _ask(field: FormField, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[dict[str, Any]]:
    state = read_state(tracker)
    speak(dispatcher, tracker, [ask(field, retry=state.form_retry)], state.language)
    return []


def _already_decided(tracker: Tracker) -> bool:
    """``action_decide`` took this message: it started the form, or answered what interrupted it."""
    for event in reversed(tracker.events):
        if event.get("event") == "user":
            return False
        if event.get("event") == "action" and event.get("name") == "action_decide":
            return True
    return True  # no message at all
