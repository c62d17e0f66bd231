"""The hotline on six articles: its model is trained in seconds."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.knowledge.content import Knowledge
from bot.knowledge.files import load_knowledge
from bot.understanding.worker.pool import WorkerPool
from tests.knowledge.gate_material import write_development
from tests.staff.conftest import sign_in as sign_in
from tests.understanding.model import model_of, small_knowledge


@pytest.fixture(scope="session")
def nlu_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_knowledge(tmp_path_factory.mktemp("editors"))


@pytest.fixture(scope="session")
def knowledge(nlu_data: Path) -> Knowledge:
    return load_knowledge(nlu_data)


@pytest.fixture(scope="session")
def model_path(nlu_data: Path) -> Path:
    return model_of(nlu_data)


@pytest.fixture(scope="session")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The six articles with a small development set."""
    folder = small_knowledge(tmp_path_factory.mktemp("gate"))
    write_development(folder)
    return folder


@pytest.fixture(scope="session")
def running_model(judged: Path) -> Path:
    return model_of(judged)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def pool(model_path: Path) -> AsyncIterator[WorkerPool]:
    pool = WorkerPool(size=1, model_path=model_path)
    await pool.start()
    yield pool
    await pool.close()
