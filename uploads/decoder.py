"""Opens one uploaded picture, PDF or Office file. A separate program, which decoding.py starts for every file.

The site never imports it, and it imports only uploads/confined/ of the site. A file that crashes it, hangs it or exhausts its
memory ends only this process, which knows no secret, cannot write files and has limited time and memory.

The file is standard input. Standard output is one line of JSON, a result or `{"fault": ...}`, then the picture or the cells.
"""

from __future__ import annotations

import importlib
import io
import json
import math
import mmap
import os
import resource
import stat
import struct
import sys

# Last, so that no library imports a module of the site instead of its own.
FOLDER = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 - pathlib takes 10 ms to load
sys.path.append(os.path.dirname(FOLDER))  # noqa: PTH120

from uploads.confined.faults import FaultError  # noqa: E402

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, BinaryIO

    TaskResult = tuple[dict[str, Any], bytes]

CPU_SECONDS = 10
"""The slowest real file, a scan of 100 million pixels, takes 3."""

MEMORY_BYTES = 1536 * 1024 * 1024
"""While a picture is scaled down, it is in memory twice, in four channels."""

ORIENTATION = 0x0112
ROTATIONS = {
    2: "FLIP_LEFT_RIGHT",
    3: "ROTATE_180",
    4: "FLIP_TOP_BOTTOM",
    5: "TRANSPOSE",
    6: "ROTATE_270",
    7: "TRANSVERSE",
    8: "ROTATE_90",
}
"""The transposition for each EXIF orientation; the last four exchange width and height."""

JPEG_QUALITY = 85
MAX_JPEG_SIDE = 65_000
"""The maximum width and height of a JPEG."""


class PositionedReader(io.RawIOBase):
    """Reads a part of a file descriptor without moving its position, which the parent process shares."""

    def __init__(self, descriptor: int, start: int, size: int) -> None:
        self.descriptor = descriptor
        self.start = start
        self.position = 0
        self.size = size

    def mapped(self) -> memoryview:
        """Return all bytes without copying them."""
        before = self.start % mmap.ALLOCATIONGRANULARITY
        content = mmap.mmap(
            self.descriptor, before + self.size, access=mmap.ACCESS_READ, offset=self.start - before
        )
        return memoryview(content)[before:]

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self.position, os.SEEK_END: self.size}[whence]
        self.position = max(0, start + offset)
        return self.position

    def readinto(self, buffer: Any) -> int:
        room = memoryview(buffer)[: max(0, self.size - self.position)]
        count = os.preadv(self.descriptor, [room], self.start + self.position) if room else 0
        self.position += count
        return count


def limit_this_process() -> None:
    """Limit CPU time and memory, and forbid writing files."""
    for kind, most in (
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))


def standard_input(start: int, size: int) -> BinaryIO:
    """Return the file, positioned at its first byte, whatever the parent's position is. In a file on disk it lies at `start`."""
    if stat.S_ISREG(os.fstat(0).st_mode):
        return io.BufferedReader(PositionedReader(0, start, size))
    return io.BytesIO(sys.stdin.buffer.read())


# Pictures


PICTURE_FACTORIES = {
    "JPEG": ("PIL.JpegImagePlugin", "jpeg_factory"),
    "PNG": ("PIL.PngImagePlugin", "PngImageFile"),
    "GIF": ("PIL.GifImagePlugin", "GifImageFile"),
    "BMP": ("PIL.BmpImagePlugin", "BmpImageFile"),
}
"""What Pillow registers for each kind. `Image.open` would load the modules of all of them, which takes 15 ms of 40."""


def open_picture(file: BinaryIO, kind: str, most_pixels: int) -> Any:
    """Return the picture with only its header read. Raises FaultError when it has too many pixels."""
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = None  # our own limit comes with a sentence for the person
    module, factory = PICTURE_FACTORIES[kind]
    file.seek(0)
    try:
        picture = getattr(importlib.import_module(module), factory)(file)
    except (SyntaxError, IndexError, TypeError, struct.error) as error:  # as Image.open does
        raise OSError("not such a picture") from error
    width, height = picture.size
    if width * height > most_pixels:
        raise FaultError("too_many_pixels", {"width": width, "height": height})
    return picture


