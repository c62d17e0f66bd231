"""What the editors' pages call things. Danish here, English in the catalogue."""

from __future__ import annotations

from bot.staff.words import N_

STATES = {
    "common": N_("fælles tekst"),
    "own_text": N_("egen tekst"),
    "own": N_("eget svar"),
    "withdrawn": N_("trukket tilbage"),
    "value_missing": N_("mangler lokal oplysning"),
    "review_due": N_("skal gennemgås"),
    "base_changed": N_("fælles tekst er ændret"),
    "reported": N_("meldt forkert"),
}
FACETS = {
    "price": N_("Hvad koster det?"),
    "duration": N_("Hvor lang tid tager det?"),
    "apply": N_("Hvordan søger vi?"),
    "deadline": N_("Hvornår er fristen?"),
    "documents": N_("Hvad skal vi sende med?"),
    "appeal": N_("Kan vi klage?"),
}
DONE = {
    "text": N_("Teksten er gemt og gælder fra næste spørgsmål."),
    "common": N_("Den fælles tekst gælder igen."),
    "keep": N_("Jeres egen tekst står ved magt."),
    "withdraw": N_("Svaret er trukket tilbage. Maskinen giver det ikke mere."),
    "take_back": N_("Svaret bruges igen."),
    "values": N_("Oplysningerne er gemt og gælder fra næste spørgsmål."),
}
KINDS = {"new": N_("nyt"), "changed": N_("ændres"), "same": N_("ens")}
