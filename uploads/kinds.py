"""The table of file formats: the permitted ones (A11), and those that people send instead, with advice.

Data only. recognition.py uses the signatures, inspection.py the extensions, and browser_check.py passes the rows to
static/js/formats.js. To permit another kind, add a row here and, if needed, a check in inspection.py.
"""

from dataclasses import dataclass

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

AS_PDF_OR_PICTURE = _("请转换成 PDF 或图片后再上传。")
PRINTED_AS_PDF = _("请用原来的软件打开，打印或导出成 PDF 后再上传。")
CHOOSE_ANOTHER_FILE = _("请重新选择正确的文件。")

Signature = tuple[int, bytes]
"""An offset in the file, and the bytes there that identify the kind (its magic number)."""


@dataclass(frozen=True, eq=False)
class FileKind:
    """The format of a content. Without `extensions` it is not permitted, and `advice` says what to do instead.

    `aliases` are further extensions of a permitted kind: such a file gets the first of `extensions`.
    `refused_extensions` are the extensions of a kind that is not permitted, whatever the content.
    `text_signatures` are beginnings of text; white space and letter case do not count.
    `may_contain` are permitted kinds: a file with one of `refused_extensions` may have their content and is refused all the same.
    `is_container`: the content alone does not tell what is inside, so the extension decides.
    """

    name: LazyString
    content_type: str = ""
    extensions: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    refused_extensions: tuple[str, ...] = ()
    signatures: tuple[Signature, ...] = ()
    text_signatures: tuple[bytes, ...] = ()
    advice: LazyString = AS_PDF_OR_PICTURE
    may_contain: tuple["FileKind", ...] = ()
    is_container: bool = False
    source: str = ""


# Permitted

JPEG = FileKind(
    _("JPG 图片"),
    "image/jpeg",
    ("jpg", "jpeg"),
    aliases=("jfif", "jpe", "jif", "jfi", "pjpeg", "pjp"),
    signatures=((0, b"\xff\xd8\xff"),),
    source="ITU-T T.81, T.871 (JFIF); Windows and Chromium save image/jpeg as .jfif, .pjpeg, .pjp",
)
PNG = FileKind(
    _("PNG 图片"),
    "image/png",
    ("png",),
    aliases=("apng",),
    signatures=((0, b"\x89PNG\r\n\x1a\n"),),
    source="ISO/IEC 15948; W3C PNG, third edition (.apng)",
)
GIF = FileKind(
    _("GIF 图片"),
    "image/gif",
    ("gif",),
    signatures=((0, b"GIF87a"), (0, b"GIF89a")),
    source="GIF89a specification",
)
BMP = FileKind(
    _("BMP 图片"),
    "image/bmp",
    ("bmp",),
    aliases=("dib",),
    source="Microsoft Learn: Bitmap Storage; the signature is only two letters, so recognition.py checks more",
)
PDF = FileKind(_("PDF 文档"), "application/pdf", ("pdf",), text_signatures=(b"%pdf-",), source="ISO 32000-2")
DOC = FileKind(_("Word 97-2003 文档"), "application/msword", ("doc",), source="Microsoft MS-DOC")
XLS = FileKind(_("Excel 97-2003 表格"), "application/vnd.ms-excel", ("xls",), source="Microsoft MS-XLS")
DOCX = FileKind(
    _("Word 文档"),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ("docx",),
    source="ISO/IEC 29500",
)
XLSX = FileKind(
    _("Excel 表格"),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ("xlsx",),
    source="ISO/IEC 29500",
)

PERMITTED = (JPEG, GIF, PNG, BMP, DOC, DOCX, XLS, XLSX, PDF)

# Pictures from telephones, scanners and drawing programs

