"""Finds QR codes in pictures and PDF pages. Whatever it returns was written by a stranger: the caller checks it."""

from collections.abc import Iterable
from typing import Any

MAX_CODES = 20
MAX_LENGTH = 80
"""Characters of a code of ours: half as many."""

MAX_SIDE = 3000
"""Pixels that a picture is reduced to before it is searched: a code of 20 mm on A4 has 8 pixels a module then."""

PAGE_WIDTH = 1700
"""Pixels of a rendered page. A4 at 200 dpi."""

MAX_PAGES = 4
"""Pages of a PDF that are searched; the form has one or two. A page takes 0.1 to 0.3 seconds."""


def texts_in(pictures: Iterable[Any]) -> list[str]:
    """Return the texts of the QR codes in grey pictures, from the first picture that has any."""
    import zxingcpp

    for picture in pictures:
        found = zxingcpp.read_barcodes(
            picture, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
        )
        texts = [each.text for each in found if each.valid and len(each.text) <= MAX_LENGTH]
        if texts:
            return texts[:MAX_CODES]
    return []
