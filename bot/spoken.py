"""Which language the bot speaks in a turn. Pure.

A word or two never change it: "Food truck", "parking" and "The Coffee Shop ApS" are Danish messages to a Danish thread. A clear sentence in
the other language does, and so do two messages in a row that are rather in it.
"""

from __future__ import annotations

from typing import Literal

from bot.turn import DialogueState, TurnRequest, Understanding
from bot.understanding.language import evidence
from bot.words import tokens

LANGUAGE_NAMES = {"da": {"dansk", "danish"}, "en": {"engelsk", "english"}}
REFUSALS = {"ikke", "ik", "ingen", "hvorfor", "not", "don", "dont", "no", "why"}
NONSENSE = "out_of_scope/nonsense"
CLEAR = 3  # words that only hold sentences together, so that it is a sentence
DRIFTS = 2  # shorter messages in a row


def choose_language(request: TurnRequest, state: DialogueState, understood: Understanding, *, asks: bool) -> None:
    """``state.language`` is what the reply is said in; ``asks``: the message is about the language to speak."""
    named = _named(request.text or "") if asks else None
    if named:
        state.language, state.language_chosen = named, True
    if state.language_chosen:
        return
    spoken: Literal["da", "en"] | None = None
    if request.text is not None and understood.language != "other":
        spoken = "en" if understood.language == "en" else "da"
    before = state.language or (request.language if request.language in ("da", "en") else None)
    if spoken is None or spoken == before:
        state.language, state.language_drift = before or "da", 0
        return
    words = evidence(request.text or "", spoken)
    if state.language is None and not _is_nonsense(
        understood
    ):  # the first message tells more than the page it is written on
        state.language = spoken
    elif words >= CLEAR:
        state.language, state.language_drift = spoken, 0
    else:
        state.language = before or "da"
        state.language_drift = state.language_drift + 1 if words and not _is_nonsense(understood) else 0
        if state.language_drift >= DRIFTS:
            state.language, state.language_drift = spoken, 0


def _is_nonsense(understood: Understanding) -> bool:
    return understood.label == NONSENSE or bool(understood.outside and understood.outside[0].id == NONSENSE)


def _named(text: str) -> str | None:
    """The one that "kan vi tage det på engelsk?" names; "jeg forstår ikke engelsk" asks for the other."""
    words = set(tokens(text))
    named = [language for language, names in LANGUAGE_NAMES.items() if words & names]
    if len(named) != 1:
        return None
    return next(language for language in LANGUAGE_NAMES if (language == named[0]) != bool(words & REFUSALS))
