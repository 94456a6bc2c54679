#!/bin/bash
# python-stdnum refuses every credit code whose registering department is a letter.
#
# Library:   python-stdnum 2.2 (stdnum.cn.uscc), Python 3.11, Debian 12.
# Guess:     uscc.is_valid() takes each 统一社会信用代码 that GB 32100-2015 allows, and its check character decides.
# Behaviour: validate() wants eight digits in front. By the amendment No. 1 of 2016 the department in the first place may be
#            a letter: N for agriculture (since 2018 the economic collectives of villages have N1, N2, N3 by 农经发〔2018〕4号),
#            A for military institutions, Y for others. All of them are refused, with the right check character too.
#            calc_check_digit() computes the character of such codes correctly.
# Cost:      a village's collective cannot register with a code that stands on its certificate, and is told to check it.
# Known:     of another checker for the letters of 2016 (chinabugotech/hutool#2020).
# Product:   takes the check character from calc_check_digit() and checks the other places itself (common/checks.py).
# Output:    91150602MA0N8C1027 is_valid True
#            N2150602MF1234567F is_valid False, check character right True
#            A1110000MA00000177 is_valid False, check character right True
#            Y1150600MD12345679 is_valid False, check character right True
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
python3 -m venv "$room/venv"
"$room/venv/bin/pip" --quiet --disable-pip-version-check install python-stdnum==2.2
"$room/venv/bin/python" - > "$room/seen" <<'P'
from stdnum.cn import uscc

LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # GB 32100-2015, section 4


def with_check_character(body: str) -> str:
    """ISO 7064 as GB 32100 writes it: weights 3^i modulo 31."""
    total = sum(LETTERS.index(letter) * pow(3, place, 31) for place, letter in enumerate(body))
    return body + LETTERS[(31 - total) % 31]


for body in ("91150602MA0N8C102", "N2150602MF1234567", "A1110000MA0000017", "Y1150600MD1234567"):
    code = with_check_character(body)
    line = f"{code} is_valid {uscc.is_valid(code)}"
    if code[0] in "NAY":
        line += f", check character right {uscc.calc_check_digit(code) == code[-1]}"
    print(line)
P
cat "$room/seen"
sed -n 's/^# Output:    //p; s/^#            \([0-9A-Z]\{18\} is_valid\)/\1/p' "$0" | diff - "$room/seen"
echo 'as described'
