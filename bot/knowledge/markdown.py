"""Markdown of articles to HTML that is safe on any page. Pure."""

from __future__ import annotations

import functools

import nh3
from markdown_it import MarkdownIt

_MARKDOWN = MarkdownIt("commonmark", {"html": False, "linkify": False, "breaks": True})
_TAGS = {"p", "br", "strong", "em", "ul", "ol", "li", "a", "code", "blockquote", "h3", "h4"}
_SCHEMES = {"https", "http", "mailto", "tel"}


@functools.lru_cache(maxsize=2048)
def to_html(text: str) -> str:
    """HTML with paragraphs, lists, emphasis and links only; links open apart and tell nothing of where they came from."""
    return nh3.clean(
        _MARKDOWN.render(text),
        tags=_TAGS,
        attributes={"a": {"href"}},
        url_schemes=_SCHEMES,
        link_rel="noopener noreferrer",
    )
