"""What the gate found, in words. Danish here, English in the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from babel.numbers import format_decimal

from bot.staff.words import N_
from bot.web.catalogues import LANGUAGE, gettext

_REASONS = {
    "loss": N_("Den taber %(lost)s spørgsmål og vinder %(gained)s (p = %(p)s)"),
    "area": N_("Den taber %(lost)s spørgsmål netto i området %(area)s"),
    "municipality": N_(
        "Den taber %(lost)s af de spørgsmål, som kommune %(municipality)s selv har bekræftet, og vinder %(gained)s"
    ),
    "wrong": N_("Den svarer forkert på %(share)s %% af spørgsmålene; %(allowed)s %% er tilladt"),
}
_NOT_COMPARED = N_("Modellen før den kan ikke læses af denne udgave af programmet, så de er ikke sammenlignet")
_OUTSIDE = N_("uden for kommunens opgaver")
_OVERRULED = N_("Driftsansvarlig har besluttet, at den svarer alligevel")
WHY = {
    "label": N_("Maskinen tog spørgsmålene for netop dette."),
    "area": N_("Maskinen tog spørgsmålene for noget i dette område."),
    "all": N_("Maskinen blev dårligere af det nye i alt. Hvad der er skyld i det, kan den ikke pege på."),
}


def say_reasons(
    report: dict[str, Any] | None, language: str, areas: Mapping[str, str] = MappingProxyType({})
) -> list[str]:
    """What speaks against a model, or why nothing was compared, in ``language``; nothing for one that passed. ``areas``: their names."""
    if report is None:
        return []
    token = LANGUAGE.set(language)
    try:
        said = [_say(reason["kind"], reason, areas) for reason in report["reasons"]]
        said += [gettext(_NOT_COMPARED)] if report.get("not_compared") else []
        return said + ([gettext(_OVERRULED)] if report.get("overruled") else [])
    finally:
        LANGUAGE.reset(token)


def _say(kind: str, reason: dict[str, Any], areas: Mapping[str, str]) -> str:
    values = {name: _number(name, value) for name, value in reason.items()}
    if kind == "area":
        outside = gettext(_OUTSIDE) if reason["area"] == "out_of_scope" else reason["area"]
        values["area"] = areas.get(reason["area"], outside)
    return gettext(_REASONS[kind]) % values


def _number(name: str, value: Any) -> Any:
    if name == "p":
        return format_decimal(value, "0.000", locale=LANGUAGE.get())
    return format_decimal(100 * value, "0.0", locale=LANGUAGE.get()) if name in ("share", "allowed") else value
