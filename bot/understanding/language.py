"""Which language a message is in: Danish, English or another; small enough to run on every message.

Words that only hold sentences together decide first; then scripts and letters; then character pairs and endings that only one of the two
has. Other Nordic languages share most words with Danish, so only words that Danish does not have count for them.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

Language = Literal["da", "en", "other"]

_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_DANISH = _words(
    """
    og jeg ikke det er en et på i til at af for med som vi har kan skal vil man os jer jeres hvad hvordan hvor hvornår hvem
    hvilke hvilken hvorfor må hvis når eller men fra om den der de du dig mig min mit mine vores vor din dit sin sit være
    været blive bliver blev skulle ville kunne gerne lige også bare noget nogen nogle ingen intet alt alle meget mere mest
    efter før under over mellem uden imod hos ved ud ind op ned hen her nu så da fordi siden selv anden andet andre søge
    søger få får fik lave laver sætte åbne ny nyt nye stor lille hej tak nej ja ok hallo godmorgen kommune kommunen gør gøre
    havde haft siger sige koster koste penge kr regning sag virksomhed firma butik hjælp hjælpe lejlighed paa naar faar
    soege gaar maa vaere goere saa foer ogsaa hvornaar aabne koebe daarlig hvorlaenge længe hvorlænge tilladelse ansøgning
    lov krav passer tænker tror syntes synes ligger står mangler bruge bruger betale betaler ringe ring skrive skriver bygge
    lukke sende sender
    """
)
_ENGLISH = _words(
    """
    the a an and i is are was were be been to of in on for with from at by as it its this that these those we you they he
    she my our your their what how where when who which why can could do does did have has had will would should may might
    must not no yes if or but than then there here need want get got am us me him her them about into over under after
    before between without any some all more most much many new old open business company shop hello hi thanks please ok
    okay just also only so because don't doesn't can't i'm i've i'd we're we've isn't it's what's permission permit apply
    pay cost long work wants required municipality council rent buy sell still who's nobody someone anyone anything
    """
)
# Known words that stand in names, signs and greetings of both languages, and so tell nothing of a thread's language.
_NAMING = _words(
    """
    business company shop municipality council hello hi hej thanks please ok okay open new old work
    kommune virksomhed firma butik
    """
)
# Words that neither Danish nor English has, of languages that businesses in Denmark write in.
_OTHER = (
    _words(
        """
        och är inte att jag ett för hur vad när någon några från av behöver vill söka får också eller måste företag tillstånd
        öppna gör hva noe noen meg deg dere trenger etter uten mye gjøre gjør nå søke jobbe bedrift bedriften kommunens
        skjenkebevilling ikkje eg kva ich nicht und der die das ein eine einen wir sie ist sind haben kann können für mit auf
        von zu wie wo wann brauche möchte muss müssen auch bitte jak gdzie czy nie jest się na mam chcę muszę potrzebuję prosze
        proszę dla firmy pozwolenie oraz ale dzień dobry możemy cum unde este sunt pentru și nu vreau trebuie să am avem firma
        autorizație mulțumesc cómo dónde qué el los las una para con por necesito quiero puedo tengo hola gracias mi empresa
        permiso es está como donde je vous nous le les des une est pour avec dans que qui comment où besoin voudrais dois
        bonjour merci mon entreprise puis pas come dove sono per che gli della vorrei devo posso buongiorno grazie mia azienda
        permesso nasıl nerede için bir ve istiyorum gerekiyor var mı merhaba teşekkürler benim izin ik niet het een wij zijn
        voor met hoe waar wanneer nodig wil mijn bedrijf vergunning ook graag bedankt onde preciso quero minha meu obrigado não
        uma fazer olá kuinka missä minä tarvitsen haluan luvan yrityksen onko hei vem ska støy snakke næringsfeltet nevoie vår
        ditt lurer søker næring szukam pracownika costă taxă gunoi contratar ajuda jó napot hol kérhetek engedélyt dobrý chci
        hvernig hvar ekki ég við þarf leyfi fyrir kaip kur noriu reikia ar galiu kā vēlos kas man vajag kako gdje trebam želim
        """
    )
    - _DANISH
    - _ENGLISH
)

_DANISH_LETTERS = re.compile(r"[æøå]")
_FOREIGN_LETTERS = re.compile(r"[äöüßñçąćęłńśźżășțşğıőűčšžđþðāēīūėųįõêèùàìò¿¡]")
_DANISH_ENDINGS = re.compile(
    r"(?:erne|ernes|else|elsen|elser|hed|heden|ning|ningen|inger|skab|bevilling|tilladelse|gebyr|afgift|plads|grund|bygning)$"
)
_ENGLISH_ENDINGS = re.compile(r"(?:tion|tions|ing|ings|ment|ments|ness|ship|able|ally|ed|ty)$")
_DANISH_PIECES = re.compile(r"sk[aeiou]|kk|gt$|rv|dt$|aa|oe|ae|ij|jn|nds|gs$|vn|lse")
_ENGLISH_PIECES = re.compile(r"th|wh|ck|qu|ough|igh|sh|ee|oo|w|c[aeiou]|x|y$|'s$")


def detect_language(text: str, hint: Literal["da", "en"] | None = None) -> Language:
    """The message's language; ``hint`` (what was spoken before, or the page's language, else Danish) when it shows none."""
    if _other_script(text):
        return "other"
    folded = text.casefold()
    words = _WORD.findall(folded)
    danish = english = other = 0.0
    for word in words:
        is_danish, is_english = word in _DANISH, word in _ENGLISH
        danish += 1.0 * is_danish
        english += 1.0 * is_english
        other += 1.0 * (word in _OTHER)
        if not (is_danish or is_english) and len(word) > 2:
            danish += 0.5 * bool(_DANISH_LETTERS.search(word)) + 0.4 * bool(_DANISH_ENDINGS.search(word))
            danish += 0.15 * len(_DANISH_PIECES.findall(word))
            english += 0.35 * bool(_ENGLISH_ENDINGS.search(word)) + 0.15 * len(_ENGLISH_PIECES.findall(word))
    foreign_letters = len(_FOREIGN_LETTERS.findall(folded))
    other += 0.75 * foreign_letters if not _DANISH_LETTERS.search(folded) or other else 0
    # One foreign word is a name or a slip; a sentence of them is a language.
    # The other Nordic languages share half their words with Danish, hence the double weight.
    if other >= 1.5 and 2 * other > max(danish, english):
        return "other"
    if abs(danish - english) < 0.2:
        return hint or ("en" if english > danish else "da")
    return "da" if danish > english else "en"


def evidence(text: str, language: Literal["da", "en"]) -> int:
    """How many words of ``text`` hold a sentence of ``language`` together, less those of the other; names and things are none."""
    words = [word for word in _WORD.findall(text.casefold()) if word not in _NAMING]
    mine, others = (_DANISH, _ENGLISH) if language == "da" else (_ENGLISH, _DANISH)
    return max(sum(word in mine for word in words) - sum(word in others for word in words), 0)


def _other_script(text: str) -> bool:
    letters = [character for character in text if character.isalpha()]
    if len(letters) < 2:
        return False
    latin = sum(unicodedata.name(character, "").startswith("LATIN") for character in letters)
    return latin < len(letters) / 2
