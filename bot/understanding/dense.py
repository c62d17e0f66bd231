"""A text's meaning as a few hundred numbers, from a local spaCy package with word vectors (da_core_news_md and the like).

Off by default: no such model comes with the project. ``HOTLINE_DENSE_MODEL`` names an installed package or a folder; nothing is downloaded.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bot.errors import ModelUnavailable

# Only the word vectors are used; the rest of a package would cost memory.
_LEFT_OUT = [
    "tok2vec",
    "transformer",
    "tagger",
    "morphologizer",
    "parser",
    "senter",
    "lemmatizer",
    "attribute_ruler",
    "ner",
]


class DenseVectors:
    """Raises ModelUnavailable when ``name`` cannot be loaded or holds no vectors."""

    def __init__(self, name: str):
        import spacy

        try:
            self._nlp = spacy.load(name, exclude=_LEFT_OUT)
        except (OSError, ValueError) as error:
            raise ModelUnavailable(f"the dense model {name} cannot be loaded: {error}") from error
        self.name = name
        self.width: int = self._nlp.vocab.vectors_length
        if not self.width:
            raise ModelUnavailable(f"the dense model {name} holds no word vectors")

    def rows(self, texts: Sequence[str]) -> np.ndarray:
        """Texts × width, each of length 1: the mean of its words' vectors. Zeros where no word has one."""
        found = np.stack([self._nlp.make_doc(text).vector for text in texts]).astype(np.float32)
        lengths = np.linalg.norm(found, axis=1, keepdims=True)
        return np.divide(found, lengths, out=np.zeros_like(found), where=lengths > 0)
