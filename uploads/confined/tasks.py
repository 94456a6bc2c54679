"""What is done with a stranger's file, by the name of the task. Runs in the confined process (decoder.py).

The libraries are loaded by the tasks that need them: a site without PDF files has no pdfium in memory.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, TypeVar

from uploads.confined.faults import FaultError
from uploads.file_regions import open_region

if TYPE_CHECKING:
    from uploads.confined.drawing import TaskResult

Made = TypeVar("Made")

MAX_SMALL_HEIGHT = 1600
"""Pixels of a checked PDF's first page, however long that is."""


def open_picture(file: BinaryIO, kind: str, most_pixels: int) -> Any:
    """Return the picture with only its header read. Raises FaultError when it has too many pixels."""
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = None  # our own limit comes with a sentence for the person
    file.seek(0)
    picture = Image.open(file, formats=(kind,))
    width, height = picture.size
    if width * height > most_pixels:
        raise FaultError("too_many_pixels", {"width": width, "height": height})
    return picture


def check_picture(file: BinaryIO, kind: str, most_pixels: int, width: int, area: int) -> TaskResult:
    """Decode every pixel, and return what `show_picture` would, or nothing when that cannot be drawn.

    A truncated picture raises an error; a JPEG that lacks only its end marker does not.
    """
    from uploads.confined import drawing, pictures

    picture = open_picture(file, kind, most_pixels)
    if kind == "JPEG" and not pictures.has_end_marker(file):
        pictures.with_end_marker(file)
        return {}, b""
    # Reads all of a JPEG, but decodes it no larger than it is drawn: less memory.
    picture.draft(None, drawing.box_of(picture, width, area))
    picture.load()
    try:
        return drawing.upright_jpeg(picture, width, area)
    except Exception:  # the file is complete, and downloads show it
        return {}, b""


def show_picture(file: BinaryIO, kind: str, most_pixels: int, width: int, area: int) -> TaskResult:
    """Return the first frame upright, at most `width` wide and `area` pixels large, on white, as JPEG."""
    from uploads.confined import drawing

    def upright(picture: Any) -> TaskResult:
        return drawing.upright_jpeg(picture, width, area)

    return _from_picture(upright, file, kind, most_pixels)


def read_picture_codes(file: BinaryIO, kind: str, most_pixels: int) -> TaskResult:
    """Return the texts of the QR codes in the first frame."""
    from uploads.confined import codes, drawing

    picture = _from_picture(drawing.grey_picture, file, kind, most_pixels)
    return {"codes": codes.texts_in([picture])}, b""


def _from_picture(make: Callable[[Any], Made], file: BinaryIO, kind: str, most_pixels: int) -> Made:
    """Return what is made of a picture, also of a JPEG that lacks only its end marker."""
    from uploads.confined import pictures

    try:
        return make(open_picture(file, kind, most_pixels))
    except OSError:
        if kind != "JPEG":
            raise
        return make(open_picture(pictures.with_end_marker(file), kind, most_pixels))


def open_document(file: BinaryIO, most_pages: int) -> Any:
    """Return the document. Raises FaultError when it cannot be opened, has a password or too many pages."""
    import pypdfium2
    from pypdfium2 import raw

    from uploads.confined import fonts

    fonts.use_folders()
    try:
        document = pypdfium2.PdfDocument(file)
    except pypdfium2.PdfiumError as error:
        locked = error.err_code in (raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY)
        raise FaultError("password" if locked else "damaged", {}) from error
    pages = len(document)
    if pages > most_pages:
        raise FaultError("too_many_pages", {"pages": pages})
    return document


