"""A real worker is killed in the middle of a bulk decision: another one finishes it, and decides no application twice."""

import os
import signal
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from desk import bulk, bulk_decisions
from models import Action, Application, BulkJob, BulkState, Review, State, db, exclusive, now
from tests.factories import application_at, world
from tests.machine.processes import START_SECONDS
from tests.site.statements import RowCopier
from tests.worker.conftest import Start
from tests.worker.deliveries import wait_until
from workflow.decision import Decision

ROWS = 5 * bulk_decisions.BATCH_SIZE


def fresh(number: int) -> BulkJob:
    db.session.rollback()
    return db.session.get_one(BulkJob, number, populate_existing=True)


@pytest.mark.guide("W6")
def test_a_bulk_decision_whose_worker_was_killed_goes_on_and_decides_none_twice(
    worker_app: Flask, start: Start
) -> None:
    ordos = world()
    one = application_at(State.PRELIMINARY_REVIEW, ordos.banner, ordos)
    clerk = ordos.banner.clerk
    RowCopier(db.engine).copy_with_new_people(one.id, ROWS - 1)
    worker = start()
    ids = db.session.scalars(select(Application.id)).all()
    job = bulk.choose(clerk, Action.PASS, ids).id
    bulk.confirm_chosen(clerk, job, decision=Decision(""))

    wait_until(lambda: fresh(job).decided > 0, 30)
    # Without a lock: on SQLite a test that waits for one gets it only when the worker is done.
    os.kill(worker.process.pid, signal.SIGKILL)
    worker.process.wait(START_SECONDS)
    with exclusive():
        fresh_job = db.session.get_one(BulkJob, job, populate_existing=True, with_for_update=True)
        before = fresh_job.decided
        assert fresh_job.state is BulkState.WORKING
        fresh_job.next_try = now() - timedelta(seconds=1)  # the lease has run out

    start()
    wait_until(lambda: fresh(job).state is BulkState.DONE, 60)
    assert 0 < before < ROWS
    assert (fresh(job).decided, fresh(job).attempts) == (ROWS, 2)
    decided = select(Review.application_id).where(
        Review.action == Action.PASS, Review.from_state == State.PRELIMINARY_REVIEW
    )
    assert sorted(db.session.scalars(decided)) == sorted(ids)
    waiting = select(func.count()).where(Application.state == State.PRELIMINARY_REVIEW)
    assert db.session.scalar(waiting) == 0
