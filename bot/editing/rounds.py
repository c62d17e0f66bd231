"""One training of all there is now, and the gate. Additions that make the model worse are left out, and the rest is tried again.

At most :data:`MOST_ROUNDS` times: each time those additions since the running model that took the spoilt questions are left out, the last
time all of them. If even that does not help, nothing is left out and the new model is kept aside as it is.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.editing.additions import (
    Addition,
    Learnt,
    as_learnt,
    learnt_of,
    mark_left_out,
    read_additions,
    take_in_again,
    without_left_out,
)
from bot.editing.corpus import Corpus, write_additions
from bot.editing.judging import MOST_NAMED, Asked, Blame, ask, blame, questions_of, unmasked
from bot.editing.lease import Progress
from bot.errors import ModelUnavailable
from bot.knowledge.content import Knowledge
from bot.models import live_model, store_model, what_it_learnt
from bot.store.database import Database
from bot.understanding.training import train_in_subprocess
from bot.understanding.worker.gate import Mark, Verdict, judge, spoilt

MOST_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Outcome:
    """``model`` is what was trained: live, or kept aside. ``report``: what the gate found, None when there was nothing to compare."""

    model: str
    live: bool
    report: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Running:
    path: Path
    fingerprint: str
    learnt: Learnt


@dataclass(frozen=True, slots=True)
class Trained:
    path: Path
    corpus: Corpus
    marks: list[Mark]
    verdict: Verdict


async def _nobody() -> None:
    """A command has no workers that could follow."""


class Rounds:
    """``progress`` is kept up to date while it trains; ``check_lease`` raises when another process may have begun to train;
    ``follow`` lets the live model answer."""

    def __init__(
        self,
        database: Database,
        common: Knowledge,
        nlu_data: Path,
        cache: Path,
        now: Callable[[], datetime],
        progress: Progress,
        check_lease: Callable[[], Awaitable[None]],
        *,
        low_priority: bool = False,
        tell: Callable[[str, float], None] = lambda step, share: None,
        follow: Callable[[], Awaitable[None]] = _nobody,
    ):
        self._database, self._common, self._nlu_data, self._cache, self._now = database, common, nlu_data, cache, now
        self._progress, self._check_lease, self._low_priority, self._tell = progress, check_lease, low_priority, tell
        self._follow, self._room = follow, cache

    async def run(self, *, overrule: bool = False) -> Outcome | None:
        """Train what is new; None when there is nothing. With ``overrule`` nothing is left out, and it goes live whatever the gate says.

        Raises ModelUnavailable when training fails; the running model stays."""
        await asyncio.to_thread(self._cache.mkdir, parents=True, exist_ok=True)
        self._room = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="training-", dir=self._cache))
        try:
            outcome = await self._run(overrule)
            await self._follow()
        except asyncio.CancelledError:
            self._progress.phase = "idle"  # the next start finds what is new
            raise
        except BaseException:
            self._progress.phase = "failed"
            raise
        else:
            self._progress.phase = "live" if outcome is None or outcome.live else "kept_aside"
            self._progress.share, self._progress.round = 1.0, 0
            self._progress.model = outcome.model if outcome else None
            return outcome
        finally:
            await asyncio.to_thread(shutil.rmtree, self._room, ignore_errors=True)

    async def _run(self, overrule: bool) -> Outcome | None:
        async with self._database.read() as connection:
            additions = await read_additions(connection, self._common)
        running = await self._running()
        learnt = running.learnt if running else {}
        corpus = await self._write(additions if overrule else without_left_out(additions, learnt))
        if running and running.fingerprint == corpus.fingerprint:
            return None
        path = await self._train(corpus)
        if running is None:
            return await self._go_live(path, corpus, None)
        questions = await questions_of(self._database, self._common, corpus)
        before = await self._before(running, questions)
        if before is None:  # a new release is not locked out by an old model that it cannot read
            return await self._go_live(path, corpus, {"passed": True, "reasons": [], "not_compared": True})
        marks = await self._ask(path, questions, (0.5, 1.0))
        first = Trained(path, corpus, marks, judge(before, marks))
        report = _report(first, questions, before)
        if first.verdict.passed or overrule:
            return await self._go_live(path, corpus, report | {"overruled": not first.verdict.passed})
        await self._check_lease()
        aside = await store_model(
            self._database, path, corpus.fingerprint, self._now(), live=False, report=report, learnt=_learnt(corpus)
        )
        return await self._without_the_guilty(first, aside, running, questions, before) or Outcome(aside, False, report)

    async def _without_the_guilty(
        self, trained: Trained, aside: str, running: Running, questions: Sequence[Asked], before: Sequence[Mark]
    ) -> Outcome | None:
        """The model of what harms nothing is live, and what was left out is marked; None when that does not help."""
        left: list[Blame] = []
        for number in range(1, MOST_ROUNDS + 1):
            suspects = [a for a in trained.corpus.additions if not a.is_learnt(running.learnt)]
            if not suspects:
                return None
            self._progress.round = number
            left += await self._blame(trained, questions, before, suspects, all_of_them=number == MOST_ROUNDS)
            gone = {(one.addition.kind, one.addition.municipality, one.addition.key) for one in left}
            kept = [
                as_learnt(a, running.learnt) if (a.kind, a.municipality, a.key) in gone else a
                for a in trained.corpus.additions
            ]
            corpus = await self._write([addition for addition in kept if addition])
            if corpus.fingerprint == running.fingerprint:  # the running model has learnt all the rest
                await self._mark(left, aside)
                return None
            path = await self._train(corpus)
            marks = await self._ask(path, questions)
            trained = Trained(path, corpus, marks, judge(before, marks))
            if trained.verdict.passed:
                await self._mark(left, aside)
                told = {"left_out": [_told(one) for one in left], "aside": aside}
                return await self._go_live(path, corpus, _report(trained, questions, before) | told)
        return None

    async def _blame(
        self,
        trained: Trained,
        questions: Sequence[Asked],
        before: Sequence[Mark],
        suspects: Sequence[Addition],
        *,
        all_of_them: bool,
    ) -> list[Blame]:
        places = spoilt(before, trained.marks)
        worse = [questions[place] for place in places]
        if all_of_them:
            return [Blame(addition, "all", tuple(worse)) for addition in suspects]
        seen = await self._ask(trained.path, unmasked(worse, trained.corpus.own))
        return blame(list(zip(worse, (trained.marks[place] for place in places), seen, strict=True)), suspects)

    async def _write(self, additions: Sequence[Addition]) -> Corpus:
        folder = self._room / f"nlu_data-{self._progress.round}"
        return await write_additions(additions, self._common, self._nlu_data, folder)

    async def _running(self) -> Running | None:
        """The live model; None when there is none, or what is stored is damaged."""
        try:
            found = await live_model(self._database, self._cache)
        except ModelUnavailable:
            return None
        return Running(*found, await what_it_learnt(self._database)) if found else None

    async def _train(self, corpus: Corpus) -> Path:
        self._progress.phase, self._progress.share = "training", 0.0
        out = self._room / f"out-{self._progress.round}"

        def told(step: str, share: float) -> None:
            self._progress.share = share
            self._tell(step, share)

        return await train_in_subprocess(corpus.folder, out, told, low_priority=self._low_priority)

    async def _before(self, running: Running, questions: Sequence[Asked]) -> list[Mark] | None:
        try:
            return await self._ask(running.path, questions, (0.0, 0.5))
        except ModelUnavailable:
            return None

    async def _ask(
        self, path: Path, questions: Sequence[Asked], between: tuple[float, float] = (0.0, 1.0)
    ) -> list[Mark]:
        """``between``: which part of the whole check this is."""
        self._progress.phase, self._progress.share = "checking", between[0]

        def told(share: float) -> None:
            self._progress.share = between[0] + share * (between[1] - between[0])
            self._tell("Comparing with the running model", self._progress.share)

        return await ask(path, questions, self._room, told, low_priority=self._low_priority)

    async def _go_live(self, path: Path, corpus: Corpus, report: dict[str, Any] | None) -> Outcome:
        await self._check_lease()
        model = await store_model(
            self._database, path, corpus.fingerprint, self._now(), report=report, learnt=_learnt(corpus)
        )
        async with self._database.write() as connection:
            await take_in_again(connection, [addition for addition in corpus.additions if addition.left_out])
        return Outcome(model, True, report)

    async def _mark(self, left: Sequence[Blame], aside: str) -> None:
        await self._check_lease()
        at = self._now().isoformat()
        async with self._database.write() as connection:
            await mark_left_out(
                connection, [(one.addition, {**one.to_json(), "model": aside, "at": at}) for one in left]
            )


def _learnt(corpus: Corpus) -> Learnt:
    return learnt_of(corpus.additions)


def _report(trained: Trained, questions: Sequence[Asked], before: Sequence[Mark]) -> dict[str, Any]:
    """The verdict as JSON, with the questions of the development set that are answered worse. Of municipalities' questions only counts."""
    worse = [
        {"text": questions[place].text, "taken_by": list(trained.marks[place].taken_by)}
        for place in spoilt(before, trained.marks)
        if questions[place].municipality is None
    ]
    return asdict(trained.verdict) | {"spoilt": worse[:MOST_NAMED]}


def _told(one: Blame) -> dict[str, Any]:
    """What was left out, as it stands in the model's report, which people of other municipalities read: no word of an inquiry."""
    addition = one.addition
    return {
        "municipality": addition.municipality,
        "kind": addition.kind,
        "label": addition.label,
        "why": one.why,
        "spoilt": len(one.questions),
    }
