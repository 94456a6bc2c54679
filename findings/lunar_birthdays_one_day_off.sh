#!/bin/bash
# lunardate gives everybody who was born in the eleventh lunar month of 1954 or the eighth of 1978 a birthday that is one day off.
#
# Library:   lunardate 0.3.0; for comparison sxtwl 2.0.7, zhdate 0.1, borax 4.1.3, lunar_python 1.4.8; new moons by ephem 4.2.1; Python 3.11.
# Guess:     a lunar calendar of the last hundred years is a known table. Libraries differ, if at all, in far years.
# Behaviour: GB/T 33661-2017 begins a month on the day, at 120° east (UTC+8), of its new moon. Of the people alive lunardate has 60 days wrong:
#            it begins the month of 1954-11-25 (new moon 20:30) a day late, that of 1978-09-03 (new moon 00:08) a day early. The
#            other four agree with the rule and with each other.
# Cost:      many older people have their lunar birthday on their identity card. Converted from or to it, they come out a day younger or older:
#            a birth date "does not fit" an identity number, a pension or an age limit begins a day early or late. Test data of recent
#            years is right.
# Way out:   another library; or two, and ask the person where they differ. The product converts no lunar date.
# Output:    1954-11-25 to 1954-12-24: lunardate 10-30, others 11-1, new moon at 1954-11-25 20:30
#            1978-09-02 to 1978-10-01: lunardate 8-1, others 7-30, new moon at 1978-09-03 00:08
#            8th month, 15th day, 1978: lunardate 1978-09-16, borax 1978-09-17, zhdate 1978-09-17
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
python3 -m venv "$room/venv"
"$room/venv/bin/pip" --quiet --disable-pip-version-check install lunardate==0.3.0 sxtwl==2.0.7 zhdate==0.1 borax==4.1.3 lunar_python==1.4.8 ephem==4.2.1
"$room/venv/bin/python" - > "$room/seen" <<'P'
from datetime import date, datetime, timedelta

import ephem
import sxtwl
from borax.calendars.lunardate import LunarDate as BoraxDate
from lunar_python import Solar
from lunardate import LunarDate
from zhdate import ZhDate


def by_lunardate(day):
    found = LunarDate.from_solar_date(day.year, day.month, day.day)
    return found.year, found.month, found.day, bool(found.isLeapMonth)


def by_sxtwl(day):
    found = sxtwl.fromSolar(day.year, day.month, day.day)
    return found.getLunarYear(), found.getLunarMonth(), found.getLunarDay(), bool(found.isLunarLeap())


def by_zhdate(day):
    found = ZhDate.from_datetime(datetime(day.year, day.month, day.day))
    return found.lunar_year, found.lunar_month, found.lunar_day, bool(found.leap_month)


def by_borax(day):
    found = BoraxDate.from_solar_date(day.year, day.month, day.day)
    return found.year, found.month, found.day, bool(found.leap)


def by_lunar_python(day):
    found = Solar.fromYmd(day.year, day.month, day.day).getLunar()
    return found.getYear(), abs(found.getMonth()), found.getDay(), found.getMonth() < 0


runs = []
day = date(1940, 1, 1)
while day < date(2027, 1, 1):
    differs = by_lunardate(day) != by_sxtwl(day)
    if differs or day.day in (1, 15):  # a month that begins a day off is so on all its days; the slow ones are asked twice a month
        others = {read(day) for read in (by_sxtwl, by_zhdate, by_borax, by_lunar_python)}
        if len(others) > 1:
            print(day, "the others differ too:", others)
    if differs:
        if not runs or day - runs[-1][-1] > timedelta(1):
            runs.append([])
        runs[-1].append(day)
    day += timedelta(1)
for run in runs:
    first, last = run[0], run[-1]
    moon = ephem.previous_new_moon(str(first + timedelta(10))).datetime() + timedelta(hours=8)
    mine, right = ("-".join(map(str, read(first)[1:3])) for read in (by_lunardate, by_sxtwl))
    print(f"{first} to {last}: lunardate {mine}, others {right}, new moon at {moon:%Y-%m-%d %H:%M}")
borax, zhdate = BoraxDate(1978, 8, 15).to_solar_date(), ZhDate(1978, 8, 15).to_datetime().date()
print(f"8th month, 15th day, 1978: lunardate {LunarDate(1978, 8, 15).to_solar_date()}, borax {borax}, zhdate {zhdate}")
P
cat "$room/seen"
sed -n '/^# Output:/,/^set/s/^# [ Output:]* //p' "$0" | diff - "$room/seen"
echo 'as described'
