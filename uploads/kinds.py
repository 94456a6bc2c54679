"""The kinds of file there are for us: the permitted ones (A11) and those that people send instead of them.

Data only. A further permitted kind is a row here and, if it can be damaged in its own way, a check in inspection.
"""

from dataclasses import dataclass

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

AS_PDF_OR_PICTURE = _("请转换成 PDF 或图片后再上传。")


@dataclass(frozen=True, eq=False)
class Kind:
    """What a content is. Without extensions it is known but not permitted, and `advice` says what to do."""

    name: LazyString
    content_type: str = ""
    extensions: tuple[str, ...] = ()
    advice: LazyString = AS_PDF_OR_PICTURE


JPEG = Kind(_("JPG 图片"), "image/jpeg", ("jpg", "jpeg"))
PNG = Kind(_("PNG 图片"), "image/png", ("png",))
GIF = Kind(_("GIF 图片"), "image/gif", ("gif",))
BMP = Kind(_("BMP 图片"), "image/bmp", ("bmp",))
PDF = Kind(_("PDF 文档"), "application/pdf", ("pdf",))
DOC = Kind(_("Word 97-2003 文档"), "application/msword", ("doc",))
XLS = Kind(_("Excel 97-2003 表格"), "application/vnd.ms-excel", ("xls",))
DOCX = Kind(
    _("Word 文档"), "application/vnd.openxmlformats-officedocument.wordprocessingml.document", ("docx",)
)
XLSX = Kind(_("Excel 表格"), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ("xlsx",))

PERMITTED = (JPEG, GIF, PNG, BMP, DOC, DOCX, XLS, XLSX, PDF)

POWERPOINT = Kind(_("PowerPoint 演示文稿"))
OPEN_DOCUMENT = Kind(_("OpenDocument 文档"))
OFD = Kind(_("OFD 版式文档"))
RTF = Kind(_("RTF 文档"), advice=_("请用 Word 或 WPS 打开，另存为 docx 或 PDF 后再上传。"))
WEB_PAGE = Kind(_("网页"), advice=_("请用浏览器打开，打印成 PDF 后再上传。"))
XML = Kind(_("XML 文档"), advice=_("请用 Word、Excel 或 WPS 打开，另存为 docx、xlsx 或 PDF 后再上传。"))
ARCHIVE = Kind(_("压缩包"), advice=_("请解压后逐个上传其中的文件。"))
PROGRAM = Kind(_("可执行程序"), advice=_("请重新选择正确的文件。"))
VIDEO = Kind(_("视频"), advice=_("请重新选择正确的文件。"))
HEIC = Kind(
    _("HEIC 图片（手机的高效格式）"),
    advice=_("请在手机的相机设置中选择“兼容性最佳”后重拍，或把图片转换成 JPG 后再上传。"),
)
WEBP = Kind(_("WebP 图片"), advice=_("请把图片转换成 JPG 或 PNG 后再上传。"))
TIFF = Kind(_("TIFF 图片"), advice=_("请把图片转换成 JPG、PNG 或 PDF 后再上传。"))
SVG = Kind(_("SVG 图形"), advice=_("请把图形转换成 PNG 或 PDF 后再上传。"))
OTHER_COMPOUND = Kind(_("其他 Office 文件"))