def check_picture(file: BinaryIO, kind: str, most_pixels: str) -> TaskResult:
    """Decode every pixel. A truncated picture raises an error; a JPEG that lacks only its end marker does not."""
    from uploads.confined import pictures

    picture = open_picture(file, kind, int(most_pixels))
    if kind == "JPEG" and not pictures.has_end_marker(file):
        pictures.with_end_marker(file)
        return {}, b""
    picture.draft("L", (1, 1))  # reads all of a JPEG, but decodes it at an eighth of its size: less memory
    picture.load()
    return {}, b""


def show_picture(file: BinaryIO, kind: str, most_pixels: str, width: str, area: str) -> TaskResult:
    """Return the first frame upright, at most `width` wide and `area` pixels large, on white, as JPEG."""
    from uploads.confined import pictures

    try:
        return upright_jpeg(open_picture(file, kind, int(most_pixels)), int(width), int(area))
    except OSError:
        if kind != "JPEG":
            raise
        whole = pictures.with_end_marker(file)
        return upright_jpeg(open_picture(whole, kind, int(most_pixels)), int(width), int(area))


def upright_jpeg(picture: Any, width: int, area: int) -> TaskResult:
    """Return the picture as `show_picture` does. Raises OSError when it is truncated."""
    from PIL import Image

    from uploads.confined import pictures

    orientation = orientation_of(picture)
    upright_size = picture.size[::-1] if orientation >= 5 else picture.size
    scale = scale_to_fit(upright_size, width, area)
    box = tuple(max(1, round(side * scale)) for side in picture.size)
    picture.draft(None, box)
    picture = in_scalable_mode(pictures.opaque_if_all_transparent(picture))
    picture.thumbnail(box, reducing_gap=2.0)
    if orientation in ROTATIONS:
        picture = picture.transpose(Image.Transpose[ROTATIONS[orientation]])
    return as_jpeg(picture)


def orientation_of(picture: Any) -> int:
    """Return the EXIF orientation; 1 (upright) when it is missing or cannot be read."""
    try:
        found = picture.getexif().get(ORIENTATION, 1)
    except Exception:  # many programs write broken EXIF data; the picture itself is fine
        return 1
    return found if found in ROTATIONS else 1


def in_scalable_mode(picture: Any) -> Any:
    """Return the picture in a mode that can be scaled: without a palette, with 8 bits per channel."""
    if picture.mode.startswith("I"):
        return picture.point(lambda value: value / 256).convert("L")
    if picture.mode in ("1", "P", "PA"):
        return picture.convert("RGBA" if "transparency" in picture.info or picture.mode == "PA" else "RGB")
    return picture


def on_white(picture: Any) -> Any:
    """Return the picture without transparency."""
    from PIL import Image

    if picture.mode not in ("RGBA", "LA", "RGBa", "La"):
        return picture
    picture = picture.convert("RGBA")
    ground = Image.new("RGB", picture.size, "white")
    ground.paste(picture, mask=picture.getchannel("A"))
    return ground


def as_jpeg(picture: Any) -> TaskResult:
    """Return the picture as a JPEG without metadata of the file: no EXIF, no location, no comment."""
    from PIL import Image

    picture = on_white(picture)
    if picture.mode not in ("RGB", "L"):
        picture = picture.convert("RGB")
    made = Image.new(picture.mode, picture.size)
    made.paste(picture)
    out = io.BytesIO()
    made.save(out, "JPEG", quality=JPEG_QUALITY)
    return {"width": made.width, "height": made.height}, out.getvalue()


def scale_to_fit(size: tuple[float, float], width: int, area: int, largest: float = 1.0) -> float:
    """Return the scale factor for at most `width` pixels in width and `area` pixels altogether; at most `largest`."""
    across, down = size
    return min(
        largest,
        width / across,
        math.sqrt(area / (across * down)),
        MAX_JPEG_SIDE / max(across, down),
    )


# PDF


def open_document(file: BinaryIO, most_pages: int) -> Any:
    """Return the document. Raises FaultError when it cannot be opened, has a password or too many pages."""
    import pypdfium2
    from pypdfium2 import raw

    try:
        document = pypdfium2.PdfDocument(file)
    except pypdfium2.PdfiumError as error:
        locked = error.err_code in (raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY)
        raise FaultError("password" if locked else "damaged", {}) from error
    pages = len(document)
    if pages > most_pages:
        raise FaultError("too_many_pages", {"pages": pages})
    return document


