"""Two things that picture files get wrong and that every browser overlooks."""

import hashlib
import io
from typing import Any, BinaryIO

from uploads.confined.faults import FaultError

END = b"\xff\xd9"
PADDINGS = (b"\x55" * 64 + END, b"\xaa" * 64 + END)
"""Two continuations that differ in every bit: where picture data is missing, they decode differently."""

WITHOUT_LENGTH = (0x00, 0x01, 0xFF, *range(0xD0, 0xD9))
"""What stands behind FF and begins no segment: a data byte, TEM, a filling, restarts, SOI."""

STRIP = 256
"""Rows of a picture hashed at once, so that it is not copied as a whole."""


def opaque_if_all_transparent(picture: Any) -> Any:
    """Return a BMP whose alpha bytes are all zero without them, any other picture as it is.

    Programs that leave the fourth byte unused write zero there and declare it alpha all the same. Chromium
    (bmp_image_reader.cc) and Windows show such a picture as opaque.
    """
    if picture.format != "BMP" or picture.mode != "RGBA":
        return picture
    picture.load()
    return picture.convert("RGB") if picture.getchannel("A").getextrema() == (0, 0) else picture


def has_its_end(file: BinaryIO) -> bool:
    """Return whether a JPEG has its end mark, whatever follows it. Pillow does not miss it when zeros follow the data."""
    file.seek(0)
    content = file.read()
    file.seek(0)
    try:
        return _walk(content)[0]
    except (IndexError, ValueError):  # a broken segment: its decoder is the judge of that
        return True


def jpeg_with_its_end(file: BinaryIO) -> BinaryIO:
    """Return a JPEG that lacks only its end mark with that mark. Raises FaultError when picture data is missing too.

    libjpeg fills in what is missing and says so in a warning that Pillow drops. So the picture is decoded with two
    continuations: a complete one ignores both and comes out the same. Zeros at the end are no data: a program that
    reserves the space of a file before it receives it leaves them.
    """
    file.seek(0)
    content = file.read().rstrip(b"\x00")
    if content.endswith(b"\xff"):
        content += b"\x00"  # a data byte FF is written as FF 00
    if not _walk(content)[1]:
        raise FaultError("damaged", {})
    first, second = (_digest(content + padding) for padding in PADDINGS)
    if first != second:
        raise FaultError("damaged", {})
    return io.BytesIO(content + END)


def _digest(content: bytes) -> bytes:
    from PIL import Image

    with Image.open(io.BytesIO(content), formats=["JPEG"]) as picture:
        picture.load()
        digest = hashlib.sha256()
        for top in range(0, picture.height, STRIP):
            strip = picture.crop((0, top, picture.width, min(picture.height, top + STRIP)))
            digest.update(strip.tobytes())
        return digest.digest()


def _walk(content: bytes) -> tuple[bool, bool]:
    """Return whether a JPEG has its end mark, and whether its scans cover each coefficient of each component to the last
    bit (ITU-T T.81, B.2 and G.1). A progressive picture that was cut between two scans decodes the same whatever follows.
    """
    wanted: set[tuple[int, int]] = set()
    place = 2
    while place >= 0 and place + 2 <= len(content):
        marker = content[place + 1]
        if content[place] != 0xFF or marker in WITHOUT_LENGTH:
            place = content.find(b"\xff", place + 1)  # data of a scan
            continue
        if marker == END[1]:
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
