#!/bin/bash
# What chinesecalendar says of the days of a known year changes with a later release, though it raises an error for unknown years.
#
# Library:   chinesecalendar 1.1.0, 1.2.0 and 1.2.2 (PyPI), Python 3.11.
# Guess:     NotImplementedError is raised for a year whose holidays are not published yet, so an answer for an earlier year is final: a
#            deadline may be counted over the last weeks of a known year without looking further.
# Behaviour: the notice for the next year reaches back into December. 1.1.0, released before the notice for 2019, takes 2018-12-29 (Saturday)
#            as free and 2018-12-31 (Monday) as worked; from 1.2.0 on it is the other way round (New Year's holiday). And a year is changed in
#            the year itself: for 1.2.0 2019-05-02 is a working day, for 1.2.2 a holiday, as Labour Day was lengthened in March 2019.
#            Nothing raises before.
# Known:     liriansu-opus/chinese-calendar#29 mentions the change of 2018.
# Cost:      whoever counts working days into the end of the newest known year gets one date today and another after an upgrade.
# Product:   a year that an administrator enters replaces the one of the library (common/working_days.py).
# Output:    1.1.0 2018-12-29=False 2018-12-31=True 2019-05-02=NotImplementedError
#            1.2.0 2018-12-29=True 2018-12-31=False 2019-05-02=True
#            1.2.2 2018-12-29=True 2018-12-31=False 2019-05-02=False
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
done > "$folder/seen"
cat "$folder/seen"

diff "$folder/seen" - <<'EXPECTED'
1.1.0 2018-12-29=False 2018-12-31=True 2019-05-02=NotImplementedError
1.2.0 2018-12-29=True 2018-12-31=False 2019-05-02=True
1.2.2 2018-12-29=True 2018-12-31=False 2019-05-02=False
EXPECTED
echo 'as described'
