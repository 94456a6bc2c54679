#!/bin/bash
# One bank card that begins with 9558, or one empty cell, and the last digits of every card in a CSV's column are gone.
#
# Library:   pyarrow 26.0.1, pandas 3.1.1 (its own reader, and engine="pyarrow"); for comparison polars 2.1.0, duckdb 2.0.1; Python 3.11.
# Guess:     a column of 19 digits is read as a whole number or as text: as a column of identity numbers becomes text with the first X.
# Behaviour: 6217000012345678907 fits into 64 bits. 9558800200111001289, as ICBC's older cards begin, is larger than 2^63. pyarrow then
#            reads the whole column as double, which has 15 to 17 digits, without a word; so does pandas with engine="pyarrow". pandas' own
#            reader has an unsigned type left for it, and goes to float64 where one person has no card. polars and duckdb take 128 bits.
# Known:     pandas documents the step to float64 for missing values; with pyarrow it is pandas-dev/pandas#56136.
# Cost:      a list of payments is right for months, and in the month with one such card every account in it has other last digits:
#            6217000012345678907 comes out as 6217000012345678848, a number that may belong to somebody else. Sums and counts of rows still agree.
# Way out:   name the type of the column: text (pyarrow.csv.ConvertOptions, dtype). The product has accounts as text everywhere.
# Output:    62 only: pyarrow int64 exact, pandas int64 exact, pandas with pyarrow int64 exact, polars Int64 exact, duckdb exact
#            with one 9558: pyarrow double rounded, pandas uint64 exact, pandas with pyarrow float64 rounded, polars Int128 exact, duckdb exact
#            with one empty: pyarrow int64 exact, pandas float64 rounded, pandas with pyarrow float64 rounded, polars Int64 exact, duckdb exact
#            as whole numbers again: 6217000012345678848
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
python3 -m venv "$room/venv"
"$room/venv/bin/pip" --quiet --disable-pip-version-check install pyarrow==26.0.1 pandas==3.1.1 polars==2.1.0 duckdb==2.0.1
cd "$room"
"$room/venv/bin/python" - > "$room/seen" <<'P'
import io

import duckdb
import pandas
import polars
import pyarrow.csv

CARDS = ["6217000012345678907", "6228480012345670018"]
"""Invented, as the one of ICBC below."""


def verdict(read):
    """Say whether the first two cards still have all their digits."""
    return "exact" if [str(card) for card in read[:2]] == CARDS else "rounded"


for label, further in ("62 only", []), ("with one 9558", ["9558800200111001289"]), ("with one empty", [""]):
    content = "name,card\n" + "".join(f"A,{card}\n" for card in CARDS + further)
    with open("cards.csv", "w") as file:
        file.write(content)
    arrow = pyarrow.csv.read_csv("cards.csv").column("card")
    own = pandas.read_csv("cards.csv")["card"]
    by_arrow = pandas.read_csv("cards.csv", engine="pyarrow")["card"]
    frame = polars.read_csv("cards.csv")["card"]
    rows = [card for _, card in duckdb.sql("SELECT * FROM read_csv('cards.csv')").fetchall()]
    print(
        f"{label}: pyarrow {arrow.type} {verdict(arrow.to_pylist())}, pandas {own.dtype} {verdict(own.tolist())},"
        f" pandas with pyarrow {by_arrow.dtype} {verdict(by_arrow.tolist())}, polars {frame.dtype} {verdict(frame.to_list())},"
        f" duckdb {verdict(rows)}"
    )
    if label == "with one 9558":
        rounded = int(arrow[0].as_py())
print("as whole numbers again:", rounded)
P
cat "$room/seen"
cd - > /dev/null
sed -n '/^# Output:/,/^set/s/^# [ Output:]* //p' "$0" | diff - "$room/seen"
echo 'as described'
