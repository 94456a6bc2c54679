"""A payment run of 10,000 rows: frozen and exported, beside a bare loop; then the bank's answer to it, read and recorded.

`python -m bench.payment_runs` measures it alone. The bare loop reads the same rows with psycopg, opens and seals the accounts
with the cipher itself, updates the rows, writes the same two files with XlsxWriter and csv, and syncs them. It checks nothing,
locks nothing and writes no history.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import os
import secrets
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import xlsxwriter
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import select

from accounts import logins
from bench.servers import SampleDatabase, one_sample
from config import parse_keys
from models import Account, BankAnswer, ImportState, PaymentRun, Role, RunAction, db
from payments import answers, due, exporting, runs
from payments.due import RunChoice
from uploads.sets import storage
from worker import bank_answers

SIZE = 10_000
"""The sample that it is measured in."""

ROWS, EACH = due.MOST_ROWS, 2
"""Payments of the run, and of each grant in it."""

ROUNDS = int(os.environ.get("ROUNDS", "3"))
DUE = date(2001, 1, 1)
REFUSED_EVERY = 50
"""One row in so many comes back from the bank."""

BATCH = "bench"
MADE = (
    "TRUNCATE grants CASCADE",
    f"INSERT INTO batches (number, period_id, state, opens, closes, count, made_by_id, made_by_name, made_at)"  # noqa: S608 - our own words
    f" SELECT '{BATCH}', min(id), 'ended', '{DUE}', '{DUE}', 0, %(clerk)s, '', now() FROM periods",
    f"INSERT INTO grants (batch_id, position, application_id, period_id, applicant_id, identity_digest, submitted_enterprise_id,"  # noqa: S608
    " region_id, name, enterprise_name, state, version, standard_id, rule_text, amount_fen, years, granted_at)"
    " SELECT b.id, row_number() OVER (ORDER BY a.id), a.id, a.period_id, a.applicant_id, a.identity_digest,"
    " a.submitted_enterprise_id, a.region_id, a.name, '', 'granted', 1, s.id, '', 3000000, 1, now() FROM"
    " (SELECT DISTINCT ON (period_id, identity_digest) * FROM applications WHERE result = 'passed' AND period_id IS NOT NULL"
    "  AND bank_account IS NOT NULL ORDER BY period_id, identity_digest, id) a,"
    f" (SELECT id FROM batches WHERE number = '{BATCH}') b, (SELECT min(id) AS id FROM standards) s LIMIT %(grants)s",
    "INSERT INTO payments (grant_id, period_id, year, ordinal, due_on, amount_fen, state, version, bank_reason)"  # noqa: S608
    f" SELECT g.id, g.period_id, 1, n, '{DUE}', 1500000, 'open', 1, '' FROM grants g, generate_series(1, %(each)s) n"
    f" WHERE g.batch_id = (SELECT id FROM batches WHERE number = '{BATCH}') ORDER BY g.id, n",
    "ANALYZE grants",
    "ANALYZE payments",
)
UNDONE = (
    "DELETE FROM bank_answer_rows",
    "DELETE FROM bank_answers",
    "DELETE FROM payment_events",
    "DELETE FROM run_files",
    "DELETE FROM run_rows",
    "DELETE FROM run_events",
    "DELETE FROM messages WHERE kind LIKE 'payment%%' AND id > %(message)s",
    "UPDATE payments SET state = 'open', version = 1, run_id = NULL, paid_on = NULL, bank_reason = ''",
    "DELETE FROM payment_runs",
    "DELETE FROM grant_events",
    "UPDATE grants SET state = 'granted', version = 1",
    "VACUUM ANALYZE run_rows, payments, payment_events, grants, grant_events, bank_answer_rows",
)


def beside_a_bare_loop(sample: SampleDatabase) -> dict[str, str]:
    """Return the figures of a run for the table, taken in a copy of the database. No site may run meanwhile."""
    ours, bare, answered = [], [], []
    with sample.copied() as copy, _granted(copy) as again, copy.site() as app, app.app_context():
        app.extensions["wake_bank_answers"] = lambda: None  # else the task would wait for the next site
        maker = db.session.scalars(
            select(Account).where(Account.role == Role.CITY, Account.active).order_by(Account.id).limit(1)
        ).one()
        second = logins.new_account(Role.CITY, BATCH, BATCH, secrets.token_hex(), office=maker.office)
        db.session.add(second)
        db.session.commit()
        for _ in range(ROUNDS):  # in turn, as the machine has faster and slower minutes
            run = runs.make(maker, RunChoice(DUE))
            ours.append(_timed(lambda: _frozen_and_exported(run.id, maker, second)))  # noqa: B023 - called here
            answered.append(_timed(lambda: _answered(run.id, maker)))  # noqa: B023
            again()
            run = runs.make(maker, RunChoice(DUE))
            key = run.id
            db.session.rollback()
            bare.append(_timed(lambda: _bare(copy, key)))  # noqa: B023
            again()
    (mine, computed), (theirs, theirs_computed), (taken, _) = (
        sorted(each)[ROUNDS // 2] for each in (ours, bare, answered)
    )
    print(
        f"  {'payment run':40} {mine / theirs:5.2f} x   {mine:7.2f} : {theirs:6.2f} s; of the process {computed:.2f} : {theirs_computed:.2f} s;"
        f" its answer {taken:.1f} s",
        flush=True,
    )
    return {
        f"payment run of {ROWS:,} frozen and exported beside a bare loop, s": f"**{mine / theirs:.2f} x** ({mine:.2f} : {theirs:.2f})",
        f"bank's answer of {ROWS:,} rows read and recorded, s": f"{taken:.1f}",
    }


def _timed(work: Callable[[], object]) -> tuple[float, float]:
    begun, computed = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - begun, time.process_time() - computed


def _frozen_and_exported(key: int, maker: Account, second: Account) -> None:
    for action, person in ((RunAction.FREEZE, maker), (RunAction.APPROVE, second)):
        runs.perform(key, action, person, seen_version=_version(key))
    run = exporting.export(key, maker, seen_version=_version(key), store=storage().store)
    if run.count != ROWS:
        raise RuntimeError(f"the run has {run.count} rows")


def _version(key: int) -> int:
    return db.session.get_one(PaymentRun, key, populate_existing=True).version


def _answered(key: int, maker: Account) -> None:
    """Upload the run's own .csv with an outcome, as the bank would send it back, and let the worker read and record it."""
    file = next(
        each
        for each in exporting.files(db.session.get_one(PaymentRun, key))
        if each.kind == exporting.bank_file.CSV
    )
    with storage().open(file.storage_name) as sent:
        rows = list(csv.reader(io.StringIO(sent.read().decode("gb18030"))))
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([*rows[0], "处理结果", "原因"])
    for place, cells in enumerate(rows[1:]):
        writer.writerow([*cells, *(("失败", "账号户名不符") if place % REFUSED_EVERY == 0 else ("成功", ""))])
    stored = storage().store(io.BytesIO(text.getvalue().encode("gb18030"))).name
    answer = answers.begin(maker, key, file_name="回执.csv", extension="csv", storage_name=stored)
    number = answer.id
    bank_answers.process_due()
    answer = db.session.get_one(BankAnswer, number, populate_existing=True)
    answers.confirm_answer(maker, number, seen=answer.accepted)
    bank_answers.process_due()
    answer = db.session.get_one(BankAnswer, number, populate_existing=True)
    if (answer.state, answer.accepted) != (ImportState.DONE, ROWS):
        raise RuntimeError(f"the answer is {answer.state.value}: {answer.accepted}, {answer.error}")


