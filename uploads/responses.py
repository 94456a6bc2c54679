"""Answers that carry an attachment. The caller has checked the scope: these functions ask nobody anything.

Never lets a browser open a stranger's file in place: originals are downloads, what is shown is our own picture.
"""

import os
from typing import BinaryIO
from urllib.parse import quote

from flask import Response, request
from werkzeug.wsgi import wrap_file

from uploads.names import display_name as cleaned
from uploads.names import extension_of
from uploads.preview import CONTENT_TYPE, PreviewCache, preview
from uploads.storage import Storage

SHUT = {
    # Should a browser open the answer as a page after all, it may do nothing there: the site's own policy lets more.
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def send_original(storage: Storage, name: str, display_name: str, content_type: str) -> Response:
    """Return the file as it came, as a download under its owner's name. Raises FileNotFoundError."""
    file = storage.open(name)
    answer = Response(wrap_file(request.environ, file), mimetype=content_type, direct_passthrough=True)
    answer.content_length = _size(file)
    answer.headers.update(SHUT)
    answer.headers["Content-Disposition"] = download_as(display_name)
    # A copy of somebody's identity card must not stay on the disk of a shared computer.
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def send_preview(
    storage: Storage, previews: PreviewCache, name: str, extension: str, page: int = 1, width: int = 900
) -> Response:
    """Return our picture of a page, shown in place, or 304 when the browser has it. It asks each time: after the logout
    nobody may see it.

    Raises NotShown for what cannot be shown, FileNotFoundError when the file is gone.
    """
    content = previews.get(name, page, width)
    if content is None:
        with storage.open(name) as file:
            shown = preview(file, extension, page, width)
        content = shown.content
        previews.put(name, page, width, content)
        if any(storage.missing([name])):  # its owner removed it meanwhile, and the picture with it
            previews.forget(name)
    answer = Response(content, mimetype=CONTENT_TYPE)
    answer.headers.update(SHUT)
    answer.headers["Content-Disposition"] = "inline"
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.set_etag(f"{name.replace('/', '')}-{page}-{width}")
    answer.make_conditional(request)
    return answer


def download_as(display_name: str) -> str:
    """Return the header of a download under this name. A header holds no Chinese but in this way: no server sends it."""
    name = cleaned(display_name)
    plain = f"attachment.{extension_of(name)}" if extension_of(name) else "attachment"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _size(file: BinaryIO) -> int:
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    return size
