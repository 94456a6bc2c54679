"""Takes in and reads the tables that banks and other systems send: .xlsx, .xls and text such as .csv.

A spreadsheet is inspected and decoded like every upload (decoder.py); text is only measured here, and decoded by the caller.
"""

from typing import BinaryIO, NamedTuple, cast

from werkzeug.datastructures import FileStorage

from uploads import kinds, sheets
from uploads.errors import Fault, FileRefused, InvalidFile
from uploads.inspection import check_announced_size
from uploads.names import display_name, extension_of
from uploads.office_documents import is_excel_95
from uploads.receive import receive
from uploads.recognition import is_text, recognise
from uploads.sets import storage

TEXT_EXTENSIONS = ("csv", "txt", "tsv")
EXTENSIONS = ("xlsx", "xls", *TEXT_EXTENSIONS)
TEXT = "csv"
"""The extension that stands for text, whatever the file is called: some banks name theirs .xls."""


class ReceivedTable(NamedTuple):
    """A stored table that no row names yet."""

    display_name: str
    extension: str
    storage_name: str


def receive_table(file: FileStorage | None) -> ReceivedTable:
    """Inspect and store the file. Raises UploadError; then nothing is stored."""
    if file is None or not file.filename:
        raise FileRefused(Fault.NO_FILE)
    name = display_name(file.filename)
    extension = extension_of(name)
    stream = cast(BinaryIO, file.stream)
    if extension in (*TEXT_EXTENSIONS, "xls") and _is_plain_text(stream):
        size = stream.seek(0, 2)
        if not size:
            raise FileRefused(Fault.EMPTY, name=name)
        check_announced_size(name, size)
        stream.seek(0)
        return ReceivedTable(name, TEXT, storage().store(stream).name)
    if extension not in ("xlsx", "xls"):
        raise FileRefused(Fault.NO_TABLE, name=name, extension=extension)
    if _is_excel_95(stream):
        raise FileRefused(Fault.EXCEL_95, name=name)
    stream.seek(0)
    received = receive(file, allowed=(kinds.XLSX, kinds.XLS))
    return ReceivedTable(received.display_name, received.extension, received.storage_name)


def _is_plain_text(stream: BinaryIO) -> bool:
    try:
        return recognise(stream) is None and is_text(stream)
    except InvalidFile:  # a broken file, or one with a password or macros; `receive` says which
        return False


def _is_excel_95(stream: BinaryIO) -> bool:
    try:
        return recognise(stream) is kinds.XLS and is_excel_95(stream)
    except InvalidFile:
        return False


def read_text(storage_name: str) -> bytes:
    """Return the bytes of a stored text. Raises FileNotFoundError."""
    with storage().open(storage_name) as file:
        return file.read()


def read_spreadsheet(storage_name: str, most_rows: int) -> list[sheets.Sheet]:
    """Return the sheets of a stored .xlsx or .xls. Raises InvalidFile, FileNotFoundError."""
    return sheets.read(storage_name, most_rows)
