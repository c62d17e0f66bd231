"""Rasa's own command line on this project: ``hotline rasa data validate``, ``train``, ``shell``, ``test``, ``run actions`` …"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from bot.understanding import compat

# The options with which a command finds this project's files; Rasa's own defaults point to "data".
DATA_COMMANDS = (("train",), ("train", "core"), ("train", "nlu"), ("data", "validate"), ("data", "split", "nlu"))
DATA = ("--data", "nlu_data")


def main(arguments: Sequence[str]) -> None:
    """Runs ``rasa ARGUMENTS``; leaves by ``SystemExit`` as Rasa does."""
    compat.patch_rasa()
    compat.run_sanic_in_one_process()
    import bot.understanding.importer  # noqa: F401  Rasa only warns when an importer fails to import, and trains an empty model
    from bot.understanding.actions_in_process import serve_actions_in_process

    serve_actions_in_process()
    sys.argv = ["rasa", *with_project_defaults(list(arguments))]
    from rasa.__main__ import main as rasa_main

    rasa_main()


def with_project_defaults(arguments: list[str]) -> list[str]:
    """The arguments with ``--data nlu_data`` where the command takes it and it was not given."""
    words = tuple(word for word in arguments if not word.startswith("-"))
    takes_data = any(words[: len(command)] == command for command in DATA_COMMANDS)
    if takes_data and not any(word == "--data" or word.startswith("--data=") for word in arguments):
        return [*arguments, *DATA]
    return arguments


if __name__ == "__main__":
    main(sys.argv[1:])
