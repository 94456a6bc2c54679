"""HTTP responses with an attachment. They check no permission: the caller has checked the scope.

Originals are always downloads. What a browser shows in place is a preview that we drew.
"""

import os
from collections.abc import Callable
from http import HTTPStatus
from typing import BinaryIO
from urllib.parse import quote

from flask import Response, request
from flask_babel import gettext
from werkzeug.wsgi import wrap_file

from uploads.errors import CheckUnavailable, StorageFull, StorageUnavailable
from uploads.names import display_name as cleaned
from uploads.names import extension_of
from uploads.preview import CONTENT_TYPE, draw_cached
from uploads.storage import Previews, Storage

RETRY_SECONDS = 60
"""Retry-After while the storage does not answer."""

LEAST_WIDTH_OF_TEXT = 600
"""Pixels of a picture in which a sentence can be read."""

ISOLATION_HEADERS = {
    # If a browser opens the response as a page after all, it may do nothing there. The site's own policy is less strict.
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def send_original(storage: Storage, name: str, display_name: str, content_type: str) -> Response:
    """Return the original file as a download with its display name. Raises FileNotFoundError."""
    file = storage.open(name)
    response = Response(wrap_file(request.environ, file), mimetype=content_type, direct_passthrough=True)
    response.content_length = _size(file)
    return as_private_download(response, display_name)


def as_private_download(response: Response, display_name: str) -> Response:
    """Make the response a download with this name that no browser shows as a page or keeps; return it."""
    response.headers.update(ISOLATION_HEADERS)
    response.headers["Content-Disposition"] = content_disposition(display_name)
    # A copy of somebody's identity card must not stay on the disk of a shared computer.
    response.headers["Cache-Control"] = "private, no-store"
    return response


def send_preview(
    storage: Storage,
    previews: Previews,
    name: str,
    extension: str,
    page: int = 1,
    width: int = 900,
    before_drawing: Callable[[], None] = lambda: None,
) -> Response:
    """Return the preview of a page; 304, without reading it, when the browser has it cached. The browser must ask each time, so
    that nobody sees it after the logout. `before_drawing` is called when it has not been drawn yet.

    Raises NoPreview when there is none, FileNotFoundError when the file is gone.
    """
    etag = f"{name.replace('/', '')}-{page}-{width}"
    try:
        content = b"" if request.if_none_match.contains(etag) else previews.get(name, page, width)
        if content is None:
            before_drawing()
            content = draw_cached(storage, previews, name, extension, page, width)
    except (StorageUnavailable, StorageFull, CheckUnavailable):
        return _sentence_as_picture(width)
    response = Response(content, mimetype=CONTENT_TYPE)
    response.headers.update(ISOLATION_HEADERS)
    response.headers["Content-Disposition"] = "inline"
    response.headers["Cache-Control"] = "private, no-cache"
    response.set_etag(etag)
    response.make_conditional(request)
    return response


def _sentence_as_picture(width: int) -> Response:
    """Return a picture that says: the storage or the program that draws does not answer. A browser shows it despite its status."""
    sentence = gettext("图片暂时不能显示，请过几分钟再打开。")
    size = "18" if width > LEAST_WIDTH_OF_TEXT else "0"  # a small picture has no room for it
    drawn = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="160"><title>{sentence}</title>'
        f'<rect width="100%" height="100%" fill="#eef0f2"/><text x="50%" y="50%" font-family="sans-serif" font-size="{size}"'
        f' fill="#3d4650" text-anchor="middle">{sentence}</text></svg>'
    )
    response = Response(drawn, HTTPStatus.SERVICE_UNAVAILABLE, mimetype="image/svg+xml")
    response.headers.update(ISOLATION_HEADERS)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response


def content_disposition(display_name: str) -> str:
    """Return the Content-Disposition header of a download with this name. Chinese needs the `filename*` form (RFC 6266)."""
    name = cleaned(display_name)
    plain = f"attachment.{extension_of(name)}" if extension_of(name) else "attachment"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _size(file: BinaryIO) -> int:
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    return size
