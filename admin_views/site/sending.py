"""How answers leave: files of the site under the fingerprint of them all, compressed once; pages compressed as they are.

A page is sent as it stands when another site made the browser ask for it. It holds secrets (the token of every form,
numbers of people) beside words from the address (a search): whoever could choose the words again and again and see how
long the compressed answer is, would read the secrets by and by (BREACH). A browser says who made it ask; one that does
not say so is not believed.
"""

import gzip
import hashlib
import posixpath
import sys
import threading
from functools import cache, lru_cache, partial
from pathlib import Path

import brotli
from flask import Flask, Response, abort, current_app, request, send_from_directory
from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

FOR_A_YEAR = "public, max-age=31536000, immutable"
MARK_LENGTH = 12
PACKED = {"br": brotli.compress, "gzip": gzip.compress}
"""By which the files are compressed, each as far as it goes: once a process, then they are kept."""

PACKED_KINDS = ("text/css", "text/javascript", "application/javascript", "image/svg+xml")

OWN = ("same-origin", "none")
"""Sec-Fetch-Site of what a page of ours or the person's own hand asked for."""


class Zstandard(threading.local):
    """Zstandard, one for each thread: what it works with else were asked for and given back with each page."""

    def __init__(self) -> None:
        self._compressor = zstd.ZstdCompressor(level=1)

    def __call__(self, content: bytes) -> bytes:
        return self._compressor.compress(content, self._compressor.FLUSH_FRAME)


PAGES_PACKED = {
    "zstd": Zstandard(),
    "br": partial(brotli.compress, quality=4),
    "gzip": partial(gzip.compress, compresslevel=6),
}
"""By which pages are compressed, the one of least work first: each is sent once."""

PACKED_PAGES = ("text/html", "application/json")
WORTH_PACKING = 500
"""Bytes."""
MOST_WAYS = 100


def register(app: Flask) -> None:
    """Add the files' address, and compress what leaves."""
    app.after_request(pack)
    app.add_template_global(asset)
    app.add_url_rule("/static/v-<mark>/<path:filename>", "asset", send_asset)


def pack(response: Response) -> Response:
    """Compress a page of ours for a page of ours; files of the site are, and attachments must begin to arrive at once."""
    if request.endpoint == "asset":
        return response
    depends_on = "Sec-Fetch-Site"
    if request.headers.get("Sec-Fetch-Site") in OWN:
        depends_on = "Accept-Encoding, Sec-Fetch-Site"
        way = _encoding(request.headers.get("Accept-Encoding", ""))
        if way is not None and _is_packed(response):
            response.set_data(PAGES_PACKED[way](response.get_data()))
            response.headers["Content-Encoding"] = way
    told = response.headers.get("Vary")  # as a set it would be taken apart once more for every answer
    response.headers["Vary"] = f"{told}, {depends_on}" if told else depends_on
    return response


def _is_packed(response: Response) -> bool:
    return (
        response.mimetype in PACKED_PAGES
        and not response.is_streamed
        and (response.content_length or 0) >= WORTH_PACKING
        and "Content-Encoding" not in response.headers
    )


@lru_cache(maxsize=MOST_WAYS)
def _encoding(accepted: str) -> str | None:
    """Return the way by which a browser that says this gets its pages."""
    return parse_accept_header(accepted, Accept).best_match(PAGES_PACKED)


def asset(name: str) -> str:
    """Return the address of a static file; it changes with their content, so browsers may keep it for long.

    One mark for them all, in the path: what a script imports or a style sheet shows has it too, by its relative address.
    """
    return f"{request.script_root}/static/v-{mark_of_all()}/{name}"  # url_for would look for the route nine times a page


def mark_of_all() -> str:
    """Return what names the content of the static files, as it was when the process first looked."""
    return _mark_of_all(current_app.static_folder or "")


@cache
def _mark_of_all(folder: str) -> str:
    root, content = Path(folder), hashlib.sha256()
    for path in sorted(root.rglob("*")):
        if path.is_file():
            content.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return content.hexdigest()[:MARK_LENGTH]


def send_asset(mark: str, filename: str) -> Response:
    """Return a static file. Under another mark than the present one it is the file of today, kept by nobody.

    A file has one spelling: each further one ("js/../js/app.js") would be compressed and kept as well.
    """
    if posixpath.normpath(filename) != filename:
        abort(404)
    response = send_from_directory(current_app.static_folder or "", filename)
    if mark != mark_of_all():
        return response
    response.headers["Cache-Control"] = FOR_A_YEAR
    response.vary.add("Accept-Encoding")
    way = request.accept_encodings.best_match(PACKED) if response.mimetype in PACKED_KINDS else None
    if way and response.status_code == 200:
        response.direct_passthrough = False
        response.set_data(_packed(Path(current_app.static_folder or "") / filename, way, mark))
        response.headers["Content-Encoding"] = way
        response.headers.pop("ETag", None)  # named by its address, nobody asks whether it has changed
    return response


@cache
def _packed(path: Path, way: str, _mark: str) -> bytes:
    return PACKED[way](path.read_bytes())
