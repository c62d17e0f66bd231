"""What the pages of the learning loop call things. Danish here, English in the catalogue."""

from __future__ import annotations

from bot.staff.words import N_

OUTSIDE = {  # what is out of scope and no authority's
    "out_of_scope/employment_law": N_("Ansættelsesret (fagforening, arbejdsgiverorganisation)"),
    "out_of_scope/utilities_state": N_("Forsyning og statens veje"),
    "out_of_scope/other_municipality_or_country": N_("En anden kommune eller et andet land"),
    "out_of_scope/finance": N_("Lån, bank og revisor"),
    "out_of_scope/private": N_("En privat sag"),
    "out_of_scope/nonsense": N_("Noget uden mening"),
    "out_of_scope/redirect": N_("Et forsøg på at styre maskinen"),
}
OUTSIDE_ELSE = N_("Ikke kommunens område")
STATES = {"proposed": N_("Venter"), "confirmed": N_("Bekræftet"), "refused": N_("Afvist")}
MARKED = {
    "proposed": N_("venter på redaktøren"),
    "confirmed": N_("bekræftet af redaktøren"),
    "refused": N_("afvist af redaktøren"),
}
USES = {
    "training": N_("Maskinen lærer af det ved næste træning."),
    "gate": N_("Maskinen lærer ikke af det; det er et prøvespørgsmål, som nye modeller skal klare."),
}
REASONS = {
    "clarified": N_("maskinen spurgte tilbage"),
    "handed_over": N_("givet videre uden svar"),
    "unhelpful": N_("svaret hjalp ikke"),
    "wrong": N_("svaret er meldt forkert"),
}
SHARES = {
    "answered": N_("Besvaret"),
    "clarified": N_("Spurgt tilbage"),
    "handed_over": N_("Givet videre"),
    "out_of_scope": N_("Ikke kommunens område"),
    "unhelpful": N_("Hjalp ikke"),
    "wrong": N_("Meldt forkert"),
}
MEANINGS = {
    "answered": N_("Andel af spørgsmålene, hvor maskinen gav et svar."),
    "clarified": N_("Andel af spørgsmålene, hvor maskinen spurgte, hvad der mentes."),
    "handed_over": N_("Andel af spørgsmålene, som en person fik."),
    "out_of_scope": N_("Andel af spørgsmålene, hvor maskinen henviste til andre end kommunen."),
    "unhelpful": N_("Andel af svarene, hvor henvenderen sagde: Nej, det hjalp ikke."),
    "wrong": N_("Andel af svarene, som medarbejdere meldte forkerte."),
}
DONE = {
    "confirmed": N_("Spørgsmålet er bekræftet."),
    "refused": N_("Spørgsmålet er afvist. Maskinen lærer ikke af det."),
    "dropped": N_("Kladden er slettet."),
    "aside": N_("Spørgsmålene er lagt til side."),
}
