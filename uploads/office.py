"""Looks into Word and Excel files, old (OLE compound) and new (a ZIP package), far enough to refuse bad ones.

Never evaluates anything in them, never unpacks to disk, and never holds more than a piece in memory.
"""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

import olefile

from uploads import kinds
from uploads.errors import Fault, Unfit
from uploads.kinds import FileKind

PIECE = 1024 * 1024
"""Bytes read at once."""

MAX_ENTRIES = 5_000
"""Parts of a package. A document with a thousand pictures has 1,100."""

MAX_EXPANDED = 200 * 1024 * 1024
"""Bytes of all parts together, unpacked: what a clerk's Word must hold."""

MAX_CONTENT_TYPES = 1024 * 1024
"""Bytes of the one part that is read as a whole."""

CONTENT_TYPES = "[Content_Types].xml"

# What [Content_Types].xml calls the main part, the folder it lies in, what it makes of the package.
MAIN_PARTS: tuple[tuple[bytes, str, FileKind], ...] = (
    (b"wordprocessingml.document.main+xml", "word/", kinds.DOCX),
    (b"spreadsheetml.sheet.main+xml", "xl/", kinds.XLSX),
    (b"presentationml", "ppt/", kinds.POWERPOINT),
)

# The part of a package without content types, and what it makes of it.
PACKAGES: tuple[tuple[str, FileKind], ...] = (
    ("OFD.xml", kinds.OFD),
    ("Index/Document.iwa", kinds.IWORK),
    ("Index.zip", kinds.IWORK),
    ("AndroidManifest.xml", kinds.PROGRAM),
)

MACRO_PARTS = ("vbaproject.bin", "vbadata.xml")
MACRO_FOLDERS = ("xl/macrosheets/",)

# Streams of a compound file, and what they make of it.
STREAMS: tuple[tuple[str, FileKind], ...] = (
    ("WordDocument", kinds.DOC),
    ("Workbook", kinds.XLS),
    ("Book", kinds.XLS),
    ("PowerPoint Document", kinds.POWERPOINT),
)

# Records of the Workbook stream (Microsoft MS-XLS, 2.4): a password, a sheet, the end of what precedes the sheets.
FILE_PASS, BOUND_SHEET, END_OF_PART = 0x002F, 0x0085, 0x000A
MACRO_SHEET = (5, 1)
"""The byte `dt` of BoundSheet8: a sheet of Excel 4.0 macros."""

MACRO_STORAGES = ("Macros", "_VBA_PROJECT_CUR", "VBA")


# The new files: packages


def package_kind(stream: BinaryIO) -> FileKind:
    """Return what a ZIP file is. Raises Unfit when it is broken, or an Office file too large inside, locked or with macros."""
    if other := _other_archive(stream):
        return other
    with _package(stream) as package:
        names = [entry.filename for entry in package.infolist()]
        if package.getinfo(CONTENT_TYPES).file_size > MAX_CONTENT_TYPES:
            raise Unfit(Fault.EXPANDS)
        types = package.read(CONTENT_TYPES)
        if _has_macros(names) or b"macroEnabled" in types:
            raise Unfit(Fault.MACROS)
        for mark, folder, kind in MAIN_PARTS:
            if mark in types and any(name.startswith(folder) for name in names):
                return kind
        return kinds.READER if b"xps-fixeddocument" in types else kinds.ARCHIVE


def check_package(stream: BinaryIO) -> None:
    """Read every part to its end and check its sum. Raises Unfit when one is damaged."""
    with _package(stream) as package:
        for entry in package.infolist():
            with package.open(entry) as part:
                while part.read(PIECE):
                    pass


@contextmanager
def _package(stream: BinaryIO) -> Iterator[zipfile.ZipFile]:
    _refuse_too_many_entries(stream)
    try:
        with zipfile.ZipFile(stream) as package:
            entries = package.infolist()
            if sum(entry.file_size for entry in entries) > MAX_EXPANDED:
                raise Unfit(Fault.EXPANDS)
            if any(entry.flag_bits & 1 for entry in entries):
                raise Unfit(Fault.PASSWORD)
            # Word knows no other, and the rarer ones take far more memory to unpack.
            if any(
                entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for entry in entries
            ):
                raise Unfit(Fault.DAMAGED)
            yield package
    except Unfit:
        raise
    except Exception as error:  # zipfile raises eight kinds and more for broken bytes
        raise Unfit(Fault.DAMAGED) from error


