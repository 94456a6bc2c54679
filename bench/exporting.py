"""An export of the city's whole list: the worker's time and memory, beside a bare loop over the same rows.

`python -m bench.exporting` measures it alone, at SIZE applications (100,000).

The bare loop reads the rows with psycopg's own cursor, decrypts and masks the numbers with the cipher itself, and writes the same
cells with XlsxWriter. It has no scope, no columns, no progress, no translation.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import xlsxwriter
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bench.servers import SampleDatabase, one_sample
from common.calendar import ORDOS
from common.identity import IDENTITY_DOCUMENTS
from workflow.form.living_allowance import EDUCATIONS
from workflow.transitions import RESULT_WORDS, STATE_WORDS

SIZE = int(os.environ.get("SIZE", "100000"))
ADDRESS = "/city/?tab=all"
ROUNDS = int(os.environ.get("ROUNDS", "3"))
HEADINGS = (
    "编号", "姓名", "工作单位", "学历", "提交时间", "业务状态", "证件类型", "证件号码", "联系电话", "银行账号",
)  # fmt: skip
SAME_ROWS = """
    SELECT a.number, a.name, (SELECT e.name FROM enterprises e WHERE e.id = a.submitted_enterprise_id), a.education,
      a.submitted_at, a.state, a.result, a.paper, a.identity_number, a.phone, a.bank_account
    FROM applications a WHERE a.reached & 4 <> 0 ORDER BY a.arrived_at DESC, a.id DESC
"""


def beside_a_bare_loop(sample: SampleDatabase) -> dict[str, str]:
    """Return the times and the memory of an export, for the table of figures. No site may run meanwhile.

    At most 1.3 times the bare loop's time, and 60 MiB above the worker's memory (issue 14).
    """
    environment = {**os.environ, **sample.environment}
    ours, bare = [], []
    for _ in range(ROUNDS):  # in turn, as the machine has faster and slower minutes
        ours.append(_measured("ours", sample, environment))
        bare.append(_measured("bare", sample, environment))
    if {found["rows"] for found in ours} != {found["rows"] for found in bare}:
        raise RuntimeError(f"not the same rows: {ours} {bare}")
    mine, theirs = (sorted(found["seconds"] for found in each)[ROUNDS // 2] for each in (ours, bare))
    of_process = [sorted(found["computed"] for found in each)[ROUNDS // 2] for each in (ours, bare)]
    above = max(found["above"] for found in ours)
    print(
        f"  {'export':40} {mine / theirs:5.2f} x   {mine:7.2f} : {theirs:6.2f} s, {above:.0f} MiB; of the process {of_process[0]:.1f} : {of_process[1]:.1f} s",
        flush=True,
    )
    return {
        "export of the city's list beside a bare loop, s": f"**{mine / theirs:.2f} x** ({mine:.1f} : {theirs:.1f})",
        "memory of an export above the worker's, MiB": f"{above:.0f}",
    }


def _measured(which: str, sample: SampleDatabase, environment: dict[str, str]) -> dict[str, Any]:
    """Run one export in a process of its own and return its rows, seconds and memory."""
    given = json.dumps(
        {
            "which": which,
            "address": sample.address,
            "keys": sample.keys(),
            "login": sample.account("city")["login"],
        }
    )
    ran = subprocess.run(
        [sys.executable, "-m", "bench.exporting", given],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        raise RuntimeError(ran.stderr)
    return dict(json.loads(ran.stdout.splitlines()[-1]))


def _rss() -> float:
    """Return the highest memory of this process so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _ours(login: str) -> dict[str, Any]:
    from sqlalchemy import delete, select

    from admin_views.site import exporting
    from app import create_app
    from documents.exports import Asked, ask_for_export
    from models import Account, AuditEntry, FileJob, FileState, db, exclusive
    from worker import file_jobs

    app = create_app()
    with app.app_context():
        app.extensions["wake_file_jobs"] = lambda: None
        clerk = db.session.scalars(select(Account).where(Account.login == login)).one()
        jobs = []
        for address in (
            f"{ADDRESS}&q=2099-000000",
            ADDRESS,
        ):  # the first one loads what every worker has loaded
            with exporting.opened(clerk, "zh", address) as (name, found):
                asked = Asked(address, name, found.title, found.described)
            jobs.append(ask_for_export(clerk, asked, "zh").id)
            before = _rss()
            begun, computed = time.perf_counter(), time.process_time()
            file_jobs.process_due()
            seconds, computed = time.perf_counter() - begun, time.process_time() - computed
        done = db.session.get_one(FileJob, jobs[-1], populate_existing=True)
        if done.state is not FileState.READY:
            raise RuntimeError(f"not exported: {done.error}")
        found_rows = done.done
        from uploads.receive import discard_file

        for job in jobs:
            discard_file(db.session.get_one(FileJob, job).storage_name or "")
        with exclusive():
            db.session.execute(delete(FileJob).where(FileJob.id.in_(jobs)))
            db.session.execute(delete(AuditEntry).where(AuditEntry.table_name == "exports"))
    return {"rows": found_rows, "seconds": seconds, "computed": computed, "above": _rss() - before}


