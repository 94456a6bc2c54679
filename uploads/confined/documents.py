"""Finds what a PDF contains outside of its pages, which neither we nor a browser can draw."""

import io
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from uploads.file_regions import region_of

_COLLECTION = re.compile(rb"/Collection[\s<\d]")
_MAY_HAVE_PINS = re.compile(rb"/(?:FileAttachment|ObjStm)")
"""A pinned file names its kind, in plain text or in a compressed object. Most scans have neither: their pages need not all be loaded."""

_FILE_ATTACHMENT, _WIDGET = 17, 20
"""FPDF_ANNOT_FILEATTACHMENT: a file that is pinned to a place of a page. pdfium does not count it among the document's attachments.
FPDF_ANNOT_WIDGET: a form field."""


def notes_of(document: Any, file: BinaryIO) -> list[str]:
    """Return the notes (uploads/notes.py) of a PDF that pypdfium2 has opened from this file."""
    notes = []
    if document.count_attachments():
        notes.append("portfolio" if _is_portfolio(document) else "attached_files")
    elif _may_have_pins(file) and _FILE_ATTACHMENT in _annotations(document):
        notes.append("attached_files")
    if _is_drawn_by_acrobat_only(document):
        notes.append("xfa_form")
    return notes


def _may_have_pins(file: BinaryIO) -> bool:
    region = region_of(file)
    return region is not None and bool(_MAY_HAVE_PINS.search(region.mapped()))


def _is_portfolio(document: Any) -> bool:
    """pdfium has no function to read the catalogue. It saves the file without compressed objects, so a text search finds it."""
    from pypdfium2 import raw

    written = io.BytesIO()
    document.save(written, flags=raw.FPDF_REMOVE_SECURITY)
    return bool(_COLLECTION.search(written.getbuffer()))


def _is_drawn_by_acrobat_only(document: Any) -> bool:
    """Return whether it is an XFA form that is rendered dynamically, or whose pages have no fields."""
    from pypdfium2 import raw

    kind = document.get_formtype()
    if kind not in (raw.FORMTYPE_XFA_FULL, raw.FORMTYPE_XFA_FOREGROUND):
        return False
    return kind == raw.FORMTYPE_XFA_FULL or _WIDGET not in _annotations(document)


def _annotations(document: Any) -> Iterator[int]:
    """Yield the kind of each annotation of each page."""
    from pypdfium2 import raw

    for page in document:
        for number in range(raw.FPDFPage_GetAnnotCount(page.raw)):
            annotation = raw.FPDFPage_GetAnnot(page.raw, number)
            kind = raw.FPDFAnnot_GetSubtype(annotation)
            raw.FPDFPage_CloseAnnot(annotation)
            yield kind
        page.close()
