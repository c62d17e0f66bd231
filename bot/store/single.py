"""One server on one SQLite file."""

from __future__ import annotations

import fcntl
from pathlib import Path
from typing import IO

from bot.errors import SettingsError
from bot.store.database import Database


def hold_alone(database: Database) -> IO[bytes] | None:
    """While the returned file is open no other server starts on the same SQLite file; None on PostgreSQL, which takes several.
    Raises SettingsError when another one serves. The system lets go of it when the process ends, however it ends."""
    if not database.is_sqlite or database.url.database in (None, "", ":memory:"):
        return None
    path = Path(f"{database.url.database}.serving")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    held = path.open("ab")
    try:
        # Servers on SQLite keep to themselves what others would have to know, such as who waits for what.
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        held.close()
        raise SettingsError(
            f"another `hotline serve` uses {database.url.database}: stop it first, or use PostgreSQL for several servers"
        ) from error
    return held
