"""Errors of the database without values of rows: PostgreSQL quotes them in DETAIL and asyncpg in what it says of an argument, so that a
traceback would print what an inquirer wrote."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

# Classes of SQLSTATE whose first line names constraints, tables and columns only.
_NAMES_ONLY = ("23", "40", "42", "53", "55", "57", "08")
_DETAILS = ("detail", "hint", "context", "internal_query", "query", "as_dict")


def keep_values_private(engine: AsyncEngine) -> None:
    """No error that leaves ``engine``, nor one that it came from, quotes a value."""

    @sa.event.listens_for(engine.sync_engine, "handle_error")
    def scrub(context: sa.engine.ExceptionContext) -> None:
        error: BaseException | None = context.original_exception
        seen: set[int] = set()
        while error is not None and id(error) not in seen:
            seen.add(id(error))
            _scrub(error)
            error = error.__cause__ or error.__context__
        if context.sqlalchemy_exception is not None:
            kind = type(context.original_exception)
            text = _text(context.original_exception)
            context.sqlalchemy_exception.args = (f"({kind.__module__}.{kind.__name__}) {text}",)


def _scrub(error: BaseException) -> None:
    if type(error).__module__.startswith(("asyncpg", "sqlalchemy.dialects.postgresql")):
        text = _text(error)
        for name in _DETAILS:
            if isinstance(getattr(error, name, None), str):
                setattr(error, name, None)
        error.args = (text,)


def _text(error: BaseException) -> str:
    if not type(error).__module__.startswith(("asyncpg", "sqlalchemy.dialects.postgresql")):
        return type(error).__name__ if isinstance(error, ValueError | TypeError) else str(error)
    state = getattr(error, "sqlstate", None) or ""
    first = str(error.args[0] if error.args else "").splitlines()[:1]
    if state.startswith(_NAMES_ONLY) and first:
        return first[0]
    return f"{type(error).__name__} {state}".strip()
