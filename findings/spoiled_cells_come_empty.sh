#!/bin/bash
# python-calamine gives an error cell, and a formula without a saved result, as an empty cell.
#
# Library:   python-calamine 0.9.1, openpyxl 3.1.5, Python 3.11, Debian 12.
# Guess:     a cell that shows #N/A in Excel comes as the text "#N/A", as openpyxl gives it. A formula that was never
#            calculated, as every program writes it that does not calculate itself, raises or comes as its text.
# Behaviour: both come as "", the same as a cell in which nobody has written. Rows that a filter hides come as any other:
#            the library has no question for them, nor for hidden columns; only sheets say whether they are visible.
# Cost:      somebody whose VLOOKUP failed is told that the cell is empty while Excel shows something in it; where the
#            column may be empty, the row is taken without its value. What was filtered out is imported unseen.
# Output:    openpyxl: error '#N/A', formula '=A1', hidden row 'hidden'
#            calamine: error '', formula '', hidden row 'hidden'
#            calamine says of hidden rows or columns: nothing
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
python3 -m venv "$room/venv"
"$room/venv/bin/pip" --quiet --disable-pip-version-check install python-calamine==0.9.1 openpyxl==3.1.5
"$room/venv/bin/python" - > "$room/seen" <<'P'
import io

import openpyxl
import python_calamine

book = openpyxl.Workbook()
book.active.append(["head", "#N/A", "=A1", "end"])
book.active.append(["hidden"])
book.active.row_dimensions[2].hidden = True
book.active.auto_filter.ref = "A1:D2"
file = io.BytesIO()
book.save(file)

(_, error, formula, _), (hidden, *_) = openpyxl.load_workbook(file).active.iter_rows(values_only=True)
print(f"openpyxl: error {error!r}, formula {formula!r}, hidden row {hidden!r}")
file.seek(0)
sheet = python_calamine.load_workbook(file).get_sheet_by_index(0)
(_, error, formula, _), (hidden, *_) = sheet.to_python()
print(f"calamine: error {error!r}, formula {formula!r}, hidden row {hidden!r}")
says = [name for name in dir(sheet) if "hidden" in name or "filter" in name]
print(f"calamine says of hidden rows or columns: {', '.join(says) or 'nothing'}")
P
cat "$room/seen"
diff "$room/seen" - <<'P'
openpyxl: error '#N/A', formula '=A1', hidden row 'hidden'
calamine: error '', formula '', hidden row 'hidden'
calamine says of hidden rows or columns: nothing
P
echo 'as described'