def _bare(sample: SampleDatabase, key: int) -> None:
    ciphers = {name: AESGCM(value) for name, value in parse_keys(sample.keys()["ENCRYPTION_KEYS"]).items()}
    name = next(iter(ciphers))
    with psycopg.connect(sample.address) as database:
        frozen = [
            (holder, bank, _sealed(_opened(account, "applications.bank_account", ciphers), name, ciphers[name]), key, position)
            for position, holder, bank, account in database.execute(
                "SELECT r.position, a.name, a.answers->>'bank', a.bank_account FROM run_rows r JOIN payments p ON p.id = r.payment_id"
                " JOIN grants g ON g.id = p.grant_id JOIN applications a ON a.id = g.application_id WHERE r.run_id = %s"
                " ORDER BY r.position",
                [key],
            )
        ]  # fmt: skip
        database.cursor().executemany(
            "UPDATE run_rows SET holder = %s, bank = %s, account = %s WHERE run_id = %s AND position = %s",
            frozen,
        )
        database.execute("UPDATE payment_runs SET state = 'frozen' WHERE id = %s", [key])
        database.commit()
        lines = [
            (str(position), number, holder, _opened(account, "run_rows.account", ciphers), bank, f"{fen // 100}.{fen % 100:02d}")
            for position, number, holder, account, bank, fen in database.execute(
                "SELECT position, number, holder, account, bank, amount_fen FROM run_rows WHERE run_id = %s ORDER BY position",
                [key],
            )
        ]  # fmt: skip
        content = hashlib.sha256()
        for line in lines:
            content.update(f"{line[1]}\t{line[3]}\t{line[5]}\n".encode())
        with tempfile.TemporaryDirectory() as folder:
            _written(Path(folder), lines)
            files = [
                (key, path.suffix[1:], path.name, path.name, path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest())
                for path in Path(folder).iterdir()
            ]  # fmt: skip
        database.cursor().executemany(
            "INSERT INTO run_files (run_id, kind, display_name, storage_name, size, sha256, count, total_fen, at)"
            " VALUES (%s, %s, %s, %s, %s, %s, 0, 0, now())",
            files,
        )
        database.execute("UPDATE payment_runs SET state = 'exported' WHERE id = %s", [key])


