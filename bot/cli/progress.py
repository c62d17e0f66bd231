"""How a training's progress is shown."""

from __future__ import annotations

from collections.abc import Callable

import click


def tell_progress() -> Callable[[str, float], None]:
    """Prints each new step, and every tenth of the way, to standard error."""
    told = ("", -1)

    def tell(step: str, share: float) -> None:
        nonlocal told
        if (step, int(share * 10)) != told:
            told = (step, int(share * 10))
            click.echo(f"  {share:4.0%}  {step}", err=True)

    return tell
