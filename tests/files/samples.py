"""Real files for tests: one of every permitted format, files of an exact size, and hostile ones.

Never a download and never a fixture on disk: everything is made here, once a run.
"""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path

import docx
import xlsxwriter
import xlwt
from PIL import Image, ImageDraw, ImageFont
from xlwt.CompoundDoc import XlsDoc

EXTENSIONS = ("jpg", "gif", "png", "jpeg", "bmp", "doc", "docx", "xls", "xlsx", "pdf")
MEGABYTE = 1024 * 1024
A4 = (595, 842)

FONTS = (
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
)
WORDS = "引进人才生活补贴申请材料"


@cache
def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont | None:
    """Return a font with Chinese, or None on a machine without one."""
    return next((ImageFont.truetype(path, size) for path in FONTS if Path(path).exists()), None)


def sheet(words: str = WORDS, size: tuple[int, int] = A4, ground: str = "white") -> Image.Image:
    """Return a picture of a paper: a frame, a line of words, a red seal."""
    picture = Image.new("RGB", size, ground)
    draw = ImageDraw.Draw(picture)
    width, height = size
    draw.rectangle(
        (width // 20, height // 20, width - width // 20, height - height // 20), outline="black", width=3
    )
    hanzi = font(max(12, width // 16))
    text = words if hanzi else "application paper"
    draw.text((width // 8, height // 6), text, fill="black", font=hanzi)
    side = width // 5
    draw.ellipse((width - 2 * side, height - 2 * side, width - side, height - side), outline="red", width=4)
    return picture


def encoded(picture: Image.Image, kind: str, **options: object) -> bytes:
    """Return the picture as a file of Pillow's format `kind`."""
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


# One of every permitted format


@cache
def jpg() -> bytes:
    return encoded(sheet("身份证"), "JPEG", quality=85)


@cache
def png() -> bytes:
    return encoded(sheet("学历学位证书"), "PNG")


@cache
def gif() -> bytes:
    return encoded(sheet("银行卡复印件"), "GIF")


@cache
def bmp() -> bytes:
    return encoded(sheet("社会保险缴纳证明", size=(300, 424)), "BMP")


@cache
def pdf(pages: int = 2) -> bytes:
    sheets = [sheet(f"劳动合同 第 {number} 页") for number in range(1, pages + 1)]
    return encoded(sheets[0], "PDF", save_all=True, append_images=sheets[1:])


@cache
def word() -> bytes:
    document = docx.Document()
    document.add_heading("引进人才生活补贴申请表", level=1)
    document.add_paragraph("单位意见：情况属实，同意申报。（盖章）")
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


@cache
def excel() -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        page = book.add_worksheet("社保缴纳")
        page.write_row(0, 0, ["年月", "缴纳基数"])
        page.write_row(1, 0, ["2026-01", 8000])
    return out.getvalue()


@cache
def old_excel() -> bytes:
    book = xlwt.Workbook(encoding="utf-8")
    page = book.add_sheet("社保缴纳")
    page.write(0, 0, "年月")
    page.write(1, 0, "2026-01")
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@cache
def old_word(flags: int = 0) -> bytes:
    """Return a compound file with Word 97's stream: its first block and some text."""
    text = "引进人才生活补贴申请表\r".encode("utf-16-le")
    start = 0x400
    block = bytearray(start)
    # wIdent, nFib, nProduct, lid (Chinese), pnNext, flags, nFibBack, lKey, envr, reserved, chs, chsTables, fcMin, fcMac
    block[:0x20] = struct.pack(
        "<6H H L 2B 2H 2L",
        0xA5EC,
        0x00C1,
        0,
        0x0804,
        0,
        flags | 0x1000,
        0x00BF,
        0,
        0,
        0,
        0,
        0,
        start,
        start + len(text),
    )
    return compound("WordDocument", bytes(block) + text)


def compound(stream_name: str, content: bytes) -> bytes:
    """Return an OLE compound file with one stream of that name."""
    out = io.BytesIO()
    XlsDoc().save(out, content)
    made = out.getvalue()
    ours = "Workbook\0".encode("utf-16-le")
    name = f"{stream_name}\0".encode("utf-16-le")
    place = made.index(ours + bytes(64 - len(ours)))
    return made[:place] + name.ljust(64, b"\0") + struct.pack("<H", len(name)) + made[place + 66 :]


SAMPLES: dict[str, Callable[[], bytes]] = {
    "jpg": jpg,
    "gif": gif,
    "png": png,
    "jpeg": jpg,
    "bmp": bmp,
    "doc": old_word,
    "docx": word,
    "xls": old_excel,
    "xlsx": excel,
    "pdf": pdf,
}
"""A maker for each permitted extension, in the guide's order."""


def sample(extension: str) -> bytes:
    """Return a real small file of a permitted extension."""
    return SAMPLES[extension]()


def save(directory: Path, extension: str, stem: str = "材料") -> Path:
    """Write a sample to a directory, as a browser wants it, and return its path."""
    path = directory / f"{stem}.{extension}"
    path.write_bytes(sample(extension))
    return path


# Files of an exact size


def jpg_of(size: int) -> bytes:
    """Return a valid picture of exactly so many bytes: what follows its end is nobody's business."""
    return jpg() + bytes(size - len(jpg()))


def pdf_of(size: int) -> bytes:
    """Return a valid PDF of exactly so many bytes, the rest being a comment behind its end."""
    return pdf() + b"%" * (size - len(pdf()) - 1) + b"\n"


@cache
def photograph(width: int = 4000, height: int = 3000, **options: object) -> bytes:
    """Return a JPEG as a telephone takes it: 12 million pixels, noise and all, some megabytes."""
    noise = Image.effect_noise((width // 4, height // 4), 60).resize((width, height))
    return encoded(
        Image.merge("RGB", (noise, noise.transpose(Image.Transpose.ROTATE_180), noise)),
        "JPEG",
        quality=90,
        **options,
    )


# Hostile and broken ones


def truncated(content: bytes, share: float = 0.5) -> bytes:
    """Return the beginning of a file, as a broken connection leaves it."""
    return content[: int(len(content) * share)]


def program() -> bytes:
    return b"MZ\x90\x00" + bytes(60) + b"This program cannot be run in DOS mode." + bytes(400)


def web_page() -> bytes:
    return b"<!DOCTYPE html><html><script>alert(document.cookie)</script></html>"


def package(parts: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a ZIP file of these parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return out.getvalue()


def repacked(content: bytes, added: dict[str, bytes]) -> bytes:
    """Return a package with further or other parts."""
    with zipfile.ZipFile(io.BytesIO(content)) as old:
        return package({name: old.read(name) for name in old.namelist()} | added)


@cache
def word_with_macros() -> bytes:
    return repacked(word(), {"word/vbaProject.bin": b"Sub AutoOpen()"})


@cache
def word_bomb() -> bytes:
    """Return 300 KB that become 300 MB in a clerk's Word."""
    return repacked(word(), {"word/media/image1.bmp": bytes(300 * MEGABYTE)})


@cache
def word_of_many_parts() -> bytes:
    return repacked(word(), {f"word/media/{number}": b"" for number in range(6_000)})


@cache
def damaged_word() -> bytes:
    """Return a package whose directory is whole and whose document is not."""
    content = bytearray(word())
    with zipfile.ZipFile(io.BytesIO(word())) as made:
        place = made.getinfo("word/document.xml").header_offset
    content[place + 100 : place + 200] = bytes(100)
    return bytes(content)


def locked_word() -> bytes:
    """Return what Word makes of a docx with a password: a compound file around the encrypted package."""
    return compound("EncryptedPackage", bytes(8_000))


def locked_old_excel() -> bytes:
    """Return the beginning of an xls with a password: BOF, FILEPASS."""
    beginning = struct.pack("<HH16s", 0x0809, 16, bytes(16)) + struct.pack("<HH54s", 0x002F, 54, bytes(54))
    return compound("Workbook", beginning + bytes(4_000))


def png_of_pixels(width: int, height: int) -> bytes:
    """Return a PNG that claims so many pixels and has next to no bytes."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">L", len(content)) + kind + content + struct.pack(">L", zlib.crc32(kind + content))
        )

    header = struct.pack(">LLBBBBB", width, height, 1, 0, 0, 0, 0)
    pixels = zlib.compress(bytes(1_000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def plain_pdf(
    page_objects: list[bytes], trailer: bytes = b"", extra: dict[int, bytes] | None = None
) -> bytes:
    """Return a PDF put together by hand: the pages' dictionaries from object 3 on, `extra` objects by number."""
    kids = b" ".join(b"%d 0 R" % number for number in range(3, 3 + len(page_objects)))
    objects = {
        1: b"<</Type/Catalog/Pages 2 0 R>>",
        2: b"<</Type/Pages/Count %d/Kids[%s]>>" % (len(page_objects), kids),
        **dict(enumerate(page_objects, start=3)),
        **(extra or {}),
    }
    out = bytearray(b"%PDF-1.7\n")
    places = {}
    for number, content in sorted(objects.items()):
        places[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start, size = len(out), max(objects) + 1
    out += b"xref\n0 %d\n0000000000 65535 f \n" % size
    for number in range(1, size):
        out += b"%010d 00000 n \n" % places[number]
    out += b"trailer\n<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n" % (size, trailer, start)
    return bytes(out)


PAGE = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>"


def pdf_of_pages(count: int) -> bytes:
    """Return a PDF of empty pages, few bytes each."""
    return plain_pdf([PAGE] * count)


def locked_pdf() -> bytes:
    """Return a PDF that asks for a password (40-bit RC4, of which nobody knows the key)."""
    secret = b"<</Filter/Standard/V 1/R 2/P -4/O<%s>/U<%s>>>" % (b"ab" * 32, b"cd" * 32)
    return plain_pdf([PAGE], b"/Encrypt 4 0 R/ID[<%s><%s>]" % (b"01" * 16, b"01" * 16), {4: secret})


def pdf_that_never_ends(levels: int = 12) -> bytes:
    """Return a page that draws a form ten times, which draws a form ten times, and so on."""
    page = (
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</XObject<</F 5 0 R>>>>>>"
    )

    def stream(content: bytes, entries: bytes = b"") -> bytes:
        return b"<</Length %d%s>>\nstream\n%s\nendstream" % (len(content), entries, content)

    forms = {
        number: stream(
            b"/F Do " * 10,
            b"/Type/XObject/Subtype/Form/BBox[0 0 595 842]/Resources<</XObject<</F %d 0 R>>>>" % (number + 1),
        )
        for number in range(5, 5 + levels)
    }
    last = {5 + levels: stream(b"0 0 10 10 re f", b"/Type/XObject/Subtype/Form/BBox[0 0 595 842]")}
    return plain_pdf([page], extra={4: stream(b"/F Do"), **forms, **last})