HEIC = FileKind(
    _("HEIC 图片（手机的高效格式）"),
    refused_extensions=("heic", "heif", "hif", "heics", "heifs"),
    signatures=tuple(
        (4, b"ftyp" + brand)
        for brand in (
            b"heic",
            b"heix",
            b"heim",
            b"heis",
            b"hevc",
            b"hevx",
            b"hevm",
            b"hevs",
            b"mif1",
            b"msf1",
        )
    ),
    advice=_("请在手机的相机设置中选择“兼容性最佳”后重拍，或把图片转换成 JPG 后再上传。"),
    source="ISO/IEC 23008-12; IANA image/heic, image/heif and their sequences; .hif: Canon, Sony, Fujifilm cameras",
)
AVIF = FileKind(
    _("AVIF 图片"),
    refused_extensions=("avif", "avifs"),
    signatures=((4, b"ftypavif"), (4, b"ftypavis")),
    advice=_("请把图片转换成 JPG 或 PNG 后再上传。"),
    source="AOMedia AV1 Image File Format; IANA image/avif",
)
LIVE_PHOTO = FileKind(
    _("实况照片"),
    refused_extensions=("livp", "pvt"),
    advice=_("请在手机相册中把它导出或截图为 JPG 静态照片后再上传。"),
    source="a ZIP of a HEIC picture and a MOV film, as Chinese cloud drives save an iPhone's Live Photo",
)
WEBP = FileKind(
    _("WebP 图片"),
    refused_extensions=("webp",),
    signatures=((8, b"WEBP"),),
    advice=_("请把图片转换成 JPG 或 PNG 后再上传。"),
    source="RFC 9649",
)
RAW_PHOTO = FileKind(
    _("相机原始照片"),
    refused_extensions=("dng", "cr2", "cr3", "nef", "arw", "raf", "orf", "rw2", "raw"),
    advice=_("请在相机或手机中选择 JPG 格式，或把图片转换成 JPG 后再上传。"),
    source="Adobe DNG and the makers' own formats, most of them TIFF inside",
)
TIFF = FileKind(
    _("TIFF 图片"),
    refused_extensions=("tif", "tiff"),
    signatures=((0, b"II*\x00"), (0, b"MM\x00*"), (0, b"II+\x00"), (0, b"MM\x00+")),
    advice=_("请把图片转换成 JPG、PNG 或 PDF 后再上传。"),
    is_container=True,
    source="TIFF 6.0; BigTIFF",
)
JPEG_2000 = FileKind(
    _("JPEG 2000 或 JPEG XL 图片"),
    refused_extensions=("jp2", "j2k", "jpf", "jpx", "jxl", "jxr", "wdp"),
    signatures=((0, b"\x00\x00\x00\x0cjP  "), (0, b"\x00\x00\x00\x0cJXL "), (0, b"\xff\x4f\xff\x51")),
    advice=_("请把图片转换成 JPG 或 PNG 后再上传。"),
    source="ISO/IEC 15444-1; ISO/IEC 18181-2",
)
OTHER_PICTURE = FileKind(
    _("其他格式的图片"),
    refused_extensions=("ico", "cur", "tga", "pcx", "wmf", "emf", "psd", "xcf", "cdr"),
    signatures=((0, b"8BPS"), (0, b"\x00\x00\x01\x00")),
    advice=_("请用原来的软件打开，另存为 JPG 或 PNG 后再上传。"),
    source="shared-mime-info; Adobe Photoshop File Formats Specification",
)
SVG = FileKind(
    _("SVG 图形"),
    refused_extensions=("svg", "svgz"),
    text_signatures=(b"<svg",),
    advice=_("请把图形转换成 PNG 或 PDF 后再上传。"),
    source="W3C SVG 2",
)

# Documents of other programs

