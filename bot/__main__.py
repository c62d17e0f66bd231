"""The ``hotline`` command. Each subcommand imports what it needs when it runs: the server must start fast and without Rasa."""

from __future__ import annotations

import sys

import click

from bot.errors import HotlineError


class _Commands(click.Group):
    """Errors of ours end a command with one sentence instead of a traceback."""

    def invoke(self, context: click.Context) -> object:
        try:
            return super().invoke(context)
        except HotlineError as error:
            click.secho(f"hotline: {error}", fg="red", err=True)
            sys.exit(1)


@click.group(cls=_Commands)
@click.version_option(package_name="hotline")
def main() -> None:
    """One entrance for businesses to their municipality."""


def _add_commands() -> None:
    from bot.cli import operate, serve, understanding

    for command in (*serve.COMMANDS, *operate.COMMANDS, *understanding.COMMANDS):
        main.add_command(command)


_add_commands()

if __name__ == "__main__":
    main()
