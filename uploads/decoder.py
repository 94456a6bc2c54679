"""Opens one picture, PDF or Excel file of a stranger; a program of its own that decoding.py starts for every file.

Never imported by the site, and imports of it only uploads/confined/: a file that crashes it, hangs it or eats its memory ends this
process alone, which holds no secret, writes no file and has its time and memory limited.

The file is standard input. Standard output is one line of JSON, an answer or `{"fault": ...}`, then the picture
or the cells.
"""

import io
import json
import math
import os
import resource
import runpy
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

sys.path.append(
    str(Path(__file__).parents[1])
)  # last, so that no library finds a module of the site in place of its own

from uploads.confined import documents, packages, pictures
from uploads.confined.faults import FaultError

CPU_SECONDS = 10
"""The slowest honest file, a scan of 100 million pixels, takes 3."""

MEMORY_BYTES = 1536 * 1024 * 1024
"""A picture of the largest permitted size is held twice, in four channels, while it is made smaller."""

ORIENTATION = 0x0112
UPRIGHT = {
    2: "FLIP_LEFT_RIGHT",
    3: "ROTATE_180",
    4: "FLIP_TOP_BOTTOM",
    5: "TRANSPOSE",
    6: "ROTATE_270",
    7: "TRANSVERSE",
    8: "ROTATE_90",
}
"""What turns a picture that its EXIF says was taken so; the last four exchange width and height."""

JPEG_QUALITY = 85
LONGEST_SIDE = 65_000
"""A JPEG cannot have a longer one."""

Answer = tuple[dict[str, Any], bytes]


class Positioned(io.RawIOBase):
    """Reads a descriptor without moving its position, which the parent process shares."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.position = 0
        self.size = os.fstat(descriptor).st_size

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
        count = os.preadv(self.descriptor, [buffer], self.position)
        self.position += count
        return count


def limit_this_process() -> None:
    """Take away what opening a file does not need."""
    for kind, most in (
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))


def standard_input() -> BinaryIO:
    """Return the file, seekable from its first byte, wherever the parent's position is."""
    if stat.S_ISREG(os.fstat(0).st_mode):
        return io.BufferedReader(Positioned(0))
    return io.BytesIO(sys.stdin.buffer.read())


# Pictures


def open_picture(file: BinaryIO, kind: str, most_pixels: int) -> Any:
    """Return the picture, its header read and its pixels not. Raises FaultError when there are too many."""
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = None  # our own limit comes with a sentence for the person
    picture = Image.open(file, formats=[kind])
    width, height = picture.size
    if width * height > most_pixels:
        raise FaultError("too_many_pixels", {"width": width, "height": height})
    return picture


def check_picture(file: BinaryIO, kind: str, most_pixels: str) -> Answer:
    """Decode every pixel. A truncated picture raises on the way, a JPEG that lacks only its end mark does not."""
    picture = open_picture(file, kind, int(most_pixels))
    if kind == "JPEG" and not pictures.has_its_end(file):
        pictures.jpeg_with_its_end(file)
        return {}, b""
    picture.draft("L", (1, 1))  # a JPEG is read to its end at an eighth of its size: same proof, less memory
    picture.load()
    return {}, b""


def show_picture(file: BinaryIO, kind: str, most_pixels: str, width: str, area: str) -> Answer:
    """Return the first frame upright, at most `width` wide and `area` pixels large, on white, as JPEG."""
    try:
        return upright(open_picture(file, kind, int(most_pixels)), int(width), int(area))
    except OSError:
        if kind != "JPEG":
            raise
        whole = pictures.jpeg_with_its_end(file)
        return upright(open_picture(whole, kind, int(most_pixels)), int(width), int(area))


def upright(picture: Any, width: int, area: int) -> Answer:
    """Return the picture as `show_picture` does. Raises OSError when it is truncated."""
    from PIL import Image

    orientation = orientation_of(picture)
    seen = picture.size[::-1] if orientation >= 5 else picture.size
    scale = scale_to_fit(seen, width, area)
    box = tuple(max(1, round(side * scale)) for side in picture.size)
    picture.draft(None, box)
    picture = in_eight_bits(pictures.opaque_if_all_transparent(picture))
    picture.thumbnail(box, reducing_gap=2.0)
    if orientation in UPRIGHT:
        picture = picture.transpose(Image.Transpose[UPRIGHT[orientation]])
    return as_jpeg(picture)


def orientation_of(picture: Any) -> int:
    """Return what the EXIF says, or 1, upright, when it says nothing or nothing that can be read."""
    try:
        found = picture.getexif().get(ORIENTATION, 1)
    except Exception:  # the picture is whole all the same, and many programs write a broken EXIF
        return 1
    return found if found in UPRIGHT else 1


