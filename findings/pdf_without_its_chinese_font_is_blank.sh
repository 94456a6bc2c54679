#!/bin/bash
# pypdfium2 draws a page without its Chinese text where the system has no Chinese font, and says nothing; the text is read all the same.
#
# Library:   pypdfium2 5.15.2 (pdfium of Chromium 159), noto-cjk-sans-otc 0.0.1; Python 3.11.
# Guess:     pdfium brings what it needs for the standard fonts. For others it takes another font, or draws boxes, or reports it.
# Behaviour: the fonts it brings are Latin. For STSong-Light, which the PDF standard lets a file leave out (Adobe-GB1, as iText writes
#            it), and for a Chinese value typed into a Helvetica field it looks in /usr/share/fonts and three more folders, whatever
#            fontconfig says. Where none has Chinese, nothing at all is drawn in the text's place. No call reports it: the page loads,
#            renders, and its text is extracted whole, so a test by text passes. Latin text beside it is there.
# Known:     pypdfium2-team/pypdfium2#366.
# Cost:      a server or a container (python:slim) has no Chinese fonts, every developer's machine has: certificates and filled-in
#            forms look right in every test and are empty in production, and whoever reviews them asks for them again.
# Product:   names a folder with a font to FPDF_InitLibraryWithConfig (uploads/confined/fonts.py). Here folders stand in for the system's.
# Output:    no font: text left out of the file: read 王小明, drawn False
#            no font: typed value: read 王小明, drawn False
#            with a font: text left out of the file: read 王小明, drawn True
#            with a font: typed value: read 王小明, drawn True
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
python3 -m venv "$room/venv"
"$room/venv/bin/pip" --quiet --disable-pip-version-check install pypdfium2==5.15.2 noto-cjk-sans-otc==0.0.1 pillow==13.0.0
mkdir "$room/empty"
cat > "$room/draw.py" <<'P'
import ctypes
import sys
from pathlib import Path

import noto_cjk_sans_otc
import pypdfium2
from pypdfium2 import raw

folder = sys.argv[1] if len(sys.argv) > 1 else str(Path(str(noto_cjk_sans_otc.FONT_PATH)).parent)
character = ctypes.POINTER(ctypes.c_char)
path = ctypes.create_string_buffer(folder.encode())
paths = (character * 2)(ctypes.cast(path, character), character())
raw.FPDF_DestroyLibrary()
raw.FPDF_InitLibraryWithConfig(
    raw.FPDF_LIBRARY_CONFIG(version=2, m_pUserFontPaths=ctypes.cast(paths, ctypes.POINTER(character)))
)


def pdf(*objects):
    out, places = bytearray(b"%PDF-1.7\n"), []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1) + b"".join(b"%010d 00000 n \n" % at for at in places)
    return bytes(out + b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(places) + 1, start))


def in_hex(text):
    return text.encode("utf-16-be").hex().encode()


PAGES = b"<</Type/Pages/Kids[3 0 R]/Count 1>>"
write = b"BT /F1 24 Tf 10 40 Td <%s> Tj ET" % in_hex("王小明")
left_out = pdf(
    b"<</Type/Catalog/Pages 2 0 R>>",
    PAGES,
    b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 100]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
    b"<</Length %d>>stream\n%s\nendstream" % (len(write), write),
    b"<</Type/Font/Subtype/Type0/BaseFont/STSong-Light/Encoding/UniGB-UCS2-H/DescendantFonts[6 0 R]>>",
    b"<</Type/Font/Subtype/CIDFontType0/BaseFont/STSong-Light/FontDescriptor 7 0 R/DW 1000"
    b"/CIDSystemInfo<</Registry(Adobe)/Ordering(GB1)/Supplement 4>>>>",
    b"<</Type/FontDescriptor/FontName/STSong-Light/Flags 6/FontBBox[-25 -254 1000 880]/ItalicAngle 0"
    b"/Ascent 880/Descent -120/CapHeight 880/StemV 93>>",
)
typed = pdf(
    b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]/NeedAppearances true/DR<</Font<</Helv 5 0 R>>>>>>>>",
    PAGES,
    b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 100]/Annots[4 0 R]>>",
    b"<</Type/Annot/Subtype/Widget/FT/Tx/T(name)/V<FEFF%s>/Rect[10 20 290 80]/F 4/DA(/Helv 24 Tf 0 g)/P 3 0 R>>"
    % in_hex("王小明"),
    b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
)
name = "no font" if len(sys.argv) > 1 else "with a font"
for kind, content in (("text left out of the file", left_out), ("typed value", typed)):
    document = pypdfium2.PdfDocument(content)
    document.init_forms()
    page = document[0]
    read = page.get_textpage().get_text_range()
    if kind == "typed value":
        annotation = raw.FPDFPage_GetAnnot(page.raw, 0)
        text = (raw.FPDF_WCHAR * 100)()
        raw.FPDFAnnot_GetFormFieldValue(document.formenv.raw, annotation, text, 200)
        read = bytes(text).decode("utf-16-le").rstrip("\0")
        raw.FPDFPage_CloseAnnot(annotation)
    drawn = page.render(scale=3).to_pil().convert("L").getextrema()[0] < 100
    print(f"{name}: {kind}: read {read}, drawn {drawn}")
P
export PYTHONIOENCODING=utf-8
"$room/venv/bin/python" "$room/draw.py" "$room/empty" > "$room/seen"
"$room/venv/bin/python" "$room/draw.py" >> "$room/seen"
cat "$room/seen"
sed -n 's/^# Output:    //p; s/^#            \(no font:\|with a font:\)/\1/p' "$0" | diff - "$room/seen"
echo 'as described'
