"""Answers that carry an attachment. The caller has checked the scope: these functions ask nobody anything.

Never lets a browser open a stranger's file in place: originals are downloads, what is shown is our own picture.
"""

import os
from typing import BinaryIO
from urllib.parse import quote

from flask import Response, request, send_file

from uploads.names import display_name as cleaned
from uploads.names import extension_of
from uploads.preview import CONTENT_TYPE, PreviewCache, preview
from uploads.storage import Storage

PREVIEW_SECONDS = 300
"""How long a reviewer's browser may turn pages without asking again."""

SHUT = "sandbox; default-src 'none'"
"""Content-Security-Policy of every answer here, should a browser open it as a page after all."""


def send_original(storage: Storage, name: str, display_name: str, content_type: str) -> Response:
    """Return the file as it came, as a download under its owner's name. Raises FileNotFoundError."""
    file = storage.open(name)
    response = send_file(file, mimetype=content_type, conditional=False, etag=False)
    response.content_length = _size(file)
    response.headers["Content-Disposition"] = _download_as(display_name)
    # A copy of somebody's identity card must not stay on the disk of a shared computer.
    response.headers["Cache-Control"] = "private, no-store"
    return _shut(response)


def send_preview(
    storage: Storage, previews: PreviewCache, name: str, extension: str, page: int = 1, width: int = 900
) -> Response:
    """Return our picture of a page, shown in place, or 304 when the browser has it.

    Raises NotShown for what cannot be shown, FileNotFoundError when the file is gone.
    """
    content = previews.get(name, page, width)
    if content is None:
        with storage.open(name) as file:
            shown = preview(file, extension, page, width)
        content = shown.content
        previews.put(name, page, width, content)
    response = Response(content, mimetype=CONTENT_TYPE)
    response.headers["Content-Disposition"] = "inline"
    response.headers["Cache-Control"] = f"private, max-age={PREVIEW_SECONDS}"
    response.set_etag(f"{name.replace('/', '')}-{page}-{width}")
    response.make_conditional(request)
    return _shut(response)


def _download_as(display_name: str) -> str:
    name = cleaned(display_name)
    plain = f"attachment.{extension_of(name)}" if extension_of(name) else "attachment"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _shut(response: Response) -> Response:
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = SHUT
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


def _size(file: BinaryIO) -> int:
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    return size
