#!/bin/bash
# polars.read_excel drops each telephone number that is text when a hundred that are numbers come before it.
#
# Library:   polars 2.1.0 with its default engine (fastexcel 0.21.0), and fastexcel alone; for comparison polars with engine="openpyxl"
#            (openpyxl 3.1.5), read_csv of polars, and pandas 3.1.1 with python-calamine 0.9.1; XlsxWriter 3.3.1; Python 3.11.
# Guess:     a column of numbers and text becomes text, as it does in a short table, or the first cell that does not fit raises an error, as
#            in read_csv of polars.
# Behaviour: the type of a column comes from its first 100 rows in polars (infer_schema_length), 1,000 in fastexcel (schema_sample_rows).
#            A later cell of another type is null, with no error and no warning. Mobile numbers are numbers in Excel; a landline with its
#            hyphen, two numbers in one cell and a number pasted from a web page are text.
# Known:     ToucanToco/fastexcel#208, for a column that begins empty. pola-rs/polars#23728 says it of numbers, and was closed because its
#            author could not repeat it; here it is again.
# Cost:      people below row 101 lose their telephone, their employee number or their account, and the count of rows agrees. Where a value
#            may be missing nobody hears of it, and a sample of the table is right.
# Way out:   infer_schema_length=None, or 0 for text throughout; schema_overrides.
# Product:   reads each cell for itself (uploads/workbook.py).
# Output:    98 numbers, then 2 texts: polars 0 missing, fastexcel 0 missing, openpyxl 0 missing, pandas 0 missing, read_csv 0 missing
#            100 numbers, then 2 texts: polars 2 missing, fastexcel 0 missing, openpyxl 0 missing, pandas 0 missing, read_csv refused
#            1000 numbers, then 2 texts: polars 2 missing, fastexcel 2 missing, openpyxl 0 missing, pandas 0 missing, read_csv refused
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
python3 -m venv "$room/venv"
"$room/venv/bin/pip" --quiet --disable-pip-version-check install polars==2.1.0 fastexcel==0.21.0 openpyxl==3.1.5 pandas==3.1.1 \
  python-calamine==0.9.1 xlsxwriter==3.3.1 pyarrow==26.0.1
(cd "$room" && venv/bin/python) > "$room/seen" 2> "$room/notes" <<'P' || { cat "$room/notes"; exit 1; }
import fastexcel
import pandas
import polars
import xlsxwriter

TEXTS = ["0477-0000000", "13800000000、13900000000"]


def missing(read):
    try:
        return f"{read()} missing"
    except polars.exceptions.ComputeError:
        return "refused"


for numbers in (98, 100, 1000):
    telephones = [13800000000 + number for number in range(numbers)] + TEXTS
    with xlsxwriter.Workbook("people.xlsx") as book:
        sheet = book.add_worksheet()
        sheet.write_column(0, 0, ["name", *["王小明"] * len(telephones)])
        sheet.write_column(0, 1, ["telephone", *telephones])
    with open("people.csv", "w", encoding="utf-8") as file:
        file.writelines(f"{cell}\n" for cell in ["telephone", *telephones])
    readers = {
        "polars": lambda: polars.read_excel("people.xlsx")["telephone"].null_count(),
        "fastexcel": lambda: fastexcel.read_excel("people.xlsx").load_sheet(0).to_polars()["telephone"].null_count(),
        "openpyxl": lambda: polars.read_excel("people.xlsx", engine="openpyxl")["telephone"].null_count(),
        "pandas": lambda: pandas.read_excel("people.xlsx", engine="calamine")["telephone"].isna().sum(),
        "read_csv": lambda: polars.read_csv("people.csv")["telephone"].null_count(),
    }
    print(f"{numbers} numbers, then {len(TEXTS)} texts:", ", ".join(f"{name} {missing(read)}" for name, read in readers.items()))
P
cat "$room/seen" "$room/notes"
sed -n '/^# Output:/,/^set/s/^# [ Output:]* //p' "$0" | diff - "$room/seen"
echo 'as described'
