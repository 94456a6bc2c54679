"""Checks Word and Excel files, old ones (OLE compound files) and new ones (ZIP packages).

Never evaluates anything in them, never unpacks to disk, and never has more than one chunk in memory.
"""

import re
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, BinaryIO

import olefile

from uploads import kinds
from uploads.errors import Fault, InvalidFile
from uploads.kinds import FileKind

CHUNK_BYTES = 1024 * 1024
"""Bytes that are read at a time."""

MAX_ENTRIES = 5_000
"""Parts of a package. A document with a thousand pictures has 1,100."""

MAX_UNPACKED_BYTES = 200 * 1024 * 1024
"""Bytes of all parts together, unpacked: a clerk's Word must be able to open them."""

MAX_CONTENT_TYPES_BYTES = 1024 * 1024
"""Bytes of [Content_Types].xml, the only part that is read as a whole."""

CONTENT_TYPES = "[Content_Types].xml"

# The content type of the main part, its folder, and the kind of the package.
MAIN_PARTS: tuple[tuple[bytes, str, FileKind], ...] = (
    (b"wordprocessingml.document.main+xml", "word/", kinds.DOCX),
    (b"spreadsheetml.sheet.main+xml", "xl/", kinds.XLSX),
    (b"presentationml", "ppt/", kinds.POWERPOINT),
)

# A part of a package without content types, and the kind of the package.
OTHER_PACKAGES: tuple[tuple[str, FileKind], ...] = (
    ("OFD.xml", kinds.OFD),
    ("Index/Document.iwa", kinds.IWORK),
    ("Index.zip", kinds.IWORK),
    ("AndroidManifest.xml", kinds.PROGRAM),
)

MACRO_TYPE = b"macroEnabled"
"""Occurs in the content type of the main part of .docm, .xlsm, .xlsb and their templates."""
_EXTENSION = re.compile(rb"""\sExtension\s*=\s*["']([^"']*)""")

MACRO_PARTS = ("vbaproject.bin", "vbadata.xml")
MACRO_FOLDERS = ("xl/macrosheets/",)

# The main stream of a compound file, and the kind of the file.
MAIN_STREAMS: tuple[tuple[str, FileKind], ...] = (
    ("WordDocument", kinds.DOC),
    ("Workbook", kinds.XLS),
    ("Book", kinds.XLS),
    ("PowerPoint Document", kinds.POWERPOINT),
)

# Records of the Workbook stream (Microsoft MS-XLS, 2.4): a password, a sheet, the end of the part before the sheets.
FILE_PASS, BOUND_SHEET, END_OF_PART = 0x002F, 0x0085, 0x000A
MACRO_SHEET = (5, 1)
"""The byte `dt` of BoundSheet8: a sheet of Excel 4.0 macros."""

MACRO_STORAGES = ("Macros", "_VBA_PROJECT_CUR", "VBA")


# The new files: packages


def package_kind(stream: BinaryIO) -> FileKind:
    """Return the kind of a ZIP file. Raises InvalidFile when it is broken, or an Office file that is too large unpacked, has a
    password or contains macros."""
    if other := _kind_of_archive(stream):
        return other
    with _package(stream) as package:
        names = [entry.filename for entry in package.infolist()]
        if package.getinfo(CONTENT_TYPES).file_size > MAX_CONTENT_TYPES_BYTES:
            raise InvalidFile(Fault.EXPANDS)
        types = package.read(CONTENT_TYPES)
        if _has_macros(names) or _is_typed_as_macros(types, names):
            raise InvalidFile(Fault.MACROS)
        for mark, folder, kind in MAIN_PARTS:
            if mark in types and any(name.startswith(folder) for name in names):
                return kind
        return kinds.FIXED_LAYOUT if b"xps-fixeddocument" in types else kinds.ARCHIVE


def check_package(stream: BinaryIO) -> None:
    """Read every part completely and verify its checksum. Raises InvalidFile when one is damaged."""
    with _package(stream) as package:
        for entry in package.infolist():
            with package.open(entry) as part:
                while part.read(CHUNK_BYTES):
                    pass


@contextmanager
def _package(stream: BinaryIO) -> Iterator[zipfile.ZipFile]:
    _refuse_too_many_entries(stream)
    try:
        with zipfile.ZipFile(stream) as package:
            entries = package.infolist()
            if sum(entry.file_size for entry in entries) > MAX_UNPACKED_BYTES:
                raise InvalidFile(Fault.EXPANDS)
            if any(entry.flag_bits & 1 for entry in entries):
                raise InvalidFile(Fault.PASSWORD)
            # Word supports no other compression, and the rarer ones need far more memory.
            if any(
                entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for entry in entries
            ):
                raise InvalidFile(Fault.DAMAGED)
            yield package
    except InvalidFile:
        raise
    except Exception as error:  # zipfile raises eight kinds and more for broken bytes
        raise InvalidFile(Fault.DAMAGED) from error


