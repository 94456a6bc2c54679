"""Payment runs: two persons, one payment in one run, the account that holds, the bank's answer row by row, and the sums after each."""

import hashlib
import io
import multiprocessing
import time
from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import func, select, text, update

from common import jobs
from common.calendar import today
from common.errors import ChangedMeanwhile, NotPermitted, NotVisible, ReasonMissing, Unacceptable
from models import (
    Account,
    Application,
    AuditEntry,
    BankAnswer,
    Batch,
    CorrectionState,
    Deputy,
    Disclosure,
    Grant,
    GrantState,
    ImportState,
    Message,
    Payment,
    PaymentAction,
    PaymentEvent,
    PaymentRun,
    PaymentState,
    Period,
    RunAction,
    RunRow,
    RunState,
    db,
    now,
)
from models.transactions import exclusive
from payments import (
    account_corrections,
    answers,
    bank_accounts,
    due,
    employers,
    exporting,
    payment_moves,
    reconciling,
    reinstating,
    reversals,
    run_checks,
    runs,
    stopping,
)
from payments.bank_lines import bank_lines
from payments.due import RunChoice
from payments.run_transitions import RUN_TRANSITIONS
from tests.factories import World, city_clerk, reviewer, saved
from tests.machine.at_once import HOLD_SECONDS, TIMEOUT_SECONDS, at_once
from tests.payments.grants import (
    act,
    answered,
    batch,
    exported,
    fresh,
    grant,
    kept,
    made,
    opened,
    period,
    previewed,
    said,
)
from tests.site.statements import recorded_statements
from worker import bank_answers

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""For rules in which no database differs."""

OPEN, IN_RUN, PAID, REFUSED = PaymentState.OPEN, PaymentState.IN_RUN, PaymentState.PAID, PaymentState.REFUSED
STOPPED = PaymentState.STOPPED


def states(of: Grant) -> list[PaymentState]:
    db.session.rollback()
    query = select(Payment.state).where(Payment.grant_id == of.id).order_by(Payment.ordinal, Payment.id)
    return list(db.session.scalars(query))


def of_grant(one: Grant) -> Sequence[Payment]:
    return db.session.scalars(
        select(Payment).where(Payment.grant_id == one.id).order_by(Payment.ordinal)
    ).all()


def stopped(one: Grant, by: Account, due_on: date, but: Payment | None = None) -> None:
    """Stop a grant from today on; all its payments `but` one are due on this day."""
    for each in of_grant(one):
        each.due_on = each.due_on if each is but else due_on
    db.session.commit()
    stopping.stop_grant(one.id, by, seen_version=fresh(one).version, first_day=today(), reason="离职")


def first_part_sent(of: World, second: Account, when: Period) -> tuple[Batch, Grant, PaymentRun]:
    """A grant of two payments in a batch, and the run that went to the bank with the first: the second is due tomorrow."""
    money = batch(when, of.centre)
    one = grant(money, of.city.enterprise, interval=6)
    of_grant(one)[1].due_on = today() + timedelta(days=1)
    db.session.commit()
    return money, one, exported(of.centre, second, when)


def sums(name: str) -> reconciling.PeriodSums:
    db.session.rollback()
    found = reconciling.sums_by_period()[name]
    assert found.difference == 0
    return found


@ON_SQLITE
@pytest.mark.guide("P4")
def test_who_made_or_froze_a_run_cannot_approve_it_and_neither_can_their_deputy(ordos: World) -> None:
    maker, freezer, second, deputy = ordos.centre, city_clerk(), city_clerk(), city_clerk()
    of = period()
    grant(batch(of, maker), ordos.city.enterprise)
    run = made(maker, of)
    act(run, RunAction.FREEZE, freezer)
    today_ = today()
    saved(
        Deputy(
            account_id=maker.id,
            deputy_id=deputy.id,
            first_day=today_,
            last_day=today_,
            created_by_id=maker.id,
        )
    )
    for person in (maker, freezer, deputy):
        with pytest.raises(Unacceptable) as refused:
            act(run, RunAction.APPROVE, person)
        assert refused.value.sentence is runs.SECOND_PERSON
    # The maker as somebody else's deputy is still the maker.
    saved(
        Deputy(
            account_id=second.id,
            deputy_id=freezer.id,
            first_day=today_,
            last_day=today_,
            created_by_id=maker.id,
        )
    )
    with pytest.raises(Unacceptable):
        act(run, RunAction.APPROVE, freezer)
    for stranger in (ordos.administrator, ordos.banner.clerk, ordos.city.reviewer):
        with pytest.raises(NotVisible):
            act(run, RunAction.APPROVE, stranger)
        with pytest.raises(NotPermitted):
            runs.make(stranger, RunChoice(today()))
    assert fresh(run).state is RunState.FROZEN
    act(run, RunAction.APPROVE, second)
    assert fresh(run).approved_by_id == second.id


@ON_SQLITE
@pytest.mark.guide("P4")
def test_every_action_happens_in_the_states_of_the_table_and_in_no_other(ordos: World) -> None:
    maker, second, of = ordos.centre, city_clerk(), period()
    money = batch(of, maker)
    grants = [grant(money, ordos.city.enterprise, parts=1) for _ in RunState]
    table = {(each.state, each.action): each for each in RUN_TRANSITIONS}
    for state, one in zip(RunState, grants, strict=True):
        run = made(maker, of)  # holds every grant that is still open
        run.state = state
        db.session.commit()
        for action in (RunAction.FREEZE, RunAction.APPROVE, RunAction.EXPORT, RunAction.DISCARD):
            if (state, action) in table:
                continue
            with pytest.raises(NotPermitted):
                act(run, action, second, "作废重做")
        run = fresh(run)
        run.state = RunState.MADE
        db.session.commit()
        act(run, RunAction.DISCARD, maker)
        assert states(one) == [OPEN]
    run = made(maker, of)
    act(run, RunAction.FREEZE, maker)
    with pytest.raises(ReasonMissing):
        act(run, RunAction.DISCARD, second)
    with pytest.raises(ChangedMeanwhile):
        runs.perform(run.id, RunAction.APPROVE, second, seen_version=1)


@ON_SQLITE
@pytest.mark.guide("P4")
def test_a_run_holds_what_is_due_and_says_why_something_is_left_out(ordos: World) -> None:
    maker, of = ordos.centre, period()
    money, employer = batch(of, maker), ordos.city.enterprise
    grant(money, employer, parts=3, interval=2, fen=100)
    no_account = grant(money, employer, parts=1, account=None)
    short = grant(money, employer, parts=1, account="1234567")
    no_bank = grant(money, employer, parts=1, bank="")
    formula = grant(money, employer, parts=1, bank="=HYPERLINK(1)")
    grant(batch(period(), maker), employer)
    run = runs.make(maker, RunChoice(date(2026, 4, 1), of.id))
    rows = db.session.execute(
        select(RunRow.amount_fen, RunRow.left_out, Payment.grant_id)
        .join(Payment, Payment.id == RunRow.payment_id)
        .where(RunRow.run_id == run.id)
        .order_by(RunRow.position)
    ).all()
    assert [row.amount_fen for row in rows if row.left_out is None] == [
        34,
        33,
    ]  # due on 1 January and 1 March
    assert (run.count, run.total_fen, run.left_out) == (2, 67, 4)
    assert {row.grant_id: row.left_out[0] for row in rows if row.left_out} == {
        no_account.id: bank_accounts.NO_ACCOUNT.text,
        short.id: bank_accounts.NO_ACCOUNT.text,
        no_bank.id: bank_accounts.NO_BANK.text,
        formula.id: bank_accounts.unwritable("=1").text,  # type: ignore[union-attr]
    }
    assert states(no_account) == [OPEN]
    with pytest.raises(Unacceptable):
        runs.make(maker, RunChoice(today() - timedelta(days=9999), of.id))
    with pytest.raises(Unacceptable) as early:
        runs.make(maker, RunChoice(today() + timedelta(days=32), of.id))
    assert early.value.sentence.text == runs.TOO_EARLY


@pytest.mark.guide("P4")
def test_payments_that_cannot_be_paid_keep_no_run_from_those_that_can(
    ordos: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, number in (("MOST_ROWS", 3), ("MOST_LEFT_OUT", 4), ("CHUNK", 2), ("PAGE", 5)):
        monkeypatch.setattr(due, name, number)
    maker, of = ordos.centre, period()
    money, employer = batch(of, maker), ordos.city.enterprise
    earlier = [grant(money, employer, parts=1, account=None) for _ in range(6)]
    payable = [grant(money, employer, parts=1) for _ in range(4)]
    earlier.append(grant(money, employer, parts=1, bank=""))
    found = [made(maker, of) for _ in range(2)]
    with pytest.raises(Unacceptable) as refused:
        made(maker, of)
    assert refused.value.sentence is runs.ALL_LEFT_OUT
    assert [states(each) for each in payable] == [[IN_RUN]] * 4
    assert [states(each) for each in earlier] == [[OPEN]] * 7
    assert [(fresh(run).count, run.left_out) for run in found] == [(3, 4), (1, 4)]
    rows = db.session.execute(
        select(RunRow.position, Payment.grant_id, RunRow.left_out.is_(None))
        .join(Payment, Payment.id == RunRow.payment_id)
        .where(RunRow.run_id == found[0].id)
        .order_by(RunRow.position)
    ).all()
    expected = [(each.id, True) for each in payable[:3]] + [(each.id, False) for each in earlier[:4]]
    assert [(row[1], bool(row[2])) for row in rows] == expected


@ON_SQLITE
@pytest.mark.guide("P4")
def test_the_files_are_made_once_and_each_download_is_recorded_for_each_person(ordos: World) -> None:
    maker, second, of = ordos.centre, city_clerk(), period()
    one = grant(batch(of, maker), ordos.city.enterprise)
    run = exported(maker, second, of)
    files = exporting.files(fresh(run))
    assert [file.kind for file in files] == ["xlsx", "csv"]
    assert {(file.count, file.total_fen) for file in files} == {(2, 1_500_001)}
    assert "2笔-15000.01元" in files[1].display_name
    assert b"6217000012345678901" in opened(files[1].storage_name).read()
    book = CalamineWorkbook.from_filelike(io.BytesIO(opened(files[0].storage_name).read()))
    _, *rows = book.get_sheet_by_index(0).to_python()
    assert [row[5] for row in rows] == ["7500.01", "7500.00"]
    number, account = f"F{run.number.replace('-', '')}0000", "6217000012345678901"
    hashed = f"{number}1\t{account}\t750001\n{number}2\t{account}\t750000\n"
    assert dict(book.get_sheet_by_index(1).to_python()) == {
        "发放批次": run.number,
        "笔数": "2",
        "合计金额（元）": "15,000.01",
        "明细 SHA-256": hashlib.sha256(hashed.encode()).hexdigest(),
    }
    with pytest.raises(NotPermitted):
        exporting.export(run.id, maker, seen_version=fresh(run).version, store=kept)
    file = exporting.record_run_download(run.id, "csv", second)
    assert file.storage_name == files[1].storage_name
    seen = select(Disclosure.account_id).where(Disclosure.application_id == one.application_id)
    assert db.session.scalars(seen).all() == [second.id]
    entry = db.session.scalars(
        select(AuditEntry).where(AuditEntry.table_name == "payment_runs", AuditEntry.row_key == str(run.id))
    ).one()
    assert (entry.actor_id, entry.after["sha256"]) == (second.id, file.sha256)
    with pytest.raises(NotVisible):
        exporting.record_run_download(run.id, "csv", ordos.administrator)


@pytest.mark.guide("P4", "P5")
def test_a_refused_account_is_corrected_confirmed_and_paid_with_the_next_run(ordos: World) -> None:
    maker, second, of = ordos.centre, city_clerk(), period()
    employer, at = ordos.city.enterprise, ordos.city.reviewer
    money = batch(of, maker)
    good, bad = grant(money, employer, fen=200), grant(money, employer, fen=101)
    run = exported(maker, second, of)
    answered(run, maker, said(run, "成功", "成功", "失败"))
    assert (states(good), states(bad)) == ([PAID, PAID], [REFUSED, REFUSED])
    assert db.session.get_one(Grant, good.id).state is GrantState.COMPLETED
    assert sums(of.name).refused == 101
    told = select(func.count()).where(
        Message.account_id == bad.applicant_id, Message.kind == "payment_refused"
    )
    assert db.session.scalar(told)
    with pytest.raises(Unacceptable):
        made(maker, of)  # nothing but the refused account is left
    person = bad.applicant
    before = db.session.get_one(Application, bad.application_id).version
    for bank, account, field in (
        ("", "6217000012345678902", "bank"),
        ("中国银行", "62170000A", "account"),
        (" 鄂尔多斯银行东胜支行", "6217 0000 1234 5678 901", "account"),
    ):
        with pytest.raises(Unacceptable) as wrong:
            account_corrections.propose(bad.id, person, bank=bank, account=account)
        assert wrong.value.field == field
    with pytest.raises(NotVisible):
        account_corrections.propose(bad.id, good.applicant, bank="中国银行", account="6217000012345678902")
    with pytest.raises(NotPermitted):
        account_corrections.propose(good.id, good.applicant, bank="中国银行", account="6217000012345678902")
    first = account_corrections.propose(bad.id, person, bank="中国银行", account="6217 0000 1234 5678 902")
    with pytest.raises(NotPermitted):
        account_corrections.propose(bad.id, person, bank="中国银行", account="6217000012345678903")
    for stranger in (ordos.banner.reviewer, person, ordos.administrator):
        with pytest.raises((NotVisible, NotPermitted)):
            account_corrections.decide_correction(first.id, stranger, confirmed=True)
    with pytest.raises(ReasonMissing):
        account_corrections.decide_correction(first.id, at, confirmed=False)
    account_corrections.decide_correction(first.id, at, confirmed=False, reason="不是本人的卡")
    second_try = account_corrections.propose(bad.id, person, bank="中国银行", account="6217000012345678902")
    account_corrections.decide_correction(second_try.id, at, confirmed=True)
    with pytest.raises(ChangedMeanwhile):
        account_corrections.decide_correction(second_try.id, reviewer(employer), confirmed=True)
    assert [each.state for each in (fresh(first), fresh(second_try))] == [
        CorrectionState.REFUSED,
        CorrectionState.CONFIRMED,
    ]
    assert states(bad) == [OPEN, OPEN]
    next_run = exported(maker, second, of)
    assert {(line.bank, line.account) for line in bank_lines(next_run)} == {
        ("中国银行", "6217000012345678902")
    }
    # A late answer to the first run does not touch the payment, which is in another run now.
    assert answered(run, maker, said(run, "成功")).accepted == 2
    assert states(bad) == [IN_RUN, IN_RUN]
    answered(next_run, maker, said(next_run, "成功"))
    assert states(bad) == [PAID, PAID]
    assert sums(of.name).paid == 301
    assert db.session.get_one(Application, bad.application_id).version == before


@ON_SQLITE
@pytest.mark.guide("P4")
def test_an_answer_is_refused_row_by_row_and_the_same_answer_again_changes_nothing(ordos: World) -> None:
    maker, second, of = ordos.centre, city_clerk(), period()
    one = grant(batch(of, maker), ordos.city.enterprise, fen=700, parts=7)
    run = exported(maker, second, of)
    other_period = period()
    grant(batch(other_period, maker), ordos.city.enterprise)
    other = exported(maker, second, other_period)
    rows = said(run, "成功", "处理中", "成功", "成功", "成功", "很成功", "失败")
    rows[2]["amount"] = "1.01"
    rows[3]["account"] = "6217000012345678902"
    rows.append(dict(rows[4]))
    rows.append(said(other, "成功")[0])
    rows.append({**rows[0], "number": "F209999900001"})
    answer = previewed(run, maker, rows)
    assert (answer.total, answer.accepted, answer.refused) == (10, 3, 7)
    assert states(one) == [IN_RUN] * 7
    assert answered(run, maker, rows).state.value == "done"
    assert states(one) == [PAID, *[IN_RUN] * 5, REFUSED]
    assert fresh(run).state is RunState.EXPORTED
    history = select(func.count()).select_from(PaymentEvent)
    before = db.session.scalar(history)
    again = answered(run, maker, rows)
    assert (again.accepted, again.unchanged) == (3, 3)
    assert db.session.scalar(history) == before
    answered(run, maker, [*said(run, "成功")[1:6]])
    assert fresh(run).state is RunState.ANSWERED
    other_word = answered(run, maker, said(run, "失败"))
    assert (other_word.accepted, other_word.refused) == (1, 6)
    assert states(one) == [*[PAID] * 6, REFUSED]


@ON_SQLITE
@pytest.mark.guide("P5")
def test_a_reversed_payment_is_paid_again_and_the_sums_hold(ordos: World) -> None:
    maker, second, of = ordos.centre, city_clerk(), period()
    one = grant(batch(of, maker), ordos.city.enterprise, fen=101)
    run = exported(maker, second, of)
    answered(run, maker, said(run, "成功"))
    first = db.session.scalars(
        select(Payment).where(Payment.grant_id == one.id).order_by(Payment.ordinal).limit(1)
    ).one()
    with pytest.raises(ReasonMissing):
        reversals.reverse(first.id, maker, seen_version=first.version, reason="")
    anew = reversals.reverse(first.id, maker, seen_version=fresh(first).version, reason="银行冲回")
    assert (anew.amount_fen, anew.replaces_id) == (first.amount_fen, first.id)
    with pytest.raises(NotPermitted):
        reversals.reverse(first.id, maker, seen_version=fresh(first).version, reason="银行冲回")
    found = sums(of.name)
    assert (found.granted, found.paid, found.open) == (101, 50, 51)
    assert db.session.get_one(Grant, one.id).state is GrantState.GRANTED
    answered(again := exported(maker, second, of), maker, said(again, "成功"))
    assert sums(of.name).paid == 101
    assert db.session.get_one(Grant, one.id).state is GrantState.COMPLETED


@ON_SQLITE
@pytest.mark.guide("P4")
def test_nothing_more_is_sent_to_an_account_that_the_bank_refused_until_another_is_confirmed(
    ordos: World,
) -> None:
    maker, second, of = ordos.centre, city_clerk(), period()
    money, one, run = first_part_sent(ordos, second, of)
    answered(run, maker, said(run, "失败"))
    of_grant(one)[1].due_on = today()
    grant(money, ordos.city.enterprise, parts=1)

    def left_out() -> list[str]:
        run = made(maker, of)
        why = select(RunRow.left_out).where(RunRow.run_id == run.id, RunRow.left_out.is_not(None))
        found = [each[0] for each in db.session.scalars(why) if each]
        act(run, RunAction.DISCARD, maker)
        return found

    assert left_out() == [bank_accounts.ACCOUNT_REFUSED.text] * 2
    typed = account_corrections.propose(one.id, one.applicant, bank="中国银行", account="6217000012345678902")
    assert left_out() == [bank_accounts.CORRECTION_WAITS.text] * 2
    account_corrections.decide_correction(typed.id, ordos.city.reviewer, confirmed=True)
    assert left_out() == []


@ON_SQLITE
@pytest.mark.guide("P4")
def test_a_run_does_not_go_to_the_bank_with_an_account_that_was_corrected_since_it_was_frozen(
    ordos: World,
) -> None:
    maker, second, of = ordos.centre, city_clerk(), period()
    money, one, earlier = first_part_sent(ordos, second, of)
    of_grant(one)[1].due_on = today()
    grant(money, ordos.city.enterprise, parts=1)
    waits = made(maker, of)
    act(waits, RunAction.FREEZE, maker)
    answered(earlier, maker, said(earlier, "失败"))
    act(waits, RunAction.APPROVE, second)  # nobody has named another account
    typed = account_corrections.propose(one.id, one.applicant, bank="中国银行", account="6217000012345678902")
    for confirmed in (False, True):
        if confirmed:
            account_corrections.decide_correction(typed.id, ordos.city.reviewer, confirmed=True)
        with pytest.raises(Unacceptable) as refused:
            exporting.export(waits.id, maker, seen_version=fresh(waits).version, store=kept)
        assert refused.value.sentence.words == {"count": "1", "name": one.name}
    act(waits, RunAction.DISCARD, maker, "有人更正了账号")
    assert sorted(line.account for line in bank_lines(exported(maker, second, of))) == [
        "6217000012345678901",
        "6217000012345678902",
        "6217000012345678902",
    ]


@ON_SQLITE
@pytest.mark.guide("P4", "P6")
def test_what_the_bank_takes_back_of_a_stopped_grant_is_not_paid_again_but_what_was_due_before_is(
    ordos: World,
) -> None:
    maker, second, of = ordos.centre, city_clerk(), period()
    one = grant(batch(of, maker), ordos.city.enterprise)
    early, late = of_grant(one)
    run = exported(maker, second, of)
    answered(run, maker, said(run, "成功", "处理中"))
    stopped(one, maker, today())
    answered(run, maker, said(run, "成功"))
    early.due_on = today() - timedelta(days=1)
    db.session.commit()
    for each in (early, late):
        reversals.reverse(each.id, maker, seen_version=fresh(each).version, reason="银行冲回")
    assert states(one) == [PaymentState.REVERSED, OPEN, PaymentState.REVERSED, STOPPED]
    assert list(reconciling.disagreements(opened)) == []


@ON_SQLITE
@pytest.mark.guide("P4", "P6")
def test_a_stopped_grant_is_owed_what_was_due_before_so_its_account_can_be_corrected(ordos: World) -> None:
    maker, second, of = ordos.centre, city_clerk(), period()
    one = grant(batch(of, maker), ordos.city.enterprise)
    run = exported(maker, second, of)
    answered(run, maker, said(run, "失败"))
    early, _ = of_grant(one)
    with pytest.raises(Unacceptable) as too_early:
        stopping.stop_grant(
            one.id, maker, seen_version=one.version, first_day=today() - timedelta(days=1), reason="离职"
        )
    assert too_early.value.field == "first_day"
    stopped(one, maker, today(), but=early)
    assert states(one) == [REFUSED, STOPPED]
    typed = account_corrections.propose(one.id, one.applicant, bank="中国银行", account="6217000012345678902")
    account_corrections.decide_correction(typed.id, ordos.city.reviewer, confirmed=True)
    assert states(one) == [OPEN, STOPPED]
    reinstating.reinstate(one.id, second, seen_version=fresh(one).version, reason="停错了人")
    assert states(one) == [OPEN, OPEN], "the account that the bank refused was corrected meanwhile"
    assert {line.account for line in bank_lines(exported(maker, second, of))} == {"6217000012345678902"}


@ON_SQLITE
@pytest.mark.guide("P4", "P6")
def test_a_grant_that_is_stopped_before_its_run_goes_to_the_bank_is_not_paid(ordos: World) -> None:
    maker, second, of = ordos.centre, city_clerk(), period()
    money = batch(of, maker)

    good, early, late = (grant(money, ordos.city.enterprise, parts=1) for _ in range(3))
    run = made(maker, of)
    stopped(early, maker, today())  # due on the very day of the stop
    act(run, RunAction.FREEZE, maker)
    assert (states(early), fresh(run).count, fresh(run).left_out) == ([PaymentState.STOPPED], 2, 1)
    act(run, RunAction.APPROVE, second)
    stopped(late, maker, today() + timedelta(days=1))
    with pytest.raises(Unacceptable) as refused:
        exporting.export(run.id, maker, seen_version=fresh(run).version, store=kept)
    assert refused.value.sentence.words == {"count": "1", "name": late.name}
    act(run, RunAction.DISCARD, maker, "有人离职")
    assert (states(late), states(good)) == ([PaymentState.STOPPED], [OPEN])
    again = made(maker, of)
    act(again, RunAction.FREEZE, maker)
    late_stop = grant(money, ordos.city.enterprise, parts=1)
    stopped(late_stop, maker, today())
    act(again, RunAction.APPROVE, second)  # a stop elsewhere is no hindrance
    assert list(reconciling.disagreements(opened)) == []


@ON_SQLITE
@pytest.mark.guide("P4")
def test_an_answer_that_contradicts_one_registered_since_its_preview_changes_nothing(ordos: World) -> None:
    maker, second, of = ordos.centre, city_clerk(), period()
    one = grant(batch(of, maker), ordos.city.enterprise)
    run = exported(maker, second, of)
    stale = previewed(run, maker, said(run, "成功"))
    answered(run, maker, said(run, "失败", "处理中"))
    with pytest.raises(ChangedMeanwhile):
        answers.confirm_answer(maker, stale.id, seen=1)  # a page that showed fewer rows
    answers.confirm_answer(maker, stale.id, seen=2)
    job = answers.claim()
    assert job is not None
    answers.write_answer(job)
    assert fresh(stale).error[0] == answers.CONTRADICTED.text
    assert states(one) == [REFUSED, IN_RUN]


@ON_SQLITE
@pytest.mark.parametrize("closed", [False, True])
@pytest.mark.guide("P4")
def test_an_answer_whose_worker_dies_after_its_rows_are_written_is_finished_by_another(
    ordos: World, monkeypatch: pytest.MonkeyPatch, closed: bool
) -> None:
    """Also when the account that confirmed it has been closed meanwhile: its rows are there."""
    maker, second, of = ordos.centre, city_clerk(), period()
    one = grant(batch(of, maker), ordos.city.enterprise, parts=1)
    run = exported(maker, second, of)
    assert [each.action for each in runs.actions(run, second)] == [RunAction.DISCARD]
    answer = previewed(run, maker, said(run, "成功"))
    answers.confirm_answer(maker, answer.id, seen=1)
    assert runs.actions(run, second) == [], "no button that is refused"

    def dies(_ids: list[int]) -> None:
        raise SystemExit

    with pytest.raises(Unacceptable) as being_written:
        act(run, RunAction.DISCARD, second, "整批退回")
    assert being_written.value.sentence is run_checks.ANSWERED_IN_PART
    first = answers.claim()
    assert first is not None
    with monkeypatch.context() as broken:
        broken.setattr(reversals, "complete_paid_grants", dies)
        with pytest.raises(SystemExit):
            answers.write_answer(first)
    assert (states(one), fresh(one).state) == ([PAID], GrantState.GRANTED)
    assert answers.claim() is None, "the lease of the first still runs"
    db.session.execute(update(BankAnswer).values(next_try=now()))
    maker.active = not closed
    db.session.commit()
    other = answers.claim()
    assert other is not None
    answers.write_answer(other)
    assert (fresh(answer).state, fresh(one).state) == (ImportState.DONE, GrantState.COMPLETED)
    with pytest.raises(jobs.ClaimLost):
        answers.write_answer(first)
    paid = select(func.count(PaymentEvent.id)).where(PaymentEvent.action == PaymentAction.PAY)
    assert db.session.scalar(paid) == 1


@ON_SQLITE
@pytest.mark.parametrize("written", [True, False])
@pytest.mark.guide("P4")
def test_an_answer_that_fails_at_every_attempt_says_whether_its_rows_are_written(
    ordos: World, monkeypatch: pytest.MonkeyPatch, written: bool
) -> None:
    maker, second, of = ordos.centre, city_clerk(), period()
    one = grant(batch(of, maker), ordos.city.enterprise, parts=1)
    run = exported(maker, second, of)
    answer = previewed(run, maker, said(run, "成功"))
    answers.confirm_answer(maker, answer.id, seen=1)
    with monkeypatch.context() as broken:
        broken.setattr(
            reversals if written else payment_moves,
            "complete_paid_grants" if written else "perform_within",
            lambda *_, **__: 1 / 0,
        )
        for _ in range(jobs.MOST_ATTEMPTS):
            bank_answers.process_due()
            db.session.execute(update(BankAnswer).values(next_try=now()))
            db.session.commit()
    if written:
        assert (states(one), fresh(answer).state) == ([PAID], ImportState.DONE)
        assert fresh(answer).error[0] == answers.GRANTS_LEFT.text
    else:
        assert (states(one), fresh(answer).state) == ([IN_RUN], ImportState.FAILED)
        assert fresh(answer).error[0] == answers.INTERRUPTED.text
    answered(run, second, said(run, "成功"))
    assert (states(one), fresh(one).state) == ([PAID], GrantState.COMPLETED)


@ON_SQLITE
@pytest.mark.guide("P4")
def test_the_city_pays_again_to_the_same_account_and_decides_for_a_closed_employer(ordos: World) -> None:
    maker, second, of = ordos.centre, city_clerk(), period()
    one = grant(batch(of, maker), ordos.city.enterprise, parts=1)
    run = exported(maker, second, of)
    answered(run, maker, said(run, "失败", reason="银行系统故障"))
    returned = db.session.scalars(select(Payment).where(Payment.grant_id == one.id)).one()
    with pytest.raises(ReasonMissing):
        reversals.resend(returned.id, maker, seen_version=returned.version, reason=" ")
    for stranger in (ordos.city.reviewer, one.applicant, ordos.administrator):
        with pytest.raises(NotPermitted):
            reversals.resend(returned.id, stranger, seen_version=returned.version, reason="银行系统故障")
    reversals.resend(returned.id, maker, seen_version=fresh(returned).version, reason="银行系统故障")
    run = exported(maker, second, of)
    assert {line.account for line in bank_lines(run)} == {"6217000012345678901"}
    answered(run, maker, said(run, "失败"))
    typed = account_corrections.propose(one.id, one.applicant, bank="中国银行", account="6217000012345678902")
    with pytest.raises(ReasonMissing):
        account_corrections.decide_correction(typed.id, maker, confirmed=False)
    ordos.city.enterprise.active = False
    db.session.commit()
    with pytest.raises(ReasonMissing):
        account_corrections.decide_correction(typed.id, maker, confirmed=True)
    account_corrections.decide_correction(typed.id, maker, confirmed=True, reason="单位已停用，已核对银行卡")
    run = exported(maker, second, of)
    assert {line.account for line in bank_lines(run)} == {"6217000012345678902"}
    answered(run, maker, said(run, "成功"))
    assert sums(of.name).paid == 1_500_001


@ON_SQLITE
@pytest.mark.guide("P4")
def test_the_city_confirms_no_account_while_the_employer_can_but_may_refuse_it(ordos: World) -> None:
    maker, second, of = ordos.centre, city_clerk(), period()
    one = grant(batch(of, maker), ordos.city.enterprise, parts=1)
    run = exported(maker, second, of)
    answered(run, maker, said(run, "失败"))
    typed = account_corrections.propose(one.id, one.applicant, bank="中国银行", account="6217000012345678902")
    said_why = "单位已停用，已核对银行卡"
    with pytest.raises(NotPermitted):
        account_corrections.decide_correction(typed.id, maker, confirmed=True, reason=said_why)
    assert (fresh(typed).state, states(one)) == (CorrectionState.PROPOSED, [REFUSED])
    account_corrections.decide_correction(typed.id, maker, confirmed=False, reason="不是本人的卡")
    again = account_corrections.propose(one.id, one.applicant, bank="中国银行", account="6217000012345678903")
    ordos.city.reviewer.active = False
    db.session.commit()
    assert not employers.can_confirm(ordos.city.enterprise.id), "nobody is left who could"
    account_corrections.decide_correction(again.id, maker, confirmed=True, reason="单位没有审核人员")
    assert states(one) == [OPEN]


@ON_SQLITE
@pytest.mark.guide("P4", "P5")
def test_after_a_reversal_the_account_can_be_corrected_once(ordos: World) -> None:
    maker, second, of = ordos.centre, city_clerk(), period()
    one = grant(batch(of, maker), ordos.city.enterprise, parts=1)
    run = exported(maker, second, of)
    answered(run, maker, said(run, "成功"))
    paid = db.session.scalars(select(Payment).where(Payment.grant_id == one.id)).one()
    reversals.reverse(paid.id, maker, seen_version=paid.version, reason="账户已销")
    typed = account_corrections.propose(one.id, one.applicant, bank="中国银行", account="6217000012345678902")
    account_corrections.decide_correction(typed.id, ordos.city.reviewer, confirmed=True)
    assert not account_corrections.correctable(fresh(one))
    run = exported(maker, second, of)
    assert {line.account for line in bank_lines(run)} == {"6217000012345678902"}


@pytest.mark.guide("P5")
def test_the_proof_finds_a_changed_amount_a_changed_file_and_a_lost_one(own_ordos: World) -> None:
    maker, second, of = own_ordos.centre, city_clerk(), period()
    one = grant(batch(of, maker), own_ordos.city.enterprise, fen=1000)
    run = exported(maker, second, of)
    answered(run, maker, said(run, "成功"))
    assert list(reconciling.disagreements(opened)) == []
    with exclusive():
        payment_moves.perform_within([], PaymentAction.STOP, None, reason="—")
    file = exporting.files(fresh(run))[0]
    from tests.payments.grants import FILES

    whole = FILES.pop(file.storage_name)
    assert len(list(reconciling.disagreements(opened))) == 1
    FILES[file.storage_name] = whole + b"x"
    assert len(list(reconciling.disagreements(opened))) == 1
    FILES[file.storage_name] = whole
    paid = db.session.scalars(select(Payment).where(Payment.grant_id == one.id)).first()
    assert paid is not None
    paid.amount_fen += 1
    db.session.commit()
    # The period, the grant itself, and the row of the run that now differs.
    assert len(list(reconciling.disagreements(opened))) == 3


@pytest.mark.guide("P4")
def test_two_people_at_once_never_put_a_payment_into_two_runs_or_approve_twice(ordos: World) -> None:
    maker, second, third, of = ordos.centre, city_clerk(), city_clerk(), period()
    money = batch(of, maker)
    one = grant(money, ordos.city.enterprise, parts=4)
    key = of.id

    def make() -> str:
        return runs.make(maker, RunChoice(today(), key)).number

    found = at_once(make, make, make)
    assert sorted(found)[1:] == ["Unacceptable", "Unacceptable"]
    run = db.session.scalars(select(runs.PaymentRun).where(runs.PaymentRun.period_id == key)).one()

    def doing(action: RunAction, by: object, version: int):  # type: ignore[no-untyped-def]
        def do() -> str:
            return runs.perform(run.id, action, by, seen_version=version, reason="重复").state.value  # type: ignore[arg-type]

        return do

    found = at_once(
        doing(RunAction.FREEZE, maker, 1),
        doing(RunAction.FREEZE, second, 1),
        doing(RunAction.DISCARD, third, 1),
    )
    assert sorted(found)[:2] == ["ChangedMeanwhile", "ChangedMeanwhile"]
    if found[2] == "discarded":
        assert states(one) == [OPEN] * 4
        return
    fourth, fifth = city_clerk(), city_clerk()
    found = at_once(doing(RunAction.APPROVE, fourth, 2), doing(RunAction.APPROVE, fifth, 2))
    assert sorted(found) == ["ChangedMeanwhile", "approved"]
    assert states(one) == [IN_RUN] * 4


@ON_SQLITE
@pytest.mark.guide("P4")
def test_an_answer_of_many_rows_takes_as_many_statements_as_one_of_few(ordos: World) -> None:
    maker, second, of = ordos.centre, city_clerk(), period()
    employer = ordos.city.enterprise

    def statements_for(people: int) -> int:
        money = batch(of, maker)
        granted = [grant(money, employer, parts=1) for _ in range(people)]
        run = exported(maker, second, of)
        answer = previewed(run, maker, said(run, "成功"))
        answers.confirm_answer(maker, answer.id, seen=people)
        job = answers.claim()
        assert job is not None
        with recorded_statements(db.engine) as found:
            answers.write_answer(job)
        assert {fresh(one).state for one in granted} == {GrantState.COMPLETED}
        return len(found)

    assert statements_for(2) == statements_for(12)


@ON_SQLITE
@pytest.mark.guide("P4", "P5")
def test_a_file_that_the_bank_returned_as_a_whole_is_taken_back_by_a_second_person(ordos: World) -> None:
    maker, second, of = ordos.centre, city_clerk(), period()
    money = batch(of, maker)
    one, other = (grant(money, ordos.city.enterprise, parts=1) for _ in range(2))
    run = exported(maker, second, of)
    with pytest.raises(ReasonMissing):
        act(run, RunAction.DISCARD, second)
    with pytest.raises(Unacceptable) as refused:
        act(run, RunAction.DISCARD, maker, "文件格式不符")
    assert refused.value.sentence is runs.SECOND_FOR_RETURN
    unconfirmed = previewed(run, maker, said(run, "失败"))
    act(run, RunAction.DISCARD, second, "文件格式不符")
    assert fresh(unconfirmed).state is ImportState.DISCARDED
    assert (states(one), states(other)) == ([OPEN], [OPEN]), "to the same accounts, with the next run"
    assert sums(of.name).open == one.amount_fen + other.amount_fen
    with pytest.raises(NotPermitted):
        previewed(run, maker, said(run, "成功"))
    again = exported(maker, second, of)
    answered(again, maker, said(again, "成功")[:1])
    with pytest.raises(Unacceptable) as too_late:
        act(again, RunAction.DISCARD, second, "文件格式不符")
    assert too_late.value.sentence is run_checks.ANSWERED_IN_PART
    assert [each.text % each.words for each in reconciling.disagreements(opened)] == []


@pytest.mark.guide("P4")
def test_an_answer_confirmed_while_its_run_is_taken_back_waits_and_is_refused(
    ordos: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    maker, second, of = ordos.centre, city_clerk(), period()
    one = grant(batch(of, maker), ordos.city.enterprise, parts=1)
    run = exported(maker, second, of)
    answer = previewed(run, maker, said(run, "成功"))
    version, key, looked = fresh(run).version, run.id, multiprocessing.get_context("fork").Event()

    def look(at: PaymentRun) -> None:
        run_checks.check_unanswered(at)
        looked.set()
        time.sleep(HOLD_SECONDS)

    monkeypatch.setattr(runs, "check_unanswered", look)

    def take_back() -> str:
        done = runs.perform(key, RunAction.DISCARD, second, seen_version=version, reason="整批退回")
        return done.state.value

    def confirm() -> str:
        looked.wait(TIMEOUT_SECONDS)
        return answers.confirm_answer(maker, answer.id, seen=1).state.value

    assert at_once(take_back, confirm) == ["discarded", "ChangedMeanwhile"]
    assert (fresh(answer).state, states(one)) == (ImportState.DISCARDED, [OPEN])


@pytest.mark.guide("P4", "P6")
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_payment_that_is_stopped_while_a_run_is_made_is_in_none(
    ordos: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    maker, second, of = ordos.centre, city_clerk(), period()
    one = grant(batch(of, maker), ordos.city.enterprise, parts=1)
    db.session.execute(update(Payment).where(Payment.grant_id == one.id).values(due_on=today()))
    db.session.commit()
    key, version, processes = of.id, one.version, multiprocessing.get_context("fork")
    read, stopped = processes.Event(), processes.Event()
    payees = due.payees

    def read_slowly(ids: Sequence[int]) -> object:
        found = payees(ids)
        read.set()
        stopped.wait(TIMEOUT_SECONDS)
        return found

    monkeypatch.setattr(due, "payees", read_slowly)

    def make() -> str:
        try:
            return runs.make(maker, RunChoice(today(), key)).number
        except Unacceptable as refused:
            return refused.sentence.text

    def stop() -> str:
        read.wait(TIMEOUT_SECONDS)
        try:
            stopping.stop_grant(one.id, second, seen_version=version, first_day=today(), reason="调离")
            with exclusive():
                db.session.execute(text("SET LOCAL lock_timeout = '1s'"))
                db.session.add(Message(kind="account_to_confirm", office_id=maker.office_id))
        finally:
            stopped.set()
        return "stopped, and a message to the centre did not wait"

    assert at_once(make, stop) == [
        runs.CHANGED_MEANWHILE.text,
        "stopped, and a message to the centre did not wait",
    ]
    assert states(one) == [PaymentState.STOPPED]
    assert not db.session.scalars(select(PaymentRun).where(PaymentRun.period_id == key)).all()
