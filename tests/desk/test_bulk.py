"""Bulk decisions: each row once, whatever happens to the worker, the rows and the account that asked."""

from typing import Any

import pytest
from sqlalchemy import func, select, update

from common import jobs
from common.errors import ChangedMeanwhile, NotPermitted, NotVisible, ReasonMissing
from desk import assignments, bulk, bulk_decisions, marks
from models import Account, Action, Application, BulkJob, BulkRow, BulkState, RegionKind, Review, State, db
from models.transactions import exclusive
from tests.administration.test_effects_regions_merging import merge
from tests.factories import (
    REASON,
    World,
    act,
    application_at,
    clerk,
    deactivate,
    draft,
    fresh,
    region,
)
from tests.machine.at_once import at_once
from tests.workflow.observing import history, stored_rows
from worker.bulk_decisions import process_due
from workflow import review
from workflow.decision import Decision

PASS, RETURN, REFUSE = Action.PASS, Action.RETURN, Action.REFUSE


@pytest.fixture(autouse=True)
def nobody_is_woken(ordos: World) -> None:
    from flask import current_app

    current_app.extensions["wake_bulk_decisions"] = lambda: None


def waiting(world: World, number: int) -> list[Application]:
    return [application_at(State.PRELIMINARY_REVIEW, world.banner, world) for _ in range(number)]


def asked(
    by: Account, action: Action, rows: list[Application], reason: str = REASON, *, confirmed: bool = True
) -> BulkJob:
    job = bulk.choose(by, action, [one.id for one in rows])
    if confirmed:
        bulk.confirm_chosen(by, job.id, decision=Decision("" if action is PASS else reason))
    return job


def now_of(job: BulkJob) -> BulkJob:
    db.session.rollback()
    return db.session.get_one(BulkJob, job.id, populate_existing=True)


def faults(job: BulkJob) -> dict[int, str | None]:
    db.session.rollback()
    rows = db.session.execute(
        select(BulkRow.application_id, BulkRow.fault).where(BulkRow.job_id == job.id)
    ).all()
    return {row.application_id: row.fault and row.fault[0] for row in rows}


def decisions(application: Application) -> int:
    query = select(func.count()).where(
        Review.application_id == application.id, Review.from_state == State.PRELIMINARY_REVIEW
    )
    return db.session.scalar(query) or 0


@pytest.mark.guide("W6")
@pytest.mark.parametrize("action", [PASS, RETURN, REFUSE], ids=lambda action: action.value)
def test_what_was_chosen_is_decided_by_the_table_and_what_changed_since_is_left_and_reported(
    ordos: World, action: Action
) -> None:
    at = ordos.banner
    rows = waiting(ordos, 5)
    gone = application_at(State.CITY_REVIEW, at, ordos)
    colleague = clerk(at.office, "何欣")
    assignments.assign(rows[0].number, colleague, to=colleague.id, seen=None)
    job = asked(at.clerk, action, [*rows, gone], confirmed=False)
    summary = bulk.summary(job)
    assert summary.possible == 4
    assert sum(count for _, count in summary.impossible) == 2
    act(rows[1], PASS, colleague)
    assignments.assign(rows[2].number, colleague, to=colleague.id, seen=None)
    before = [stored_rows(one) for one in (rows[0], rows[1], rows[2], gone)]

    bulk.confirm_chosen(at.clerk, job.id, decision=Decision(REASON))
    process_due()

    done = now_of(job)
    assert (done.state, done.done, done.total, done.decided) == (BulkState.DONE, 6, 6, 2)
    assert [stored_rows(one) for one in (rows[0], rows[1], rows[2], gone)] == before
    for one in rows[3:]:
        last = db.session.scalars(
            select(Review).where(Review.application_id == one.id).order_by(Review.sequence.desc()).limit(1)
        ).one()
        assert (last.action, last.actor_id, last.reason) == (action, at.clerk.id, REASON)
    told = faults(job)
    assert told[rows[1].id] == bulk_decisions.DECIDED_BY
    assert {told[rows[0].id], told[rows[2].id]} == {bulk.TAKEN}
    assert told[gone.id] == bulk.NOT_HERE.text


