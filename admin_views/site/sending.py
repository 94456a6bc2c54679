"""How responses are sent: static files under a fingerprint of them all, compressed once; pages compressed one by one.

A page is not compressed when another site caused the request. It contains secrets (CSRF token, identity numbers) beside
text from the URL (a search); an attacker who varies that text and observes the compressed length could recover the
secrets (BREACH). Browsers say in Sec-Fetch-Site who caused a request; without that header a page is not compressed.
"""

import gzip
import hashlib
import posixpath
import sys
from collections.abc import Callable
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
FILE_ENCODINGS = {"br": brotli.compress, "gzip": gzip.compress}
"""Compressors of static files at their highest level: each file is compressed once a process and cached."""

COMPRESSED_FILE_TYPES = ("text/css", "text/javascript", "application/javascript", "image/svg+xml")

OWN_SITE = ("same-origin", "none")
"""Sec-Fetch-Site of requests from our own pages or typed by the person."""


FASTEST = -1
"""Zstandard's level of pages: a list is an eighth longer than at level 1, half a KB, and takes a quarter less time."""


_compressor = zstd.ZstdCompressor(level=FASTEST)
"""One for all threads, which take turns: each has buffers of 140 KB."""


def compress_page(content: bytes) -> bytes:
    """Return a page as one Zstandard frame."""
    return _compressor.compress(content, zstd.ZstdCompressor.FLUSH_FRAME)


PAGE_ENCODINGS = {
    "zstd": compress_page,
    "br": partial(brotli.compress, quality=4),
    "gzip": partial(gzip.compress, compresslevel=6),
}
"""Compressors of pages, the fastest first: each page is sent once."""

COMPRESSED_PAGE_TYPES = ("text/html", "application/json")
LEAST_COMPRESSED = 500
"""Bytes."""
MOST_HEADERS = 100


def register(app: Flask) -> None:
    """Add the route of static files, and compress responses."""
    app.after_request(compress_response)
    app.add_template_global(_asset_url(app.static_folder or ""), "asset")
    app.add_url_rule("/static/v-<mark>/<path:filename>", "asset", send_asset)


def compress_response(response: Response) -> Response:
    """Compress a page requested from our own site. Static files already are; attachments must stream at once."""
    if request.endpoint == "asset":
        return response
    depends_on = "Sec-Fetch-Site"
    if request.headers.get("Sec-Fetch-Site") in OWN_SITE:
        depends_on = "Accept-Encoding, Sec-Fetch-Site"
        encoding = _encoding(request.headers.get("Accept-Encoding", ""))
        if encoding is not None and _is_compressible(response):
            response.set_data(PAGE_ENCODINGS[encoding](response.get_data()))
            response.headers["Content-Encoding"] = encoding
    vary = response.headers.get("Vary")  # cheaper than response.vary, which parses the header
    response.headers["Vary"] = f"{vary}, {depends_on}" if vary else depends_on
    return response


def _is_compressible(response: Response) -> bool:
    return (
        response.mimetype in COMPRESSED_PAGE_TYPES
        and not response.is_streamed
        and (response.content_length or 0) >= LEAST_COMPRESSED
        and "Content-Encoding" not in response.headers
    )


@lru_cache(maxsize=MOST_HEADERS)
def _encoding(accepted: str) -> str | None:
    """Return the encoding of pages for an Accept-Encoding header; None for none."""
    return parse_accept_header(accepted, Accept).best_match(PAGE_ENCODINGS)


def _asset_url(folder: str) -> Callable[[str], str]:
    """Return the function that gives templates the URL of a static file. It changes with the content, so browsers may cache it
    for long.

    One fingerprint for all files, in the path: relative imports of scripts and style sheets then include it.
    """

    def asset(name: str) -> str:
        # url_for would search the route nine times a page
        return f"{request.script_root}/static/v-{_mark_of_all(folder)}/{name}"

    return asset


def mark_of_all() -> str:
    """Return the fingerprint of the static files, computed once a process."""
    return _mark_of_all(current_app.static_folder or "")


@cache
def _mark_of_all(folder: str) -> str:
    root, content = Path(folder), hashlib.sha256()
    for path in sorted(root.rglob("*")):
        if path.is_file():
            content.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return content.hexdigest()[:MARK_LENGTH]


def send_asset(mark: str, filename: str) -> Response:
    """Send a static file. Under an outdated fingerprint the current file is sent without caching.

    Only the normal path is accepted: "js/../js/app.js" would be compressed and cached a second time.
    """
    if posixpath.normpath(filename) != filename:
        abort(404)
    response = send_from_directory(current_app.static_folder or "", filename)
    if mark != mark_of_all():
        return response
    response.headers["Cache-Control"] = FOR_A_YEAR
    response.vary.add("Accept-Encoding")
    encoding = (
        request.accept_encodings.best_match(FILE_ENCODINGS)
        if response.mimetype in COMPRESSED_FILE_TYPES
        else None
    )
    if encoding and response.status_code == 200:
        response.direct_passthrough = False
        response.set_data(_compressed_file(Path(current_app.static_folder or "") / filename, encoding, mark))
        response.headers["Content-Encoding"] = encoding
        response.headers.pop("ETag", None)  # the URL identifies the content, so it is never revalidated
    return response


@cache
def _compressed_file(path: Path, encoding: str, _mark: str) -> bytes:
    return FILE_ENCODINGS[encoding](path.read_bytes())
