"""What a reviewer sees in place is a picture that we made, upright, small enough, with nothing of the file in it."""

import io
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from PIL import Image

from tests.files import samples as files
from tests.uploads import odd_files
from uploads import decoding
from uploads.confined import fonts
from uploads.errors import NoPreview
from uploads.inspection import inspect
from uploads.preview import WIDTHS, has_preview, preview

SHOWN = ("jpg", "jpeg", "png", "gif", "bmp", "pdf")


def seen(content: bytes, extension: str, page: int = 1, width: int = 900) -> Image.Image:
    made = preview(io.BytesIO(content), extension, page, width)
    assert made.content_type == "image/jpeg"
    picture = Image.open(io.BytesIO(made.content))
    assert picture.format == "JPEG"
    return picture.convert("RGB")


@pytest.mark.parametrize("extension", SHOWN)
def test_pictures_and_pdf_have_previews(extension):
    picture = seen(files.sample(extension), extension, width=160)
    assert picture.width == 160
    assert 220 < picture.height < 230
    assert has_preview(extension)


@pytest.mark.parametrize("extension", ["doc", "docx", "xls", "xlsx"])
def test_word_and_excel_have_no_previews(extension):
    with pytest.raises(NoPreview):
        preview(io.BytesIO(files.sample(extension)), extension)
    assert not has_preview(extension)


def test_a_small_picture_is_not_enlarged_but_a_page_is():
    assert seen(files.png(), "png", width=1800).width == files.A4[0]
    assert seen(files.pdf(), "pdf", width=1800).width == 1800


@pytest.mark.parametrize("points", [b"595.32", b"595.96", b"612"])
def test_a_page_is_drawn_exactly_as_wide_as_wished_whatever_its_size(points):
    content = files.plain_pdf([files.PAGE.replace(b"595", points)])
    assert [seen(content, "pdf", width=width).width for width in WIDTHS] == list(WIDTHS)
    assert inspect(io.BytesIO(content), "合同.pdf").small


@pytest.mark.parametrize("width", [0, -1, 159, 901, 100_000])
def test_only_the_permitted_widths_are_drawn(width):
    assert width not in WIDTHS
    with pytest.raises(NoPreview):
        preview(io.BytesIO(files.png()), "png", 1, width)


@pytest.mark.parametrize(("extension", "page"), [("pdf", 0), ("pdf", 3), ("pdf", -1), ("png", 2)])
def test_there_is_no_preview_of_a_missing_page(extension, page):
    with pytest.raises(NoPreview):
        preview(io.BytesIO(files.sample(extension)), extension, page)


def test_each_page_of_a_pdf_has_its_own_preview():
    red = files.sheet(ground="red")
    both = files.encoded(files.sheet(), "PDF", save_all=True, append_images=[red])
    assert min(seen(both, "pdf", page=1, width=160).getpixel((2, 2))) > 240
    assert seen(both, "pdf", page=2, width=160).getpixel((2, 2))[1] < 20


@pytest.mark.guide("A21")
@pytest.mark.parametrize(("kind", "extension"), [("JPEG", "jpg"), ("PNG", "png")])
def test_a_rotated_photograph_is_shown_upright_without_metadata(kind, extension):
    half_red = Image.new("RGB", (400, 200), "white")
    half_red.paste("red", (0, 0, 200, 200))
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter: its left is up
    exif[0x010F] = "telephone"
    content = files.encoded(half_red, kind, exif=exif)

    picture = seen(content, extension, width=160)

    assert picture.size == (160, 320)
    assert picture.getpixel((80, 10))[1] < 60
    assert picture.getpixel((80, 310))[1] > 200
    assert b"telephone" not in preview(io.BytesIO(content), extension, 1, 160).content


def test_an_orientation_in_xmp_alone_turns_nothing():
    xmp = (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        b'<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"/></rdf:RDF></x:xmpmeta>'
    )
    content = files.encoded(Image.new("RGB", (400, 200)), "JPEG", xmp=xmp)
    assert Image.open(io.BytesIO(content)).getexif()[0x0112] == 6, "Pillow takes it for EXIF"
    assert seen(content, "jpg", width=160).size == (160, 80)


def test_a_picture_with_broken_exif_is_shown_unrotated():
    content = files.encoded(
        Image.new("RGB", (400, 200)), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff broken"
    )
    assert seen(content, "jpg", width=160).size == (160, 80)


@pytest.mark.parametrize(
    ("mode", "colour", "kind"),
    [
        ("RGBA", (0, 0, 0, 0), "PNG"),
        ("LA", (0, 0), "PNG"),
        ("L", 255, "PNG"),
        ("1", 1, "PNG"),
        ("P", 0, "GIF"),
        ("I;16", 65535, "PNG"),
        ("CMYK", (0, 0, 0, 0), "JPEG"),
    ],
)
def test_white_is_shown_white_in_every_picture_mode(mode, colour, kind):
    picture = Image.new(mode, (900, 600), colour)
    if mode == "P":
        picture.putpalette([255, 255, 255] * 256)
    assert min(seen(files.encoded(picture, kind), kind.lower(), width=160).getpixel((80, 50))) > 250


