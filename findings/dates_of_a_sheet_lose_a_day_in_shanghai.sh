#!/bin/bash
# In the time zone of China SheetJS turns every date of a spreadsheet into 23:59:17 of the day before.
#
# Library:   xlsx (SheetJS) 0.18.5 from npm, exceljs 4.4.0, XlsxWriter 3.3.1 for the file; Node 20, Python 3.11, Debian 12.
# Guess:     with cellDates a cell of 1990-05-01 becomes a Date of that day's local midnight, in China as in London.
# Behaviour: it counts the days from a local midnight of December 1899, when Shanghai kept its own mean time, UTC+8:05:43. JavaScript
#            gives that offset in whole minutes, and the 43 seconds are lost from every date. getDate() is the day before. Hong Kong
#            loses 42 seconds; Tokyo, New York and UTC, where such code is mostly tested, nothing. The text of the cell
#            (raw: false) is right, and so is exceljs, which counts in UTC. A Date of local midnight that SheetJS writes becomes
#            32994.0004977, 43 seconds too late, and still comes back as 23:59:59 of the day before.
# Cost:      birth dates and days of employment of a whole list come in one day early, on the machines of users in China alone: an age
#            limit or a deadline then goes the other way, and identity numbers no longer agree with the birth date beside them.
# Known:     SheetJS/sheetjs#1565, open since 2019, and #2372; 0.18.5 is what npm installs.
# Product:   reads tables at the server, as dates without a time (uploads/workbook.py).
# Output:    UTC: cellDates 1990-5-1 00:00:00, text 1990-05-01, exceljs 1990-05-01T00:00:00.000Z
#            Asia/Tokyo: cellDates 1990-5-1 00:00:00, text 1990-05-01, exceljs 1990-05-01T00:00:00.000Z
#            Asia/Shanghai: cellDates 1990-4-30 23:59:17, text 1990-05-01, exceljs 1990-05-01T00:00:00.000Z
#            Asia/Hong_Kong: cellDates 1990-4-30 23:59:18, text 1990-05-01, exceljs 1990-05-01T00:00:00.000Z
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
python3 -m venv "$room/venv"
"$room/venv/bin/pip" --quiet --disable-pip-version-check install xlsxwriter==3.3.1
"$room/venv/bin/python" - "$room/born.xlsx" <<'P'
import sys
from datetime import date

import xlsxwriter

book = xlsxwriter.Workbook(sys.argv[1])
book.add_worksheet().write_datetime("A1", date(1990, 5, 1), book.add_format({"num_format": "yyyy-mm-dd"}))
book.close()
P
cat > "$room/read.js" <<'J'
const XLSX = require("xlsx");
const Excel = require("exceljs");

async function read() {
  const file = XLSX.readFile("born.xlsx", { cellDates: true });
  const sheet = file.Sheets[file.SheetNames[0]];
  const day = sheet.A1.v;
  const [[text]] = XLSX.utils.sheet_to_json(sheet, { header: 1, raw: false });
  const other = await new Excel.Workbook().xlsx.readFile("born.xlsx");
  const local = `${day.getFullYear()}-${day.getMonth() + 1}-${day.getDate()} ${day.toTimeString().slice(0, 8)}`;
  const exceljs = other.worksheets[0].getCell("A1").value.toISOString();
  console.log(`${process.env.TZ}: cellDates ${local}, text ${text}, exceljs ${exceljs}`);
}

read();
J
cd "$room"
npm init --yes --silent > /dev/null
npm install --silent --no-audit --no-fund xlsx@0.18.5 exceljs@4.4.0 > /dev/null
for zone in UTC Asia/Tokyo Asia/Shanghai Asia/Hong_Kong; do TZ=$zone node read.js; done > seen
cat seen
cd "$OLDPWD"
sed -n 's/^# Output:    //p; s/^#            \(Asia\/[A-Z].*: cellDates\)/\1/p' "$0" | diff - "$room/seen"
echo 'as described'
