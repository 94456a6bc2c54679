#!/bin/bash
# OpenCC keeps the surnames of famous people and changes those of all others: 范仲淹 stays, 范小明 becomes 範小明.
#
# Library:   OpenCC 1.4.2 (PyPI), Python 3.11. opencc-js 1.4.2 (npm) has the same dictionaries and does the same.
# Guess:     a surname that both scripts have (范, 余, 于, 涂) stays in a name, as it does for everybody one tries it with. From traditional
#            to simplified characters nothing can go wrong: several become one.
# Behaviour: the dictionary has names as phrases: 范仲淹, 余光中, 于谦. Any other name goes character by character, and the first
#            choice is the common word: 範 (example), 餘 (remainder), 於 (at), 塗 (to smear). Those are other surnames, or none. The other
#            way 乾 in a given name becomes 干 and 徵 becomes 征, although simplified script keeps 乾 where it is read qián, as the
#            dictionary has it for 乾隆. All variants (s2tw, s2hk, tw2s, hk2s) do so.
# Known:     BYVoid/OpenCC#602 and #1365, which add single names.
# Cost:      letters, lists and searches for people from 香港, 澳门 and 台湾 name somebody else. 余, 于 and 范 are among the sixty most
#            frequent surnames (《二〇二〇年全国姓名报告》); a try with a well-known name shows nothing.
# Way out:   never convert a name: store it as the person's own paper has it. The product converts none.
# Output:    s2t 范仲淹 范仲淹
#            s2t 范小明 範小明
#            s2t 余光中 余光中
#            s2t 余小明 餘小明
#            s2t 于谦 于謙
#            s2t 于小明 於小明
#            s2hk 涂小明 塗小明
#            t2s 乾隆 乾隆
#            t2s 張乾 张干
#            hk2s 魏徵 魏徵
#            hk2s 李徵 李征
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
python3 -m venv "$room/venv"
"$room/venv/bin/pip" --quiet --disable-pip-version-check install OpenCC==1.4.2
PYTHONIOENCODING=utf-8 "$room/venv/bin/python" - > "$room/seen" <<'P'
import opencc

NAMES = {
    "s2t": ["范仲淹", "范小明", "余光中", "余小明", "于谦", "于小明"],
    "s2hk": ["涂小明"],
    "t2s": ["乾隆", "張乾"],
    "hk2s": ["魏徵", "李徵"],
}
for variant, names in NAMES.items():
    converter = opencc.OpenCC(variant)
    for name in names:
        print(variant, name, converter.convert(name))
P
cat "$room/seen"
sed -n '/^# Output:/,/^set/s/^# [ Output:]* //p' "$0" | diff - "$room/seen"
echo 'as described'