def in_eight_bits(picture: Any) -> Any:
    """Return the picture in a mode that can be scaled: neither a palette nor 16 bits a channel."""
    if picture.mode.startswith("I"):
        return picture.point(lambda value: value / 256).convert("L")
    if picture.mode in ("1", "P", "PA"):
        return picture.convert("RGBA" if "transparency" in picture.info or picture.mode == "PA" else "RGB")
    return picture


def as_jpeg(picture: Any) -> Answer:
    """Return the picture without anything of the file that it came from: no EXIF, no place, no comment."""
    from PIL import Image

    if picture.mode in ("RGBA", "LA", "RGBa", "La"):
        picture = picture.convert("RGBA")
        ground = Image.new("RGB", picture.size, "white")
        ground.paste(picture, mask=picture.getchannel("A"))
        picture = ground
    if picture.mode not in ("RGB", "L"):
        picture = picture.convert("RGB")
    made = Image.new(picture.mode, picture.size)
    made.paste(picture)
    out = io.BytesIO()
    made.save(out, "JPEG", quality=JPEG_QUALITY)
    return {"width": made.width, "height": made.height}, out.getvalue()


def scale_to_fit(size: tuple[float, float], width: int, area: int, largest: float = 1.0) -> float:
    """Return the factor that makes the width `width` and the surface `area` pixels at most."""
    across, down = size
    return min(
        largest,
        width / across,
        math.sqrt(area / (across * down)),
        LONGEST_SIDE / max(across, down),
    )


# PDF


def open_document(file: BinaryIO, most_pages: int) -> Any:
    """Return the document. Raises FaultError when it cannot be opened, is locked or has too many pages."""
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


def check_document(file: BinaryIO, most_pages: str) -> Answer:
    """Count the pages, find each of them, draw the first one small, and note what is on none of them.

    Of a damaged file pdfium keeps the count and loses the pages; of a hostile one drawing never ends.
    """
    document = open_document(file, int(most_pages))
    pages = len(document)
    if pages < 1:
        raise FaultError("damaged", {})
    for number in range(pages):
        document.get_page_size(number)
    draw(document, 1, width=160, area=160 * 1600)
    return {"pages": pages, "notes": documents.notes_of(document)}, b""


def show_document(file: BinaryIO, most_pages: str, page: str, width: str, area: str) -> Answer:
    """Return one page, the first being 1, as JPEG."""
    document = open_document(file, int(most_pages))
    if not 1 <= int(page) <= len(document):
        raise FaultError("no_such_page", {})
    return as_jpeg(draw(document, int(page), int(width), int(area)))


def draw(document: Any, page: int, width: int, area: int) -> Any:
    """Return a page with its seals, notes and filled-in fields as a picture `width` pixels wide."""
    document.init_forms()
    sheet = document[page - 1]
    # A page measures in points; it may be drawn larger than it is, a picture would only be blurred.
    scale = scale_to_fit(sheet.get_size(), width, area, largest=math.inf)
    return sheet.render(scale=scale, limit_image_cache=True).to_pil()


# Word and Excel


def check_package(file: BinaryIO) -> Answer:
    """Return the notes of a .docx or .xlsx. Raises FaultError when it has macros."""
    return {"notes": packages.check_package(file)}, b""


# Excel


def read_sheets(file: BinaryIO, most_rows: str, most_columns: str) -> Answer:
    """Return the cells of every sheet as JSON; see workbook.py."""
    workbook = runpy.run_path(str(Path(__file__).with_name("workbook.py")))
    return {}, workbook["read_sheets"](file, int(most_rows), int(most_columns))


TASKS: dict[str, Callable[..., Answer]] = {
    "check-picture": check_picture,
    "show-picture": show_picture,
    "check-document": check_document,
    "show-document": show_document,
    "check-package": check_package,
    "read-sheets": read_sheets,
}


def run_task(task: str, *details: str) -> Answer:
    """Return what the task found, also when it is a fault."""
    try:
        return TASKS[task](standard_input(), *details)
    except FaultError as error:
        fault, found = error.args
        return {"fault": fault, **found}, b""
    except MemoryError:
        return {"fault": "too_slow"}, b""
    except Exception:  # a decoder of hostile bytes may raise anything, and all of it means the same
        return {"fault": "damaged"}, b""


if __name__ == "__main__":
    limit_this_process()
    found, picture = run_task(*sys.argv[1:])
    sys.stdout.buffer.write(json.dumps(found).encode() + b"\n" + picture)
    sys.stdout.buffer.flush()
    os._exit(0)  # nothing to tidy, and a library broken by the file must not run its endings
