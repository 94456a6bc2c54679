#!/bin/bash
# Pillow refuses a JPEG that lacks its last two bytes and takes one that lost a third of its picture.
#
# Library:   Pillow 13.0.0 with its bundled libjpeg-turbo, Python 3.11, Debian 12.
# Guess:     load() tells a whole JPEG from a truncated one: it raises where picture data is missing, and only there.
# Behaviour: without the end mark FF D9 and with every byte of picture data, load() raises "image file is truncated": the
#            decoder waits for bytes that it does not need. Browsers show such a picture whole.
#            Where the last third is missing and zeros stand in its place (a transfer that reserved the space and broke
#            off), load() raises nothing: zeros are valid picture data, and the rest of the picture is grey.
# Cost:      good photographs from cameras and gateways that drop the end mark are refused, half papers are accepted.
# Way out:   decode twice, with two different continuations in place of what follows the data. A complete picture ignores
#            both and comes out the same; where data is missing, the two differ (uploads/confined/pictures.py).
# Output:    whole: taken
#            without its end mark: image file is truncated
#            a third replaced by zeros: taken
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
python3 -m venv "$room/venv"
"$room/venv/bin/pip" --quiet --disable-pip-version-check install pillow==13.0.0
"$room/venv/bin/python" - > "$room/seen" <<'P'
import io

from PIL import Image

out = io.BytesIO()
Image.effect_noise((320, 240), 60).save(out, "JPEG")
whole = out.getvalue()
assert whole.endswith(b"\xff\xd9")
third = len(whole) // 3

for what, content in (
    ("whole", whole),
    ("without its end mark", whole[:-2]),
    ("a third replaced by zeros", whole[:-third] + bytes(third)),
):
    try:
        Image.open(io.BytesIO(content)).load()
    except OSError as error:
        print(f"{what}: {str(error).partition(' (')[0]}")
    else:
        print(f"{what}: taken")
P
diff - "$room/seen" <<'SEEN'
whole: taken
without its end mark: image file is truncated
a third replaced by zeros: taken
SEEN
echo 'as described'
