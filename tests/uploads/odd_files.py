"""Valid files that people really send and that are not quite what a program expects; all of them made here."""

import io
import struct
import zipfile
import zlib
from random import Random

import docx
import xlsxwriter
from docx.opc.constants import RELATIONSHIP_TYPE
from PIL import Image

from tests.files import samples as files

# Pictures


def bmp_of_32_bits(alpha: bytes, header: int = 56, size: tuple[int, int] = (320, 200)) -> bytes:
    """Return a BMP whose fourth byte is declared alpha: a black upper half on white. `alpha` repeats by pixel."""
    width, height = size
    colours = [
        (255, 255, 255) if row < height // 2 else (0, 0, 0) for row in range(height)
    ]  # bottom row first
    pixels = b"".join(
        bytes((*colours[row], alpha[column % len(alpha)])) for row in range(height) for column in range(width)
    )
    masks = struct.pack("<4L", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    about = (
        struct.pack("<LllHHLLllLL", header, width, height, 1, 32, 3, len(pixels), 2835, 2835, 0, 0) + masks
    )
    about = about.ljust(header, b"\0")
    start = 14 + len(about)
    return b"BM" + struct.pack("<LHHL", start + len(pixels), 0, 0, start) + about + pixels


def noisy_jpeg(**options: object) -> bytes:
    """Return a JPEG in which every byte of picture data counts.

    Always the same: with other noise the last byte may, rarely, hold nothing but what a decoder adds by itself.
    """
    width, height = 320, 240
    noise = Random(1).randbytes(width * height * 3)
    return files.encoded(Image.frombytes("RGB", (width, height), noise), "JPEG", **options)


JPEGS = {
    "baseline": {},
    "progressive": {"progressive": True},
    "without subsampling": {"subsampling": 0},
    "with restart markers": {"restart_marker_rows": 1},
}


# PDF


def _with_catalogue(catalogue: bytes, extra: dict[int, bytes], compressed: bool) -> bytes:
    """Return a PDF of one empty page; `compressed` hides its objects in a stream, as most programs do since 2003."""
    objects = {
        1: b"<</Type/Catalog/Pages 2 0 R%s>>" % catalogue,
        2: b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
        3: files.PAGE,
        **{number: content for number, content in extra.items() if b"stream" not in content},
    }
    streams = {number: content for number, content in extra.items() if b"stream" in content}
    out = bytearray(b"%PDF-1.7\n")
    entries = {0: (0, 0, 255)}
    if compressed:
        holder = max(objects | streams) + 1
        places, bodies = [], b""
        for index, (number, content) in enumerate(sorted(objects.items())):
            places.append(b"%d %d " % (number, len(bodies)))
            bodies += content + b" "
            entries[number] = (2, holder, index)
        head = b"".join(places)
        packed = zlib.compress(head + bodies)
        streams = streams | {
            holder: b"<</Type/ObjStm/N %d/First %d/Filter/FlateDecode/Length %d>>stream\n%s\nendstream"
            % (len(places), len(head), len(packed), packed)
        }
    else:
        streams = objects | streams
    for number, content in sorted(streams.items()):
        entries[number] = (1, len(out), 0)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    last = max(entries) + 1
    entries[last] = (1, len(out), 0)
    table = b"".join(struct.pack(">BHB", *entries[number]) for number in range(last + 1))
    out += (
        b"%d 0 obj\n<</Type/XRef/Size %d/Root 1 0 R/W[1 2 1]/Length %d>>stream\n%s\nendstream\nendobj\n"
        % (
            last,
            last + 1,
            len(table),
            table,
        )
    )
    return bytes(out) + b"startxref\n%d\n%%%%EOF\n" % entries[last][1]


_ONE_FILE = {
    4: b"<</Type/Filespec/F(a.pdf)/UF(a.pdf)/EF<</F 5 0 R>>>>",
    5: b"<</Type/EmbeddedFile/Length 4>>stream\nfile\nendstream",
}
_NAMED = b"/Names<</EmbeddedFiles<</Names[(a.pdf) 4 0 R]>>>>"


def pdf_with_a_file_in_it(compressed: bool = False) -> bytes:
    return _with_catalogue(_NAMED, _ONE_FILE, compressed)


def pdf_with_a_file_pinned_to_a_page(compressed: bool = False) -> bytes:
    """Return a PDF with a paper clip on its page that opens a file: Acrobat's comment 「附加文件」."""
    pin = {
        3: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Annots[6 0 R]>>",
        6: b"<</Type/Annot/Subtype/FileAttachment/Rect[10 10 30 30]/Name/Paperclip/FS 4 0 R>>",
    }
    return _with_catalogue(b"", _ONE_FILE | pin, compressed)


def pdf_portfolio(compressed: bool = False) -> bytes:
    return _with_catalogue(_NAMED + b"/Collection<</Type/Collection/View/D>>", _ONE_FILE, compressed)


def pdf_without_its_font() -> bytes:
    """Return a PDF with Chinese text in STSong-Light, which Acrobat has and the file does not: as iText writes it."""
    text = b"BT /F1 24 Tf 10 40 Td <%s> Tj ET" % "姓名：王小明".encode("utf-16-be").hex().encode()
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 100]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>"
    objects = {
        4: b"<</Length %d>>stream\n%s\nendstream" % (len(text), text),
        5: b"<</Type/Font/Subtype/Type0/BaseFont/STSong-Light/Encoding/UniGB-UCS2-H/DescendantFonts[6 0 R]>>",
        6: b"<</Type/Font/Subtype/CIDFontType0/BaseFont/STSong-Light/FontDescriptor 7 0 R/DW 1000"
        b"/CIDSystemInfo<</Registry(Adobe)/Ordering(GB1)/Supplement 4>>>>",
        7: b"<</Type/FontDescriptor/FontName/STSong-Light/Flags 6/FontBBox[-25 -254 1000 880]/ItalicAngle 0"
        b"/Ascent 880/Descent -120/CapHeight 880/StemV 93>>",
    }
    return files.plain_pdf([page], extra=objects)


