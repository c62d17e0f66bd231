"""One tree of errors; the edge translates each into a status, a stable code and a text that a stranger may read."""

from __future__ import annotations

from bot.masking import mask


class HotlineError(Exception):
    """``code`` is stable and documented in docs/api.md; ``status`` is the HTTP status; the texts never hold foreign data."""

    code = "error"
    status = 500
    da = "Der skete en fejl hos os."
    en = "Something went wrong on our side."

    def __init__(self, detail: str | None = None, *, retry_after_s: int | None = None):
        detail = mask(detail).text if detail else detail  # it may quote what was sent
        super().__init__(detail or self.en)
        self.detail = detail
        self.retry_after_s = retry_after_s

    def public_text(self, language: str = "da") -> str:
        return self.en if language == "en" else self.da


class NotFound(HotlineError):
    code, status = "not_found", 404
    da, en = "Det findes ikke her.", "There is no such thing here."


class UnknownMunicipality(NotFound):
    code = "unknown_municipality"
    da, en = "Kommunen er ikke tilsluttet hotlinen.", "This municipality is not connected to the hotline."


class BadToken(HotlineError):
    code, status = "bad_token", 401
    da, en = "Linket eller nøglen er ikke gyldig.", "The link or token is not valid."


class SignedOut(HotlineError):
    code, status = "signed_out", 401
    da, en = "Log ind for at fortsætte.", "Sign in to continue."


class WrongPassword(HotlineError):
    code, status = "wrong_password", 401
    da, en = "E-mail eller adgangskode er forkert.", "The e-mail address or the password is wrong."


class Forbidden(HotlineError):
    code, status = "forbidden", 403
    da, en = "Det har I ikke adgang til.", "You may not do that."


class BadCsrf(Forbidden):
    code = "bad_csrf"
    da, en = "Siden er forældet. Genindlæs den, og prøv igen.", "The page is out of date. Reload it and try again."


class ForeignOrigin(Forbidden):
    code = "foreign_origin"
    da, en = "Hjemmesiden må ikke bruge denne hotline.", "This website may not use this hotline."


class BadInput(HotlineError):
    code, status = "bad_input", 400
    da, en = "Det sendte kan ikke læses.", "What was sent cannot be read."


class ReasonNeeded(BadInput):
    code, status = "reason_needed", 422
    da, en = (
        "Modellen blev lagt til side. Skriv, hvorfor den skal svare alligevel.",
        "The model was kept aside. Write why it is to answer nevertheless.",
    )


class BadJson(BadInput):
    code = "bad_json"
    da, en = "Det sendte er ikke gyldig JSON i UTF-8.", "What was sent is not valid JSON in UTF-8."


class EmptyText(BadInput):
    code, status = "empty_text", 422
    da, en = "Skriv en besked først.", "Write a message first."


class TextTooLong(BadInput):
    code, status = "text_too_long", 413
    da, en = "Beskeden er for lang: højst 4.096 tegn.", "The message is too long: at most 4,096 characters."


class UnknownChoice(BadInput):
    code, status = "unknown_choice", 422
    da, en = "Den knap findes ikke i denne henvendelse.", "There is no such button in this inquiry."


class NoQuestion(BadInput):
    code, status = "no_question", 422
    da, en = (
        "Der er intet spørgsmål i beskeden, når navne og kontaktoplysninger er fjernet, eller den er et svar på kontaktformularen.",
        "There is no question in the message once names and contact data are removed, or it answers the contact form.",
    )


class Conflict(HotlineError):
    code, status = "conflict", 409
    da, en = "Det er allerede ændret af en anden.", "Somebody else has already changed this."


class SameIdOtherText(Conflict):
    code = "same_id_other_text"
    da, en = "Samme client_id er brugt til en anden besked.", "The same client_id was used for another message."


class TakenByOther(Conflict):
    """``detail`` is the name of the staff member who has it."""

    code = "taken_by_other"
    da, en = "En kollega har taget henvendelsen.", "A colleague has taken this inquiry."


class AnswerUnchanged(Conflict):
    code = "answer_unchanged"
    da, en = (
        "Ret svaret, eller træk det tilbage, før du retter det hos dem, der har fået det.",
        "Change the answer or withdraw it before you correct it with those who were given it.",
    )


class ArticleInUse(Conflict):
    code = "article_in_use"
    da, en = (
        "Maskinen har lært svaret, eller nogen har fået det. Træk det tilbage i stedet.",
        "The machine has learnt this answer, or somebody was given it. Withdraw it instead.",
    )


class AlreadyJudged(Conflict):
    code = "already_judged"
    da, en = "En redaktør har allerede taget stilling til beskeden.", "An editor has already judged this message."


class WrongStatus(Conflict):
    code = "wrong_status"
    da, en = "Det kan ikke gøres, som henvendelsen står nu.", "This cannot be done as the inquiry stands now."


class MessageMeanwhile(Conflict):
    code = "message_meanwhile"
    da, en = (
        "Henvenderen har skrevet imens. Læs beskeden først, og prøv så igen.",
        "The inquirer has written meanwhile. Read the message first, then try again.",
    )


class NotActingContact(Forbidden):
    code = "not_acting_contact"
    da, en = (
        "Kun kontaktpersonen skriver til henvenderen. Tag henvendelsen, eller skriv en note.",
        "Only the acting contact writes to the inquirer. Take the inquiry, or write a note.",
    )


class TooMany(HotlineError):
    code, status = "too_many", 429
    da, en = (
        "Det går lidt for hurtigt. Vent et øjeblik, og prøv igen.",
        "That was a little too fast. Wait and try again.",
    )


class TooManyOpen(TooMany):
    code = "too_many_open"
    da, en = (
        "Hotlinen er åben for mange steder på én gang. Luk en fane, og prøv igen.",
        "The hotline is open in too many places at once. Close a tab and try again.",
    )


class TooSlow(HotlineError):
    code, status = "too_slow", 408
    da, en = "Det tog for lang tid at sende. Prøv igen.", "Sending took too long. Try again."


class StoreUnavailable(HotlineError):
    code, status = "store_unavailable", 503
    da, en = (
        "Vi kan ikke gemme beskeder lige nu. Beskeden er ikke modtaget; prøv igen om lidt.",
        "We cannot store messages right now. The message was not received; try again shortly.",
    )


class Busy(HotlineError):
    code, status = "busy", 503
    da, en = (
        "Der er mange, der logger ind lige nu. Vent et øjeblik, og prøv igen.",
        "Many people are signing in right now. Wait a moment and try again.",
    )


class ModelUnavailable(HotlineError):
    code, status = "model_unavailable", 503
    da, en = "Sprogmodellen er ikke klar.", "The language model is not ready."


class SettingsError(HotlineError):
    code = "settings"


class ArticleFileError(HotlineError):
    code = "article_files"
