"""Issue 11, point 17: what a file is comes from its content; a sentence says what to do, or the file is taken."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.files import samples as files
from tests.uploads import odd_files
from uploads import browser_check, kinds, sheets
from uploads.errors import Fault, FileRefused
from uploads.inspection import inspect
from uploads.sets import EXTENSIONS

pytestmark = pytest.mark.usefixtures("app")

TAKEN = [
    # name, content, the name and extension under which it is stored
    ("照片.jfif", files.jpg, "照片.jpg"),
    ("照片.JPE", files.jpg, "照片.jpg"),
    ("照片.jpeg", files.jpg, "照片.jpeg"),
    ("截图.dib", files.bmp, "截图.bmp"),
    ("身份证．ｊｐｇ", files.jpg, "身份证.jpg"),
    ("身份证．JPG", files.jpg, "身份证.JPG"),
    ("合同。pdf", files.pdf, "合同.pdf"),
    ("身份证", files.jpg, "身份证.jpg"),
    ("申请表", files.word, "申请表.docx"),
    ("社保", files.old_excel, "社保.xls"),
    ("合同2026.11.28", files.pdf, "合同2026.11.28.pdf"),
    ("名" * 200, files.png, "名" * 116 + ".png"),
]


@pytest.mark.parametrize(("name", "content", "stored"), TAKEN)
def test_an_alias_extension_is_replaced_by_the_usual_one(name, content, stored):
    taken = inspect(io.BytesIO(content()), name)
    assert taken.display_name == stored
    assert taken.extension == stored.rpartition(".")[2].lower()
    assert taken.extension in EXTENSIONS


@pytest.mark.parametrize("extension", files.EXTENSIONS)
def test_a_file_of_a_permitted_kind_is_accepted_without_an_extension(extension):
    taken = inspect(io.BytesIO(files.sample(extension)), "材料")
    assert kinds.BY_EXTENSION[taken.extension] is kinds.BY_EXTENSION[extension]


def locked_zip() -> bytes:
    content = bytearray(files.package({"身份证.jpg": files.jpg()}))
    content[content.index(b"PK\x03\x04") + 6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


HEIC = b"\0\0\0\x18ftyp%s" + bytes(99)
ADVISED = [
    # name, content, words of the sentence
    (
        "IMG_0001.HEIC",
        HEIC % b"heic",
        "“HEIC 图片（手机的高效格式）”，不能上传。请在手机的相机设置中选择“兼容性最佳”",
    ),
    ("IMG_0001.heif", HEIC % b"mif1", "“HEIC 图片（手机的高效格式）”，不能上传"),
    ("IMG_0001", HEIC % b"heix", "“HEIC 图片（手机的高效格式）”，不能上传"),
    ("IMG_0001.jpg", HEIC % b"heim", "扩展名是 .jpg，内容却是“HEIC 图片"),
    ("图.avif", HEIC % b"avif", "“AVIF 图片”，不能上传。请把图片转换成 JPG 或 PNG"),
    ("IMG_0001.livp", files.package({"a.heic": b"a", "a.mov": b"b"}), "“实况照片”，不能上传"),
    ("图.webp", b"RIFF\0\0\0\0WEBPVP8 ", "请把图片转换成 JPG 或 PNG"),
    ("扫描.tif", b"II*\0" + bytes(99), "请把图片转换成 JPG、PNG 或 PDF"),
    ("照片.dng", b"II*\0" + bytes(99), "“相机原始照片”"),
    ("发票.ofd", files.package({"OFD.xml": b"<"}), "请用 OFD 阅读器或 WPS 打开"),
    ("发票", files.package({"OFD.xml": b"<"}), "请用 OFD 阅读器或 WPS 打开"),
    ("申请表.wps", files.old_word(), "请用 WPS 打开，另存为 docx 或 PDF"),
    ("社保.et", files.old_excel(), "请用 WPS 打开，另存为 xlsx 或 PDF"),
    ("申请表.dotx", files.word(), "“Office 模板”"),
    ("申请表.docm", files.word_with_macros(), "“可含宏的 Office 文件”"),
    ("材料.rar", b"Rar!\x1a\x07\x01\0", "“压缩包”，不能上传。请解压后逐个上传"),
    ("材料.7z", b"7z\xbc\xaf\x27\x1c", "请解压后逐个上传"),
    ("材料.zip", files.package({"a.jpg": b"a"}), "请解压后逐个上传"),
    ("材料.zip", locked_zip(), "请解压后逐个上传"),
    ("材料", locked_zip(), "请解压后逐个上传"),
    ("材料.zip", files.truncated(files.package({"a.jpg": files.jpg()})), "请解压后逐个上传"),
    ("材料.zip", files.word(), "它的内容是“Word 文档”，把扩展名改为 .docx 后即可上传"),
    ("录像.mp4", b"\0\0\0\x18ftypisom" + bytes(99), "“视频”，不能上传。请改传照片、截图或 PDF"),
    ("录音.amr", b"#!AMR\n" + bytes(99), "“音频”"),
    ("录音.m4a", b"\0\0\0\x18ftypM4A " + bytes(99), "“音频”"),
    ("简历.pages", files.package({"Index/Document.iwa": b"a"}), "导出为 PDF"),
    ("简历", files.package({"Index/Document.iwa": b"a"}), "导出为 PDF"),
    (
        "汇报.pptx",
        files.package({"[Content_Types].xml": b"presentationml", "ppt/a": b""}),
        "“PowerPoint 演示文稿”",
    ),
    ("汇报.dps", files.compound("PowerPoint Document", bytes(5_000)), "“PowerPoint 演示文稿”"),
    ("邮件.msg", files.compound("__properties_version1.0", bytes(5_000)), "请打开邮件，把其中的附件另存"),
    ("邮件.eml", b"MIME-Version: 1.0\r\nSubject: a\r\n", "请打开邮件，把其中的附件另存"),
    ("说明.txt", "你好".encode(), "“纯文本”"),
    ("公文.ceb", b"Founder CEB", "打印成 PDF"),
    ("论文.caj", b"CAJ\0" + bytes(99), "CAJViewer"),
    ("合同.lnk", b"L\0\0\0\x01\x14\x02\0" + bytes(99), "“快捷方式”，不能上传。它只指向文件"),
    ("合同.pdf.crdownload", b"\1\2\3\4" * 9, "“没有下载完的文件”，不能上传。请等它下载完成"),
    ("合同.pdf.exe", files.program(), "“可执行程序”"),
    ("IMG_0001.heic", files.jpg(), "它的内容是“JPG 图片”，把扩展名改为 .jpg 后即可上传"),
    ("合同.final", files.pdf(), "它的内容是“PDF 文档”，把扩展名改为 .pdf 后即可上传"),
    ("东西.abc", b"\1\2\3\4", "是 .abc 格式，不能上传。可以上传的格式"),
    ("东西", b"\1\2\3\4", "没有扩展名，从内容也看不出是什么格式"),
]


@pytest.mark.parametrize(("name", "content", "words"), ADVISED)
def test_a_file_of_another_kind_gets_advice(name, content, words):
    with pytest.raises(FileRefused) as refusal:
        inspect(io.BytesIO(content), name)
    assert words in str(refusal.value)


@settings(max_examples=80, deadline=None)
@given(
    st.sampled_from(sorted(kinds.BY_EXTENSION)), st.sampled_from([row[1] for row in ADVISED] + [files.png()])
)
def test_whatever_the_name_a_file_is_stored_under_a_permitted_extension_or_not_at_all(extension, content):
    try:
        taken = inspect(io.BytesIO(content), f"材料.{extension}")
    except FileRefused:
        return
    assert taken.extension in EXTENSIONS
    assert taken.display_name.endswith(f".{taken.extension}")


@pytest.mark.parametrize("kind", odd_files.SHEETS_AS_TEXT)
def test_a_text_table_named_xls_gets_the_advice_to_save_it_as_xlsx(kind):
    with pytest.raises(FileRefused) as refusal:
        inspect(io.BytesIO(odd_files.SHEETS_AS_TEXT[kind]), "社保.xls")
    assert refusal.value.fault is Fault.SHEET_AS_TEXT
    assert "请用 Excel 或 WPS 打开" in str(refusal.value)
    assert "另存为 .xlsx 后再上传" in str(refusal.value)


def test_a_text_table_named_xlsx_gets_the_advice_to_rename_it_first(chosen):
    """Excel opens such a file under .xls after a question, under .xlsx not at all."""
    with pytest.raises(FileRefused) as refusal:
        sheets.receive_sheet(chosen(odd_files.SHEETS_AS_TEXT["html"], "企业.xlsx"))
    assert "请先把扩展名改为 .xls" in str(refusal.value)


def test_an_import_accepts_a_workbook_without_extension_but_no_picture(chosen):
    assert sheets.receive_sheet(chosen(files.excel(), "企业名单")).display_name == "企业名单.xlsx"
    with pytest.raises(FileRefused) as refusal:
        sheets.receive_sheet(chosen(files.jpg(), "企业名单"))
    assert "可以上传的格式：xlsx。" in str(refusal.value)


def test_each_extension_is_in_the_table_once_and_each_row_has_source_and_advice():
    announced = [
        one for kind in kinds.KINDS for one in (*kind.extensions, *kind.aliases, *kind.refused_extensions)
    ]
    assert len(announced) == len(set(announced)) == len(kinds.BY_EXTENSION)
    assert {one for kind in kinds.PERMITTED for one in kind.extensions} == set(EXTENSIONS)
    assert all(kind.source and str(kind.advice) for kind in kinds.KINDS)
    assert all(kind.content_type and not kind.refused_extensions for kind in kinds.PERMITTED)
    assert not any(kind.extensions or kind.aliases for kind in kinds.KINDS if kind not in kinds.PERMITTED)


def test_the_browser_gets_the_whole_table_and_offers_every_accepted_extension():
    rows = browser_check.kinds_for_scripts()
    assert {extension for row in rows for extension in row["extensions"]} == set(kinds.BY_EXTENSION)
    assert all(row["advice"] for row in rows if not row["taken"])
    assert ".jfif" in browser_check.accept_attribute().split(",")
    assert ".heic" not in browser_check.accept_attribute().split(","), (
        "an iPhone then converts its photographs to JPG"
    )