def pdf_with_a_typed_value() -> bytes:
    """Return a PDF form with a Chinese value that no program has drawn yet (ISO 32000-2, 12.7.3, NeedAppearances)."""
    value = b"<FEFF%s>" % "王小明".encode("utf-16-be").hex().encode()
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 100]/Annots[4 0 R]>>"
    objects = {
        1: b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]/NeedAppearances true"
        b"/DR<</Font<</Helv 5 0 R>>>>/DA(/Helv 0 Tf 0 g)>>>>",
        4: b"<</Type/Annot/Subtype/Widget/FT/Tx/T(name)/V %s/Rect[10 20 290 80]/F 4/DA(/Helv 24 Tf 0 g)/P 3 0 R>>"
        % value,
        5: b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    }
    return files.plain_pdf([page], extra=objects)


def xfa_form(needs_rendering: bool, fields: bool = False) -> bytes:
    """Return a PDF whose form is XFA; with `fields` the page has a field of its own as well."""
    template = b'<xdp:xdp xmlns:xdp="http://ns.adobe.com/xdp/"/>'
    form = b"/AcroForm<</Fields[%s]/XFA 4 0 R>>%s" % (
        b"5 0 R" if fields else b"",
        b"/NeedsRendering true" if needs_rendering else b"",
    )
    extra = {4: b"<</Length %d>>stream\n%s\nendstream" % (len(template), template)}
    if fields:
        extra[5] = b"<</Type/Annot/Subtype/Widget/FT/Tx/T(name)/V(a)/Rect[10 10 99 30]/P 3 0 R>>"
        extra[3] = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Annots[5 0 R]>>"
    return _with_catalogue(form, extra, compressed=False)


# Word and Excel


def word_related_to(kind: str, target: str) -> bytes:
    """Return a Word document whose main part refers to something outside the file by that type."""
    document = docx.Document()
    document.add_paragraph(files.WORDS)
    document.part.rels.get_or_add_ext_rel(kind, target)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def word_with_a_link() -> bytes:
    return word_related_to(RELATIONSHIP_TYPE.HYPERLINK, "https://example.com/")


def word_with_an_outside_template() -> bytes:
    """Word writes the relationship into the settings, and names the template of the writer's own computer too."""
    return files.repacked(
        files.word(),
        {
            "word/_rels/settings.xml.rels": relationships(
                TEMPLATE, r"file:///C:\Templates\office.dotx", "External"
            )
        },
    )


