"""Our pages: Jinja templates with texts in the reader's language, under a content security policy without exceptions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aiohttp_jinja2
import jinja2
from aiohttp import web
from markupsafe import Markup

from bot.addresses import find_addresses
from bot.web import catalogues
from bot.web.middleware import language_of
from bot.web.static_files import STATIC

FOLDER = Path(__file__).parent / "templates"
_LINK = Markup('<a href="{}" target="_blank" rel="noopener noreferrer">{}</a>')
TRUSTED_TYPES = "require-trusted-types-for 'script'; trusted-types 'none'"


def add_to(app: web.Application) -> None:
    """``static_files`` was added before."""
    environment = aiohttp_jinja2.setup(
        app,
        loader=jinja2.DictLoader(_templates()),
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.install_gettext_callables(catalogues.gettext, catalogues.ngettext, newstyle=True)  # type: ignore[attr-defined]
    environment.policies["ext.i18n.trimmed"] = True
    environment.filters["linked"] = linked
    environment.globals["static"] = app[STATIC].url
    catalogues.read_ahead()


def linked(text: str) -> Markup:
    """``text`` as typed, safe on any page, with web and mail addresses as links."""
    parts, at = Markup(), 0
    for found in find_addresses(text):
        parts += text[at : found.start]
        parts += _LINK.format(found.href, text[found.start : found.end])
        at = found.end
    return parts + text[at:]


def _templates() -> dict[str, str]:
    """Read once: a page must not wait for the disk, and the loop not for the page."""
    return {path.relative_to(FOLDER).as_posix(): path.read_text("utf-8") for path in FOLDER.rglob("*.html")}


def render(
    request: web.Request,
    template: str,
    context: dict[str, Any],
    *,
    status: int = 200,
    ancestors: str = "frame-ancestors 'none'",
    policy: str = TRUSTED_TYPES,
    language: str | None = None,
) -> web.Response:
    """The page, which no shared cache keeps. ``policy`` is added to the content security policy all pages have."""
    language = language or language_of(request)
    token = catalogues.LANGUAGE.set(language)
    try:
        response = aiohttp_jinja2.render_template(template, request, {"language": language, **context}, status=status)
    finally:
        catalogues.LANGUAGE.reset(token)
    response.headers["Content-Security-Policy"] = content_security_policy(ancestors, policy)
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Content-Language"] = language
    response.headers["Vary"] = "Accept-Language"
    return response


def content_security_policy(ancestors: str, more: str) -> str:
    ours = ("script-src", "style-src", "font-src", "img-src", "connect-src", "form-action")
    parts = ["default-src 'none'", *(f"{directive} 'self'" for directive in ours), "base-uri 'none'", ancestors, more]
    return "; ".join(part for part in parts if part)
