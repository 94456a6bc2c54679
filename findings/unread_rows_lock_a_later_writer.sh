#!/bin/bash
# Rows that nobody read keep a rolled-back connection in the past, and its next transaction is refused at once.
#
# Software:  Python 3.11 and later with their sqlite3, SQLAlchemy 2.1.9, SQLite in WAL mode (3.40.1 of Debian 12).
# Guess:     a connection is clean once it was rolled back and is back in the pool; a writer that meets a lock waits `timeout` seconds.
# Behaviour: since Python 3.11 a rollback leaves a SELECT open whose rows were not all read, as long as something holds its result.
#            When another connection has committed meanwhile, the next BEGIN IMMEDIATE of this one raises "database is locked" in no
#            time (SQLITE_BUSY_SNAPSHOT), although nobody holds a lock: the timeout does not apply, and trying again does not help.
#            Once the result was read, closed or forgotten it works.
# Known:     the documentation of sqlite3 says that rollback no longer resets pending statements (python/cpython#88258); not what
#            that does to a pool.
# Product:   reads results to the end, or closes them (models/streaming.py).
# Output:    held OperationalError database is locked SQLITE_BUSY_SNAPSHOT waited: False
#            closed works
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
python3 -m venv "$room/venv"
"$room/venv/bin/pip" install --quiet --disable-pip-version-check sqlalchemy==2.1.9
"$room/venv/bin/python" - "$room/data" >"$room/seen" <<'P'
import sqlite3
import sys
import time

from sqlalchemy import create_engine, text

other = sqlite3.connect(sys.argv[1])
other.execute("PRAGMA journal_mode=WAL")
other.execute("CREATE TABLE paper (id INTEGER PRIMARY KEY)")
other.executemany("INSERT INTO paper VALUES (?)", [(1,), (2,), (3,)])
other.commit()
engine = create_engine(f"sqlite:///{sys.argv[1]}", pool_size=1, max_overflow=0, connect_args={"timeout": 5})


def write() -> str:
    begun = time.monotonic()
    with engine.connect() as connection:
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        except Exception as error:
            name = getattr(error.orig, "sqlite_errorname", "")
            return f"{type(error).__name__} {error.orig} {name} waited: {time.monotonic() - begun > 4}"
    return "works"


with engine.connect() as connection:
    unread = connection.execute(text("SELECT id FROM paper"))
other.execute("INSERT INTO paper VALUES (4)")
other.commit()
print("held", write())
unread.close()
print("closed", write())
P
diff - "$room/seen" <<'O'
held OperationalError database is locked SQLITE_BUSY_SNAPSHOT waited: False
closed works
O
echo "as described"