def relationships(kind: str, target: str, mode: str = "Internal", prefix: str = "") -> bytes:
    colon = f"{prefix}:" if prefix else ""
    names = f"xmlns{':' + prefix if prefix else ''}"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><{colon}Relationships '
        f'{names}="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<{colon}Relationship Id="rId1" Type="{kind}" Target="{target}" TargetMode="{mode}"/></{colon}Relationships>'
    ).encode()


TEMPLATE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/attachedTemplate"
VBA = "http://schemas.microsoft.com/office/2006/relationships/vbaProject"


def word_with_renamed_macros() -> bytes:
    """Return a document whose macro part has another name and is related as one. The part itself is empty of code."""
    return files.repacked(
        files.word(),
        {
            "word/settings.bin": b"-",
            "word/_rels/settings.xml.rels": relationships(VBA, "settings.bin", prefix="r"),
        },
    )


def word_typed_as_macros(how: str) -> bytes:
    """Return a document whose list of content types calls one of its parts a macro project."""
    types = zipfile.ZipFile(io.BytesIO(files.word())).read("[Content_Types].xml")
    kind = b"application/vnd.ms-office.vbaProject"
    line = {
        "override": b'<Override PartName="/word/settings.bin" ContentType="%s"/>' % kind,
        "default": b'<Default Extension="bin" ContentType="%s"/>' % kind,
        "default without a part": b'<Default Extension="vba" ContentType="%s"/>' % kind,
    }[how]
    return files.repacked(
        files.word(),
        {"[Content_Types].xml": types.replace(b"</Types>", line + b"</Types>"), "word/settings.bin": b"-"},
    )


def excel_of_sheetjs(parts: dict[str, bytes]) -> bytes:
    """Return a workbook with further parts, and with the content types that SheetJS 0.18.5 writes into every .xlsx."""
    types = zipfile.ZipFile(io.BytesIO(files.excel())).read("[Content_Types].xml")
    kind = b"application/vnd.ms-excel.sheet.binary.macroEnabled.main"
    line = b'<Default Extension="bin" ContentType="%s"/>' % kind
    return files.repacked(
        files.excel(), {"[Content_Types].xml": types.replace(b"</Types>", line + b"</Types>"), **parts}
    )


def excel_linked_to_another_book() -> bytes:
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/externalLinkPath"
    return files.repacked(
        files.excel(),
        {"xl/externalLinks/_rels/externalLink1.xml.rels": relationships(kind, "book2.xlsx", "External")},
    )


def excel_with_links() -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        book.add_worksheet().write_url("A1", "https://example.com/")
    return out.getvalue()


# Tables that office systems export under the name of Excel

TABLE = (
    "<table border=1><tr><td>年月</td><td>缴费基数</td></tr><tr><td>2026-01</td><td>8000</td></tr></table>"
)
SPREADSHEETML = (
    '<?xml version="1.0"?>\r\n<?mso-application progid="Excel.Sheet"?>\r\n'
    '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet><Table/></Worksheet></Workbook>'
)
MHTML = "MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=x\r\n\r\n--x\r\nContent-Type: text/html\r\n\r\n"

SHEETS_AS_TEXT = {
    "html": f"<html><head><meta charset=utf-8></head><body>{TABLE}</body></html>".encode(),
    "html without <html>": TABLE.encode(),
    "in GB18030": f'<meta http-equiv="Content-Type" content="text/html; charset=gb2312">{TABLE}'.encode(
        "gb18030"
    ),
    "with style first": f"<style>td{{mso-number-format:'\\@'}}</style>{TABLE}".encode(),
    "in UTF-16": f"\ufeff<html>{TABLE}</html>".encode("utf-16-le"),
    "after a comment": f"<!-- 社保 -->\n{TABLE}".encode(),
    "spreadsheetml": SPREADSHEETML.encode(),
    "mhtml": (MHTML + TABLE).encode(),
    "csv": "年月,缴费基数\r\n2026-01,8000\r\n".encode("gb18030"),
    "tab separated": "年月\t缴费基数\r\n2026-01\t8000\r\n".encode("utf-16"),
    "a bare stream": struct.pack("<6H", 0x0809, 8, 0, 0x10, 0, 0) + struct.pack("<2H", 0x0A, 0),
}
