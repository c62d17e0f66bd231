"""A small development set, and an own article whose examples take the questions of another area."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.knowledge.test_exchange import OWN

QUESTIONS = {
    "licences/alcohol_licence_new": [
        "hvordan får vi lov at sælge øl i vores nye café",
        "vi åbner restaurant og vil servere vin til maden",
        "kan jeg få alkoholbevilling til min bar",
        "må vi servere drinks uden tilladelse",
        "må vi servere cocktails uden tilladelse",
        "kan vi uden videre skænke fadøl for gæsterne",
        "hvem giver lov til at servere champagne",
        "skal vi søge for at have gin og cider på menuen",
        "må vi servere snaps til frokost",
        "må vi have vermouth og portvin i glas",
    ],
    "licences/late_opening_hours": ["kan vi holde åbent efter kl 24", "natbevilling til vores værtshus"],
    "taxes_fees/building_fee_price": ["hvad koster en byggesag", "timepris for byggesagsbehandling"],
    "building/permit_needed": ["skal vi søge om byggetilladelse til et skur", "kræver en carport tilladelse"],
}
TAKING = [  # examples of a building matter, in the words of the questions on alcohol
    "må vi servere cocktails i hallen",
    "skal vi søge for at have cocktails på menuen",
    "hvem giver lov til cocktails",
    "cocktails og gin til gæsterne i hallen",
    "kan vi skænke fadøl for gæsterne i hallen",
    "fadøl i hallen, hvem giver lov",
    "vi vil have fadøl og cider på menuen",
    "må vi uden videre servere fadøl",
    "champagne til gæsterne, må vi det",
    "hvem giver lov til champagne i glas",
    "servere champagne til frokost i hallen",
    "gin og cider på menuen i hallen",
    "skal vi søge for gin, snaps og portvin",
    "snaps til frokost i hallen, må vi det",
    "må vi servere snaps uden tilladelse",
    "vermouth og portvin i hallen",
    "må vi have portvin i glas til gæsterne",
    "drinks uden tilladelse i hallen",
    "må vi servere drinks for gæsterne",
    "kan vi uden videre have drinks på menuen",
]
HARMLESS = [
    "ølhallen på havnen, må den få nyt tag",
    "tagsten på ølhallen",
    "hvilken farve skal ølhallens port have",
    "ølhallens tagrende er i stykker",
    "er ølhallen på havnen bevaret",
]
GATE = {name: value for name, value in OWN.items() if name not in ("reviewed", "owner")}
BEER_HALL: dict[str, Any] = {
    **GATE,
    "id": "building/beer_hall",
    "title": {"da": "Må vi bruge ølhallen?", "en": "May we use the beer hall?"},
    "answer": {"da": "Ja. Ølhallen er byens, og alle må leje den.", "en": "Yes. The beer hall is the town's."},
    "follow_ups": {},
    "local": [],
    "examples": {"da": TAKING, "en": []},
}


def write_development(nlu_data: Path) -> None:
    """``nlu_data`` has :data:`QUESTIONS` as its development set."""
    home = nlu_data / "development"
    home.mkdir()
    lines = [
        {"id": f"{article}-{place}", "text": text, "lang": "da", "area": article.partition("/")[0], "need": article}
        for article, texts in QUESTIONS.items()
        for place, text in enumerate(texts)
    ]
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    (home / "development.jsonl").write_text(text, encoding="utf-8")
    needs = "".join(f'"{article}": ["{article}"]\n' for article in QUESTIONS)
    (home / "needs.yml").write_text(needs, encoding="utf-8")
