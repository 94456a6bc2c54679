#!/bin/bash
# openpyxl, and pandas by way of it, read the dates of a Chinese Excel as numbers: 1990-05-01 comes as 32994.
#
# Library:   openpyxl 3.1.5, pandas 3.1.1 (with its default engine, openpyxl), python-calamine 0.9.1, XlsxWriter 3.3.1; Python 3.11.
# Guess:     a cell that shows a date comes as a date. Its number format decides, and openpyxl knows those that a file only numbers.
# Behaviour: ECMA-376 (18.8.30) has numbered formats for Chinese, Japanese and Korean: 27 to 36 and 50 to 58, in Chinese 31 is
#            yyyy"年"m"月"d"日" and 57 yyyy"年"m"月". The file holds the number alone. openpyxl's table lacks all nineteen, calls the
#            cell General and returns the serial number, an int like any other. calamine has them.
# Cost:      the formats that the dialog of a Chinese Excel offers first turn birth dates and first working days into numbers of five
#            digits, some rows of a column and others not, as each was typed. Nothing raises; pandas makes the column "object".
# Known:     of other readers (ExcelDataReader/ExcelDataReader#541, qax-os/excelize#177).
# Product:   reads tables with calamine (uploads/workbook.py).
# Output:    14 openpyxl 1990-05-01 00:00:00, pandas 1990-05-01 00:00:00, calamine 1990-05-01
#            31 openpyxl 32994, pandas 32994, calamine 1990-05-01
#            57 openpyxl 32994, pandas 32994, calamine 1990-05-01
#            date formats that openpyxl does not know: 27 28 29 30 31 32 33 34 35 36 50 51 52 53 54 55 56 57 58
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
python3 -m venv "$room/venv"
"$room/venv/bin/pip" --quiet --disable-pip-version-check install openpyxl==3.1.5 pandas==3.1.1 python-calamine==0.9.1 xlsxwriter==3.3.1
"$room/venv/bin/python" - > "$room/seen" <<'P'
import io
from datetime import date

import openpyxl
import pandas
import python_calamine
import xlsxwriter

BORN = date(1990, 5, 1)
NUMBERED = [14, *range(27, 37), *range(50, 59)]

file = io.BytesIO()
book = xlsxwriter.Workbook(file)
sheet = book.add_worksheet()
for column, number in enumerate(NUMBERED):
    sheet.write_datetime(0, column, BORN, book.add_format({"num_format": number}))
book.close()

cells = next(openpyxl.load_workbook(file).active.iter_rows(values_only=True))
frame = pandas.read_excel(file, header=None, engine="openpyxl")
file.seek(0)
(known,) = python_calamine.load_workbook(file).get_sheet_by_index(0).to_python()
for number in (14, 31, 57):
    at = NUMBERED.index(number)
    print(f"{number} openpyxl {cells[at]}, pandas {frame.iloc[0, at]}, calamine {known[at]}")
unknown = [str(number) for number, cell in zip(NUMBERED, cells) if isinstance(cell, int)]
assert all(cell == BORN for cell in known)
print("date formats that openpyxl does not know:", *unknown)
P
cat "$room/seen"
sed -n 's/^# Output:    //p; s/^#            \([0-9]* openpyxl\|date formats\)/\1/p' "$0" | diff - "$room/seen"
echo 'as described'
