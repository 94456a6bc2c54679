"""The one table of file formats: those that are permitted (A11), those that people send instead, and what to do then.

Data only. recognition.py reads the marks, inspection.py the extensions, browser_check.py hands the same rows to
static/js/upload.js. A further permitted kind is a row here and, if it can be damaged in its own way, a check in
inspection.py.
"""

from dataclasses import dataclass

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

AS_PDF_OR_PICTURE = _("请转换成 PDF 或图片后再上传。")
PRINTED_AS_PDF = _("请用原来的软件打开，打印或导出成 PDF 后再上传。")
CHOOSE_ANOTHER = _("请重新选择正确的文件。")

Mark = tuple[int, bytes]
"""Where the mark stands in the file, and its bytes."""


@dataclass(frozen=True, eq=False)
class FileKind:
    """What a content is. Without `extensions` it is known but not permitted, and `advice` says what to do.

    `aliases` are further extensions of a permitted kind: such a file is taken under the first of `extensions`.
    `known_by` are the extensions of a kind that is not permitted, without regard to its content.
    `beginnings` are marks of text, white space and letter case aside.
    `holds` are permitted kinds whose content a file of this extension has without being one of them.
    A container says little by itself: the extension says what is in it.
    """

    name: LazyString
    content_type: str = ""
    extensions: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    known_by: tuple[str, ...] = ()
    marks: tuple[Mark, ...] = ()
    beginnings: tuple[bytes, ...] = ()
    advice: LazyString = AS_PDF_OR_PICTURE
    holds: tuple["FileKind", ...] = ()
    is_container: bool = False
    source: str = ""


# Permitted

JPEG = FileKind(
    _("JPG 图片"),
    "image/jpeg",
    ("jpg", "jpeg"),
    aliases=("jfif", "jpe", "jif", "jfi", "pjpeg", "pjp"),
    marks=((0, b"\xff\xd8\xff"),),
    source="ITU-T T.81, T.871 (JFIF); Windows and Chromium save image/jpeg as .jfif, .pjpeg, .pjp",
)
PNG = FileKind(
    _("PNG 图片"),
    "image/png",
    ("png",),
    aliases=("apng",),
    marks=((0, b"\x89PNG\r\n\x1a\n"),),
    source="ISO/IEC 15948; W3C PNG, third edition (.apng)",
)
GIF = FileKind(
    _("GIF 图片"),
    "image/gif",
    ("gif",),
    marks=((0, b"GIF87a"), (0, b"GIF89a")),
    source="GIF89a specification",
)
BMP = FileKind(
    _("BMP 图片"),
    "image/bmp",
    ("bmp",),
    aliases=("dib",),
    source="Microsoft Learn: Bitmap Storage; the mark is two letters, so recognition.py looks further",
)
PDF = FileKind(_("PDF 文档"), "application/pdf", ("pdf",), beginnings=(b"%pdf-",), source="ISO 32000-2")
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
    known_by=("heic", "heif", "hif", "heics", "heifs"),
    marks=tuple(
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
    known_by=("avif", "avifs"),
    marks=((4, b"ftypavif"), (4, b"ftypavis")),
    advice=_("请把图片转换成 JPG 或 PNG 后再上传。"),
    source="AOMedia AV1 Image File Format; IANA image/avif",
)
LIVE_PHOTO = FileKind(
    _("实况照片"),
    known_by=("livp", "pvt"),
    advice=_("请在手机相册中把它导出或截图为 JPG 静态照片后再上传。"),
    source="a ZIP of a HEIC picture and a MOV film, as Chinese cloud drives save an iPhone's Live Photo",
)
WEBP = FileKind(
    _("WebP 图片"),
    known_by=("webp",),
    marks=((8, b"WEBP"),),
    advice=_("请把图片转换成 JPG 或 PNG 后再上传。"),
    source="RFC 9649",
)
RAW_PHOTO = FileKind(
    _("相机原始照片"),
    known_by=("dng", "cr2", "cr3", "nef", "arw", "raf", "orf", "rw2", "raw"),
    advice=_("请在相机或手机中选择 JPG 格式，或把图片转换成 JPG 后再上传。"),
    source="Adobe DNG and the makers' own formats, most of them TIFF inside",
)
TIFF = FileKind(
    _("TIFF 图片"),
    known_by=("tif", "tiff"),
    marks=((0, b"II*\x00"), (0, b"MM\x00*"), (0, b"II+\x00"), (0, b"MM\x00+")),
    advice=_("请把图片转换成 JPG、PNG 或 PDF 后再上传。"),
    is_container=True,
    source="TIFF 6.0; BigTIFF",
)
JPEG_2000 = FileKind(
    _("JPEG 2000 或 JPEG XL 图片"),
    known_by=("jp2", "j2k", "jpf", "jpx", "jxl", "jxr", "wdp"),
    marks=((0, b"\x00\x00\x00\x0cjP  "), (0, b"\x00\x00\x00\x0cJXL "), (0, b"\xff\x4f\xff\x51")),
    advice=_("请把图片转换成 JPG 或 PNG 后再上传。"),
    source="ISO/IEC 15444-1; ISO/IEC 18181-2",
)
OTHER_PICTURE = FileKind(
    _("其他格式的图片"),
    known_by=("ico", "cur", "tga", "pcx", "wmf", "emf", "psd", "xcf", "cdr"),
    marks=((0, b"8BPS"), (0, b"\x00\x00\x01\x00")),
    advice=_("请用原来的软件打开，另存为 JPG 或 PNG 后再上传。"),
    source="shared-mime-info; Adobe Photoshop File Formats Specification",
)
SVG = FileKind(
    _("SVG 图形"),
    known_by=("svg", "svgz"),
    beginnings=(b"<svg",),
    advice=_("请把图形转换成 PNG 或 PDF 后再上传。"),
    source="W3C SVG 2",
)

