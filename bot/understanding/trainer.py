"""What runs in the training process: ``python -m bot.understanding.trainer NLU_DATA OUT``; tells its progress on stdout."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

from bot.errors import HotlineError
from bot.knowledge.files import load_knowledge
from bot.settings import PROJECT_DIR
from bot.understanding import compat
from bot.understanding.training import MARK


def train_here(nlu_data_dir: Path, out_dir: Path) -> Path:
    """The path of the new model. Raises Rasa's errors, and ArticleFileErrors with file and line before Rasa would trip over them."""
    _say("Reading articles", 0.0)
    load_knowledge(nlu_data_dir)
    _say("Starting Rasa", 0.03)
    compat.patch_rasa()
    from rasa.model_training import train as rasa_train

    import bot.understanding.importer  # noqa: F401  Rasa only warns when an importer cannot be imported
    from bot.understanding import model

    _say("Reading examples", 0.1)
    model.report_progress = lambda share: _say("Training", 0.3 + 0.65 * share)
    result = rasa_train(
        domain=str(PROJECT_DIR / "domain.yml"),
        config=str(PROJECT_DIR / "config.yml"),
        training_files=[str(nlu_data_dir)],
        output=str(out_dir),
        force_training=True,
    )
    if result.model is None:
        raise RuntimeError(f"Rasa trained no model (code {result.code})")
    return Path(result.model)


def _say(step: str, share: float) -> None:
    sys.stdout.write(f"{MARK}\t{share:.3f}\t{step}\n")
    sys.stdout.flush()


def _main() -> None:
    try:
        model = train_here(Path(sys.argv[1]), Path(sys.argv[2]))
    except HotlineError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(1)
    with contextlib.suppress(BrokenPipeError):
        _say(f"done {model}", 1.0)


if __name__ == "__main__":
    _main()
