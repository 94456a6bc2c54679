#!/bin/bash
# python-calamine gives an error cell, and a formula without a saved result, as an empty cell.
#
# Library:   python-calamine 0.9.1, openpyxl 3.1.5, Python 3.11, Debian 12.
# Guess:     a cell that shows #N/A in Excel comes as the text "#N/A", as openpyxl gives it. A formula that was never
#            calculated, as every program writes it that does not calculate itself, raises or comes as its text.
# Behaviour: both come as "", the same as a cell in which nobody has written.
# Known:     dimastbk/python-calamine#105 and #107, open since 2024.
# Cost:      somebody whose VLOOKUP failed is told that the cell is empty while Excel shows something in it; where the
#            column may be empty, the row is taken without its value.
# Product:   finds such cells in the XML of the sheet and names them (uploads/workbook.py).
# Output:    openpyxl: error '#N/A', formula '=A1', empty None
#            calamine: error '', formula '', empty ''
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
book.active.append(["head", "#N/A", "=A1", None, "end"])
file = io.BytesIO()
book.save(file)

((_, error, formula, empty, _),) = openpyxl.load_workbook(file).active.iter_rows(values_only=True)
print(f"openpyxl: error {error!r}, formula {formula!r}, empty {empty!r}")
file.seek(0)
((_, error, formula, empty, _),) = python_calamine.load_workbook(file).get_sheet_by_index(0).to_python()
print(f"calamine: error {error!r}, formula {formula!r}, empty {empty!r}")
P
cat "$room/seen"
diff "$room/seen" - <<'P'
openpyxl: error '#N/A', formula '=A1', empty None
calamine: error '', formula '', empty ''
P
echo 'as described'
