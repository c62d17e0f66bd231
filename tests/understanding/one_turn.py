"""Validate, train and take a turn with this Python: ``python -m tests.understanding.one_turn NLU_DATA OUT``. Prints the answer."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from bot.turn import TurnRequest
from bot.understanding.training import train
from bot.understanding.worker.pool import WorkerPool


async def one_turn(model: Path) -> str:
    pool = WorkerPool(1, model)
    try:
        await pool.start()
        result = await pool.turn(TurnRequest("0000", text="kræver vores byggeri en byggetilladelse"), 20)
        return f"{result.decision} {result.understanding.areas[0].id}"
    finally:
        await pool.close()


if __name__ == "__main__":
    trained = train(Path(sys.argv[1]), Path(sys.argv[2]))
    sys.stdout.write(f"{sys.version_info[:2]} {asyncio.run(one_turn(trained))}\n")
