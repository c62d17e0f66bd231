"""What runs inside a worker: ``python -m bot.understanding.worker.process MODEL`` takes turns from stdin until it is closed.

Frames in: ``{"turn": TurnRequest}`` or ``{"understand": [text, …], "unavailable": [id, …]}``. Frames out, in the same order:
``{"ok": …}`` or ``{"error": type name}``; the first one says that the model is loaded. Errors never carry message text.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import sys
from pathlib import Path
from typing import Any, BinaryIO

from bot.understanding.worker import frames


def main(model: Path) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C reaches the whole group; the pool closes us when it is done
    frames_out = _claim_stdout()
    try:
        turns = load_turns(model)
    except Exception as error:  # the server hears why in one word, and logs no text of a model
        logging.getLogger(__name__).error("model_not_loaded %s", type(error).__name__)
        _send(frames_out, {"error": type(error).__name__})
        return
    _send(frames_out, {"ok": {"model": turns.model_id}})
    asyncio.run(_serve(turns, sys.stdin.buffer, frames_out))


def _claim_stdout() -> BinaryIO:
    """Frames go where stdout went; whatever a library prints goes to stderr from now on."""
    claimed = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return claimed


def load_turns(model: Path) -> Any:
    """The model, ready to take turns in this process."""
    from bot.understanding import compat

    compat.leave_out_what_only_trains(model)
    compat.patch_rasa()
    from rasa.utils.log_utils import configure_structlog

    configure_structlog(logging.ERROR)
    _log_without_words()

    from bot.understanding.worker.turns import Turns

    turns = Turns(model)
    gc.collect()
    gc.freeze()  # what is loaded stays: the collector need not walk it again at each turn
    return turns


def _log_without_words() -> None:
    """Logs say which place of which library complained, and no more: Rasa's messages and exceptions quote what was typed."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Wordless())
    logging.basicConfig(level=logging.ERROR, handlers=[handler], force=True)
    for name in ("rasa", "rasa_sdk", "sanic", "apscheduler", "asyncio", "py.warnings"):
        logging.getLogger(name).setLevel(logging.ERROR)


class _Wordless(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = f"{record.levelname} {record.name}:{record.lineno}"
        if record.name == __name__:
            line += f" {record.getMessage()}"
        error = record.exc_info[1] if record.exc_info else None
        return f"{line} {type(error).__name__} at {_place(error)}" if error else line


async def _serve(turns: Any, frames_in: BinaryIO, frames_out: BinaryIO) -> None:
    # Reading blocks the loop on purpose: one turn at a time, and nothing else runs here.
    while (frame := frames.read_blocking(frames_in)) is not None:
        try:
            if "turn" in frame:
                answer = await turns.take(frame["turn"])
            else:
                answer = turns.understand(frame["understand"], frame.get("unavailable", []))
            _send(frames_out, {"ok": answer})
        except Exception as error:
            # The text of an exception may quote the message.
            logging.getLogger(__name__).error("turn_failed %s at %s", type(error).__name__, _place(error))
            _send(frames_out, {"error": type(error).__name__})


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "?"


def _send(stream: BinaryIO, value: Any) -> None:
    stream.write(frames.encode(value))
    stream.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
