#!/bin/bash
# segno writes some Chinese names into a QR code as other, Japanese characters: 陈静 is read as 髯磯撕.
#
# Library:   segno 1.6.6, read with zxing-cpp 3.1.1; Pillow 13.0.0; Python 3.11.
# Guess:     text that is neither Latin-1 nor Shift JIS is written as UTF-8 in byte mode, and encoding="utf-8" demands that.
# Behaviour: segno encodes the text first, and looks at the bytes for a mode afterwards. An even number of UTF-8 bytes can look like pairs of
#            Shift JIS, and then they are written in Kanji mode: the code says that it holds Japanese characters, and a reader that follows
#            ISO/IEC 18004 returns those. encoding="utf-8", with eci=True or without, makes it worse: names that Shift JIS has are hit too.
#            It needs an even number of bytes: names of two or four characters.
# Known:     of another generator (metafloor/bwip-js#335, mended there); zxing/zxing#708 shows what a reader makes of such a code.
# Cost:      a badge, a certificate or a slip says another name for one person in six, for the others the right one. The program that made
#            it sees nothing, and some readers hide it because they return the bytes (OpenCV's does).
# Way out:   mode="byte". The codes of the product hold ASCII alone (documents/qr_codes.py).
# Output:    陈静 kanji 髯磯撕, with encoding kanji 髯磯撕, with eci kanji 髯磯撕, with mode byte 陈静
#            郑爽 kanji 驛醍或, with encoding kanji 驛醍或, with eci kanji 驛醍或, with mode byte 郑爽
#            陈晓静 byte 陈晓静, with encoding byte 陈晓静, with eci byte 陈晓静, with mode byte 陈晓静
#            王静 kanji 王静, with encoding kanji 邇矩撕, with eci kanji 邇矩撕, with mode byte 王静
#            of 900 names of two characters 152 are read wrong: 王军 王艳 王兰 王刚 王华 李军 李艳 李兰 ...
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
python3 -m venv "$room/venv"
"$room/venv/bin/pip" --quiet --disable-pip-version-check install segno==1.6.6 zxing-cpp==3.1.1 pillow==13.0.0
"$room/venv/bin/python" - > "$room/seen" <<'P'
import io

import segno
import zxingcpp
from PIL import Image

WISHES = {"": {}, "with encoding ": {"encoding": "utf-8"}, "with eci ": {"encoding": "utf-8", "eci": True}, "with mode ": {"mode": "byte"}}


def read(code):
    drawn = io.BytesIO()
    code.save(drawn, kind="png", scale=6)
    return zxingcpp.read_barcodes(Image.open(drawn).convert("L"))[0].text


for name in ("陈静", "郑爽", "陈晓静", "王静"):
    codes = {label: segno.make_qr(name, **wish) for label, wish in WISHES.items()}
    print(name, ", ".join(f"{label}{code.mode} {read(code)}" for label, code in codes.items()))

names = [family + given for family in "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹" for given in "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚英华玉红梅燕波玲斌"]
wrong = [name for name in names if read(segno.make_qr(name)) != name]
print(f"of {len(names)} names of two characters {len(wrong)} are read wrong: {' '.join(wrong[:8])} ...")
P
cat "$room/seen"
sed -n '/^# Output:/,/^set/s/^# [ Output:]* //p' "$0" | diff - "$room/seen"
echo 'as described'
