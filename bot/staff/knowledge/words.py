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
    "left_out": N_("ikke lært"),
}
FACETS = {
    "price": N_("Hvad koster det?"),
    "duration": N_("Hvor lang tid tager det?"),
    "apply": N_("Hvordan søger vi?"),
    "deadline": N_("Hvornår er fristen?"),
    "documents": N_("Hvad skal vi sende med?"),
    "appeal": N_("Kan vi klage?"),
}
PHASES = {
    "idle": N_("Der er ikke noget nyt at lære."),
    "waiting": N_("Der er noget nyt. Jeg venter, til I er færdige med at skrive."),
    "training": N_("Maskinen lærer."),
    "checking": N_("Den nye model prøves mod den, der svarer nu."),
    "live": N_("Den nye model svarer."),
    "kept_aside": N_("Den nye model klarede sig ikke godt nok og er lagt til side."),
    "failed": N_("Det lykkedes ikke at lære det nye. Den model, der svarede før, svarer stadig."),
}
DONE = {
    "new": N_("Svaret er gemt. Maskinen giver det, når den har lært det."),
    "text": N_("Teksten er gemt og gælder fra næste spørgsmål."),
    "common": N_("Den fælles tekst gælder igen."),
    "keep": N_("Jeres egen tekst står ved magt."),
    "withdraw": N_("Svaret er trukket tilbage. Maskinen giver det ikke mere."),
    "take_back": N_("Svaret bruges igen."),
    "delete": N_("Svaret er slettet."),
    "values": N_("Oplysningerne er gemt og gælder fra næste spørgsmål."),
}
KINDS = {"new": N_("nyt"), "changed": N_("ændres"), "same": N_("ens")}
OPERATOR_DONE = N_("Den valgte model svarer nu.")