def _written(folder: Path, lines: list[tuple[str, ...]]) -> None:
    with (folder / "bare.csv").open("w", encoding="gb18030", newline="") as file:
        csv.writer(file).writerows(lines)
        file.flush()
        os.fsync(file.fileno())
    book = xlsxwriter.Workbook(folder / "bare.xlsx", {"constant_memory": True, "tmpdir": folder})
    text = book.add_format({"num_format": "@"})
    sheet = book.add_worksheet()
    for place, line in enumerate(lines):
        for column, cell in enumerate(line):
            sheet.write_string(place, column, cell, text)
    book.close()
    with (folder / "bare.xlsx").open("rb") as done:
        os.fsync(done.fileno())


def _opened(sealed: str, context: str, ciphers: dict[str, AESGCM]) -> str:
    _, name, body = sealed.split(".", 2)
    raw = base64.b64decode(body)
    return ciphers[name].decrypt(raw[:12], raw[12:], context.encode()).decode()


def _sealed(account: str, name: str, cipher: AESGCM) -> str:
    nonce = secrets.token_bytes(12)
    sealed = cipher.encrypt(nonce, account.encode(), b"run_rows.account")
    return f"aes.{name}.{base64.b64encode(nonce + sealed).decode()}"


@contextmanager
def _granted(sample: SampleDatabase) -> Iterator[Callable[[], None]]:
    """Replace all grants by what the run pays, and yield what takes a run back."""
    with sample.connected() as database:
        clerk = database.execute(
            "SELECT id FROM accounts WHERE role = 'city' AND active ORDER BY id LIMIT 1"
        ).fetchone()
        last = database.execute("SELECT coalesce(max(id), 0) FROM messages").fetchone()
        values: dict[str, Any] = {
            "clerk": clerk and clerk[0], "grants": ROWS // EACH, "each": EACH, "message": last and last[0],
        }  # fmt: skip
        for statement in MADE:
            database.execute(statement, values)

        def again() -> None:
            db.session.rollback()
            for statement in UNDONE:
                database.execute(statement, values)

        yield again


def main() -> None:
    """Measure the run alone."""
    with one_sample(SIZE) as (_postgres, sample):
        print(json.dumps(beside_a_bare_loop(sample), ensure_ascii=False, indent=1))


if __name__ == "__main__":
    sys.exit(main())
