"""A municipality's website on another origin, that embeds the widget in the ways websites do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import sqlalchemy as sa
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.conversation.service import Services
from bot.store import tables as t

# A tag manager must have a policy of its own to insert scripts under trusted types; the widget needs none.
_TAGS = """
const policy = trustedTypes.createPolicy("tags", { createScriptURL: (url) => url });
document.querySelector("button").addEventListener("click", () => {
  const script = document.createElement("script");
  script.src = policy.createScriptURL("HOTLINE/widget.js");
  script.dataset.municipality = "0000";
  document.head.append(script);
});
"""
_PAGE = """<!doctype html><html lang="da"><head><meta charset="utf-8"><title>Demo Kommune</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="HOTLINE/static/any/pages/icon.svg">{head}</head>
<body><main><h1>Erhverv i Demo Kommune</h1><p>Her står kommunens egne sider.</p>{body}</main></body></html>"""
_SCRIPT = '<script src="HOTLINE/widget.js" data-municipality="0000" async></script>'


def strictest_policy(hotline: str, *, scripts: str = "", policies: str = "hotline") -> str:
    """The policy that docs/api.md names as enough for the widget, and nothing else."""
    socket = hotline.replace("http", "ws", 1)
    return (
        f"default-src 'none'; script-src {hotline}{scripts}; connect-src {hotline} {socket}; style-src {hotline}; img-src {hotline}; "
        f"base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types {policies}"
    )


@asynccontextmanager
async def website(services: Services, hotline: str, *, allowed: bool = True) -> AsyncIterator[str]:
    """Serves ``/`` (the script tag in the page) and ``/late`` (inserted by a tag manager on a click); yields the address."""

    async def get_page(request: web.Request) -> web.Response:
        return _html(_PAGE.format(head=_SCRIPT, body=""), strictest_policy(hotline))

    async def get_late(request: web.Request) -> web.Response:
        body = "<button>Tillad chat</button>"
        policy = strictest_policy(hotline, scripts=" 'self'", policies="hotline tags")
        return _html(_PAGE.format(head='<script src="/tags.js" defer></script>', body=body), policy)

    async def get_tags(request: web.Request) -> web.Response:
        return web.Response(text=_TAGS.replace("HOTLINE", hotline), content_type="text/javascript")

    def _html(text: str, policy: str) -> web.Response:
        headers = {"Content-Security-Policy": policy, "Cross-Origin-Embedder-Policy": "require-corp"}
        return web.Response(text=text.replace("HOTLINE", hotline), content_type="text/html", headers=headers)

    app = web.Application()
    app.router.add_get("/", get_page)
    app.router.add_get("/late", get_late)
    app.router.add_get("/tags.js", get_tags)
    server = TestServer(app)
    await server.start_server()
    address = str(server.make_url("/")).rstrip("/")
    if allowed:
        async with services.database.write() as connection:
            await connection.execute(sa.update(t.municipality).values(origins=[address]))
    try:
        yield address
    finally:
        await server.close()
