"""Trains a model by Rasa's own training, in a process of its own: the server never imports Rasa."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path

from bot.errors import ModelUnavailable
from bot.settings import PROJECT_DIR

Progress = Callable[[str, float], None]
MARK = "\x1fprogress"  # begins the lines of the subprocess that are meant for us


class TrainingFailed(ModelUnavailable):
    code = "training_failed"


async def train_in_subprocess(
    nlu_data_dir: Path, out_dir: Path, progress: Progress = lambda step, share: None, *, low_priority: bool = False
) -> Path:
    """The path of the new model in ``out_dir``. ``progress`` hears (step, share done). Raises TrainingFailed.

    ``low_priority`` trains with one thread behind everything else, for trainings while the hotline serves.
    """
    # Rasa's cache would be shared by trainings at the same time, and grows; what it saves here is a few seconds.
    environment = {**os.environ, "RASA_TELEMETRY_ENABLED": "false", "RASA_MAX_CACHE_SIZE": "0"}
    if low_priority:
        environment |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    process = await asyncio.create_subprocess_exec(
        *_command(nlu_data_dir, out_dir, low_priority),
        cwd=PROJECT_DIR,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    model: Path | None = None
    try:
        assert process.stdout is not None and process.stderr is not None
        complaints = asyncio.create_task(process.stderr.read())
        async for line in process.stdout:
            mark, _, rest = line.decode(errors="replace").rstrip("\n").partition("\t")
            if mark == MARK:
                share, _, step = rest.partition("\t")
                if step.startswith("done "):
                    model = Path(step.removeprefix("done "))
                else:
                    progress(step, float(share))
        complained = (await complaints).decode(errors="replace")
        if await process.wait() != 0 or model is None:
            raise TrainingFailed(complained.strip()[-4000:] or "training ended without a model")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    progress("Trained", 1.0)
    return model


def _command(nlu_data_dir: Path, out_dir: Path, low_priority: bool) -> list[str]:
    behind = ["nice", "-n", "15"] if low_priority and os.name == "posix" else []
    folders = [str(Path(folder).absolute()) for folder in (nlu_data_dir, out_dir)]
    return [*behind, sys.executable, "-W", "ignore", "-m", "bot.understanding.trainer", *folders]


def train(nlu_data_dir: Path, out_dir: Path, progress: Progress = lambda step, share: None) -> Path:
    """The same for callers without an event loop."""
    return asyncio.run(train_in_subprocess(nlu_data_dir, out_dir, progress))
