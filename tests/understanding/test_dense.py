"""A dense model: off by default, and what it brings when it is set. The model is made here: a few words with vectors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import spacy

from bot.errors import ModelUnavailable
from bot.settings import Settings
from bot.understanding.dense import DenseVectors
from bot.understanding.model import LabelModel

VECTORS = {
    "carport": (1.0, 0.0, 0.1),
    "skur": (0.9, 0.1, 0.1),
    "container": (0.0, 1.0, 0.1),
    "affaldsbeholder": (0.1, 0.9, 0.1),
}
TEXTS = ["pris carport", "carport nu", "carport her", "pris container", "container nu", "container her"]
LABELS = ["building/fee"] * 3 + ["waste/container"] * 3


@pytest.fixture
def package(tmp_path: Path) -> str:
    nlp = spacy.blank("da")
    for word, vector in VECTORS.items():
        nlp.vocab.set_vector(word, np.array(vector, dtype=np.float32))
    nlp.to_disk(tmp_path / "package")
    return str(tmp_path / "package")


def stands_out(model: LabelModel, text: str, group: str) -> float:
    return float(model.stand_out([text])[0][model.groups.index(group)])


def test_it_is_off_by_default() -> None:
    assert Settings().dense_model == ""


def test_a_word_that_no_example_has_is_understood_by_its_neighbours(package: str) -> None:
    plain = LabelModel.fit(TEXTS, LABELS, ["da"] * 6)
    with_meaning = LabelModel.fit(TEXTS, LABELS, ["da"] * 6, dense=DenseVectors(package))
    for word, group in (("skur", "building"), ("affaldsbeholder", "waste")):
        assert stands_out(with_meaning, word, group) > max(0, stands_out(plain, word, group) + 0.2)
    assert with_meaning.predict("skur")["building/fee"] > plain.predict("skur")["building/fee"] + 0.2


def test_it_says_the_same_after_saving_and_needs_the_same_package_then(package: str, tmp_path: Path) -> None:
    model = LabelModel.fit(TEXTS, LABELS, ["da"] * 6, dense=DenseVectors(package))
    (tmp_path / "model").mkdir()
    model.save(tmp_path / "model")
    texts = ["skur nu", "", "ukendt", "🙂"]
    again = LabelModel.load(tmp_path / "model")
    for text in texts:
        assert list(again.predict(text).values()) == pytest.approx(list(model.predict(text).values()), abs=1e-3)
    together = model.combine(*model.opinions(texts), model.weights)
    assert list(model.predict("skur nu").values()) == pytest.approx(together[0].tolist(), abs=1e-5)
    Path(package).rename(tmp_path / "gone")
    with pytest.raises(ModelUnavailable, match="cannot be loaded"):
        LabelModel.load(tmp_path / "model")


def test_a_package_without_vectors_is_refused(tmp_path: Path) -> None:
    spacy.blank("da").to_disk(tmp_path / "empty")
    with pytest.raises(ModelUnavailable, match="no word vectors"):
        DenseVectors(str(tmp_path / "empty"))
