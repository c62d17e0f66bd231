from __future__ import annotations

from pathlib import Path

import pytest

from tests.understanding.model import model_of, small_knowledge, trained_model


@pytest.fixture(scope="session")
def model_path() -> Path:
    return trained_model()


@pytest.fixture(scope="session")
def small_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_knowledge(tmp_path_factory.mktemp("small"))


@pytest.fixture(scope="session")
def small_model(small_folder: Path) -> Path:
    """A model of six articles, small talk and asking for a person: trained in seconds."""
    return model_of(small_folder)
