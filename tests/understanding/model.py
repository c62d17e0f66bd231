"""One model for all tests: trained once, and kept until the knowledge base or the code it is made with changes."""

from __future__ import annotations

import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.models import training_fingerprint
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
    kept = CACHE / f"{training_fingerprint(folder, PROJECT_DIR)[:24]}.tar.gz"
    with _alone():
        if kept.exists():
            kept.touch()  # the longest unused go first
            return kept
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


@contextmanager
def _alone() -> Iterator[None]:
    """Of the test run's processes one trains, and the others wait and use what it made."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
