"""Excel files that are read, not kept: an .xlsx alone, inspected like every upload, its cells read by decoder.py.

Never evaluates a formula: what it came to when the file was saved stands for it. workbook.py says what a cell can be.
"""

from dataclasses import dataclass
from typing import Any

from flask_babel import force_locale
from werkzeug.datastructures import FileStorage

from uploads import decoding, kinds
from uploads.errors import SENTENCES, Fault, FileRefused, Unfit
from uploads.names import display_name, extension_of
from uploads.receive import Received, receive
from uploads.sets import storage

EXTENSION = "xlsx"
MOST_COLUMNS = 40
"""A table for people has fewer; what stands further right is nobody's column."""


@dataclass(frozen=True)
class Sheet:
    """The rows with content, each with its number in the file; `more` says that there were too many to read on.

    `hidden_rows` are numbers of rows, hidden or filtered out; `hidden_columns` are places in a row. Of a sheet that is
    not visible only the first rows are here.
    """

    name: str
    rows: list[tuple[int, list[Any]]]
    more: bool = False
    visible: bool = True
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()


def take_in(file: FileStorage | None) -> Received:
    """Inspect and store the file. Raises UploadError; then nothing is kept."""
    name = display_name(file.filename or "") if file else ""
    if (extension := extension_of(name)) not in (EXTENSION, ""):
        raise FileRefused(Fault.NOT_XLSX, name=name, extension=extension)
    return receive(file, allowed=(kinds.XLSX,))


def read(storage_name: str, most_rows: int) -> list[Sheet]:
    """Return the sheets of a stored file. Raises Unfit, FileNotFoundError."""
    with storage().open(storage_name) as file:
        try:
            sheets = decoding.read_sheets(file, most_rows, MOST_COLUMNS)
        except Unfit as unfit:
            # Whatever its size on the disk: the corners of a sheet may lie a million rows apart.
            raise Unfit(Fault.TOO_WIDE if unfit.fault is Fault.TOO_SLOW else unfit.fault) from unfit
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
    """Return the sentence of a fault as it stands in the source: where nobody reads it yet, there is no language."""
    with force_locale("zh"):
        return str(SENTENCES[fault])
