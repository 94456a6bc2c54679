#!/bin/bash
# Months as forms in China have them: 2018.09 is January for dayjs and today's month for dateutil, 201012 is October 2012 for pandas.
#
# Library:   dayjs 1.11.23, moment 2.31.0 (npm), Node 20; python-dateutil 2.9.0, pandas 3.1.1, Python 3.11.
# Guess:     a parser that reads 2018.9.5 and 20180905 reads the month alone as that month, or raises.
# Behaviour: dayjs takes .09 for a fraction of a second and returns 1 January, for each month. dateutil takes 2018.09 for a year with a
#            fraction and fills month and day in from today. 201809 is right in dayjs and moment, and an error for dateutil and pandas,
#            since they read six digits as three times two. Where that is a date there is no error: 201012 is 20 October 2012, and so it
#            goes for eleven months of each year from 2001 to 2012.
# Known:     dateutil/dateutil#713 (2016.01), #251 and #551 (201712 is not read as a month). Of dayjs no report found.
# Cost:      the months of a record of studies and work, or of social insurance, are stored as others without an error: periods begin in
#            January, or in the month of the import; those before 2013 lie elsewhere. A table of recent months shows none of the last.
# Way out:   a format: "YYYY.MM" with customParseFormat of dayjs, "%Y%m" in Python.
# Product:   has its own parser (common/days.py).
# Output:    (with 15 March 2026 for today)
#            2018.09 dayjs 2018-01-01 moment 2018-09-01 dateutil 2018-03-15 pandas 2018-09-01
#            2018.10 dayjs 2018-01-01 moment 2018-10-01 dateutil 2018-03-15 pandas 2018-10-01
#            201809 dayjs 2018-09-01 moment 2018-09-01 dateutil error pandas error
#            201012 dayjs 2010-12-01 moment 2010-12-01 dateutil 2012-10-20 pandas 2012-10-20
#            2018.9.5 dayjs 2018-09-05 moment 2018-09-05 dateutil 2018-09-05 pandas 2018-09-05
#            20180905 dayjs 2018-09-05 moment 2018-09-05 dateutil 2018-09-05 pandas 2018-09-05
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
python3 -m venv "$room/venv"
"$room/venv/bin/pip" --quiet --disable-pip-version-check install python-dateutil==2.9.0.post0 pandas==3.1.1
cat > "$room/parse.js" <<'J'
const dayjs = require("dayjs");
const moment = require("moment");

moment.suppressDeprecationWarnings = true;
for (const typed of process.argv.slice(2)) {
  console.log(typed, "dayjs", dayjs(typed).format("YYYY-MM-DD"), "moment", moment(typed).format("YYYY-MM-DD"));
}
J
cat > "$room/parse.py" <<'P'
import sys
import warnings
from datetime import datetime

import pandas
from dateutil import parser

warnings.simplefilter("ignore")
TODAY = datetime(2026, 3, 15)
PARSERS = {
    "dateutil": lambda typed: parser.parse(typed, default=TODAY),
    "pandas": pandas.to_datetime,
}


def shown(parse, typed):
    try:
        return f"{parse(typed):%Y-%m-%d}"
    except ValueError:
        return "error"


for typed in sys.argv[1:]:
    print(*(f"{name} {shown(parse, typed)}" for name, parse in PARSERS.items()))
P
typed="2018.09 2018.10 201809 201012 2018.9.5 20180905"
(cd "$room" && npm init --yes --silent > /dev/null && npm install --silent --no-audit --no-fund dayjs@1.11.23 moment@2.31.0 > /dev/null 2>&1 && node parse.js $typed) \
  > "$room/javascript"
"$room/venv/bin/python" "$room/parse.py" $typed > "$room/python"
paste -d " " "$room/javascript" "$room/python" > "$room/seen"
cat "$room/seen"
sed -n 's/^#            \(20[0-9.]* dayjs\)/\1/p' "$0" | diff - "$room/seen"
echo 'as described'