def _refuse_too_many_entries(stream: BinaryIO) -> None:
    """Count before zipfile makes an object of each: 20 MB hold the headers of 400,000 empty entries."""
    mark = b"PK\x01\x02"
    stream.seek(0)
    count, overlap = 0, b""
    while piece := stream.read(PIECE):
        count += (overlap + piece).count(mark)
        overlap = piece[-(len(mark) - 1) :]
        if count > MAX_ENTRIES:
            raise Unfit(Fault.EXPANDS)


def _has_macros(names: list[str]) -> bool:
    """Judge by the usual names, at once; decoder.py judges by relationships and content types."""
    small = [name.lower() for name in names]
    return any(name.endswith(MACRO_PARTS) or name.startswith(MACRO_FOLDERS) for name in small)


def _other_archive(stream: BinaryIO) -> FileKind | None:
    """Return what a ZIP file is that lists no content types, or None for one that does. Raises Unfit.

    Asked first: whoever sends an archive needs to hear that, not that it is large or has a password.
    """
    _refuse_too_many_entries(stream)
    try:
        with zipfile.ZipFile(stream) as package:
            names = package.namelist()
            if CONTENT_TYPES in names:
                return None
            mimetype = package.getinfo("mimetype") if "mimetype" in names else None
            if mimetype is None or mimetype.file_size > 100 or mimetype.flag_bits & 1:
                return next((kind for name, kind in PACKAGES if name in names), kinds.ARCHIVE)
            return kinds.READER if b"epub" in package.read(mimetype) else kinds.OPEN_DOCUMENT
    except Exception as error:  # zipfile raises eight kinds and more for broken bytes
        raise Unfit(Fault.DAMAGED) from error


# The old files: compounds


def compound_kind(stream: BinaryIO) -> FileKind:
    """Return what an OLE compound file is. Raises Unfit when it is broken, locked or has macros."""
    with _compound(stream) as compound:
        if compound.exists("EncryptedPackage"):  # what a docx or xlsx with a password becomes
            raise Unfit(Fault.PASSWORD)
        kind = next((kind for name, kind in STREAMS if compound.exists(name)), kinds.OTHER_COMPOUND)
        if kind in (kinds.DOC, kinds.XLS) and any(compound.exists(name) for name in MACRO_STORAGES):
            raise Unfit(Fault.MACROS)
        return kind


def check_compound(stream: BinaryIO) -> None:
    """Follow the chains of the main stream to its end. Raises Unfit when it is cut off, locked or has a macro sheet."""
    with _compound(stream) as compound:
        name = next(name for name, _ in STREAMS if compound.exists(name))
        with compound.openstream(name) as main:
            size = compound.get_size(name)
            head = main.read(PIECE)
            if main.seek(0, 2) < size or not size:
                raise Unfit(Fault.DAMAGED)
    if _word_is_locked(head) if name == "WordDocument" else _excel_has(head, FILE_PASS):
        raise Unfit(Fault.PASSWORD)
    if name != "WordDocument" and _excel_has(head, BOUND_SHEET, MACRO_SHEET):
        raise Unfit(Fault.MACROS)


@contextmanager
def _compound(stream: BinaryIO) -> Iterator[Any]:
    stream.seek(0)
    try:
        # It closes what it opened by name only: the stream stays ours.
        with olefile.OleFileIO(stream, raise_defects=olefile.DEFECT_INCORRECT) as compound:
            yield compound
    except Unfit:
        raise
    except Exception as error:  # broken chains surface as IndexError, struct.error, RecursionError and others
        raise Unfit(Fault.DAMAGED) from error


def _word_is_locked(head: bytes) -> bool:
    """The flag fEncrypted of the document's first block."""
    is_word = head[:2] in (b"\xec\xa5", b"\xdc\xa5")
    return is_word and bool(int.from_bytes(head[10:12], "little") & 0x0100)


def _excel_has(head: bytes, wanted: int, value: tuple[int, int] | None = None) -> bool:
    """Return whether such a record, with a byte of this value, precedes the first sheet. A record is kind, length, content."""
    place = 0
    while place + 4 <= len(head):
        kind = int.from_bytes(head[place : place + 2], "little")
        length = int.from_bytes(head[place + 2 : place + 4], "little")
        content = head[place + 4 : place + 4 + length]
        if kind == wanted and (value is None or content[value[0] : value[0] + 1] == bytes([value[1]])):
            return True
        if kind == END_OF_PART:
            return False
        place += 4 + length
    return False
