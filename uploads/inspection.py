"""Looks whether a file is what its name says, whole, openable and of a permitted kind and size (A11).

Never trusts the name, the browser's content type or a declared length, and never changes the file.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from uploads import decoding, kinds
from uploads.errors import Fault, Refused, Unfit
from uploads.kinds import Kind
from uploads.limits import MAX_BYTES, MEGABYTE
from uploads.names import display_name, extension_of
from uploads.office import check_compound, check_package
from uploads.recognition import recognise
from uploads.sets import PERMITTED, attachments


@dataclass(frozen=True)
class Inspected:
    """What is known of a file that may be stored. `size` in bytes; `pages` of a PDF, None for all others."""

    display_name: str
    extension: str
    content_type: str
    size: int
    pages: int | None


def _checked_by(check: Callable[[BinaryIO], None]) -> Callable[[BinaryIO, Kind], int | None]:
    def pages(stream: BinaryIO, kind: Kind) -> None:
        check(stream)

    return pages


def _picture(stream: BinaryIO, kind: Kind) -> None:
    decoding.check_picture(stream, kind)


def _document(stream: BinaryIO, kind: Kind) -> int:
    return decoding.count_pages(stream)


CHECKS: dict[Kind, Callable[[BinaryIO, Kind], int | None]] = {
    kinds.JPEG: _picture,
    kinds.PNG: _picture,
    kinds.GIF: _picture,
    kinds.BMP: _picture,
    kinds.PDF: _document,
    kinds.DOC: _checked_by(check_compound),
    kinds.XLS: _checked_by(check_compound),
    kinds.DOCX: _checked_by(check_package),
    kinds.XLSX: _checked_by(check_package),
}
"""How a content of each permitted kind is proved whole; each returns its pages or None, or raises Unfit."""


def inspect(stream: BinaryIO, filename: str) -> Inspected:
    """Return what the file is, from its first byte to its last, and leave the stream at its beginning.

    Raises Refused with the sentence for the person.
    """
    name = display_name(filename)
    try:
        extension = _permitted_extension(name)
        size = _permitted_size(stream)
        kind = _kind_as_named(stream, extension)
        pages = CHECKS[kind](stream, kind)
    except Unfit as unfit:
        raise Refused(unfit.fault, name=name, **_LIMITS, **unfit.details) from unfit
    finally:
        stream.seek(0)
    return Inspected(name, extension, kind.content_type, size, pages)


_LIMITS: dict[str, object] = {
    "permitted": PERMITTED,
    "megabytes": MAX_BYTES // MEGABYTE,
    "most_bytes": f"{MAX_BYTES:,}",
    "most_pages": decoding.MAX_PAGES,
    "megapixels": decoding.MAX_PIXELS // 10_000,
}


def _permitted_extension(name: str) -> str:
    extension = extension_of(name)
    if not extension:
        raise Unfit(Fault.NO_EXTENSION)
    if not attachments.extension_allowed(extension):
        raise Unfit(Fault.EXTENSION, extension=extension)
    return extension


def _permitted_size(stream: BinaryIO) -> int:
    size = stream.seek(0, 2)
    if size == 0:
        raise Unfit(Fault.EMPTY)
    if size > MAX_BYTES:
        raise Unfit(Fault.TOO_BIG, size=f"{size:,}")
    return size


def _kind_as_named(stream: BinaryIO, extension: str) -> Kind:
    kind = recognise(stream)
    if kind is None:
        raise Unfit(Fault.UNKNOWN_KIND, extension=extension)
    if extension in kind.extensions:
        return kind
    if kind in kinds.PERMITTED:
        raise Unfit(Fault.OTHER_KIND, extension=extension, kind=kind.name, right=kind.extensions[0])
    raise Unfit(Fault.FOREIGN_KIND, extension=extension, kind=kind.name, advice=kind.advice)
