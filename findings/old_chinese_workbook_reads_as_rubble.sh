# python-calamine returns every text of a Chinese workbook of Excel 5.0/95 in pieces, its digits with NUL between them.
#
# Library:   python-calamine 0.9.1 (calamine of Rust), and pandas 3.1.1 with engine="calamine"; for comparison xlrd 2.0.2; Python 3.11.
# Guess:     an .xls is read or refused. What FoxPro (COPY TO ... TYPE XL5) and other old programs write is BIFF5: its text is bytes in the
#            code page that the file names, 936 in China.
# Behaviour: with a single-byte page (1252) all is right. With 936 each byte is taken for half a character:
#            '付款' becomes '�\0�\0�\0�\0', and '6217' becomes '6\0002\0001\0007\000'. Numbers are right. Nothing is raised. xlrd and
#            LibreOffice 7.4.7 read it.
# Cost:      an answer of a bank or an old staff list "has no such column", and where code looks up columns by position, account numbers
#            with NUL go on into a database: PostgreSQL refuses them, SQLite stores them and no search finds them.
# Way out:   refuse a compound file with the stream Book and without Workbook, or give it to xlrd (uploads/tables.py).
# Output:    1252 xlrd ['Amount', '6217000012345678901', 1.5] calamine ['Amount', '6217000012345678901', 1.5]
#            936 xlrd ['付款编号', '6217', 1.5] calamine ['�\x00�\x00�\x00�\x00�\x00�\x00�\x00�\x00', '6\x002\x001\x007\x00', 1.5]
#            936 pandas ['�\x00�\x00�\x00�\x00�\x00�\x00�\x00�\x00', '6\x002\x001\x007\x00']
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
python3 -m venv "$room/venv"
"$room/venv/bin/pip" --quiet --disable-pip-version-check install python-calamine==0.9.1 pandas==3.1.1 xlrd==2.0.2 xlwt==1.3.0
"$room/venv/bin/python" - > "$room/seen" <<'P'
import io
import struct

import pandas
import python_calamine
import xlrd
from xlwt.CompoundDoc import XlsDoc


def record(kind, content):
    return struct.pack("<HH", kind, len(content)) + content


def book_of_excel_95(page, encoding, cells):
    """Return a workbook in BIFF5, by OpenOffice.org's documentation of the format: BOF, CODEPAGE, BOUNDSHEET, DIMENSIONS, LABEL, NUMBER."""

    def globals_until(place):
        name = "S".encode(encoding)
        return (
            record(0x0809, struct.pack("<HHHH", 0x0500, 0x0005, 0x0DBB, 0x07CC))
            + record(0x0042, struct.pack("<H", page))
            + record(0x0085, struct.pack("<LH", place, 0) + bytes([len(name)]) + name)
            + record(0x000A, b"")
        )

    sheet = record(0x0809, struct.pack("<HHHH", 0x0500, 0x0010, 0x0DBB, 0x07CC))
    sheet += record(0x0200, struct.pack("<HHHHH", 0, 1, 0, len(cells), 0))
    for column, cell in enumerate(cells):
        if isinstance(cell, str):
            text = cell.encode(encoding)
            sheet += record(0x0204, struct.pack("<HHHH", 0, column, 0, len(text)) + text)
        else:
            sheet += record(0x0203, struct.pack("<HHHd", 0, column, 0, cell))
    content = globals_until(len(globals_until(0))) + sheet + record(0x000A, b"")
    out = io.BytesIO()
    XlsDoc().save(out, content.ljust(4096, b"\0"))
    new, old = ("Workbook\0".encode("utf-16-le"), "Book\0".encode("utf-16-le"))
    made = out.getvalue()
    place = made.index(new + bytes(64 - len(new)))
    return made[:place] + old.ljust(64, b"\0") + struct.pack("<H", len(old)) + made[place + 66 :]


for page, encoding, cells in ((1252, "cp1252", ["Amount", "6217000012345678901", 1.5]), (936, "gbk", ["付款编号", "6217", 1.5])):
    content = book_of_excel_95(page, encoding, cells)
    right = xlrd.open_workbook(file_contents=content).sheet_by_index(0).row_values(0)
    read = python_calamine.load_workbook(io.BytesIO(content)).get_sheet_by_index(0).to_python()[0]
    print(page, "xlrd", right, "calamine", read)
    if page == 936:
        print(page, "pandas", pandas.read_excel(io.BytesIO(content), engine="calamine", header=None).iloc[0, :2].tolist())
P
cat "$room/seen"
sed -n '/^# Output:/,/^set/s/^# [ Output:]* //p' "$0" | diff - "$room/seen"
echo 'as described'
