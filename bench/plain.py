"""How first questions and short dialogues are met: right, one tap away, useless, wrong. The sets are given by path and stay outside.

    uv run python -m bench.plain --plain PLAIN.jsonl --dialogues DIALOGUES.jsonl [--model MODEL] [--show]

Takes turns in this process, without a server. ``--show`` prints what was met otherwise than right, and every turn of the dialogues.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bot.masking import mask
from bot.settings import Settings
from bot.turn import DialogueState, TurnRequest, TurnResult
from bot.understanding.worker.process import load_turns

OUTSIDE = ("out_of_scope", "human", "smalltalk", "urgent")
SHOWN = 4  # a choice of more is no single tap


def offered(result: TurnResult) -> list[str]:
    """Ids of articles and packages among the buttons, as the sets write them."""
    ids = [button.id for say in result.says for button in say.buttons]
    return [id.removeprefix("article:").replace("package:", "package/") for id in ids][:SHOWN]


def said(result: TurnResult) -> list[str]:
    names = []
    for say in result.says:
        name = say.text or say.article or f"package/{say.package}"
        names.append(f"{name}#{say.facet}" if say.facet else name)
    return [*names, *(f"[{id}]" for id in offered(result))]


def judge(line: dict[str, Any], result: TurnResult) -> str:
    """right, one tap, useless or wrong, for a first message."""
    area, articles, decision = line["area"], line["articles"], result.decision
    person, asked_back = result.escalation is not None, decision == "Clarify"
    if area in ("human", "urgent"):
        return "right" if person else "one tap" if asked_back else "wrong"
    if area == "smalltalk":
        return "right" if decision == "Smalltalk" else "wrong" if person or decision == "Answer" else "useless"
    if result.answered:
        good = set(result.answered) <= set(articles) or (bool(articles) and result.answered[0].startswith("package/"))
        return "right" if good else "wrong"
    if area == "out_of_scope":
        if decision == "OutOfScope":
            return "right"
        outside = any(id.startswith("outside:") for id in offered(result))
        return "wrong" if person else "one tap" if outside or set(offered(result)) & set(articles) else "useless"
    if decision == "OutOfScope":
        return "right" if "out_of_scope" in line["multi_area"] else "wrong"
    if not articles:
        return "right" if person or asked_back else "useless"
    if person:
        asked_for = line["facet"] == "status" or "contact_case/callback" in articles
        return "right" if asked_for else "wrong"
    return "one tap" if set(offered(result)) & set(articles) else "useless"


class Asker:
    """An inquiry's turns one after another, as the server would take them."""

    def __init__(self, turns: Any):
        self._turns = turns
        self.state, self.status = DialogueState(), "with_bot"

    async def say(self, text: str) -> TurnResult:
        request = TurnRequest("0000", text=mask(text).text, state=self.state, status=self.status)  # type: ignore[arg-type]
        result = TurnResult.from_json(await self._turns.take(request.to_json()))
        self.state = result.state
        if result.escalation:
            self.status = "waiting"
        return result


def read(file: Path) -> Iterator[dict[str, Any]]:
    for line in file.read_text(encoding="utf-8").splitlines():
        if line.strip():
            yield json.loads(line)


async def plain(turns: Any, file: Path, show: bool) -> dict[str, Any]:
    counts: Counter[str] = Counter()
    refused = 0
    for line in read(file):
        result = await Asker(turns).say(line["text"])
        verdict = judge(line, result)
        counts[verdict] += 1
        refused += result.decision == "OutOfScope" and line["area"] not in OUTSIDE
        if show and verdict != "right":
            print(f"{verdict:8} {line['id']} {line['text']!r} {said(result)} wanted {line['articles'] or line['area']}")
    total = sum(counts.values())
    return {name: round(counts[name] / total, 3) for name in ("right", "one tap", "useless", "wrong")} | {
        "refused in scope": refused
    }


async def dialogues(turns: Any, file: Path, show: bool) -> dict[str, Any]:
    """Of the turns with a listed article: answered by it, or among the choices; and how many replies were sent before in their dialogue."""
    counts: Counter[str] = Counter()
    for line in read(file):
        asker, before = Asker(turns), set()
        for turn in line["turns"]:
            result = await asker.say(turn["say"])
            wanted = set(turn.get("article") or ())
            words = said(result)
            if wanted:
                right = bool(result.answered) and set(result.answered) <= wanted
                counts["right" if right else "one tap" if wanted & set(offered(result)) else "other"] += 1
            counts["turns"] += 1
            counts["same as before"] += tuple(words) in before
            before.add(tuple(words))
            if show:
                print(
                    f"{line['id']} {turn['say']!r}\n     {words} {asker.state.language} wanted {turn['expect']} {wanted or ''}"
                )
    return dict(counts)


async def run(given: argparse.Namespace) -> None:
    turns = load_turns(given.model or newest())
    if given.plain:
        print(await plain(turns, given.plain, given.show))
    if given.dialogues:
        print(await dialogues(turns, given.dialogues, given.show))


def newest() -> Path:
    return max(Settings().models_dir.glob("*.tar.gz"), key=lambda path: path.stat().st_mtime)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("plain", "dialogues", "model"):
        parser.add_argument(f"--{name}", type=Path)
    parser.add_argument("--show", action="store_true")
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
