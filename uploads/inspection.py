"""Checks that a file is complete, can be opened, matches its name, and is of a permitted kind and size (A11).

Never trusts the name, the browser's content type or a declared length, and never changes the file.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import BinaryIO, NamedTuple

from flask_babel import LazyString, gettext

from common import paper_codes
from uploads import decoding, kinds
from uploads.errors import Fault, FileRefused, InvalidFile
from uploads.kinds import FileKind
from uploads.limits import MAX_BYTES, MEGABYTE
from uploads.names import display_name, extension_of, renamed
from uploads.office_documents import check_compound, check_package
from uploads.recognition import is_text, recognise
from uploads.sets import PERMITTED


class Inspected(NamedTuple):
    """The properties of a file that may be stored. `size` is in bytes; `pages` is None for all kinds but PDF.

    `notes` are values of notes.Note.
    """

    display_name: str
    extension: str
    content_type: str
    size: int
    pages: int | None
    notes: tuple[str, ...] = ()
    form_code: str | None = None
    """The code of the printed form that the file shows; "" for none, None where none was looked for."""
    small: bytes = b""
    """The small picture of its first page (decoding.SMALL_WIDTH); b"" for a kind without pictures."""


class Checked(NamedTuple):
    """What the check of a content found."""

    pages: int | None = None
    notes: tuple[str, ...] = ()
    small: bytes = b""


def _picture(stream: BinaryIO, kind: FileKind) -> Checked:
    return Checked(small=decoding.check_picture(stream, kind))


def _document(stream: BinaryIO, kind: FileKind) -> Checked:
    return Checked(*decoding.check_document(stream))


def _compound(stream: BinaryIO, kind: FileKind) -> Checked:
    check_compound(stream)
    return Checked()


def _package(stream: BinaryIO, kind: FileKind) -> Checked:
    check_package(stream)
    return Checked(notes=decoding.check_relationships(stream))


CHECKS: dict[FileKind, Callable[[BinaryIO, FileKind], Checked]] = {
    kinds.JPEG: _picture,
    kinds.PNG: _picture,
    kinds.GIF: _picture,
    kinds.BMP: _picture,
    kinds.PDF: _document,
    kinds.DOC: _compound,
    kinds.XLS: _compound,
    kinds.DOCX: _package,
    kinds.XLSX: _package,
}
"""The check for the content of each permitted kind. Raises InvalidFile."""


def inspect(
    stream: BinaryIO,
    filename: str,
    allowed: Sequence[FileKind] = kinds.PERMITTED,
    *,
    find_form_code: bool = False,
    meanwhile: Callable[[], None] = lambda: None,
) -> Inspected:
    """Check the whole file and return its properties. Leaves the stream at its beginning.

    The content decides; the name must not contradict it. A file without an extension, or with an alias such as .jfif, gets
    the usual extension. `meanwhile` is called while the content is checked, of a file whose kind is permitted.
    Raises FileRefused with the sentence for the person.
    """
    name = display_name(filename)
    limits = {**_LIMITS, "permitted": _in_words(allowed)}
    try:
        size = _permitted_size(stream)
        extension = _announced(name)
        kind = _kind_as_named(stream, extension, allowed)
        with ThreadPoolExecutor(1) as beside:
            checking = beside.submit(CHECKS[kind], stream, kind)
            meanwhile()
            checked = checking.result()
        form_code = _form_code(stream, kind) if find_form_code else None
    except InvalidFile as invalid:
        raise FileRefused(invalid.fault, name=name, **{**limits, **invalid.details}) from invalid
    finally:
        stream.seek(0)
    if extension not in kind.extensions:
        extension = kind.extensions[0]
        name = renamed(name, extension)
    return Inspected(
        name, extension, kind.content_type, size, checked.pages, checked.notes, form_code, checked.small
    )


def _form_code(stream: BinaryIO, kind: FileKind) -> str:
    read = (paper_codes.parse(text) for text in decoding.read_codes(stream, kind))
    return next((code.text for code in read if code is not None), "")


def check_announced_size(filename: str, size: int) -> None:
    """Raise FileRefused for a file that says before it comes that it is too big."""
    if size > MAX_BYTES:
        raise FileRefused(Fault.TOO_BIG, name=display_name(filename), **{**_LIMITS, "size": f"{size:,}"})


_LIMITS: dict[str, object] = {
    "megabytes": MAX_BYTES // MEGABYTE,
    "most_bytes": f"{MAX_BYTES:,}",
    "most_pages": decoding.MAX_PAGES,
    "megapixels": decoding.MAX_PIXELS // 10_000,
}


def _in_words(allowed: Sequence[FileKind]) -> LazyString:
    if allowed is kinds.PERMITTED:
        return PERMITTED
    return LazyString(lambda: gettext("、").join(each for kind in allowed for each in kind.extensions))


def _announced(name: str) -> str:
    """Return the extension of a name, "" when it has none. The end of 身份证2026.11.28 is a date, no extension."""
    extension = extension_of(name)
    return "" if extension.isdigit() and extension not in kinds.BY_EXTENSION else extension


def _permitted_size(stream: BinaryIO) -> int:
    size = stream.seek(0, 2)
    if size == 0:
        raise InvalidFile(Fault.EMPTY)
    if size > MAX_BYTES:
        raise InvalidFile(Fault.TOO_BIG, size=f"{size:,}")
    return size


def _kind_as_named(stream: BinaryIO, extension: str, allowed: Sequence[FileKind]) -> FileKind:
    """Return the kind of the content. Raises InvalidFile with advice when it is not allowed or does not match the name."""
    announced = kinds.BY_EXTENSION.get(extension)
    try:
        kind = recognise(stream)
    except InvalidFile:
        if announced in (None, *kinds.PERMITTED):
            raise
        kind = None  # the extension decides: a broken archive, or one with a password, is still an archive
    if extension in ("xls", "xlsx") and _is_sheet_as_text(stream, kind):
        raise InvalidFile(Fault.SHEET_AS_TEXT if extension == "xls" else Fault.SHEET_AS_XLSX)
    if kind not in kinds.PERMITTED:
        raise _foreign(kind, announced, extension)
    if announced not in (None, *kinds.PERMITTED):
        if kind in announced.may_contain:
            raise InvalidFile(Fault.KNOWN_KIND, kind=announced.name, advice=announced.advice)
        raise InvalidFile(Fault.EXTENSION, extension=extension, advice=_rename(kind))
    if announced is None and extension:
        raise InvalidFile(Fault.EXTENSION, extension=extension, advice=_rename(kind))
    if announced not in (None, kind):
        raise InvalidFile(Fault.OTHER_KIND, extension=extension, kind=kind.name, right=kind.extensions[0])
    if kind not in allowed:
        raise InvalidFile(Fault.EXTENSION, extension=extension or kind.extensions[0], advice="")
    return kind


def _foreign(kind: FileKind | None, announced: FileKind | None, extension: str) -> InvalidFile:
    """Return the error for a content of a kind that is unknown or not permitted."""
    if announced not in (None, *kinds.PERMITTED) and (kind is None or kind.is_container):
        kind = announced
    if kind is not None and announced in kinds.PERMITTED:
        return InvalidFile(Fault.FOREIGN_KIND, extension=extension, kind=kind.name, advice=kind.advice)
    if kind is not None:
        return InvalidFile(Fault.KNOWN_KIND, kind=kind.name, advice=kind.advice)
    if not extension:
        return InvalidFile(Fault.NO_EXTENSION)
    return InvalidFile(
        Fault.EXTENSION if announced is None else Fault.UNKNOWN_KIND, extension=extension, advice=""
    )


def _is_sheet_as_text(stream: BinaryIO, kind: FileKind | None) -> bool:
    """Office systems export tables as HTML, MHTML, SpreadsheetML 2003, CSV or a bare stream, and name them .xls."""
    return kind in (kinds.WEB_PAGE, kinds.XML, kinds.RAW_SHEET) or (kind is None and is_text(stream))


def _rename(kind: FileKind) -> LazyString:
    return LazyString(
        lambda: gettext(
            "它的内容是“%(kind)s”，把扩展名改为 .%(right)s 后即可上传。",
            kind=kind.name,
            right=kind.extensions[0],
        )
    )