@pytest.mark.guide("W6")
def test_nobody_chooses_another_offices_rows_too_many_or_what_the_role_cannot_do(ordos: World) -> None:
    at = ordos.banner
    here, elsewhere = waiting(ordos, 1)[0], application_at(State.PRELIMINARY_REVIEW, ordos.park, ordos)
    unsubmitted = draft(at.enterprise)
    jobs_before = db.session.scalar(select(func.count()).select_from(BulkJob))
    for rows in ([here, elsewhere], [unsubmitted]):
        with pytest.raises(NotVisible):
            asked(at.clerk, PASS, rows)
    with pytest.raises(NotPermitted):
        asked(at.reviewer, REFUSE, [here])
    with pytest.raises(NotPermitted):
        asked(at.clerk, Action.SUBMIT, [here])
    for ids in ([], range(bulk.MOST_ROWS + 1)):
        with pytest.raises(NotPermitted):
            bulk.choose(at.clerk, PASS, list(ids))
    job = asked(at.clerk, RETURN, [here], confirmed=False)
    with pytest.raises(ReasonMissing):
        bulk.confirm_chosen(at.clerk, job.id, decision=Decision(" "))
    for stranger in (clerk(at.office, "何欣"), ordos.park.clerk):
        with pytest.raises(NotVisible):
            bulk.confirm_chosen(stranger, job.id, decision=Decision(REASON))
    bulk.cancel(at.clerk, job.id)
    with pytest.raises(ChangedMeanwhile):
        bulk.confirm_chosen(at.clerk, job.id, decision=Decision(REASON))
    process_due()
    assert decisions(here) == 0
    assert db.session.scalar(select(func.count()).select_from(BulkJob)) == (jobs_before or 0) + 1


@pytest.mark.guide("W6")
def test_who_was_deactivated_or_moved_stops_their_job_with_a_reason(ordos: World) -> None:
    at = ordos.banner
    gone, moved = clerk(at.office, "何欣"), clerk(at.office, "田雨")
    one, other = waiting(ordos, 2)
    first, second = asked(gone, PASS, [one]), asked(moved, PASS, [other])
    deactivate(gone)
    with exclusive():
        db.session.execute(
            update(Account).where(Account.id == moved.id).values(office_id=ordos.park.office.id)
        )
    process_due()
    for job, sentence in ((first, bulk_decisions.ACTOR_GONE), (second, bulk_decisions.ACTOR_MOVED)):
        assert now_of(job).state is BulkState.STOPPED
        assert now_of(job).error == [sentence.text, {}]
    assert decisions(one) == decisions(other) == 0


@pytest.mark.guide("W6")
def test_a_worker_that_lost_its_claim_writes_nothing_and_its_successor_does_each_row_once(
    ordos: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_decisions, "BATCH_SIZE", 2)
    rows = waiting(ordos, 5)
    job = asked(ordos.banner.clerk, PASS, rows)
    lost = bulk_decisions.claim()
    assert lost is not None
    bulk_decisions._decide(lost, bulk_decisions._next_rows(lost))
    with exclusive():  # its lease has run out
        db.session.execute(update(BulkJob).where(BulkJob.id == job.id).values(next_try=BulkJob.created_at))
    successor = bulk_decisions.claim()
    assert successor is not None
    with pytest.raises(jobs.ClaimLost):
        bulk_decisions._decide(lost, bulk_decisions._next_rows(lost))
    assert now_of(job).decided == 2
    bulk_decisions.decide_chosen(successor)
    assert [decisions(one) for one in rows] == [1] * 5
    assert (now_of(job).state, now_of(job).decided) == (BulkState.DONE, 5)


@pytest.mark.guide("W6")
def test_what_is_done_stays_done_when_a_job_is_cancelled(
    ordos: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_decisions, "BATCH_SIZE", 2)
    rows = waiting(ordos, 4)
    job = asked(ordos.banner.clerk, PASS, rows)
    claimed = bulk_decisions.claim()
    assert claimed is not None
    bulk_decisions._decide(claimed, bulk_decisions._next_rows(claimed))
    bulk.cancel(ordos.banner.clerk, job.id)
    with pytest.raises(jobs.ClaimLost):
        bulk_decisions.decide_chosen(claimed)
    assert sum(decisions(one) for one in rows) == 2
    assert (now_of(job).state, now_of(job).decided) == (BulkState.CANCELLED, 2)


