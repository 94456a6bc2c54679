"""Pictures that we make of attachments, because no byte of a stranger's file is ever shown in place.

Never shows Word or Excel files, and keeps nothing of a file longer than the file itself.
"""

import os
import secrets
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

from uploads import decoding, kinds
from uploads.errors import NotShown, Unfit
from uploads.kinds import FileKind
from uploads.storage import is_older

WIDTHS = (160, 900, 1800)
"""Pixels: in a list, in a page, zoomed. No others, so that nobody fills the disk with sizes."""

UNUSED = timedelta(days=30)
"""How long a picture that nobody looks at is kept; it can be made again."""

CONTENT_TYPE = "image/jpeg"

_PICTURES: dict[str, FileKind] = {
    extension: kind for kind in (kinds.JPEG, kinds.PNG, kinds.GIF, kinds.BMP) for extension in kind.extensions
}


@dataclass(frozen=True)
class Preview:
    """A picture of ours, ready to be sent."""

    content: bytes
    content_type: str = CONTENT_TYPE


def is_shown(extension: str) -> bool:
    """Return whether a file of this extension can be shown in place at all."""
    return extension in _PICTURES or extension in kinds.PDF.extensions


def preview(stream: BinaryIO, extension: str, page: int = 1, width: int = 900) -> Preview:
    """Return one page, the first being 1, as a picture at most `width` pixels wide, upright, on white.

    Raises NotShown for a kind, page or width that there is none of, and for a file that cannot be decoded.
    """
    if width not in WIDTHS:
        raise NotShown
    try:
        if extension in kinds.PDF.extensions:
            return Preview(decoding.draw_page(stream, page, width))
        if extension in _PICTURES and page == 1:
            return Preview(decoding.draw_picture(stream, _PICTURES[extension], width))
    except Unfit as unfit:
        raise NotShown from unfit
    raise NotShown


class PreviewCache:
    """Pictures already made, under the stored file's random name: they go when it goes."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def get(self, name: str, page: int, width: int) -> bytes | None:
        """Return the picture or None. Looking at it makes it young again."""
        path = self._path(name, page, width)
        try:
            content = path.read_bytes()
            os.utime(path)
        except OSError:
            return None
        return content

    def put(self, name: str, page: int, width: int, content: bytes) -> None:
        """Keep the picture if there is room; a full disk costs the next reader some time and nothing else."""
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
        for path in (self.root / name).parent.glob(f"{Path(name).name}-*"):
            path.unlink(missing_ok=True)

    def sweep(self, older_than: timedelta = UNUSED) -> int:
        """Remove what nobody looked at for so long; return how many."""
        latest = time.time() - older_than.total_seconds()
        removed = 0
        for path in self.root.glob("*/*/*"):
            if is_older(path, latest):
                path.unlink(missing_ok=True)
                removed += 1
        return removed

    def _path(self, name: str, page: int, width: int) -> Path:
        return self.root / f"{name}-{page:d}-{width:d}.jpg"