POWERPOINT = FileKind(
    _("PowerPoint 演示文稿"),
    refused_extensions=("ppt", "pptx", "pps", "ppsx", "pot", "potx", "dps", "dpt"),
    advice=_("请用 PowerPoint 或 WPS 打开，另存为 PDF 后再上传。"),
    source="Microsoft MS-PPT; ISO/IEC 29500; .dps, .dpt: WPS Office",
)
WPS_TEXT = FileKind(
    _("WPS 文字文档"),
    refused_extensions=("wps", "wpt"),
    may_contain=(DOC, DOCX),
    advice=_("请用 WPS 打开，另存为 docx 或 PDF 后再上传。"),
    source="WPS Office: .wps is a compound file with a WordDocument stream",
)
WPS_SHEET = FileKind(
    _("WPS 表格"),
    refused_extensions=("et", "ett"),
    may_contain=(XLS, XLSX),
    advice=_("请用 WPS 打开，另存为 xlsx 或 PDF 后再上传。"),
    source="WPS Office: .et is a compound file with a Workbook stream",
)
TEMPLATE = FileKind(
    _("Office 模板"),
    refused_extensions=("dot", "dotx", "xlt", "xltx"),
    may_contain=(DOC, XLS, DOCX, XLSX),
    advice=_("请用 Word、Excel 或 WPS 打开，另存为 docx、xlsx 或 PDF 后再上传。"),
    source="Microsoft Learn: file formats that Office supports",
)
WITH_MACROS = FileKind(
    _("可含宏的 Office 文件"),
    refused_extensions=("docm", "dotm", "xlsm", "xltm", "xlsb", "xlam", "xla", "pptm"),
    may_contain=(DOCX, XLSX, XLS),
    advice=_("请用 Word、Excel 或 WPS 打开，另存为 docx、xlsx 或 PDF 后再上传。"),
    source="Microsoft Learn: file formats that Office supports",
)
OPEN_DOCUMENT = FileKind(
    _("OpenDocument 文档"),
    refused_extensions=("odt", "ods", "odp", "odg", "fodt", "fods"),
    advice=_("请打开后另存为 docx、xlsx 或 PDF 再上传。"),
    source="ISO/IEC 26300",
)
UOF = FileKind(
    _("标文通（UOF）文档"),
    refused_extensions=("uof", "uot", "uos", "uop"),
    advice=_("请用 WPS 或永中 Office 打开，另存为 docx、xlsx 或 PDF 后再上传。"),
    source="GB/T 20916-2007",
)
OFD = FileKind(
    _("OFD 版式文档"),
    refused_extensions=("ofd",),
    advice=_("请用 OFD 阅读器或 WPS 打开，导出或打印成 PDF 后再上传。"),
    source="GB/T 33190-2016: a ZIP with OFD.xml",
)
IWORK = FileKind(
    _("苹果 Pages、Numbers 或 Keynote 文稿"),
    refused_extensions=("pages", "numbers", "key"),
    advice=_("请在该软件中选择“导出为 PDF”后再上传。"),
    source="Apple iWork 2013 and later: a ZIP with Index/Document.iwa or Index.zip",
)
OFFICIAL_DOCUMENT = FileKind(
    _("书生、方正等版式公文"),
    refused_extensions=("ceb", "cebx", "sep", "gw", "gd"),
    advice=_("请用对应的阅读器打开，打印成 PDF 后再上传。"),
    source="Founder Apabi CEB and CEBX; Sursen SEP, GW, GD",
)
CAJ = FileKind(
    _("知网 CAJ 文献"),
    refused_extensions=("caj", "nh", "kdh", "teb"),
    advice=_("请用 CAJViewer 打开，打印成 PDF 后再上传。"),
    source="CNKI CAJViewer",
)
RTF = FileKind(
    _("RTF 文档"),
    refused_extensions=("rtf",),
    text_signatures=(b"{\\rtf",),
    advice=_("请用 Word 或 WPS 打开，另存为 docx 或 PDF 后再上传。"),
    source="Microsoft RTF Specification 1.9.1",
)
TEXT = FileKind(
    _("纯文本"),
    refused_extensions=("txt", "csv", "tsv", "md", "log"),
    advice=_("请用 Word、Excel 或 WPS 打开，另存为 docx、xlsx 或 PDF 后再上传。"),
    source="RFC 2046, RFC 4180",
)
RAW_SHEET = FileKind(
    _("旧版 Excel 数据流"),
    signatures=(
        (0, b"\x09\x08\x08\x00\x00\x00\x10\x00"),
        (0, b"\x09\x00\x04\x00"),
        (0, b"\x09\x02\x06\x00"),
        (0, b"\x09\x04\x06\x00"),
    ),
    advice=_("请用 Excel 或 WPS 打开，另存为 xlsx 后再上传。"),
    source="OpenOffice.org's documentation of Excel's format, BOF: BIFF2 to BIFF5 outside a compound file, as exports write it",
)
FIXED_LAYOUT = FileKind(
    _("电子书或其他版式文档"),
    refused_extensions=("xps", "oxps", "epub", "mobi", "azw3", "djvu", "djv", "chm", "ps", "eps"),
    signatures=((0, b"AT&TFORM"), (0, b"ITSF")),
    text_signatures=(b"%!ps",),
    advice=PRINTED_AS_PDF,
    source="ECMA-388 (OpenXPS); IDPF EPUB; DjVu 3; PostScript Language Reference",
)
OTHER_DOCUMENT = FileKind(
    _("其他软件的文档"),
    refused_extensions=(
        "vsd",
        "vsdx",
        "mpp",
        "pub",
        "one",
        "xmind",
        "mmap",
        "dwg",
        "dxf",
        "hwp",
        "hwpx",
        "wpd",
        "ai",
    ),
    signatures=((0, b"AC10"),),
    advice=PRINTED_AS_PDF,
    source="shared-mime-info; Open Design Specification for .dwg",
)
MAIL = FileKind(
    _("电子邮件"),
    refused_extensions=("eml", "msg", "emlx", "pst"),
    advice=_("请打开邮件，把其中的附件另存后再上传。"),
    source="RFC 5322; Microsoft MS-OXMSG",
)
WEB_PAGE = FileKind(
    _("网页"),
    refused_extensions=("htm", "html", "xhtml", "mht", "mhtml", "shtml"),
    text_signatures=(
        *(
            b"<!doctype html",
            b"<html",
            b"<head",
            b"<body",
            b"<script",
            b"<meta",
            b"<title",
            b"<style",
            b"<link",
        ),
        *(
            b"<table",
            b"<tr",
            b"<div",
            b"<p>",
            b"<p ",
            b"<center",
            b"<font",
            b"<span",
            b"<br",
            b"mime-version:",
        ),
    ),
    advice=_("请用浏览器打开，打印成 PDF 后再上传。"),
    is_container=True,
    source="WHATWG MIME Sniffing; RFC 2557 (MHTML); fragments as office systems export tables",
)
XML = FileKind(
    _("XML 文档"),
    refused_extensions=("xml",),
    text_signatures=(b"<?xml",),
    advice=_("请用 Word、Excel 或 WPS 打开，另存为 docx、xlsx 或 PDF 后再上传。"),
    is_container=True,
    source="W3C XML 1.0; Microsoft Office 2003 XML schemas",
)

