"""A11: what may come in."""

import io

import pytest
from PIL import Image

from tests.files import samples as files
from uploads.errors import Fault, FileRefused
from uploads.inspection import inspect
from uploads.preview import preview
from uploads.receive import receive
from uploads.sets import EXTENSIONS, MAX_BYTES, previews, storage

QUARTER_TURN = Image.Exif()
QUARTER_TURN[0x0112] = 6

pytestmark = pytest.mark.usefixtures("app")


@pytest.mark.guide("A11")
@pytest.mark.parametrize("extension", files.EXTENSIONS)
def test_every_format_of_the_guide_is_accepted_and_returned_unchanged(extension, chosen):
    received = receive(chosen(files.sample(extension), f"材料.{extension}"))

    assert received.extension == extension
    assert received.display_name == f"材料.{extension}"
    assert received.size == len(files.sample(extension))
    with storage().open(received.storage_name) as file:
        assert file.read() == files.sample(extension)


@pytest.mark.guide("A11")
def test_only_the_ten_formats_of_the_guide_are_accepted():
    assert EXTENSIONS == ("jpg", "gif", "png", "jpeg", "bmp", "doc", "docx", "xls", "xlsx", "pdf")
    for extension in ("exe", "html", "svg", "docm", "xlsm", "zip", "webp", "heic", "tif", "ofd", "txt"):
        with pytest.raises(FileRefused) as refusal:
            inspect(io.BytesIO(files.sample("pdf")), f"材料.{extension}")
        assert refusal.value.fault is Fault.EXTENSION
        assert "可以上传的格式：jpg、gif、png、jpeg、bmp、doc、docx、xls、xlsx、pdf。" in str(refusal.value)


@pytest.mark.guide("A11")
@pytest.mark.parametrize(("extension", "of"), [("jpg", files.jpg_of), ("pdf", files.pdf_of)])
def test_exactly_20_mb_are_accepted_and_one_more_byte_is_refused(extension, of):
    assert MAX_BYTES == 20 * 1024 * 1024
    assert inspect(io.BytesIO(of(MAX_BYTES)), f"材料.{extension}").size == MAX_BYTES
    with pytest.raises(FileRefused) as refusal:
        inspect(io.BytesIO(of(MAX_BYTES + 1)), f"材料.{extension}")
    assert refusal.value.fault is Fault.TOO_BIG
    assert "超过 20 MB（实际 20,971,521 字节，最多 20,971,520 字节）" in str(refusal.value)


@pytest.mark.parametrize("name", ["材料.JPG", "材料.Jpeg", "材料.pdf.jpg"])
def test_letter_case_and_both_jpeg_extensions_are_accepted(name):
    assert inspect(io.BytesIO(files.jpg()), name).content_type == "image/jpeg"


def test_only_a_pdf_has_a_number_of_pages():
    assert inspect(io.BytesIO(files.pdf(3)), "合同.pdf").pages == 3
    assert inspect(io.BytesIO(files.word()), "合同.docx").pages is None


def test_the_content_type_comes_from_the_table_and_not_the_browser(chosen):
    file = chosen(files.png(), "证书.png")
    file.headers["Content-Type"] = "text/html"
    assert receive(file).content_type == "image/png"


@pytest.mark.parametrize(
    ("content", "extension"),
    [
        (files.encoded(Image.new("RGB", (2000, 1501)), "JPEG"), "jpg"),
        (files.encoded(Image.new("RGB", (100, 50)), "JPEG"), "jpg"),
        (files.encoded(Image.new("RGB", (800, 300)), "JPEG", exif=QUARTER_TURN), "jpg"),
        (files.sample("png"), "png"),
        (files.sample("pdf"), "pdf"),
    ],
)
def test_the_small_picture_is_drawn_when_the_file_is_checked(content, extension, chosen):
    received = receive(chosen(content, f"材料.{extension}"), small_picture=True)

    at_once = previews().get(received.storage_name, 1, 160)
    with storage().open_local(received.storage_name) as file:
        later = preview(file, extension, 1, 160).content
    assert at_once is not None
    assert Image.open(io.BytesIO(at_once)).size == Image.open(io.BytesIO(later)).size


@pytest.mark.parametrize("extension", ["docx", "xlsx"])
def test_a_kind_without_pictures_has_no_small_picture(extension, chosen):
    received = receive(chosen(files.sample(extension), f"材料.{extension}"), small_picture=True)

    assert previews().get(received.storage_name, 1, 160) is None