def _bare(address: str, keys: dict[str, str]) -> dict[str, Any]:
    import psycopg

    from config import parse_keys

    ciphers = {name: AESGCM(key) for name, key in parse_keys(keys["ENCRYPTION_KEYS"]).items()}
    before, begun, line = _rss(), time.perf_counter(), 0
    computed = time.process_time()
    with tempfile.TemporaryDirectory() as folder, psycopg.connect(address) as database:
        book = xlsxwriter.Workbook(Path(folder) / "bare.xlsx", {"constant_memory": True, "tmpdir": folder})
        text = book.add_format({"num_format": "@", "valign": "top"})
        instant = book.add_format({"num_format": "yyyy-mm-dd hh:mm", "valign": "top"})
        sheet = book.add_worksheet()
        for place, heading in enumerate(HEADINGS):
            sheet.write_string(0, place, heading, text)
        cursor = database.cursor(name="bare")
        cursor.itersize = 500
        cursor.execute(SAME_ROWS)
        for line, row in enumerate(cursor, 1):
            number, name, employer, education, at, state, result, paper, identity, phone, bank = row
            back = state in ("draft", "returned")
            cells = (
                number, name, employer, "" if back else EDUCATIONS.get(education, education),
                at.astimezone(ORDOS).replace(tzinfo=None), RESULTS[result] if state == "finished" else STATES[state],
                PAPERS[paper], _masked(_opened(identity, "applications.identity_number", ciphers)),
                "" if back else phone, "" if back else _masked(_opened(bank, "applications.bank_account", ciphers)),
            )  # fmt: skip
            for place, cell in enumerate(cells):
                if place == 4:
                    sheet.write_datetime(line, place, cell, instant)
                elif cell:
                    sheet.write_string(line, place, cell, text)
        book.close()
    return {
        "rows": line,
        "seconds": time.perf_counter() - begun,
        "computed": time.process_time() - computed,
        "above": _rss() - before,
    }


STATES = {state.value: word for state, word in STATE_WORDS.items()}
RESULTS = {result.value: word for result, word in RESULT_WORDS.items()}
PAPERS = {key: paper.label for key, paper in IDENTITY_DOCUMENTS.items()}


def _opened(sealed: str | None, context: str, ciphers: dict[str, AESGCM]) -> str:
    import base64

    if not sealed:
        return ""
    _, name, body = sealed.split(".", 2)
    raw = base64.b64decode(body)
    return ciphers[name].decrypt(raw[:12], raw[12:], context.encode()).decode()


def _masked(number: str) -> str:
    return f"{number[:4]}{'*' * (len(number) - 6)}{number[-2:]}" if number else ""


def main() -> None:
    """Measure the export alone; with an argument, be one of its processes."""
    if len(sys.argv) > 1:
        given = json.loads(sys.argv[1])
        found = _ours(given["login"]) if given["which"] == "ours" else _bare(given["address"], given["keys"])
        print(json.dumps(found))
        return
    with one_sample(SIZE) as (_postgres, sample):
        print(json.dumps(beside_a_bare_loop(sample), ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