@pytest.mark.guide("W6")
def test_a_row_that_fails_holds_up_no_other(ordos: World, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = waiting(ordos, 3)
    job = asked(ordos.banner.clerk, PASS, rows)
    real = review.perform_within

    def faulty(key: int, *given: Any, **named: Any) -> Any:
        done = real(key, *given, **named)
        if key == rows[1].id:
            raise ZeroDivisionError
        return done

    monkeypatch.setattr(review, "perform_within", faulty)
    process_due()
    assert [decisions(one) for one in rows] == [1, 0, 1]
    assert faults(job)[rows[1].id] == bulk_decisions.FAULTY.text
    assert (now_of(job).state, now_of(job).decided) == (BulkState.DONE, 2)


@pytest.mark.guide("W6")
def test_two_jobs_over_the_same_rows_at_the_same_moment_do_each_row_once(ordos: World) -> None:
    rows = waiting(ordos, 12)
    colleague = clerk(ordos.banner.office, "何欣")
    both = [asked(ordos.banner.clerk, PASS, rows), asked(colleague, PASS, list(reversed(rows)))]
    at_once(process_due, process_due)
    assert [decisions(one) for one in rows] == [1] * 12
    assert {now_of(job).state for job in both} == {BulkState.DONE}
    assert sum(now_of(job).decided for job in both) == 12


@pytest.mark.guide("W6", "W1")
def test_what_has_marks_is_not_passed_in_bulk_and_a_return_takes_them_with_it(ordos: World) -> None:
    at = ordos.banner
    before, meanwhile, plain, returned = waiting(ordos, 4)
    marks.put(before.number, at.clerk, marks.field_target("school"), "请核对。")
    job = asked(at.clerk, PASS, [before, meanwhile, plain], confirmed=False)
    assert bulk.summary(job).possible == 2
    marks.put(meanwhile.number, at.clerk, marks.field_target("school"), "请核对。")
    bulk.confirm_chosen(at.clerk, job.id, decision=Decision(""))
    marks.put(returned.number, at.clerk, marks.field_target("school"), "请核对。")
    asked(at.clerk, RETURN, [returned])
    process_due()
    assert [decisions(one) for one in (before, meanwhile, plain, returned)] == [0, 0, 1, 1]
    assert {faults(job)[one.id] for one in (before, meanwhile)} == {bulk.MARKED.text}
    newest = history(returned)[-1]
    assert [one["note"] for one in newest.marks or ()] == ["请核对。"]
    assert len(marks.drafts(fresh(before), at.clerk)) == 1


@pytest.mark.guide("W6", "W1", "D3")
def test_marks_of_the_office_before_a_merger_hold_up_no_bulk_pass(ordos: World) -> None:
    old, new = ordos.elsewhere, ordos.banner
    region(RegionKind.PARK, old.office)  # its clerks stay where they are
    moved, kept = (application_at(State.PRELIMINARY_REVIEW, old, ordos) for _ in range(2))
    for one in (moved, kept):
        marks.put(one.number, old.clerk, marks.field_target("school"), "请核对。")
    merge(old.region, new.region, ordos.administrator)
    marks.put(kept.number, new.clerk, marks.field_target("phone"), "请核对。")
    job = asked(new.clerk, PASS, [fresh(moved), fresh(kept)], confirmed=False)
    assert bulk.summary(job).impossible == [(bulk.MARKED, 1)], "only what its own desk has marked is left out"
    bulk.confirm_chosen(new.clerk, job.id, decision=Decision(""))
    process_due()
    assert (fresh(moved).state, fresh(kept).state) == (State.CITY_REVIEW, State.PRELIMINARY_REVIEW)
    assert fresh(kept).marked
    assert not fresh(moved).marked


@pytest.mark.guide("W6")
def test_the_last_desk_passes_in_bulk_and_each_can_be_taken_back(ordos: World) -> None:
    from desk import taking_back

    one, other = (application_at(State.CITY_REVIEW, ordos.banner, ordos) for _ in range(2))
    asked(ordos.centre, PASS, [one, other])
    process_due()
    assert {fresh(each).state for each in (one, other)} == {State.FINISHED}
    taking_back.take_back(one.number, ordos.centre, seen_version=one.version, decision=Decision(REASON))
    assert (fresh(one).state, fresh(other).state) == (State.CITY_REVIEW, State.FINISHED)
