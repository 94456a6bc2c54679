"""Finds what a PDF contains outside of its pages, which neither we nor a browser can draw."""

import io
import re
from typing import Any

_COLLECTION = re.compile(rb"/Collection[\s<\d]")
_WIDGET = 20
"""FPDF_ANNOT_WIDGET: the annotation of a form field on a page."""


def notes_of(document: Any) -> list[str]:
    """Return the notes (uploads/notes.py) of a PDF that pypdfium2 has opened."""
    notes = []
    if document.count_attachments():
        notes.append("portfolio" if _is_portfolio(document) else "attached_files")
    if _is_drawn_by_acrobat_only(document):
        notes.append("xfa_form")
    return notes


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
    return kind == raw.FORMTYPE_XFA_FULL or not any(_has_fields(page) for page in document)


def _has_fields(page: Any) -> bool:
    from pypdfium2 import raw

    for number in range(raw.FPDFPage_GetAnnotCount(page.raw)):
        annotation = raw.FPDFPage_GetAnnot(page.raw, number)
        kind = raw.FPDFAnnot_GetSubtype(annotation)
        raw.FPDFPage_CloseAnnot(annotation)
        if kind == _WIDGET:
            return True
    return False
