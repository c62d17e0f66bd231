"""What the console calls things: statuses, channels, reasons … and times. Danish here, English in the catalogue."""

from __future__ import annotations

from datetime import datetime, timedelta

from babel.dates import format_datetime, format_timedelta

from bot.calendar import ZONE
from bot.web.catalogues import LANGUAGE, gettext

_UNITS = tuple(timedelta(minutes=minutes) for minutes in (525_600, 43_200, 10_080, 1_440, 60, 1))  # a year … a minute
_LOCALES = {"da": "da_DK", "en": "en_GB"}


def N_(text: str) -> str:
    """Marks ``text`` for the catalogues; it is translated where it is shown."""
    return text


LISTS = {
    "mine": N_("Mine"),
    "department": N_("Min forvaltning"),
    "waiting": N_("Venter"),
    "nobody": N_("Uden kontaktperson"),
    "bot": N_("Hos maskinen"),
    "all": N_("Alle"),
}
EMPTY = {
    "mine": N_("Du har ingen henvendelser lige nu. Se under »Venter«, om der er nogen at tage."),
    "department": N_("Din forvaltning har ingen åbne henvendelser."),
    "waiting": N_("Ingen venter. Nye henvendelser kommer her af sig selv."),
    "nobody": N_("Alle henvendelser har en kontaktperson."),
    "bot": N_("Maskinen taler ikke med nogen lige nu."),
    "all": N_("Der er ingen henvendelser endnu. De kommer, når en virksomhed skriver på hjemmesiden."),
}
STATUSES = {
    "with_bot": N_("Hos maskinen"),
    "waiting": N_("Venter på kontaktperson"),
    "with_contact": N_("Hos kontaktperson"),
    "resolved": N_("Afsluttet"),
}
CHANNELS = {
    "web": N_("Hjemmeside"),
    "telegram": N_("Telegram"),
    "email": N_("E-mail"),
    "phone": N_("Telefon"),
    "visit": N_("Besøg"),
}
OUTCOMES = {
    "confirmed": N_("besvaret af maskinen og bekræftet"),
    "unconfirmed": N_("besvaret af maskinen, ikke bekræftet"),
    "solved": N_("løst"),
    "referred": N_("henvist til andre"),
    "withdrawn": N_("trukket tilbage af virksomheden"),
    "abuse": N_("afsluttet på grund af tonen"),
}
REASONS = {
    "request": N_("bad om en medarbejder"),
    "low_confidence": N_("maskinen forstod ikke spørgsmålet to gange"),
    "unhelpful": N_("svarene hjalp ikke"),
    "complaint": N_("klage over kommunens behandling"),
    "urgent": N_("det haster"),
    "case": N_("spørger til en konkret sag"),
    "other": N_("maskinen har intet svar på det"),
    "failure": N_("teknisk fejl hos maskinen"),
    "distress": N_("henvenderen har det svært"),
    "missing_value": N_("svaret mangler en lokal oplysning"),
}
DECISIONS = {
    "Answer": N_("svarede"),
    "Clarify": N_("spurgte, hvad der mentes"),
    "Escalate": N_("gav videre til en person"),
    "Smalltalk": N_("småsnakkede"),
    "OutOfScope": N_("sagde, at det ikke er kommunens område"),
}
AUTHORS = {
    "inquirer": N_("Henvender"),
    "bot": N_("Maskinen"),
    "staff": N_("Medarbejder"),
    "system": N_("Hotlinen"),
}
INTERNAL = {
    "returned": N_("Der har været stille i et døgn, så henvendelsen er kommet tilbage fra maskinen."),
    "overdue": N_("Svarfristen er overskredet."),
    "link_revoked": N_("Det hemmelige link er spærret. Den, der kun har linket, kan ikke længere læse med."),
}
UNDELIVERED = {
    "blocked": N_(
        "Beskeden er ikke kommet frem: henvenderen har blokeret hotlinen i Telegram. Prøv e-mail eller telefon."
    ),
    "failed": N_("Beskeden er ikke kommet frem. Prøv e-mail eller telefon."),
    "pending": N_("Beskeden er ikke kommet frem endnu. Jeg prøver igen."),
}
DEADLINES = {"first_reply": N_("Første svar"), "next_reply": N_("Næste svar")}
DONE = {
    "take": N_("Du har taget henvendelsen. Virksomheden har fået det at vide."),
    "reply": N_("Svaret er sendt."),
    "note": N_("Noten er gemt. Kun kolleger ser den."),
    "give_back": N_("Henvendelsen er givet tilbage til maskinen."),
    "hand_on": N_("Henvendelsen er givet videre."),
    "resolve": N_("Henvendelsen er afsluttet."),
    "revoke_link": N_("Linket er spærret. Browseren, der begyndte henvendelsen, kommer selv ind igen."),
    "wrong": N_("Redaktøren har fået at vide, at svaret er forkert."),
    "mark": N_("Tak. Redaktøren ser spørgsmålet uden navne og kontaktoplysninger."),
    "draft": N_("Redaktøren har fået svaret som kladde, uden navne og kontaktoplysninger."),
}


def undelivered(delivery: dict[str, str | None] | None) -> str | None:
    """Why a message has not arrived; None for one that has, or that nothing went wrong with."""
    if delivery is None:
        return None
    status, error = delivery["status"], delivery["error"]
    if status == "failed":
        reason = UNDELIVERED["blocked" if error == "blocked" else "failed"]
        return gettext(reason)
    pending = UNDELIVERED["pending"]
    return gettext(pending) if status == "pending" and error else None


def ago(at: str | datetime, now: datetime) -> str:
    """ "for 5 minutter siden" or "om 2 timer": whole units, and never more of them than there are."""
    delta = _moment(at) - now
    if abs(delta) < timedelta(minutes=1):
        return gettext(N_("lige nu"))
    return _in_words(delta, add_direction=True)


def span(at: str | datetime, now: datetime) -> str:
    """ "5 minutter", "2 timer": how long since ``at``, in whole units that have passed."""
    return _in_words(max(now - _moment(at), timedelta(minutes=1)), add_direction=False)


def exactly(at: str | datetime) -> str:
    """ "onsdag den 25. november 2026 kl. 10.00", in Danish time."""
    pattern = "EEEE d MMMM y 'at' HH:mm" if LANGUAGE.get() == "en" else "EEEE 'den' d. MMMM y 'kl'. HH.mm"
    return format_datetime(_moment(at), pattern, tzinfo=ZONE, locale=_LOCALES[LANGUAGE.get()])


def _in_words(delta: timedelta, *, add_direction: bool) -> str:
    # Babel rounds, half of the time up: 90 minutes were 2 hours, and who had 90 minutes left came late.
    size = next((unit for unit in _UNITS if abs(delta) >= 2 * unit), _UNITS[-1])
    whole = size * int(delta / size)
    return format_timedelta(
        whole, granularity="minute", threshold=2, add_direction=add_direction, locale=_LOCALES[LANGUAGE.get()]
    )


def _moment(at: str | datetime) -> datetime:
    return datetime.fromisoformat(at) if isinstance(at, str) else at
