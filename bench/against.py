"""Two revisions beside each other: both take the same loads in turns, round by round, each in its own environment and folder."""

from __future__ import annotations

import contextlib
import os
import random
import re
import shutil
import statistics
import subprocess
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import uvloop

from bench.server import Running, running_hotline
from bot.settings import PROJECT_DIR

BUILD_S = 900  # an environment, or a first start, which trains
DRAWS = 2_000
KEYS = {
    "turns_50_ratio": "turns/s of 50 clients",
    "p99_1_ratio": "p99 of one client, ms",
    "server_pss_ratio": "server, MB",
    "worker_pss_ratio": "first worker, MB",
    "further_worker_pss_ratio": "a further worker, MB",
    "pages_ratio": "start until pages, s",
    "first_answer_ratio": "start until an answer, s",
}
Load = Callable[[str, int, float], Awaitable[dict[str, float]]]


def compare(revision: str, rounds: int, seconds: float, load: Load) -> dict[str, Any]:
    """Medians of both, ratios new by old, and the interval that holds 95 % of the medians of ratios drawn again."""
    with tempfile.TemporaryDirectory(prefix="hotline-against-") as folder, _worktree(revision, Path(folder)) as old:
        sides = {"new": (PROJECT_DIR, Path(folder) / "data-new"), "old": (old, Path(folder) / "data-old")}
        for project, data in sides.values():
            with _serving(project, data, "1"):
                pass  # the first start trains and loads the demonstration: it is not measured
        found: dict[str, dict[str, list[float]]] = {side: {key: [] for key in KEYS} for side in sides}
        for number in range(rounds):
            for side in sorted(sides, reverse=number % 2 == 1):  # neither is always the first
                for key, value in _round(*sides[side], seconds, load).items():
                    found[side][key].append(value)
    return _judge(found)


def _round(project: Path, data: Path, seconds: float, load: Load) -> dict[str, float]:
    with _serving(project, data, "1") as hotline:
        measured = {"pages_ratio": hotline.pages_s, "first_answer_ratio": hotline.ready_s}
        uvloop.run(load(hotline.address, 4, 1.0))  # warm
        measured["p99_1_ratio"] = uvloop.run(load(hotline.address, 1, seconds))["p99_ms"]
        measured["turns_50_ratio"] = uvloop.run(load(hotline.address, 50, seconds))["per_s"]
        memory = _pss_mb(hotline.process.pid)
        measured["server_pss_ratio"], measured["worker_pss_ratio"] = memory[0], sum(memory[1:])
    with _serving(project, data, "1") as hotline:
        one = sum(_pss_mb(hotline.process.pid)[1:])
    with _serving(project, data, "2") as hotline:
        measured["further_worker_pss_ratio"] = sum(_pss_mb(hotline.process.pid)[1:]) - one
    return measured


def _judge(found: dict[str, dict[str, list[float]]]) -> dict[str, Any]:
    drawn = random.Random(1)
    result: dict[str, Any] = {}
    for key in KEYS:
        new, old = found["new"][key], found["old"][key]
        ratios = [a / b for a, b in zip(new, old, strict=True)]
        medians = sorted(statistics.median(drawn.choices(ratios, k=len(ratios))) for _ in range(DRAWS))
        result[key] = statistics.median(ratios)
        result[key.replace("_ratio", "_new")], result[key.replace("_ratio", "_old")] = (
            statistics.median(new),
            statistics.median(old),
        )
        result[key.replace("_ratio", "_interval")] = [medians[DRAWS // 40], medians[-DRAWS // 40 - 1]]
    return result


@contextlib.contextmanager
def _worktree(revision: str, folder: Path) -> Iterator[Path]:
    """``revision`` checked out and installed in ``folder``; gone afterwards."""
    project = folder / "old"
    git = ["git", "-C", str(PROJECT_DIR), "worktree"]
    subprocess.run([*git, "add", "--detach", str(project), revision], check=True, stdout=subprocess.DEVNULL)
    try:
        without = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "UV_PROJECT")}
        subprocess.run(["uv", "sync", "-q"], cwd=project, env=without, check=True, timeout=BUILD_S)
        yield project
    finally:
        subprocess.run([*git, "remove", "--force", str(project)], check=False, stdout=subprocess.DEVNULL)
        shutil.rmtree(project, ignore_errors=True)
        subprocess.run([*git, "prune"], check=False)


@contextlib.contextmanager
def _serving(project: Path, data: Path, workers: str) -> Iterator[Running]:
    data.mkdir(exist_ok=True)
    with running_hotline(data, project=project, start_s=BUILD_S, workers=workers) as hotline:
        yield hotline


def _pss_mb(server: int) -> list[float]:
    """The server's share of memory and that of each of its workers, in MB; what several share counts once among them."""
    return [_pss_of(pid) for pid in [server, *_children(server)]]


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, path.read_text().split()):
            found += [child, *_children(child)]
    return found


def _pss_of(pid: int) -> float:
    found = re.search(r"^Pss:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1]) / 1024
