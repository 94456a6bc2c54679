#!/bin/bash
# A 32-bit BMP whose fourth byte is unused comes out of Pillow wholly transparent.
#
# Library:   Pillow 13.0.0, Python 3.11, Debian 12.
# Guess:     a BMP has no transparency to speak of. Whatever its header, a picture of text is text on paper.
# Behaviour: with a header of 40 bytes and BI_RGB Pillow ignores the fourth byte (mode RGB). With a header of 56, 108 or
#            124 bytes and BI_BITFIELDS it follows the mask for alpha (mode RGBA). Some programs write that header and leave
#            zero in the byte (image-rs/image#539: Photoshop): every pixel is then transparent, and what is pasted on white
#            is an empty sheet. Chromium (bmp_image_reader.cc) treats alpha that is zero throughout as opaque.
# Cost:      a reviewer sees a blank page, the person who sent it sees a good picture and is asked for it again.
# Product:   drops an alpha channel that is zero everywhere (uploads/confined/pictures.py).
# Output:    40 RGB black
#            56 RGBA white
#            108 RGBA white
#            124 RGBA white
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
python3 -m venv "$room/venv"
"$room/venv/bin/pip" --quiet --disable-pip-version-check install pillow==13.0.0
"$room/venv/bin/python" - > "$room/seen" <<'P'
import io
import struct

from PIL import Image


def black_bmp(header: int) -> bytes:
    pixels = bytes(4 * 8 * 8)  # blue, green, red, unused: all zero
    compression = 0 if header == 40 else 3
    about = struct.pack("<LllHHLLllLL", header, 8, 8, 1, 32, compression, len(pixels), 2835, 2835, 0, 0)
    if header > 40:
        about += struct.pack("<4L", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    about = about.ljust(header, b"\0")
    start = 14 + len(about)
    return b"BM" + struct.pack("<LHHL", start + len(pixels), 0, 0, start) + about + pixels


for header in (40, 56, 108, 124):
    picture = Image.open(io.BytesIO(black_bmp(header)))
    paper = Image.new("RGB", picture.size, "white")
    paper.paste(picture, mask=picture.getchannel("A") if picture.mode == "RGBA" else None)
    print(header, picture.mode, {0: "black", 255: "white"}[paper.getpixel((4, 4))[0]])
P
diff - "$room/seen" <<'SEEN'
40 RGB black
56 RGBA white
108 RGBA white
124 RGBA white
SEEN
echo 'as described'
