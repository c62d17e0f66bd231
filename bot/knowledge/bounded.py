"""Reads YAML that somebody sent: within bounds, and in a process of its own, so that nothing in it takes the server along.

The bounds are checked on the events of the parse, before anything is built of them: no anchors and aliases (a few lines of them
stand for any amount of content, and a package has no use for them), and no deep nesting. What is built is built under limits of
memory and time, because no list of bounds is known to be complete.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from bot.knowledge.content import Problem
from bot.knowledge.reading import FieldPath, Loader, Reader, lines_of, what_is_wrong

MAX_BYTES = 2_000_000
MAX_DEPTH = 20  # a package is five deep
_MEMORY_BYTES = 768 * 1024 * 1024
_CPU_S, _WAIT_S = 10, 20
_DATE = "\0date"  # no text of a document holds this character
_TOO_MUCH = "is too large to be read"
_CONTROL = {number: None for number in (*range(9), 11, 12, *range(14, 32), 127, *range(0xD800, 0xE000))}


def read_bounded(source: str, name: str) -> Reader:
    """A reader of the YAML ``source``; what is wrong with it stands in its ``problems``. Takes up to 20 s: call it in a thread."""
    raw = source.encode("utf-8", "replace")
    try:
        if len(raw) > MAX_BYTES:
            raise ValueError
        child = subprocess.run(
            [sys.executable, "-m", __name__],
            input=raw,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=Path(__file__).parents[2],
            env={},  # it needs none of the server's secrets
            timeout=_WAIT_S,
            check=True,
        )
        answer = json.loads(child.stdout, object_hook=_date_again)
    except (subprocess.SubprocessError, ValueError):
        answer = {"problem": [1, "", _TOO_MUCH]}
    if "problem" in answer:
        reader = Reader.of(name, None)
        reader.problems.append(Problem(name, *answer["problem"]))
        return reader
    return Reader.of(name, answer["value"], {tuple(at): line for at, line in answer["lines"]})


class OutOfBounds(ValueError):
    def __init__(self, problem: str, event: Any):
        super().__init__(problem)
        self.problem, self.problem_mark = problem, event.start_mark


def check_bounds(source: str) -> None:
    """Raises OutOfBounds at the first anchor or alias, and where the nesting is deeper than MAX_DEPTH."""
    depth = 0
    for event in yaml.parse(source, yaml.CSafeLoader):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise OutOfBounds("anchors and aliases (& and *) are not read", event)
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            raise OutOfBounds(f"is nested deeper than {MAX_DEPTH}", event)


def _read(source: str) -> dict[str, Any]:
    try:
        check_bounds(source)
        loader = Loader(source)
        node = loader.get_single_node()
        value = loader.construct_document(node) if node else None
    except (yaml.YAMLError, ValueError) as error:
        return {"problem": what_is_wrong(error)}
    return {"value": _plain(value), "lines": [(at, line) for at, line in lines_of(node).items() if _is_path(at)]}


def _plain(value: Any) -> Any:
    """The value as JSON can tell it, without control characters, which no database takes; of another kind than a text where it is
    none of what files hold."""
    if isinstance(value, dict):
        return {str(_plain(key)): _plain(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    if isinstance(value, str):
        return value.translate(_CONTROL)
    if type(value) is date:
        return {_DATE: value.isoformat()}
    return value if isinstance(value, int | None) and not _is_huge(value) else False


def _is_huge(value: int | None) -> bool:
    return (
        value is not None and value.bit_length() > 64
    )  # no number of ours is, and JSON refuses to write very long ones


def _is_path(at: FieldPath) -> bool:
    return all(isinstance(key, str | int) for key in at)


def _date_again(found: dict[str, Any]) -> Any:
    return date.fromisoformat(found[_DATE]) if _DATE in found else found


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_S, _CPU_S))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    source = sys.stdin.buffer.read().decode("utf-8")
    sys.stdout.write(json.dumps(_read(source)))


if __name__ == "__main__":
    main()
