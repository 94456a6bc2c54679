#!/bin/bash
# A character that the font lacks disappears from a PDF's text, and typst says nothing: 王𱍊山 is found and copied as 王山.
#
# Library:   typst 0.15.2 (Python wheel of the Typst compiler) with Noto Sans CJK (noto-cjk-sans-otc 0.0.1), read with pypdfium2 5.15.2 and
#            pypdf 7.1.1; Python 3.11, Debian 12.
# Guess:     a warning from compile_with_warnings(), which warns of an unknown font family; at least a box that is still the character to
#            whoever searches or copies.
# Behaviour: no warning, with fallback on or off. The page has a box, and the text of the PDF has U+0000 in its place, which pdfium
#            (Chromium's viewer) drops.
# Known:     Typst's reference says it of fallback off; typst/typst#5137 asks for a warning.
# Cost:      a name with a rare character, which identity cards have (U+3134A), is printed wrong on an official paper, and a search for it
#            in the archive finds nobody.
# Product:   reads the font's character map itself before it prints (documents/font_coverage.py).
# Output:    unknown family: 1 warning
#            fallback true: 0 warnings, pdfium '王山', pypdf '王\x00山'
#            fallback false: 0 warnings, pdfium '王山', pypdf '王\x00山'
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
python3 -m venv "$room/venv"
"$room/venv/bin/pip" --quiet --disable-pip-version-check install typst==0.15.2 noto-cjk-sans-otc==0.0.1 pypdfium2==5.15.2 pypdf==7.1.1
PYTHONIOENCODING=utf-8 "$room/venv/bin/python" - > "$room/seen" 2> "$room/errors" <<'P' || { cat "$room/errors"; exit 1; }
import io
from pathlib import Path

import noto_cjk_sans_otc
import pypdf
import pypdfium2
import typst

FONTS = typst.Fonts(
    include_system_fonts=False,
    include_embedded_fonts=False,
    font_paths=[str(Path(str(noto_cjk_sans_otc.FONT_PATH)).parent)],
)


def compiled(source: str) -> tuple[bytes, int]:
    made = typst.Compiler(source.encode(), font_paths=FONTS, ignore_system_fonts=True)
    pdf, warnings = made.compile_with_warnings(format="pdf", sys_inputs={"name": "王\U0003134a山"})
    return pdf, len(warnings)


unknown = compiled('#set text(font: ("Noto Sans CJK SC", "No Such Family"))\nx')[1]
print(f"unknown family: {unknown} warning")
for fallback in ("true", "false"):
    pdf, warnings = compiled(f'#set text(font: "Noto Sans CJK SC", fallback: {fallback})\n#sys.inputs.name')
    one = pypdfium2.PdfDocument(pdf)[0].get_textpage().get_text_range().strip()
    other = pypdf.PdfReader(io.BytesIO(pdf)).pages[0].extract_text().strip()
    print(f"fallback {fallback}: {warnings} warnings, pdfium {one!r}, pypdf {other!r}")
P
diff - "$room/seen" <<'SEEN'
unknown family: 1 warning
fallback true: 0 warnings, pdfium '王山', pypdf '王\x00山'
fallback false: 0 warnings, pdfium '王山', pypdf '王\x00山'
SEEN
echo 'as described'