# Documents of other programs

POWERPOINT = FileKind(
    _("PowerPoint 演示文稿"),
    known_by=("ppt", "pptx", "pps", "ppsx", "pot", "potx", "dps", "dpt"),
    advice=_("请用 PowerPoint 或 WPS 打开，另存为 PDF 后再上传。"),
    source="Microsoft MS-PPT; ISO/IEC 29500; .dps, .dpt: WPS Office",
)
WPS_TEXT = FileKind(
    _("WPS 文字文档"),
    known_by=("wps", "wpt"),
    holds=(DOC, DOCX),
    advice=_("请用 WPS 打开，另存为 docx 或 PDF 后再上传。"),
    source="WPS Office: .wps is a compound file with a WordDocument stream",
)
WPS_SHEET = FileKind(
    _("WPS 表格"),
    known_by=("et", "ett"),
    holds=(XLS, XLSX),
    advice=_("请用 WPS 打开，另存为 xlsx 或 PDF 后再上传。"),
    source="WPS Office: .et is a compound file with a Workbook stream",
)
TEMPLATE = FileKind(
    _("Office 模板"),
    known_by=("dot", "dotx", "xlt", "xltx"),
    holds=(DOC, XLS, DOCX, XLSX),
    advice=_("请用 Word、Excel 或 WPS 打开，另存为 docx、xlsx 或 PDF 后再上传。"),
    source="Microsoft Learn: file formats that Office supports",
)
WITH_MACROS = FileKind(
    _("可含宏的 Office 文件"),
    known_by=("docm", "dotm", "xlsm", "xltm", "xlsb", "xlam", "xla", "pptm"),
    holds=(DOCX, XLSX, XLS),
    advice=_("请用 Word、Excel 或 WPS 打开，另存为 docx、xlsx 或 PDF 后再上传。"),
    source="Microsoft Learn: file formats that Office supports",
)
OPEN_DOCUMENT = FileKind(
    _("OpenDocument 文档"),
    known_by=("odt", "ods", "odp", "odg", "fodt", "fods"),
    advice=_("请打开后另存为 docx、xlsx 或 PDF 再上传。"),
    source="ISO/IEC 26300",
)
UOF = FileKind(
    _("标文通（UOF）文档"),
    known_by=("uof", "uot", "uos", "uop"),
    advice=_("请用 WPS 或永中 Office 打开，另存为 docx、xlsx 或 PDF 后再上传。"),
    source="GB/T 20916-2007",
)
OFD = FileKind(
    _("OFD 版式文档"),
    known_by=("ofd",),
    advice=_("请用 OFD 阅读器或 WPS 打开，导出或打印成 PDF 后再上传。"),
    source="GB/T 33190-2016: a ZIP with OFD.xml",
)
IWORK = FileKind(
    _("苹果 Pages、Numbers 或 Keynote 文稿"),
    known_by=("pages", "numbers", "key"),
    advice=_("请在该软件中选择“导出为 PDF”后再上传。"),
    source="Apple iWork 2013 and later: a ZIP with Index/Document.iwa or Index.zip",
)
OFFICIAL_PAPER = FileKind(
    _("书生、方正等版式公文"),
    known_by=("ceb", "cebx", "sep", "gw", "gd"),
    advice=_("请用对应的阅读器打开，打印成 PDF 后再上传。"),
    source="Founder Apabi CEB and CEBX; Sursen SEP, GW, GD",
)
CAJ = FileKind(
    _("知网 CAJ 文献"),
    known_by=("caj", "nh", "kdh", "teb"),
    advice=_("请用 CAJViewer 打开，打印成 PDF 后再上传。"),
    source="CNKI CAJViewer",
)
RTF = FileKind(
    _("RTF 文档"),
    known_by=("rtf",),
    beginnings=(b"{\\rtf",),
    advice=_("请用 Word 或 WPS 打开，另存为 docx 或 PDF 后再上传。"),
    source="Microsoft RTF Specification 1.9.1",
)
TEXT = FileKind(
    _("纯文本"),
    known_by=("txt", "csv", "tsv", "md", "log"),
    advice=_("请用 Word、Excel 或 WPS 打开，另存为 docx、xlsx 或 PDF 后再上传。"),
    source="RFC 2046, RFC 4180",
)
RAW_SHEET = FileKind(
    _("旧版 Excel 数据流"),
    marks=(
        (0, b"\x09\x08\x08\x00\x00\x00\x10\x00"),
        (0, b"\x09\x00\x04\x00"),
        (0, b"\x09\x02\x06\x00"),
        (0, b"\x09\x04\x06\x00"),
    ),
    advice=_("请用 Excel 或 WPS 打开，另存为 xlsx 后再上传。"),
    source="OpenOffice.org's documentation of Excel's format, BOF: BIFF2 to BIFF5 outside a compound file, as exports write it",
)
READER = FileKind(
    _("电子书或其他版式文档"),
    known_by=("xps", "oxps", "epub", "mobi", "azw3", "djvu", "djv", "chm", "ps", "eps"),
    marks=((0, b"AT&TFORM"), (0, b"ITSF")),
    beginnings=(b"%!ps",),
    advice=PRINTED_AS_PDF,
    source="ECMA-388 (OpenXPS); IDPF EPUB; DjVu 3; PostScript Language Reference",
)
OTHER_DOCUMENT = FileKind(
    _("其他软件的文档"),
    known_by=("vsd", "vsdx", "mpp", "pub", "one", "xmind", "mmap", "dwg", "dxf", "hwp", "hwpx", "wpd", "ai"),
    marks=((0, b"AC10"),),
    advice=PRINTED_AS_PDF,
    source="shared-mime-info; Open Design Specification for .dwg",
)
MAIL = FileKind(
    _("电子邮件"),
    known_by=("eml", "msg", "emlx", "pst"),
    advice=_("请打开邮件，把其中的附件另存后再上传。"),
    source="RFC 5322; Microsoft MS-OXMSG",
)
WEB_PAGE = FileKind(
    _("网页"),
    known_by=("htm", "html", "xhtml", "mht", "mhtml", "shtml"),
    beginnings=(
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
    known_by=("xml",),
    beginnings=(b"<?xml",),
    advice=_("请用 Word、Excel 或 WPS 打开，另存为 docx、xlsx 或 PDF 后再上传。"),
    is_container=True,
    source="W3C XML 1.0; Microsoft Office 2003 XML schemas",
)

# What is no paper

AUDIO = FileKind(
    _("音频"),
    known_by=("mp3", "m4a", "wav", "amr", "aac", "wma", "ogg", "flac", "mid"),
    marks=((0, b"ID3"), (0, b"#!AMR"), (8, b"WAVEfmt "), (0, b"OggS"), (0, b"fLaC"), (4, b"ftypM4A ")),
    advice=CHOOSE_ANOTHER,
    source="RFC 4867 (AMR), RFC 3533 (Ogg), RFC 9639 (FLAC); shared-mime-info",
)
VIDEO = FileKind(
    _("视频"),
    known_by=("mp4", "mov", "avi", "wmv", "mkv", "flv", "3gp", "m4v", "webm", "rmvb", "mpg", "mpeg", "ts"),
    marks=(
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
    known_by=(
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
    marks=((0, b"MZ"), (0, b"\x7fELF"), (0, b"#!")),
    advice=CHOOSE_ANOTHER,
    source="Microsoft PE format; System V ABI",
)
ARCHIVE = FileKind(
    _("压缩包"),
    known_by=("zip", "rar", "7z", "gz", "tgz", "tar", "bz2", "xz", "cab", "iso", "arj", "lzh", "zst", "001"),
    marks=(
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
    known_by=("lnk", "url", "webloc", "desktop"),
    marks=((0, b"L\x00\x00\x00\x01\x14\x02\x00"),),
    beginnings=(b"[internetshortcut]", b"[desktop entry]"),
    advice=_("它只指向文件，不是文件本身。请选择原来的文件。"),
    source="Microsoft MS-SHLLINK",
)
UNFINISHED = FileKind(
    _("没有下载完的文件"),
    known_by=("crdownload", "part", "partial", "download", "opdownload", "downloading", "xltd", "td", "tmp"),
    advice=_("请等它下载完成后再上传。"),
    source="Chromium, Firefox, Safari, Opera, Baidu Netdisk and Xunlei while a file is on its way",
)
INTERNAL_DATA = FileKind(
    _("软件的内部数据"),
    known_by=("dat", "bin", "db", "bak"),
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
        OFFICIAL_PAPER,
        CAJ,
    ),
    *(RTF, TEXT, RAW_SHEET, READER, OTHER_DOCUMENT, MAIL, WEB_PAGE, XML),
    *(AUDIO, VIDEO, PROGRAM, ARCHIVE, SHORTCUT, UNFINISHED, INTERNAL_DATA, OTHER_COMPOUND),
)
"""Every kind, in the order in which marks are compared: a film is one only when no picture format claims it."""

BY_EXTENSION: dict[str, FileKind] = {
    extension: kind for kind in KINDS for extension in (*kind.extensions, *kind.aliases, *kind.known_by)
}
"""The kind that an extension announces."""
