"""A real worker is killed in the middle of an import: its page says so, and another worker finishes it within seconds."""

import io
import os
import signal
import time
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select
from stdnum.cn import uscc
from xlsxwriter import Workbook

from administration import import_table, imports
from models import Account, Enterprise, Import, ImportState, Registration, db
from tests.factories import session_of, world
from tests.machine.processes import START_SECONDS, Server
from tests.worker.conftest import Start
from tests.worker.deliveries import wait_until
from uploads.sets import storage

ROWS = 6000
"""So many that a worker can be killed in the middle of either step."""

GOES_ON_WITHIN = 15.0
"""Seconds from when the new worker is up."""


def book(region: str) -> bytes:
    with io.BytesIO() as out:
        with Workbook(out, {"constant_memory": True}) as made:
            sheet = made.add_worksheet()
            sheet.write_row(0, 0, import_table.COLUMNS.values())
            for number in range(1, ROWS + 1):
                body = f"91150602MBX{number:06d}"
                code = body + uscc.calc_check_digit(body)
                sheet.write_row(number, 0, (f"第{number}号公司", code, region, "周婷", "0477-8123456"))
        return out.getvalue()


def reload_import(number: int) -> Import:
    db.session.rollback()
    return db.session.get_one(Import, number, populate_existing=True)


def kill(worker: Server) -> None:
    os.kill(worker.process.pid, signal.SIGKILL)
    worker.process.wait(START_SECONDS)


def page_of(worker_app: Flask, account: Account, number: int) -> Callable[[], str]:
    client = worker_app.test_client()
    given = session_of(account)
    with client.session_transaction() as session:
        session.update(given)
    db.session.rollback()

    def page() -> str:
        answer = client.get(f"/administration/imports/{number}/")
        assert answer.status_code == 200
        return answer.text

    return page


@pytest.mark.guide("D1")
def test_an_import_continues_within_fifteen_seconds_after_its_worker_was_killed(
    worker_app: Flask, start: Start
) -> None:
    ordos = world()
    name = storage().store(io.BytesIO(book(ordos.banner.region.name))).name
    number = imports.begin(ordos.administrator, "企业.xlsx", name).id
    page = page_of(worker_app, ordos.administrator, number)

    def killed_and_taken_up_again(worker: Server, state: ImportState) -> Server:
        wait_until(lambda: reload_import(number).done > 0 or reload_import(number).state is not state)
        kill(worker)
        assert reload_import(number).state is state, "the worker was killed too late for this test"
        wait_until(lambda: "处理中断" in page(), 20)
        assert "后台进程恢复后 15 秒内自动继续" in page()
        assert reload_import(number).attempts == 1
        successor = start()
        back = time.monotonic()
        wait_until(
            lambda: reload_import(number).attempts == 2 or reload_import(number).state is not state,
            GOES_ON_WITHIN,
        )
        assert time.monotonic() - back < GOES_ON_WITHIN
        assert "处理中断" not in page()
        return successor

    second = killed_and_taken_up_again(start(), ImportState.READING)
    wait_until(lambda: reload_import(number).state is ImportState.PREVIEW, 120)
    assert (reload_import(number).accepted, reload_import(number).refused) == (ROWS, 0)
    imports.confirm(ordos.administrator, number, seen=ROWS)
    killed_and_taken_up_again(second, ImportState.IMPORTING)
    wait_until(lambda: reload_import(number).state is ImportState.DONE, 120)
    listed = select(func.count()).where(Enterprise.registration == Registration.LISTED)
    assert db.session.scalar(listed) == ROWS
