"""One model for all tests: trained once, and kept until the knowledge base or the code it is made with changes."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from pathlib import Path

from bot.settings import PROJECT_DIR
from bot.understanding.training import train

NLU_DATA = PROJECT_DIR / "nlu_data"
KEPT = 6
CACHE = PROJECT_DIR / ".pytest_cache" / "hotline_models"


def trained_model() -> Path:
    """The model of the whole knowledge base."""
    return model_of(NLU_DATA)


def model_of(folder: Path) -> Path:
    """The model of ``folder``, which is laid out like ``nlu_data``; trained when there is none yet."""
    kept = CACHE / f"{_fingerprint(folder)}.tar.gz"
    if not kept.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as fresh:
            made = train(folder, Path(fresh))
            shutil.move(made, kept)
        for old in sorted(CACHE.glob("*.tar.gz"), key=lambda path: path.stat().st_mtime)[:-KEPT]:
            old.unlink()
    return kept


SMALL = (
    "building/permit_needed",
    "building/permit_apply",
    "taxes_fees/building_fee_price",
    "licences/alcohol_licence_new",
    "licences/late_opening_hours",
    "licences/manager_approval",
)


def small_knowledge(folder: Path) -> Path:
    """A copy of the knowledge base with six articles, so that a training takes seconds."""
    target = folder / "nlu_data"
    target.mkdir()
    for name in ("areas.yml", "rules.yml", *(f"articles/{article}.yml" for article in SMALL)):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(NLU_DATA / name, target / name)
    (target / "dialogue").mkdir()
    for name in ("smalltalk.yml", "human.yml", "texts.yml"):
        if (NLU_DATA / "dialogue" / name).exists():
            shutil.copy(NLU_DATA / "dialogue" / name, target / "dialogue" / name)
    return target


def _fingerprint(folder: Path) -> str:
    digest = hashlib.sha256()
    sources = [PROJECT_DIR / "config.yml", PROJECT_DIR / "domain.yml", PROJECT_DIR / "bot" / "decision.py"]
    for room in ("understanding", "knowledge"):
        sources += sorted((PROJECT_DIR / "bot" / room).glob("*.py"))
    sources += sorted(path for path in folder.rglob("*.yml") if "held_out" not in path.parts)
    for source in sources:
        digest.update(source.name.encode() + b"\0" + source.read_bytes())
    return digest.hexdigest()[:24]
