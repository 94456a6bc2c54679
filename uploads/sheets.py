"""Reads uploaded Excel files: .xlsx only, inspected like every upload; decoder.py reads the cells.

Formulas are not evaluated: the saved result is used. workbook.py describes the values of cells.
"""

from typing import Any, NamedTuple

from flask_babel import force_locale
from werkzeug.datastructures import FileStorage

from uploads import decoding, kinds
from uploads.errors import SENTENCES, Fault, FileRefused, InvalidFile
from uploads.names import display_name, extension_of
from uploads.receive import Received, receive
from uploads.sets import storage

EXTENSION = "xlsx"
MAX_COLUMNS = 40
"""A table made by people has fewer columns; further ones are ignored."""


class Sheet(NamedTuple):
    """The rows with content, each with its number in the file. `more`: there are further rows that were not read.

    `hidden_rows` are the numbers of rows that are hidden or filtered out; `hidden_columns` are indexes in a row. Only the
    first rows of an invisible sheet are read.
    """

    name: str
    rows: list[tuple[int, list[Any]]]
    more: bool = False
    visible: bool = True
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()


def receive_sheet(file: FileStorage | None) -> Received:
    """Inspect and store the file. Raises UploadError; then nothing is stored."""
    name = display_name(file.filename or "") if file else ""
    if (extension := extension_of(name)) not in (EXTENSION, ""):
        raise FileRefused(Fault.NOT_XLSX, name=name, extension=extension)
    return receive(file, allowed=(kinds.XLSX,))


def read(storage_name: str, most_rows: int) -> list[Sheet]:
    """Return the sheets of a stored file. Raises InvalidFile, FileNotFoundError."""
    with storage().open_local(storage_name) as file:
        try:
            sheets = decoding.read_sheets(file, most_rows, MAX_COLUMNS)
        except InvalidFile as invalid:
            # Even a small file may use cells that are a million rows apart.
            raise InvalidFile(
                Fault.TOO_WIDE if invalid.fault is Fault.TOO_SLOW else invalid.fault
            ) from invalid
    return [
        Sheet(
            each["name"],
            [(row[0], row[1]) for row in each["rows"]],
            each["more"],
            each["visible"],
            frozenset(each["hidden_rows"]),
            frozenset(each["hidden_columns"]),
        )
        for each in sheets
    ]


def wording(fault: Fault) -> str:
    """Return the Chinese sentence of a fault. The worker stores it; pages translate it for their reader."""
    with force_locale("zh"):
        return str(SENTENCES[fault])