def check_document(file: BinaryIO, most_pages: str) -> TaskResult:
    """Return the number of pages and the notes, after loading every page and drawing the first one small.

    pdfium may count the pages of a damaged file but fail to load them. Drawing a hostile file may never end.
    """
    from uploads.confined import documents

    document = open_document(file, int(most_pages))
    pages = len(document)
    if pages < 1:
        raise FaultError("damaged", {})
    for number in range(pages):
        document.get_page_size(number)
    draw(document, 1, width=160, area=160 * 1600)
    return {"pages": pages, "notes": documents.notes_of(document)}, b""


def show_document(file: BinaryIO, most_pages: str, page: str, width: str, area: str) -> TaskResult:
    """Return one page as JPEG; `page` counts from 1."""
    document = open_document(file, int(most_pages))
    if not 1 <= int(page) <= len(document):
        raise FaultError("no_such_page", {})
    return as_jpeg(draw(document, int(page), int(width), int(area)))


def draw(document: Any, page: int, width: int, area: int) -> Any:
    """Return a page as a picture `width` pixels wide, with seals, annotations and filled-in fields."""
    document.init_forms()
    sheet = document[page - 1]
    # The size of a page is in points, so it may be scaled up without blur.
    scale = scale_to_fit(sheet.get_size(), width, area, largest=math.inf)
    return sheet.render(scale=scale, limit_image_cache=True).to_pil()


# QR codes


def read_picture_codes(file: BinaryIO, kind: str, most_pixels: str) -> TaskResult:
    """Return the texts of the QR codes in the first frame."""
    from uploads.confined import codes, pictures

    try:
        picture = grey_picture(open_picture(file, kind, int(most_pixels)))
    except OSError:
        if kind != "JPEG":
            raise
        picture = grey_picture(open_picture(pictures.with_end_marker(file), kind, int(most_pixels)))
    return {"codes": codes.texts_in([picture])}, b""


def grey_picture(picture: Any) -> Any:
    """Return the picture in grey, on white, small enough to be searched."""
    from uploads.confined import codes, pictures

    box = (codes.MAX_SIDE, codes.MAX_SIDE)
    picture.draft("L", box)
    picture = in_scalable_mode(pictures.opaque_if_all_transparent(picture))
    picture.thumbnail(box, reducing_gap=2.0)
    return on_white(picture).convert("L")


def read_document_codes(file: BinaryIO, most_pages: str, area: str) -> TaskResult:
    """Return the texts of the QR codes on the first page that has any."""
    from uploads.confined import codes

    document = open_document(file, int(most_pages))
    pages = range(1, min(len(document), codes.MAX_PAGES) + 1)
    drawn = (draw(document, page, codes.PAGE_WIDTH, int(area)).convert("L") for page in pages)
    return {"codes": codes.texts_in(drawn)}, b""


# Word and Excel


def check_package(file: BinaryIO) -> TaskResult:
    """Return the notes of a .docx or .xlsx. Raises FaultError when it has macros."""
    from uploads.confined import packages

    return {"notes": packages.check_package(file)}, b""


# Excel


def read_sheets(file: BinaryIO, most_rows: str, most_columns: str) -> TaskResult:
    """Return the cells of every sheet as JSON; see workbook.py."""
    import runpy

    workbook = runpy.run_path(f"{FOLDER}/workbook.py")
    return {}, workbook["read_sheets"](file, int(most_rows), int(most_columns))


TASKS: dict[str, Callable[..., TaskResult]] = {
    "check-picture": check_picture,
    "show-picture": show_picture,
    "check-document": check_document,
    "show-document": show_document,
    "read-picture-codes": read_picture_codes,
    "read-document-codes": read_document_codes,
    "check-package": check_package,
    "read-sheets": read_sheets,
}


def run_task(start: str, size: str, task: str, *details: str) -> TaskResult:
    """Run the task and return its result, or its fault."""
    try:
        return TASKS[task](standard_input(int(start), int(size)), *details)
    except FaultError as error:
        fault, found = error.args
        return {"fault": fault, **found}, b""
    except MemoryError:
        return {"fault": "too_slow"}, b""
    except (
        Exception
    ):  # a library that decodes hostile bytes may raise anything; it always means a damaged file
        return {"fault": "damaged"}, b""


if __name__ == "__main__":
    limit_this_process()
    found, picture = run_task(*sys.argv[1:])
    sys.stdout.buffer.write(json.dumps(found).encode() + b"\n" + picture)
    sys.stdout.buffer.flush()
    os._exit(0)  # skips the exit handlers of libraries, which the file may have corrupted