@pytest.mark.parametrize(
    ("mode", "colour", "ink"), [("RGB", (0, 0, 0), (30, 30, 160)), ("L", 0, 60), ("P", 0, 1), ("1", 0, 1)]
)
def test_the_one_transparent_colour_of_a_png_is_shown_white(mode, colour, ink):
    picture = Image.new(mode, (320, 200), colour)
    if mode == "P":
        picture.putpalette([0, 0, 0, 30, 30, 160])
    picture.paste(ink, (80, 50, 240, 150))
    shown = seen(files.encoded(picture, "PNG", transparency=colour), "png", width=160)
    assert min(shown.getpixel((5, 5))) > 250
    assert shown.getpixel((80, 50))[0] < 80 or mode == "1"


@pytest.mark.parametrize("header", [56, 108, 124])
@pytest.mark.parametrize(
    ("alpha", "black"),
    [(b"\0", True), (b"\xff", True), (b"\0\xff", False)],
    ids=["all zero", "opaque", "half transparent"],
)
def test_a_bmp_with_an_alpha_channel_of_zeros_is_shown_opaque(header, alpha, black):
    picture = seen(odd_files.bmp_of_32_bits(alpha, header), "bmp", width=160)
    assert picture.getpixel((80, 5))[0] < 10 or not black
    assert picture.getpixel((80, 90))[0] > 245
    if alpha == b"\0\xff":
        assert 60 < picture.getpixel((80, 5))[0] < 200, "real transparency lets the white ground through"


@pytest.mark.parametrize("kind", odd_files.JPEGS)
def test_a_jpeg_without_its_end_marker_is_shown_completely(kind):
    content = odd_files.noisy_jpeg(**odd_files.JPEGS[kind])
    assert content.endswith(b"\xff\xd9")
    for ending in (b"", b"\xff", b"\0" * 512):
        shown = preview(io.BytesIO(content[:-2] + ending), "jpg", 1, 160).content
        assert shown == preview(io.BytesIO(content), "jpg", 1, 160).content


def test_a_very_long_screenshot_stays_readable_within_the_memory_limit():
    assert seen(files.encoded(Image.new("L", (1080, 20_000)), "PNG"), "png", width=900).width > 800
    assert max(seen(files.encoded(Image.new("1", (3, 900_000)), "PNG"), "png", width=900).size) <= 65_000


def test_a_seal_that_is_an_annotation_of_a_pdf_is_shown():
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Annots[4 0 R]>>"
    seal = b"<</Type/Annot/Subtype/Stamp/Rect[0 0 595 842]/F 4/AP<</N 5 0 R>>>>"
    red = b"1 0 0 rg 0 0 595 842 re f"
    look = b"<</Type/XObject/Subtype/Form/BBox[0 0 595 842]/Length %d>>\nstream\n%s\nendstream" % (
        len(red),
        red,
    )
    content = files.plain_pdf([page], extra={4: seal, 5: look})
    assert seen(content, "pdf", width=160).getpixel((80, 100))[1] < 20


@pytest.mark.parametrize("content", [odd_files.pdf_without_its_font, odd_files.pdf_with_a_typed_value])
def test_chinese_text_is_drawn_where_neither_the_pdf_nor_the_system_has_a_font(content, tmp_path):
    drawn = (
        "import io, sys; from uploads.confined import drawing, fonts;"
        "fonts.use_folders(tuple(sys.argv[1:])); import pypdfium2;"
        "document = pypdfium2.PdfDocument(sys.stdin.buffer.read());"
        "print(sum(drawing.draw(document, 1, 900, 10**7).convert('L').histogram()[:100]))"
    )

    def ink(*folders: str) -> int:
        done = subprocess.run(
            [sys.executable, "-c", drawn, *folders], input=content(), stdout=subprocess.PIPE, check=True
        )
        return int(done.stdout)

    assert ink(str(tmp_path)) == 0, "what pdfium does on a system without Chinese fonts"
    assert ink(str(tmp_path), fonts.bundled_folder()) > 500
    assert fonts.FOLDERS[-1] == fonts.bundled_folder()
    assert Path(fonts.bundled_folder()).is_relative_to(
        next(folder for folder in sys.path if folder.endswith("site-packages"))
    ), "the confined process may read it"


@pytest.mark.parametrize("extension", SHOWN)
def test_a_file_that_was_damaged_on_disk_has_no_preview(extension):
    with pytest.raises(NoPreview):
        preview(io.BytesIO(files.truncated(files.sample(extension), 0.3)), extension)


def test_a_page_is_drawn_while_as_many_uploads_as_may_are_checked(monkeypatch):
    monkeypatch.setattr(decoding, "_check_slots", threading.BoundedSemaphore(1))
    with decoding._check_slots:
        assert preview(io.BytesIO(files.pdf()), "pdf").content


def test_a_page_that_never_finishes_drawing_has_no_preview(monkeypatch):
    monkeypatch.setattr(decoding, "TIMEOUT_SECONDS", 1.5)
    with pytest.raises(NoPreview):
        preview(io.BytesIO(files.pdf_that_never_ends()), "pdf")
