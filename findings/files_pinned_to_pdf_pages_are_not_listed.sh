#!/bin/bash
# A file that a comment pins to a page of a PDF is among no library's attachments.
#
# Library:   pypdfium2 5.15.2, pypdf 7.1.1, pikepdf 10.18.0, pymupdf 2.0.0 (which also makes the file); Python 3.11.
# Guess:     the list of attachments of a PDF holds every file that is in it.
# Behaviour: it holds the files of the catalogue's name tree alone. 「附加文件」 among Acrobat's comments (a paper clip or a pin on the page)
#            stores a FileAttachment annotation, which each viewer opens by a double click: all four libraries list none. Nothing in
#            the file has to say EmbeddedFile either: MuPDF leaves out that optional type.
# Cost:      what decides by this list whether a PDF holds more than its pages show (a note to the reviewer, an archive, a check for
#            files that may not pass) misses the contract that somebody pinned to a page.
# Way out:   look at the annotations of each page for the subtype FileAttachment as well (uploads/confined/documents.py).
# Output:    pypdfium2 0 pypdf 0 pikepdf 0 pymupdf 0
#            annotations of kind FileAttachment: 1
#            EmbeddedFile in the file: False
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
python3 -m venv "$room/venv"
"$room/venv/bin/pip" --quiet --disable-pip-version-check install pypdfium2==5.15.2 pypdf==7.1.1 pikepdf==10.18.0 pymupdf==2.0.0
"$room/venv/bin/python" - > "$room/seen" <<'P'
import io

import pikepdf
import pymupdf
import pypdf
import pypdfium2
from pypdfium2 import raw

made = pymupdf.open()
page = made.new_page()
page.insert_text((72, 72), "see the pin")
page.add_file_annot((72, 90), b"the contract", "contract.txt")
content = made.tobytes()

document = pypdfium2.PdfDocument(content)
print(
    "pypdfium2", document.count_attachments(),
    "pypdf", len(pypdf.PdfReader(io.BytesIO(content)).attachments),
    "pikepdf", len(pikepdf.open(io.BytesIO(content)).attachments),
    "pymupdf", pymupdf.open(stream=content).embfile_count(),
)
first = document[0]
kinds = [raw.FPDFAnnot_GetSubtype(raw.FPDFPage_GetAnnot(first.raw, each)) for each in range(raw.FPDFPage_GetAnnotCount(first.raw))]
print("annotations of kind FileAttachment:", kinds.count(raw.FPDF_ANNOT_FILEATTACHMENT))
print("EmbeddedFile in the file:", b"EmbeddedFile" in content)
P
diff - "$room/seen" <<'E'
pypdfium2 0 pypdf 0 pikepdf 0 pymupdf 0
annotations of kind FileAttachment: 1
EmbeddedFile in the file: False
E
echo 'as described'
