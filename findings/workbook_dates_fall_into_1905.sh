#!/bin/bash
# exceljs reads every date that a workbook stores as a date as a day of 1905: 1990-05-01 and 1990-12-31 both become 1905-06-12.
#
# Library:   exceljs 4.4.0 (npm, Node 20); the file is written by openpyxl 3.1.5; for comparison xlsx (SheetJS) 0.18.5, python-calamine 0.9.1.
# Guess:     a cell of type "d", a date in ISO 8601 (ECMA-376, 18.18.11), is read as that date, or refused as unknown.
# Behaviour: exceljs has no such type. It takes the text for a number with parseFloat, which stops at the hyphen, and the year for a day
#            since 1900: day 1990 is 1905-06-12. Nothing is raised, and the cell says that it is a date. Excel writes such cells when it
#            saves a "Strict Open XML" workbook, openpyxl with iso_dates.
# Known:     exceljs/exceljs#2695, since 2024; 4.4.0 is the newest release.
# Cost:      birth dates, days of employment and ends of contracts of a whole list become days of June 1905, all people of one year the
#            same day. A check for "in the past" passes, and only such a file shows it.
# Way out:   read with another library (the product has calamine); or refuse days before 1910 beside their cell.
# Output:    exceljs 1905-06-12 1905-06-12 1905-07-18
#            sheetjs 1990-05-01 1990-12-31 2026-03-08
#            calamine 1990-05-01 1990-12-31 2026-03-08
#            openpyxl 1990-05-01 1990-12-31 2026-03-08
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
cat > "$room/read.js" <<'J'
const ExcelJS = require("exceljs");
const XLSX = require("xlsx");

async function read() {
  const book = new ExcelJS.Workbook();
  await book.xlsx.readFile("dates.xlsx");
  const cells = book.worksheets[0].getRow(1).values.slice(1);
  console.log("exceljs", cells.map((value) => value.toISOString().slice(0, 10)).join(" "));
  const sheet = XLSX.readFile("dates.xlsx", { dateNF: "yyyy-mm-dd" }).Sheets.Sheet;
  console.log("sheetjs", XLSX.utils.sheet_to_json(sheet, { header: 1, raw: false })[0].join(" "));
}
read();
J
python3 -m venv "$room/venv"
"$room/venv/bin/pip" --quiet --disable-pip-version-check install openpyxl==3.1.5 python-calamine==0.9.1
(cd "$room" && npm init --yes --silent > /dev/null && npm install --silent --no-audit --no-fund exceljs@4.4.0 xlsx@0.18.5 > /dev/null)
"$room/venv/bin/python" - "$room/dates.xlsx" <<'P'
import sys
from datetime import date

import openpyxl

book = openpyxl.Workbook(iso_dates=True)
book.active.append([date(1990, 5, 1), date(1990, 12, 31), date(2026, 3, 8)])
book.save(sys.argv[1])
P
python3 -c 'import sys, zipfile; print(zipfile.ZipFile(sys.argv[1]).read("xl/worksheets/sheet1.xml").decode())' "$room/dates.xlsx" \
  | grep -q 't="d"><v>1990-05-01</v>'
(cd "$room" && TZ=UTC node read.js) > "$room/seen"
"$room/venv/bin/python" - "$room/dates.xlsx" >> "$room/seen" <<'P'
import sys

import openpyxl
import python_calamine

print("calamine", *(f"{day:%Y-%m-%d}" for day in python_calamine.load_workbook(sys.argv[1]).get_sheet_by_index(0).to_python()[0]))
print("openpyxl", *(f"{cell.value:%Y-%m-%d}" for cell in openpyxl.load_workbook(sys.argv[1]).active[1]))
P
cat "$room/seen"
sed -n '/^# Output:/,/^set/s/^# [ Output:]* //p' "$0" | diff - "$room/seen"
echo 'as described'
