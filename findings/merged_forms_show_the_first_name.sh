#!/bin/bash
# Two people's filled-in copies of one PDF form, put into one file: the second page shows the name of the first person.
#
# Library:   pypdf 7.1.1, read and drawn with pypdfium2 5.15.2 (pdfium of Chromium 159); Python 3.11.
# Guess:     PdfWriter.append() keeps each page as it looked in its own file. If fields of the same name clash, it renames or refuses.
# Behaviour: the fields keep their names, so both pages have parts of one field (ISO 32000-2, 12.7.4.2: same full name, same value), and
#            update_page_form_field_values(), which filled them in, has told viewers to draw values anew (NeedAppearances). pdfium takes the
#            value of the first for both. pypdf itself reads one value, the last. Nothing warns. pdfium's own merging (import_pages)
#            leaves the form behind: neither page shows a name, with or without drawn values.
# Known:     pypdf's manual, "Merging forms", says that values can become unreachable, and offers add_form_topname (since 3.4.0;
#            py-pdf/pypdf#606, #506). That a page shows another person's value it does not say.
# Cost:      whoever joins the forms of many applicants into one file, to print or to archive it, gives each the answers of the first;
#            each file alone is right, and whoever wrote which page can no longer be seen.
# Way out:   flatten=True when filling, which makes the values part of the page; then take the fields away. The product joins no forms.
# Output:    alone: page 1 Wang, page 2 Li
#            appended by pypdf: page 1 Wang, page 2 Wang, fields {'name': 'Li'}
#            imported by pdfium: page 1 nothing, page 2 nothing, fields {}
#            flattened, then appended: page 1 Wang, page 2 Li, fields {}
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
python3 -m venv "$room/venv"
"$room/venv/bin/pip" --quiet --disable-pip-version-check install pypdf==7.1.1 pypdfium2==5.15.2 pillow==13.0.0
"$room/venv/bin/python" - > "$room/seen" <<'P'
import io

import pypdf
import pypdfium2


def blank_form():
    objects = (
        b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]/DR<</Font<</Helv 5 0 R>>>>/DA(/Helv 0 Tf 0 g)>>>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 100]/Annots[4 0 R]/Resources<<>>>>",
        b"<</Type/Annot/Subtype/Widget/FT/Tx/T(name)/V()/Rect[10 20 290 80]/F 4/DA(/Helv 24 Tf 0 g)/P 3 0 R>>",
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
    )
    out, places = bytearray(b"%PDF-1.7\n"), []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 6\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % at for at in places)
    return bytes(out + b"trailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % start)


def written(writer):
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def filled(name, **how):
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(blank_form()))
    writer.update_page_form_field_values(writer.pages[0], {"name": name}, **how)
    if how:
        writer.remove_annotations(subtypes="/Widget")
        del writer.root_object["/AcroForm"]
    return written(writer)


def appended(*files):
    writer = pypdf.PdfWriter()
    for file in files:
        writer.append(io.BytesIO(file))
    return written(writer)


def imported(*files):
    document, out = pypdfium2.PdfDocument.new(), io.BytesIO()
    for file in files:
        document.import_pages(pypdfium2.PdfDocument(file))
    document.save(out)
    return out.getvalue()


def widths(file):
    """The width of what is drawn on each page, in pixels; 0 where it is empty."""
    document = pypdfium2.PdfDocument(file)
    document.init_forms()
    boxes = [page.render(scale=2).to_pil().convert("L").point(lambda grey: 255 * (grey < 128)).getbbox() for page in document]
    return [box[2] - box[0] if box else 0 for box in boxes]


def names(file):
    shown = ["nothing" if not width else "Wang" if width > 60 else "Li" for width in widths(file)]
    return ", ".join(f"page {page} {name}" for page, name in enumerate(shown, 1))


def fields(file):
    return pypdf.PdfReader(io.BytesIO(file)).get_form_text_fields() or {}


wang, li = filled("Wang"), filled("Li")
print("alone:", names(wang) + ", " + names(li).replace("page 1", "page 2"))
for how, file in (
    ("appended by pypdf", appended(wang, li)),
    ("imported by pdfium", imported(wang, li)),
    ("flattened, then appended", appended(filled("Wang", flatten=True), filled("Li", flatten=True))),
):
    print(f"{how}: {names(file)}, fields {fields(file)}")
P
cat "$room/seen"
sed -n 's/^# Output:    //p; s/^#            \(appended by\|imported by\|flattened, then\)/\1/p' "$0" | diff - "$room/seen"
echo 'as described'
