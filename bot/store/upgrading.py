"""Alembic on a connection whose transaction somebody else opened: all revisions hold, or none."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

FOLDER = Path(__file__).parent / "migrations"


def newest_revision(folder: Path = FOLDER) -> str:
    return ScriptDirectory.from_config(_config(folder)).get_current_head() or ""


def known_revisions(folder: Path = FOLDER) -> set[str]:
    return {script.revision for script in ScriptDirectory.from_config(_config(folder)).walk_revisions()}


def revision_of(connection: sa.Connection) -> str | None:
    """The revision the database is at; None for an empty one."""
    return MigrationContext.configure(connection).get_current_revision()


def upgrade(connection: sa.Connection, revision: str = "head", folder: Path = FOLDER) -> None:
    """The schema is at ``revision``, once the caller commits."""
    config = _config(folder)
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def _config(folder: Path) -> Config:
    config = Config()
    # Alembic reads a % in a value as the beginning of a name.
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    return config
