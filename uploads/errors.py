"""Why a file was refused. Each fault has a sentence that its owner reads beside the field.

An error contains nothing of the file except its cleaned name.
"""

from enum import StrEnum, auto

from flask_babel import LazyString
from flask_babel import lazy_gettext as _


class Fault(StrEnum):
    """What is wrong with a file. The sentences are in `SENTENCES`."""

    NO_FILE = auto()
    NO_EXTENSION = auto()
    EXTENSION = auto()
    EMPTY = auto()
    TOO_BIG = auto()
    OTHER_KIND = auto()
    FOREIGN_KIND = auto()
    KNOWN_KIND = auto()
    SHEET_AS_TEXT = auto()
    SHEET_AS_XLSX = auto()
    UNKNOWN_KIND = auto()
    DAMAGED = auto()
    PASSWORD = auto()
    OLD_EXCEL_PASSWORD = auto()
    MACROS = auto()
    TOO_MANY_PIXELS = auto()
    TOO_MANY_PAGES = auto()
    EXPANDS = auto()
    TOO_SLOW = auto()
    BROKEN_OFF = auto()
    NOT_XLSX = auto()
    NO_TABLE = auto()
    EXCEL_95 = auto()
    TOO_WIDE = auto()


SENTENCES: dict[Fault, LazyString] = {
    Fault.NO_FILE: _("请先选择要上传的文件。"),
    Fault.NO_EXTENSION: _(
        "文件“%(name)s”没有扩展名，从内容也看不出是什么格式。可以上传的格式：%(permitted)s。"
    ),
    Fault.EXTENSION: _(
        "文件“%(name)s”是 .%(extension)s 格式，不能上传。%(advice)s可以上传的格式：%(permitted)s。"
    ),
    Fault.EMPTY: _("文件“%(name)s”是空的（0 字节），请重新选择。"),
    Fault.TOO_BIG: _(
        "文件“%(name)s”超过 %(megabytes)s MB（实际 %(size)s 字节，最多 %(most_bytes)s 字节），请压缩或拆分后再上传。"
    ),
    Fault.OTHER_KIND: _(
        "文件“%(name)s”的扩展名是 .%(extension)s，内容却是“%(kind)s”。请把扩展名改为 .%(right)s，或另存为 .%(extension)s 格式后再上传。"
    ),
    Fault.FOREIGN_KIND: _(
        "文件“%(name)s”的扩展名是 .%(extension)s，内容却是“%(kind)s”，不能上传。%(advice)s"
    ),
    Fault.KNOWN_KIND: _("文件“%(name)s”是“%(kind)s”，不能上传。%(advice)s"),
    Fault.SHEET_AS_TEXT: _(
        "文件“%(name)s”虽以 .xls 命名，内容却是网页或文本形式的表格。请用 Excel 或 WPS 打开（提示格式与扩展名不一致时选“是”），另存为 .xlsx 后再上传。"
    ),
    Fault.SHEET_AS_XLSX: _(
        "文件“%(name)s”虽以 .xlsx 命名，内容却是网页或文本形式的表格。请先把扩展名改为 .xls，再用 Excel 或 WPS 打开，另存为 .xlsx 后上传。"
    ),
    Fault.UNKNOWN_KIND: _(
        "文件“%(name)s”的内容不是 .%(extension)s 格式，可能已损坏，或只是改了扩展名。请用原来的软件重新保存后再上传。"
    ),
    Fault.DAMAGED: _(
        "文件“%(name)s”已损坏或不完整，无法打开。请在自己的电脑或手机上确认能打开后，重新上传。"
    ),
    Fault.PASSWORD: _("文件“%(name)s”设有密码，审核人员无法打开。请取消密码后再上传。"),
    # “保护工作簿” encrypts an .xls with a password that every Excel knows and never asks for.
    Fault.OLD_EXCEL_PASSWORD: _(
        "文件“%(name)s”设有密码，或启用了“保护工作簿”，网站无法打开。请取消密码；打开时不用输入密码的，请在“审阅”中取消“保护工作簿”。保存后再上传。"
    ),
    Fault.MACROS: _(
        "文件“%(name)s”含有宏（程序代码），不能上传。请另存为不含宏的 docx、xlsx 或 PDF 后再上传。"
    ),
    Fault.TOO_MANY_PIXELS: _(
        "图片“%(name)s”尺寸过大（%(width)s×%(height)s 像素），最多 %(megapixels)s 万像素。请缩小后再上传。"
    ),
    Fault.TOO_MANY_PAGES: _("文件“%(name)s”有 %(pages)s 页，最多 %(most_pages)s 页，请拆分后再上传。"),
    Fault.EXPANDS: _("文件“%(name)s”解压后的内容过大，不能上传。请减少其中的内容，或另存为 PDF 后再上传。"),
    Fault.TOO_SLOW: _("文件“%(name)s”过于复杂，无法在规定时间内打开。请重新打印或扫描成 PDF 后再上传。"),
    Fault.BROKEN_OFF: _("文件“%(name)s”没有传完，请检查网络后重新上传。"),
    Fault.NOT_XLSX: _(
        "文件“%(name)s”是 .%(extension)s 格式，不能导入。请用 Excel 或 WPS 打开，另存为 .xlsx（Excel 工作簿）后再上传。"
    ),
    Fault.NO_TABLE: _("文件“%(name)s”不是表格。可以上传银行返回的 .xlsx、.xls 或 .csv 文件。"),
    Fault.EXCEL_95: _(
        "文件“%(name)s”是 Excel 5.0/95 的旧格式，网站读不出其中的中文。请用 Excel 或 WPS 打开，另存为 .xlsx 后再上传。"
    ),
    Fault.TOO_WIDE: _(
        "文件“%(name)s”的表格范围太大，无法读取：可能在很远的单元格里有内容。请把需要的各行复制到新下载的模板中再上传。"
    ),
}


class UploadError(Exception):
    """A file was refused, and nothing of it is stored. `str()` is the sentence in the user's language."""

    def __init__(self, sentence: LazyString, **parameters: object) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.parameters = parameters

    def __str__(self) -> str:
        return str(self.sentence) % self.parameters


class FileRefused(UploadError):
    """The file itself is at fault; `fault` says why."""

    def __init__(self, fault: Fault, **parameters: object) -> None:
        super().__init__(SENTENCES[fault], **parameters)
        self.fault = fault


class StorageFull(UploadError):
    """The disk is full. The file is not at fault and may be sent again later."""

    def __init__(self) -> None:
        super().__init__(_("服务器存储空间不足，文件没有保存。请稍后再试，或联系管理员。"))


class StorageUnavailable(UploadError):
    """The storage does not answer, or refuses our keys. The file is not at fault, and what is stored stays as it is."""

    def __init__(self) -> None:
        super().__init__(
            _("文件存储暂时没有响应，文件没有保存。已填写的内容和已上传的文件都还在，请过几分钟再上传。")
        )


class CheckUnavailable(UploadError):
    """The program that opens files does not run. The file is not at fault, and was neither checked nor stored."""

    def __init__(self) -> None:
        super().__init__(
            _("暂时无法检查文件，文件没有保存。已填写的内容和已上传的文件都还在，请过几分钟再上传。")
        )


class InvalidFile(Exception):
    """The content is invalid. Raised within an inspection, where the file's name is not known; `inspect` turns it into FileRefused."""

    def __init__(self, fault: Fault, **details: object) -> None:
        super().__init__(fault)
        self.fault = fault
        self.details = details


class NoPreview(Exception):
    """There is no preview of this file, page or width. The caller responds with 404 or offers the download."""
