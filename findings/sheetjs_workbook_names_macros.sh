#!/bin/bash
# Every .xlsx that SheetJS writes names a content type of macros, for an extension that no part of the file has.
#
# Library:   xlsx (SheetJS) 0.18.5 from npm; for comparison exceljs 4.4.0 and XlsxWriter 3.3.1; Python 3.11, Node 20.
# Guess:     in [Content_Types].xml the word macroEnabled stands for a .xlsm, .xlsb or .docm, so an upload that contains it can be refused.
# Behaviour: SheetJS writes one list of defaults for all its formats. In it the extension bin has the type of an .xlsb,
#            application/vnd.ms-excel.sheet.binary.macroEnabled.main. No part of an .xlsx of SheetJS ends in .bin, so the line means nothing,
#            and oletools (0.60) finds neither macros nor another format in the file.
# Known:     SheetJS/sheetjs#1501, since 2019.
# Cost:      whoever sends a table that a web page exported is told that it has macros, and finds none to take out. Samples made with Excel,
#            openpyxl or exceljs all pass.
# Product:   applies the types to the parts that exist (uploads/office_documents.py).
# Output:    sheetjs: macroEnabled for bin, parts of that type 0
#            exceljs: macroEnabled for nothing, parts of that type 0
#            xlsxwriter: macroEnabled for nothing, parts of that type 0
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
python3 -m venv "$room/venv"
"$room/venv/bin/pip" --quiet --disable-pip-version-check install xlsxwriter==3.3.1
cat > "$room/write.js" <<'J'
const ExcelJS = require("exceljs");
const XLSX = require("xlsx");

const book = XLSX.utils.book_new();
XLSX.utils.book_append_sheet(book, XLSX.utils.aoa_to_sheet([["单位名称", 1]]), "S");
XLSX.writeFile(book, "sheetjs.xlsx");
const other = new ExcelJS.Workbook();
other.addWorksheet("S").addRow(["单位名称", 1]);
other.xlsx.writeFile("exceljs.xlsx");
J
(cd "$room" && npm init --yes --silent > /dev/null && npm install --silent --no-audit --no-fund xlsx@0.18.5 exceljs@4.4.0 > /dev/null 2>&1 && node write.js)
(cd "$room" && venv/bin/python) > "$room/seen" <<'P'
import re
import zipfile

import xlsxwriter

with xlsxwriter.Workbook("xlsxwriter.xlsx") as book:
    book.add_worksheet("S").write_row(0, 0, ["单位名称", 1])
for name in ("sheetjs", "exceljs", "xlsxwriter"):
    with zipfile.ZipFile(f"{name}.xlsx") as package:
        types = package.read("[Content_Types].xml").decode()
        parts = package.namelist()
    named = re.findall(r'<Default Extension="(\w+)" ContentType="[^"]*macroEnabled', types)
    own = re.findall(r'<Override [^>]*macroEnabled', types)
    typed = own + [part for part in parts if part.endswith(tuple(f".{each}" for each in named))]
    print(f"{name}: macroEnabled for {', '.join(named) or 'nothing'}, parts of that type {len(typed)}")
P
cat "$room/seen"
sed -n '/^# Output:/,/^set/s/^# [ Output:]* //p' "$0" | diff - "$room/seen"
echo 'as described'
