from __future__ import annotations

from pathlib import Path

import pytest

from tests.understanding.model import model_of, small_knowledge, trained_model


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "pythons: trains and takes a turn with the other supported Pythons that are here"
    )


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
