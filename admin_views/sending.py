"""How answers leave: files of the site under the fingerprint of them all, compressed once; pages compressed as they are.

A page is sent as it stands when another site made the browser ask for it. It holds secrets (the token of every form,
numbers of people) beside words from the address (a search): whoever could choose the words again and again and see how
long the compressed answer is, would read the secrets by and by (BREACH). A browser says who made it ask; one that does
not say so is not believed.
"""

import gzip
import hashlib
from functools import cache
from pathlib import Path

import brotli
from flask import Flask, Response, current_app, request, send_from_directory
from flask_compress import Compress

FOR_A_YEAR = "public, max-age=31536000, immutable"
MARK_LENGTH = 12
PACKED = {"br": brotli.compress, "gzip": gzip.compress}
"""By which the files are compressed, each as far as it goes: once a process, then they are kept."""

PACKED_KINDS = ("text/css", "text/javascript", "application/javascript", "image/svg+xml")

OWN = ("same-origin", "none")
"""Sec-Fetch-Site of what a page of ours or the person's own hand asked for."""


def register(app: Flask) -> None:
    """Add the files' address, and compress what leaves."""
    app.config["COMPRESS_REGISTER"] = False
    app.config["COMPRESS_ALGORITHM"] = ["zstd", *PACKED]  # a third of the work of br, for as many bytes
    app.config["COMPRESS_STREAMS"] = False  # attachments are packed already, and must begin to arrive at once
    app.config["COMPRESS_EVALUATE_CONDITIONAL_REQUEST"] = False
    packing = Compress(app)

    def pack(response: Response) -> Response:
        if request.endpoint == "asset":
            return response
        if request.headers.get("Sec-Fetch-Site") in OWN:
            response = packing.after_request(response)
        told = response.headers.get("Vary")  # as a set it would be taken apart once more for every answer
        response.headers["Vary"] = f"{told}, Sec-Fetch-Site" if told else "Sec-Fetch-Site"
        return response

    app.after_request(pack)
    app.add_template_global(asset)
    app.add_url_rule("/static/v-<mark>/<path:filename>", "asset", send_asset)


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
    """Return a static file. Under another mark than the present one it is the file of today, kept by nobody."""
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
