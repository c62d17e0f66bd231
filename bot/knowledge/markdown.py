"""Markdown of articles: read in one way for every channel, and as HTML that is safe on any page. Pure."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.ruler import RuleOptionsType
from markdown_it.rules_block import StateBlock, list_block
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from bot.addresses import find_addresses

_TAGS = {"p", "br", "strong", "em", "ul", "ol", "li", "a", "code", "pre", "blockquote", "h3", "h4", "hr"}
_ATTRIBUTES = {"a": {"href"}, "ol": {"start"}, "li": {"value"}}
_SCHEMES = {"https", "http", "mailto", "tel"}
_MONTHS = (
    "jan(?:uary?|uar)?|feb(?:ruar[y]?)?|mar(?:ts|ch)?|apr(?:il)?|ma[jy]|jun[ie]?|jul[iy]?|aug(?:ust)?|sep(?:t(?:ember)?)?"
    "|o[kc]t(?:ober)?|nov(?:ember)?|de[cs](?:ember)?"
)
# "15. marts er fristen" is a date, not the fifteenth item of a list.
_DATE = re.compile(rf"\d{{1,2}}[.)][ \t]*(?:{_MONTHS})\b", re.IGNORECASE)


@functools.lru_cache(maxsize=2048)
def to_html(text: str) -> str:
    """HTML with paragraphs, headings, lists, emphasis, code and links only; web and mail addresses are links too, and links
    tell nothing of where they came from."""
    tokens = parse(text)
    for token in tokens:
        if token.children:
            token.children = list(_linked(token.children))
    html = _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {})
    return nh3.clean(html, tags=_TAGS, attributes=_ATTRIBUTES, url_schemes=_SCHEMES, link_rel="noopener noreferrer")


def parse(text: str) -> list[Token]:
    """The tokens of ``text``. Headings are of the levels 3 and 4, which fit under a page's own; a list item whose number is
    not the next one has it as its ``value``, so that it is shown as the editor wrote it."""
    return _MARKDOWN.parse(text)


def _list(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    begin = state.bMarks[start_line] + state.tShift[start_line]
    return not _DATE.match(state.src, begin) and list_block(state, start_line, end_line, silent)


def _show_alike(state: StateCore) -> None:
    """The rule that makes the tokens what ``parse`` promises."""
    lists: list[list[Token]] = []
    for token in state.tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = "h3" if token.tag in ("h1", "h2", "h3") else "h4"
        elif token.type == "ordered_list_open":
            lists.append([token])
        elif token.type == "bullet_list_open":
            lists.append([])
        elif token.type == "list_item_open" and lists[-1]:
            lists[-1].append(token)
        elif token.type in ("ordered_list_close", "bullet_list_close"):
            _number(lists.pop())


def _number(tokens: list[Token]) -> None:
    """``tokens``: an ordered list and its items. Items that all have the same number are left to be counted."""
    numbers = [int(item.info) for item in tokens[1:]]
    if len(set(numbers)) == 1:
        return
    for before, item, number in zip(numbers, tokens[2:], numbers[1:], strict=False):
        if number != before + 1:
            item.attrSet("value", str(number))


def _linked(tokens: list[Token]) -> Iterator[Token]:
    """Inline tokens with the addresses in their text as links; what is a link already stays one."""
    inside = 0
    for token in tokens:
        inside += token.nesting if token.type.startswith("link_") else 0
        if token.type != "text" or inside:
            yield token
            continue
        at = 0
        for found in find_addresses(token.content):
            yield _text(token.content[at : found.start])
            yield Token("link_open", "a", 1, attrs={"href": found.href})
            yield _text(token.content[found.start : found.end])
            yield Token("link_close", "a", -1)
            at = found.end
        yield _text(token.content[at:])


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)


def _image(self: Any, tokens: list[Token], index: int, options: Any, env: Any) -> str:
    return escapeHtml(tokens[index].content)  # its words; no picture is fetched for a reader


def _markdown() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": False, "linkify": False, "breaks": True})
    # What a list may interrupt, as in markdown-it.
    markdown.block.ruler.at("list", _list, RuleOptionsType(alt=["paragraph", "reference", "blockquote"]))
    markdown.core.ruler.push("show_alike", _show_alike)
    markdown.add_render_rule("image", _image)
    return markdown


_MARKDOWN = _markdown()
