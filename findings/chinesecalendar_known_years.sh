#!/usr/bin/env bash
# Library: chinesecalendar (PyPI), 1.1.0, 1.2.0 and 1.2.2, tried with Python 3.11.
#
# Guess: the library raises NotImplementedError for a year whose holidays are not published yet, so whatever it answers
# for an earlier year is final: a deadline may be counted over the last weeks of a known year without looking further.
#
# Behaviour: an answer for a known year changes with a later release, and nothing raises before.
#  - The notice for the next year reaches back into December. 1.1.0, released before the notice for 2019, answers for the
#    last days of 2018 as for any others: 2018-12-29 (Saturday) free, 2018-12-31 (Monday) worked. From 1.2.0 on it is the
#    other way round: the Saturday was worked in exchange for a New Year's holiday on the Monday.
#  - A published year is changed in the year itself. For 1.2.0 2019-05-02 is a working day, for 1.2.2 a holiday: the
#    State Council lengthened Labour Day in March 2019.
# Whoever counts working days into the end of the newest known year gets one result today and another after an upgrade.
#
# Output seen:
#   1.1.0 2018-12-29=False 2018-12-31=True 2019-05-02=NotImplementedError
#   1.2.0 2018-12-29=True 2018-12-31=False 2019-05-02=True
#   1.2.2 2018-12-29=True 2018-12-31=False 2019-05-02=False
#
# What to do: store a deadline that somebody was told, and let an administrator's own days replace those of a known year
# too, with days of the December before.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/ask.py" <<'PYTHON'
import sys
from datetime import date

from chinese_calendar import is_workday


def answer(day):
    try:
        return is_workday(day)
    except NotImplementedError as error:
        return type(error).__name__


days = date(2018, 12, 29), date(2018, 12, 31), date(2019, 5, 2)
print(sys.argv[1], *(f"{day}={answer(day)}" for day in days))
PYTHON

for version in 1.1.0 1.2.0 1.2.2; do
  python3 -m venv "$folder/$version"
  "$folder/$version/bin/python" -m pip install --quiet --disable-pip-version-check "chinesecalendar==$version"
  "$folder/$version/bin/python" "$folder/ask.py" "$version"
done | tee "$folder/seen"

diff "$folder/seen" - <<'EXPECTED'
1.1.0 2018-12-29=False 2018-12-31=True 2019-05-02=NotImplementedError
1.2.0 2018-12-29=True 2018-12-31=False 2019-05-02=True
1.2.2 2018-12-29=True 2018-12-31=False 2019-05-02=False
EXPECTED
echo 'as described'