def _refuse_too_many_entries(stream: BinaryIO) -> None:
    """Count the entries before zipfile creates an object for each: a file of 20 MB can have 400,000 empty entries."""
    mark = b"PK\x01\x02"
    stream.seek(0)
    count, overlap = 0, b""
    while chunk := stream.read(CHUNK_BYTES):
        count += (overlap + chunk).count(mark)
        overlap = chunk[-(len(mark) - 1) :]
        if count > MAX_ENTRIES:
            raise InvalidFile(Fault.EXPANDS)


def _has_macros(names: list[str]) -> bool:
    """Check the usual names, which is fast; decoder.py checks relationships and content types."""
    small = [name.lower() for name in names]
    return any(name.endswith(MACRO_PARTS) or name.startswith(MACRO_FOLDERS) for name in small)


def _is_typed_as_macros(types: bytes, names: Sequence[str]) -> bool:
    """Return whether a part has a content type of macros: its own, or that of its extension.

    SheetJS (0.18.5) writes the type of .xlsb for the extension `bin` into every .xlsx, where no part has that extension.
    """
    for element in types.split(b"<"):
        if MACRO_TYPE not in element:
            continue
        extension = _EXTENSION.search(element)
        if extension is None:
            return True
        ending = f".{extension[1].decode('latin-1')}".lower()
        if any(name.lower().endswith(ending) for name in names):
            return True
    return False


def _kind_of_archive(stream: BinaryIO) -> FileKind | None:
    """Return the kind of a ZIP file that has no content types; None when it has some. Raises InvalidFile.

    Called first: somebody who sends an archive must read that, not that it is large or has a password.
    """
    _refuse_too_many_entries(stream)
    try:
        with zipfile.ZipFile(stream) as package:
            names = package.namelist()
            if CONTENT_TYPES in names:
                return None
            mimetype = package.getinfo("mimetype") if "mimetype" in names else None
            if mimetype is None or mimetype.file_size > 100 or mimetype.flag_bits & 1:
                return next((kind for name, kind in OTHER_PACKAGES if name in names), kinds.ARCHIVE)
            return kinds.FIXED_LAYOUT if b"epub" in package.read(mimetype) else kinds.OPEN_DOCUMENT
    except Exception as error:  # zipfile raises eight kinds and more for broken bytes
        raise InvalidFile(Fault.DAMAGED) from error


# The old files: compounds


def compound_kind(stream: BinaryIO) -> FileKind:
    """Return the kind of an OLE compound file. Raises InvalidFile when it is broken, has a password or macros."""
    with _compound(stream) as compound:
        if compound.exists("EncryptedPackage"):  # what a docx or xlsx with a password becomes
            raise InvalidFile(Fault.PASSWORD)
        kind = next((kind for name, kind in MAIN_STREAMS if compound.exists(name)), kinds.OTHER_COMPOUND)
        if kind in (kinds.DOC, kinds.XLS) and any(compound.exists(name) for name in MACRO_STORAGES):
            raise InvalidFile(Fault.MACROS)
        return kind


def is_excel_95(stream: BinaryIO) -> bool:
    """Return whether a compound file is a workbook of Excel 5.0 or 95 and of no newer one.

    python-calamine 0.9.1 returns the text of such a file in code page 936 as one character for each byte, with NUL between.
    """
    with _compound(stream) as compound:
        return bool(compound.exists("Book") and not compound.exists("Workbook"))


def check_compound(stream: BinaryIO) -> None:
    """Read the main stream to its end. Raises InvalidFile when it is truncated, has a password or a macro sheet."""
    with _compound(stream) as compound:
        name = next(name for name, _ in MAIN_STREAMS if compound.exists(name))
        with compound.openstream(name) as main:
            size = compound.get_size(name)
            head = main.read(CHUNK_BYTES)
            if main.seek(0, 2) < size or not size:
                raise InvalidFile(Fault.DAMAGED)
    if name == "WordDocument" and _word_has_password(head):
        raise InvalidFile(Fault.PASSWORD)
    if name != "WordDocument" and _excel_has_record(head, FILE_PASS):
        raise InvalidFile(Fault.OLD_EXCEL_PASSWORD)
    if name != "WordDocument" and _excel_has_record(head, BOUND_SHEET, MACRO_SHEET):
        raise InvalidFile(Fault.MACROS)


@contextmanager
def _compound(stream: BinaryIO) -> Iterator[Any]:
    stream.seek(0)
    try:
        # olefile closes only files that it opened by name; the stream stays open.
        with olefile.OleFileIO(stream, raise_defects=olefile.DEFECT_INCORRECT) as compound:
            yield compound
    except InvalidFile:
        raise
    except Exception as error:  # broken chains surface as IndexError, struct.error, RecursionError and others
        raise InvalidFile(Fault.DAMAGED) from error


def _word_has_password(head: bytes) -> bool:
    """Return the flag fEncrypted in the document's first block."""
    is_word = head[:2] in (b"\xec\xa5", b"\xdc\xa5")
    return is_word and bool(int.from_bytes(head[10:12], "little") & 0x0100)


def _excel_has_record(head: bytes, wanted: int, value: tuple[int, int] | None = None) -> bool:
    """Return whether there is a record of this kind before the first sheet. `value`: it must have this byte at this offset.

    A record consists of kind, length and content."""
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
