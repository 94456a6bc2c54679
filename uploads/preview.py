"""Previews of attachments: pictures that we draw. Browsers never open the uploaded file itself within the site.

There are none of Word and Excel files. A file's previews are deleted with the file.
"""

import os
import secrets
import time
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO, NamedTuple

from uploads import decoding, kinds
from uploads.errors import InvalidFile, NoPreview
from uploads.kinds import FileKind
from uploads.storage import (
    UNUSED_LIFETIME,
    Previews,
    Storage,
    checked_name,
    is_older,
    preview_name,
)

WIDTHS = (decoding.SMALL_WIDTH, 900, 1800)
"""Pixels: in a list, in a page, zoomed. No others are allowed, so that requests cannot fill the disk."""

CONTENT_TYPE = "image/jpeg"

_PICTURES: dict[str, FileKind] = {
    extension: kind for kind in (kinds.JPEG, kinds.PNG, kinds.GIF, kinds.BMP) for extension in kind.extensions
}


class Preview(NamedTuple):
    """A preview, ready to be sent."""

    content: bytes
    content_type: str = CONTENT_TYPE


def has_preview(extension: str) -> bool:
    """Return whether files with this extension have previews."""
    return extension in _PICTURES or extension in kinds.PDF.extensions


def preview(stream: BinaryIO, extension: str, page: int = 1, width: int = 900) -> Preview:
    """Return one page as an upright picture on white, at most `width` pixels wide; `page` counts from 1.

    Raises NoPreview when the kind, page or width has none, or the file cannot be decoded.
    """
    if width not in WIDTHS:
        raise NoPreview
    try:
        if extension in kinds.PDF.extensions:
            return Preview(decoding.draw_page(stream, page, width))
        if extension in _PICTURES and page == 1:
            return Preview(decoding.draw_picture(stream, _PICTURES[extension], width))
    except InvalidFile as invalid:
        raise NoPreview from invalid
    raise NoPreview


class PreviewCache:
    """The previews that have been drawn, under the stored file's random name. They are deleted with the file."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def get(self, name: str, page: int, width: int) -> bytes | None:
        """Return the picture, or None. Resets its age."""
        path = self._path(name, page, width)
        try:
            content = path.read_bytes()
            os.utime(path)
        except OSError:
            return None
        return content

    def put(self, name: str, page: int, width: int, content: bytes) -> None:
        """Store the picture. On a full disk does nothing: the next request draws it again."""
        path = self._path(name, page, width)
        arriving = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            arriving.write_bytes(content)
            arriving.rename(path)
        except OSError:
            arriving.unlink(missing_ok=True)

    def forget(self, name: str) -> None:
        """Remove all pictures of a file."""
        for path in (self.root / checked_name(name)).parent.glob(f"{Path(name).name}-*"):
            path.unlink(missing_ok=True)

    def sweep(self, older_than: timedelta = UNUSED_LIFETIME) -> int:
        """Delete the pictures that nobody opened for this time; return their number."""
        latest = time.time() - older_than.total_seconds()
        removed = 0
        for path in self.root.glob("*/*/*"):
            if is_older(path, latest):
                path.unlink(missing_ok=True)
                removed += 1
        return removed

    def _path(self, name: str, page: int, width: int) -> Path:
        return self.root / preview_name(name, page, width)


def draw_cached(
    storage: Storage, previews: Previews, name: str, extension: str, page: int, width: int
) -> bytes:
    """Draw a page of a stored file, cache it and return it.

    Raises NoPreview when there is none, FileNotFoundError when the file is gone, StorageUnavailable.
    """
    with storage.open_local(name) as file:
        content = preview(file, extension, page, width).content
    previews.put(name, page, width, content)
    if any(storage.missing([name])):  # its owner has removed the file meanwhile
        previews.forget(name)
    return content
