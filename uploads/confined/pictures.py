"""Two defects of picture files that all browsers tolerate: an alpha channel of zeros, and a missing JPEG end marker."""

from __future__ import annotations

import io
import re

from uploads.confined.faults import FaultError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, BinaryIO

END_MARKER = b"\xff\xd9"
PADDINGS = (b"\x55" * 64 + END_MARKER, b"\xaa" * 64 + END_MARKER)
"""Two continuations that differ in every bit: if picture data is missing, they decode to different pictures."""

WITHOUT_LENGTH = (0x00, 0x01, 0xFF, *range(0xD0, 0xD9))
"""Bytes that after FF do not begin a segment with a length: stuffed byte, TEM, fill byte, RST, SOI."""

WITH_LENGTH = re.compile(rb"\xff[\x02-\xcf\xd9-\xfe]")
"""All other markers."""

STRIP_ROWS = 256
"""Rows of a picture that are hashed at a time, so that it is not copied as a whole."""


def opaque_if_all_transparent(picture: Any) -> Any:
    """Return a BMP without its alpha channel if that is zero everywhere; any other picture unchanged.

    Programs that do not use the fourth byte write zero there, and still declare it as alpha. Chromium (bmp_image_reader.cc)
    and Windows show such a picture as opaque.
    """
    if picture.format != "BMP" or picture.mode != "RGBA":
        return picture
    picture.load()
    return picture.convert("RGB") if picture.getchannel("A").getextrema() == (0, 0) else picture


def has_end_marker(file: BinaryIO) -> bool:
    """Return whether a JPEG has its end marker, whatever follows it. Pillow does not notice its absence before zeros."""
    try:
        return _scan_segments(_content_of(file))[0]
    except (IndexError, ValueError):  # a broken segment, which the decoder will report
        return True


def _content_of(file: BinaryIO) -> Any:
    """Return the bytes of a file; of a file on disk without copying them."""
    mapped = getattr(getattr(file, "raw", None), "mapped", None)
    if mapped is not None:
        return mapped()
    file.seek(0)
    content = file.read()
    file.seek(0)
    return content


def with_end_marker(file: BinaryIO) -> BinaryIO:
    """Return a JPEG that lacks only its end marker with the marker. Raises FaultError when picture data is missing too.

    libjpeg fills in missing data with a warning that Pillow drops. So the picture is decoded with two continuations: a
    complete picture ignores both, and the results are equal. Zeros at the end do not count as data: programs that reserve
    the space of a file before receiving it leave them.
    """
    file.seek(0)
    content = file.read().rstrip(b"\x00")
    if content.endswith(b"\xff"):
        content += b"\x00"  # a data byte FF is written as FF 00
    if not _scan_segments(content)[1]:
        raise FaultError("damaged", {})
    first, second = (_digest(content + padding) for padding in PADDINGS)
    if first != second:
        raise FaultError("damaged", {})
    return io.BytesIO(content + END_MARKER)


def _digest(content: bytes) -> bytes:
    import hashlib

    from PIL import Image

    with Image.open(io.BytesIO(content), formats=["JPEG"]) as picture:
        picture.load()
        digest = hashlib.sha256()
        for top in range(0, picture.height, STRIP_ROWS):
            strip = picture.crop((0, top, picture.width, min(picture.height, top + STRIP_ROWS)))
            digest.update(strip.tobytes())
        return digest.digest()


def _scan_segments(content: Any) -> tuple[bool, bool]:
    """Return whether a JPEG has its end marker, and whether its scans contain all coefficients of all components to the last
    bit (ITU-T T.81, B.2 and G.1). The second is needed for a progressive picture that was cut between two scans: it decodes
    the same, whatever follows.
    """
    wanted: set[tuple[int, int]] = set()
    place = 2
    while place >= 0 and place + 2 <= len(content):
        marker = content[place + 1]
        if content[place] != 0xFF or marker in WITHOUT_LENGTH:
            found = WITH_LENGTH.search(content, place + 1)  # behind the data of a scan
            place = found.start() if found else -1
            continue
        if marker == END_MARKER[1]:
            return True, not wanted
        length = int.from_bytes(content[place + 2 : place + 4], "big")
        segment = content[place + 4 : place + 2 + length]
        if marker in range(0xC0, 0xD0) and marker not in (0xC4, 0xC8, 0xCC):  # SOF; not DHT, JPG, DAC
            components = [segment[6 + 3 * number] for number in range(segment[5])]
            wanted = {(component, coefficient) for component in components for coefficient in range(64)}
        elif marker == 0xDA:  # SOS
            count = segment[0]
            start, end, bits = segment[1 + 2 * count : 4 + 2 * count]
            if bits & 0x0F == 0:
                scanned = [segment[1 + 2 * number] for number in range(count)]
                wanted -= {(component, value) for component in scanned for value in range(start, end + 1)}
        place += 2 + length
    return False, not wanted