def check_document(file: BinaryIO, most_pages: int, width: int) -> TaskResult:
    """Return the number of pages, the notes and the first page small, after loading every page.

    pdfium may count the pages of a damaged file but fail to load them. Drawing a hostile file may never end.
    """
    from uploads.confined import documents, drawing

    document = open_document(file, most_pages)
    pages = len(document)
    if pages < 1:
        raise FaultError("damaged", {})
    for number in range(pages):
        document.get_page_size(number)
    drawn = drawing.draw(document, 1, width, area=width * MAX_SMALL_HEIGHT)
    small = drawing.as_jpeg(drawn)[1] if drawn.width == width else b""
    return {"pages": pages, "notes": documents.notes_of(document, file)}, small


def show_document(file: BinaryIO, most_pages: int, page: int, width: int, area: int) -> TaskResult:
    """Return one page as JPEG; `page` counts from 1."""
    from uploads.confined import drawing

    document = open_document(file, most_pages)
    if not 1 <= page <= len(document):
        raise FaultError("no_such_page", {})
    return drawing.as_jpeg(drawing.draw(document, page, width, area))


def read_document_codes(file: BinaryIO, most_pages: int, area: int) -> TaskResult:
    """Return the texts of the QR codes on the first page that has any."""
    from uploads.confined import codes, drawing

    document = open_document(file, most_pages)
    pages = range(1, min(len(document), codes.MAX_PAGES) + 1)
    drawn = (drawing.draw(document, page, codes.PAGE_WIDTH, area).convert("L") for page in pages)
    return {"codes": codes.texts_in(drawn)}, b""


def check_package(file: BinaryIO) -> TaskResult:
    """Return the notes of a .docx or .xlsx. Raises FaultError when it has macros."""
    from uploads.confined import packages

    return {"notes": packages.check_package(file)}, b""


def read_sheets(file: BinaryIO, most_rows: int, most_columns: int) -> TaskResult:
    """Return the cells of every sheet of an Excel file as JSON."""
    from uploads import workbook

    return {}, workbook.read_sheets(file, most_rows, most_columns)


PICTURE_MODULES = tuple(
    f"PIL.{each}ImagePlugin" for each in ("Bmp", "Gif", "Jpeg", "Mpo", "Png", "Ppm", "Tiff")
)
"""What Pillow loads before it opens or writes any picture, and what most photographs of telephones need: their EXIF data is a TIFF."""

DOCUMENT_MODULES = ("pypdfium2", "uploads.confined.fonts")


class Task(NamedTuple):
    """A task. `modules` are loaded before the first one: the process that has the file finds them there."""

    run: Callable[..., TaskResult]
    modules: tuple[str, ...]


TASKS = {
    "check-picture": Task(check_picture, (*PICTURE_MODULES, "uploads.confined.drawing")),
    "show-picture": Task(show_picture, (*PICTURE_MODULES, "uploads.confined.drawing")),
    "read-picture-codes": Task(
        read_picture_codes, (*PICTURE_MODULES, "uploads.confined.drawing", "zxingcpp")
    ),
    "check-document": Task(
        check_document,
        (*PICTURE_MODULES, *DOCUMENT_MODULES, "uploads.confined.documents", "uploads.confined.drawing"),
    ),
    "show-document": Task(show_document, (*PICTURE_MODULES, *DOCUMENT_MODULES, "uploads.confined.drawing")),
    "read-document-codes": Task(
        read_document_codes, (*DOCUMENT_MODULES, "uploads.confined.drawing", "zxingcpp")
    ),
    "check-package": Task(check_package, ("uploads.confined.packages",)),
    "read-sheets": Task(read_sheets, ("uploads.workbook", "python_calamine")),
}


def run_task(name: str, start: int, size: int, *details: Any) -> TaskResult:
    """Run a task on standard input, where the content lies at `start`, and return its result or its fault."""
    try:
        return TASKS[name].run(open_region(0, start, size), *details)
    except FaultError as error:
        fault, found = error.args
        return {"fault": fault, **found}, b""
    except MemoryError:
        return {"fault": "too_slow"}, b""
    except (
        Exception
    ):  # a library that decodes hostile bytes may raise anything; it always means a damaged file
        return {"fault": "damaged"}, b""
