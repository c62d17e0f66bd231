"""Files for browsers, read once at start: under an address with their content hash they may be kept for ever."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

FOLDER = Path(__file__).parent / "static"
_COMPRESSIBLE = {".js", ".css", ".svg", ".json"}
_TYPES = {".js": "text/javascript", ".woff2": "font/woff2", ".svg": "image/svg+xml"}
_FOR_EVER = "public, max-age=31536000, immutable"
_SHORT = "public, max-age=300"


@dataclass(frozen=True, slots=True)
class _File:
    body: bytes
    gzipped: bytes | None
    content_type: str


class StaticFiles:
    """``version`` changes when any file does. It stands in the path, so that a module's relative imports carry it too."""

    def __init__(self, folder: Path = FOLDER):
        self._files = {
            path.relative_to(folder).as_posix(): _read(path)
            for path in sorted(folder.rglob("*"))
            if path.is_file() and path.suffix != ".md"
        }
        digest = hashlib.sha256()
        for name, file in self._files.items():
            digest.update(name.encode() + b"\0" + file.body)
        self.version = digest.hexdigest()[:12]
        entry = self._files["widget/entry.js"]
        body = entry.body.replace(b"{version}", self.version.encode())
        self._entry = _File(body, gzip.compress(body, 9, mtime=0), entry.content_type)

    def url(self, name: str) -> str:
        """The address of a file; raises KeyError where there is none."""
        self._files[name]
        return f"/static/{self.version}/{name}"

    async def get(self, request: web.Request) -> web.Response:
        """An address of another version (a page loaded before an update) gets the present file, and does not keep it."""
        file = self._files.get(request.match_info["name"])
        if file is None:
            raise web.HTTPNotFound
        kept = _FOR_EVER if request.match_info["version"] == self.version else "no-cache"
        return _response(request, file, kept)

    async def get_widget(self, request: web.Request) -> web.Response:
        """The widget's entry under its stable address: it names the version of everything else."""
        return _response(request, self._entry, _SHORT)


STATIC = web.AppKey("static", StaticFiles)


def add_to(app: web.Application) -> None:
    files = app[STATIC] = StaticFiles()
    app.router.add_get("/widget.js", files.get_widget)
    app.router.add_get("/static/{version}/{name:.+}", files.get)


def _read(path: Path) -> _File:
    body = path.read_bytes()
    gzipped = gzip.compress(body, 9, mtime=0) if path.suffix in _COMPRESSIBLE else None
    kind = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return _File(body, gzipped, kind)


def _response(request: web.Request, file: _File, kept: str) -> web.Response:
    etag = hashlib.sha256(file.body).hexdigest()[:16]
    headers = {
        "Cache-Control": kept,
        "ETag": f'"{etag}"',
        "Vary": "Accept-Encoding",
        # The widget is loaded by other websites: as modules, and by pages that ask for isolation.
        "Access-Control-Allow-Origin": "*",
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    if any(known.value in (etag, "*") for known in request.if_none_match or ()):
        return web.Response(status=304, headers=headers)
    body = file.body
    if file.gzipped is not None and "gzip" in request.headers.get("Accept-Encoding", ""):
        body = file.gzipped
        headers["Content-Encoding"] = "gzip"
    return web.Response(body=body, content_type=file.content_type, charset=_charset(file.content_type), headers=headers)


def _charset(content_type: str) -> str | None:
    return "utf-8" if content_type.startswith("text/") else None