# Not documents

AUDIO = FileKind(
    _("音频"),
    refused_extensions=("mp3", "m4a", "wav", "amr", "aac", "wma", "ogg", "flac", "mid"),
    signatures=((0, b"ID3"), (0, b"#!AMR"), (8, b"WAVEfmt "), (0, b"OggS"), (0, b"fLaC"), (4, b"ftypM4A ")),
    advice=CHOOSE_ANOTHER_FILE,
    source="RFC 4867 (AMR), RFC 3533 (Ogg), RFC 9639 (FLAC); shared-mime-info",
)
VIDEO = FileKind(
    _("视频"),
    refused_extensions=(
        "mp4",
        "mov",
        "avi",
        "wmv",
        "mkv",
        "flv",
        "3gp",
        "m4v",
        "webm",
        "rmvb",
        "mpg",
        "mpeg",
        "ts",
    ),
    signatures=(
        (4, b"ftyp"),
        (4, b"moov"),
        (8, b"AVI LIST"),
        (0, b"\x1aE\xdf\xa3"),
        (0, b"FLV\x01"),
        (0, b".RMF"),
    ),
    advice=_("请改传照片、截图或 PDF。"),
    is_container=True,
    source="ISO/IEC 14496-12; RFC 8794 (EBML); shared-mime-info",
)
PROGRAM = FileKind(
    _("可执行程序"),
    refused_extensions=(
        "exe",
        "msi",
        "com",
        "scr",
        "bat",
        "cmd",
        "ps1",
        "js",
        "vbs",
        "jar",
        "apk",
        "ipa",
        "dmg",
        "app",
        "dll",
    ),
    signatures=((0, b"MZ"), (0, b"\x7fELF"), (0, b"#!")),
    advice=CHOOSE_ANOTHER_FILE,
    source="Microsoft PE format; System V ABI",
)
ARCHIVE = FileKind(
    _("压缩包"),
    refused_extensions=(
        "zip",
        "rar",
        "7z",
        "gz",
        "tgz",
        "tar",
        "bz2",
        "xz",
        "cab",
        "iso",
        "arj",
        "lzh",
        "zst",
        "001",
    ),
    signatures=(
        (0, b"Rar!\x1a\x07"),
        (0, b"7z\xbc\xaf\x27\x1c"),
        (0, b"\x1f\x8b"),
        (0, b"PK\x05\x06"),
        (257, b"ustar"),
        (0, b"BZh"),
        (0, b"\xfd7zXZ\x00"),
        (0, b"MSCF"),
        (0, b"\x28\xb5\x2f\xfd"),
    ),
    advice=_("请解压后逐个上传其中的文件。"),
    is_container=True,
    source="PKWARE APPNOTE 6.3; RARLAB and 7-Zip format notes; RFC 1952; POSIX.1 ustar; RFC 8878",
)
SHORTCUT = FileKind(
    _("快捷方式"),
    refused_extensions=("lnk", "url", "webloc", "desktop"),
    signatures=((0, b"L\x00\x00\x00\x01\x14\x02\x00"),),
    text_signatures=(b"[internetshortcut]", b"[desktop entry]"),
    advice=_("它只指向文件，不是文件本身。请选择原来的文件。"),
    source="Microsoft MS-SHLLINK",
)
UNFINISHED = FileKind(
    _("没有下载完的文件"),
    refused_extensions=(
        "crdownload",
        "part",
        "partial",
        "download",
        "opdownload",
        "downloading",
        "xltd",
        "td",
        "tmp",
    ),
    advice=_("请等它下载完成后再上传。"),
    source="Chromium, Firefox, Safari, Opera, Baidu Netdisk and Xunlei while a file is on its way",
)
INTERNAL_DATA = FileKind(
    _("软件的内部数据"),
    refused_extensions=("dat", "bin", "db", "bak"),
    advice=_("请在微信等原来的软件中打开它，另存为图片或 PDF 后再上传。"),
    source="WeChat for Windows keeps received pictures as .dat",
)
OTHER_COMPOUND = FileKind(
    _("其他 Office 文件"), advice=PRINTED_AS_PDF, is_container=True, source="Microsoft MS-CFB"
)

KINDS: tuple[FileKind, ...] = (
    *PERMITTED,
    *(HEIC, AVIF, LIVE_PHOTO, WEBP, RAW_PHOTO, TIFF, JPEG_2000, OTHER_PICTURE, SVG),
    *(
        POWERPOINT,
        WPS_TEXT,
        WPS_SHEET,
        TEMPLATE,
        WITH_MACROS,
        OPEN_DOCUMENT,
        UOF,
        OFD,
        IWORK,
        OFFICIAL_DOCUMENT,
        CAJ,
    ),
    *(RTF, TEXT, RAW_SHEET, FIXED_LAYOUT, OTHER_DOCUMENT, MAIL, WEB_PAGE, XML),
    *(AUDIO, VIDEO, PROGRAM, ARCHIVE, SHORTCUT, UNFINISHED, INTERNAL_DATA, OTHER_COMPOUND),
)
"""Every kind, in the order in which signatures are compared. Videos come after pictures because their signature is more general."""

BY_EXTENSION: dict[str, FileKind] = {
    extension: kind
    for kind in KINDS
    for extension in (*kind.extensions, *kind.aliases, *kind.refused_extensions)
}
"""The kind of each extension."""
