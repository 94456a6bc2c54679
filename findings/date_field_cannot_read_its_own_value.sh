#!/bin/bash
# WTForms' DateField takes a date, and writes it back so that neither itself nor a browser can read it.
#
# Library:   WTForms 3.2.2, Python 3.11 of Debian 12 (glibc).
# Guess:     what a DateField has accepted it can show again: its value, sent once more, is the same date.
# Behaviour: whoever types the year 202 into a date control makes the browser send 0202-05-01 (HTML: four digits at least).
#            DateField accepts it. It writes the value with strftime("%Y-%m-%d"), which on Linux does not pad the year:
#            value="202-05-01". A browser's date control shows such a value as nothing, and the field refuses it itself.
# Known:     for strftime (python/cpython#120713, mended in Python 3.14; the changes in 3.12 and 3.13 were taken back).
# Cost:      a slip of one key is stored without a word. On the next visit the field is empty, or the whole form is
#            refused although nobody touched that field.
# Product:   writes isoformat() and refuses a year below a limit beside the field (admin_views/site/day_fields.py, common/days.py).
# Output:    sent 0202-05-01: datetime.date(202, 5, 1) []
#            written: <input id="day" name="day" type="date" value="202-05-01">
#            sent 202-05-01: None ['Not a valid date value.']
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
python3 -m venv "$room/venv"
"$room/venv/bin/pip" --quiet --disable-pip-version-check install wtforms==3.2.2
"$room/venv/bin/python" - > "$room/seen" <<'P'
from wtforms import DateField, Form


class Sent(dict):
    def getlist(self, name):
        return [self[name]]


class Sheet(Form):
    day = DateField()


first = Sheet(Sent(day="0202-05-01"))
first.validate()
print("sent 0202-05-01:", repr(first.day.data), list(first.day.errors))
stored = Sheet(data={"day": first.day.data})
print("written:", stored.day())
again = Sheet(Sent(day=stored.day._value()))
again.validate()
print("sent 202-05-01:", again.day.data, list(again.day.errors))
P
cat "$room/seen"
diff "$room/seen" - <<'S'
sent 0202-05-01: datetime.date(202, 5, 1) []
written: <input id="day" name="day" type="date" value="202-05-01">
sent 202-05-01: None ['Not a valid date value.']
S
echo 'as described'
