"""Markdown as the tags Telegram allows, in parts that fit into one message. Pure.

https://core.telegram.org/bots/api#html-style: b, i, code, blockquote and a; no lists, no headings, no paragraphs.
"""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import dataclass, replace

import regex
from markdown_it.token import Token

from bot.knowledge.markdown import parse

LIMIT = 4096  # UTF-16 units of what is shown, tags not counted
_MARKS = {"strong": "b", "em": "i", "heading": "b", "blockquote": "blockquote"}


@dataclass(frozen=True, slots=True)
class Run:
    """Text that is marked alike; ``marks`` are tag names, outermost first."""

    text: str
    marks: tuple[str, ...] = ()
    href: str | None = None


def from_markdown(text: str) -> list[Run]:
    walk = _Walk()
    for token in parse(text):
        walk.block(token)
    return walk.runs


def to_html(runs: list[Run]) -> str:
    out: list[str] = []
    open_tags: list[str] = []
    for run in [*runs, Run("")]:
        wanted = [f"<{mark}>" for mark in run.marks]
        if run.href:
            wanted.append(f'<a href="{html.escape(run.href)}">')
        shared = 0
        while shared < min(len(open_tags), len(wanted)) and open_tags[shared] == wanted[shared]:
            shared += 1
        out += [f"</{tag[1:-1].split()[0]}>" for tag in reversed(open_tags[shared:])] + wanted[shared:]
        out.append(html.escape(run.text, quote=False))
        open_tags = wanted
    return "".join(out)


def to_plain(runs: list[Run]) -> str:
    """The text without any tag, addresses in brackets where they fit in: what is sent when Telegram refuses the tags."""
    full = "".join(f"{run.text} ({run.href})" if run.href else run.text for run in runs)
    return full if _units(full) <= LIMIT else "".join(run.text for run in runs)


def split(runs: list[Run], limit: int = LIMIT) -> list[list[Run]]:
    """The runs in parts of at most ``limit`` units, cut between paragraphs, lines or words where there are any."""
    text = "".join(run.text for run in runs)
    parts, start = [], 0
    while start < len(text):
        end = _cut(text, start, limit)
        part = _trimmed(list(_slice(runs, start, end)))
        if part:
            parts.append(part)
        start = end
    return parts


class _Walk:
    """Collects runs; ``gap`` is the white space owed before the next text."""

    def __init__(self) -> None:
        self.runs: list[Run] = []
        self.gap = ""
        self.marks: list[str] = []
        self.numbers: list[int | None] = []  # of the open lists; None: bullets

    def block(self, token: Token) -> None:
        kind, _, edge = token.type.rpartition("_")
        if token.type == "inline":
            self._inline(token.children or [])
        elif token.type in ("fence", "code_block"):
            self._text(token.content.rstrip("\n"), ("pre",))
            self.gap = "\n\n"
        elif token.type == "hr":
            self._text("———")
            self.gap = "\n\n"
        elif kind in ("bullet_list", "ordered_list"):
            self._list(token, edge)
        elif kind == "list_item" and edge == "open":
            self._item(token)
        elif kind in _MARKS:
            self._mark(_MARKS[kind], edge)
        if edge == "close" and kind in ("paragraph", "heading", "blockquote"):
            self.gap = "\n" if token.hidden else "\n\n"

    def _list(self, token: Token, edge: str) -> None:
        if edge == "open":
            self.gap = "\n" if self.numbers else self.gap
            self.numbers.append(int(token.attrs.get("start", 1)) if token.type == "ordered_list_open" else None)
        else:
            self.numbers.pop()
            self.gap = "\n" if self.numbers else "\n\n"

    def _item(self, token: Token) -> None:
        number = self.numbers[-1]
        if number is not None:
            number = self.numbers[-1] = int(token.attrs.get("value", number))
        indent = "   " * (len(self.numbers) - 1)
        self._text(indent + ("• " if number is None else f"{number}. "))
        if number is not None:
            self.numbers[-1] = number + 1

    def _inline(self, children: list[Token]) -> None:
        href = address = None
        began = len(self.runs)
        for token in children:
            kind, _, edge = token.type.rpartition("_")
            if kind == "link" and edge == "open":
                address, began = str(token.attrs.get("href", "")), len(self.runs)
                # Telegram links web addresses only; it finds mail addresses and phone numbers in the text by itself.
                href = address if address.startswith(("https://", "http://")) else None
            elif kind == "link":
                shown = (address or "").partition(":")[2]
                told = (address or "").startswith(("mailto:", "tel:"))
                if told and shown not in "".join(run.text for run in self.runs[began:]):
                    self._text(f" ({shown})")
                href = None
            elif kind in _MARKS:
                self._mark(_MARKS[kind], edge)
            elif token.type in ("softbreak", "hardbreak"):
                self._text("\n")
            elif token.type == "code_inline":
                self._text(token.content, ("code",))
            elif token.content:
                self._text(token.content, href=href)

    def _mark(self, mark: str, edge: str) -> None:
        if edge == "open":
            self.marks.append(mark)
        elif mark in self.marks:
            self.marks.reverse()
            self.marks.remove(mark)
            self.marks.reverse()

    def _text(self, text: str, alone: tuple[str, ...] | None = None, *, href: str | None = None) -> None:
        """``alone``: the only marks, since Telegram nests nothing in code."""
        if self.gap and self.runs:
            self.runs.append(Run(self.gap))
        self.gap = ""
        marks = alone if alone is not None else tuple(dict.fromkeys(self.marks))
        self.runs.append(Run(text, marks, href))


def _slice(runs: list[Run], start: int, end: int) -> Iterator[Run]:
    at = 0
    for run in runs:
        piece = run.text[max(0, start - at) : max(0, end - at)]
        if piece:
            yield replace(run, text=piece)
        at += len(run.text)


def _trimmed(runs: list[Run]) -> list[Run]:
    while runs and not runs[0].text.strip():
        runs = runs[1:]
    while runs and not runs[-1].text.strip():
        runs = runs[:-1]
    if runs:
        runs[0] = replace(runs[0], text=runs[0].text.lstrip())
        runs[-1] = replace(runs[-1], text=runs[-1].text.rstrip())
    return runs


def _cut(text: str, start: int, limit: int) -> int:
    """Where the part that begins at ``start`` ends: never inside what is seen as one character, unless that alone is too long."""
    units, ends = 0, [start]
    for cluster in regex.finditer(r"\X", text, pos=start):
        units += _units(cluster.group())
        if units > limit:
            break
        ends.append(cluster.end())
    end = ends[-1]
    if end == len(text):
        return end
    if end == start:
        return start + max(1, limit // 2)
    whole = set(ends)
    for boundary in ("\n\n", "\n", ". ", " "):
        place = text.rfind(boundary, start + (end - start) // 2, end)
        if place > start and place + len(boundary) in whole:
            return place + len(boundary)
    return end


def _units(text: str) -> int:
    return len(text) + sum(character > "\uffff" for character in text)
