"""Rasa's own command line on this project: ``hotline rasa data validate``, ``train``, ``shell``, ``test``, ``run actions`` …"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bot.understanding import compat

# The options with which a command finds this project's files; Rasa's own defaults point to "data" and "tests".
DEFAULTS = {
    ("train",): ("--data", "nlu_data"),
    ("data", "validate"): ("--data", "nlu_data"),
    ("test", "nlu"): ("--nlu", "nlu_data"),
    ("test", "core"): ("--stories", "tests/rasa"),
}


def main(arguments: Sequence[str]) -> None:
    """Runs ``rasa ARGUMENTS``; leaves by ``SystemExit`` as Rasa does."""
    compat.patch_rasa()
    compat.run_sanic_in_one_process()
    compat.alias_sanic_stream()
    import bot.understanding.importer  # noqa: F401  Rasa only warns when an importer fails to import, and trains an empty model
    from bot.understanding.actions_in_process import serve_actions_in_process

    serve_actions_in_process()
    _read_knowledge_without_config()
    sys.argv = ["rasa", *with_project_defaults(list(arguments))]
    from rasa.__main__ import main as rasa_main

    rasa_main()


def _read_knowledge_without_config() -> None:
    """``rasa test nlu`` reads data without asking config.yml who can: a folder like ``nlu_data`` goes to our importer all the same."""
    from rasa.shared.importers.importer import TrainingDataImporter

    from bot.understanding.importer import is_knowledge_folder

    stock = TrainingDataImporter.load_from_dict

    def load_from_dict(
        config: dict[str, Any] | None = None,
        config_path: str | None = None,
        domain_path: str | None = None,
        training_data_paths: list[str] | None = None,
        args: dict[str, Any] | None = None,
    ) -> TrainingDataImporter:
        if not config and any(is_knowledge_folder(Path(path)) for path in training_data_paths or []):
            config = {"importers": [{"name": "bot.understanding.importer.KnowledgeImporter"}]}
        return stock(config, config_path, domain_path, training_data_paths, args or {})

    TrainingDataImporter.load_from_dict = staticmethod(load_from_dict)


def with_project_defaults(arguments: list[str]) -> list[str]:
    """The arguments with this project's folders where the command takes one and none was given."""
    words = tuple(word for word in arguments if not word.startswith("-"))
    for command, (option, folder) in DEFAULTS.items():
        given = any(word == option or word.startswith(f"{option}=") for word in arguments)
        if words[: len(command)] == command and not given:
            return [*arguments, option, folder]
    return arguments


if __name__ == "__main__":
    main(sys.argv[1:])
