"""Payment runs (P4): made of the payments that are due, frozen, approved by a second person, exported once, or discarded.

`perform` is the only function that changes the state of a run. It locks the run first, then its payments. What a frozen run
holds is never changed again.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import bindparam, func, insert, select, update

from accounts.access import active_account, acts_for
from common.calendar import today
from common.errors import ChangedMeanwhile, NotPermitted, Unacceptable
from common.locked_rows import locked_row
from common.wording import N_, Sentence
from models import (
    Account,
    BankOutcome,
    Office,
    OfficeDuty,
    PaymentAction,
    PaymentRun,
    Period,
    Role,
    RunAction,
    RunEvent,
    RunRow,
    RunState,
    db,
    exclusive,
    now,
)
from models.statements import table_of
from payments import payment_moves, payment_scope
from payments.bank_accounts import payees_of_run
from payments.bank_lines import bank_number
from payments.due import RunChoice, due_payments
from payments.run_checks import (
    check_still_payable,
    check_unanswered,
    drop_unconfirmed_answers,
    is_answered_in_part,
)
from payments.run_transitions import RunTransition, find_run_transition
from payments.yearly_numbers import next_in_year
from workflow.decision import Decision

EARLIEST_BEFORE_DUE = timedelta(days=31)
"""How far ahead of its day something can be paid: a bank needs some days. A later day is a typing mistake."""

NOTHING_DUE = Sentence(N_("没有到期可以发放的款项。"))
ALL_LEFT_OUT = Sentence(N_("到期的款项都不能发放：没有有效账号，或账号被银行退回后还没有更正。"))
TOO_EARLY = N_("最晚到 %(day)s：离到期日还早的款项不能提前发放。")
CHANGED_MEANWHILE = Sentence(N_("有款项刚刚停止发放或另有变化，没有建立。请再试一次。"))
NO_SUCH_PERIOD = Sentence(N_("没有这个申报期。"))
SECOND_PERSON = Sentence(N_("建立或冻结这一批的人，以及今天代其办理的人，不能批准。请另一位同事批准。"))
SECOND_FOR_RETURN = Sentence(
    N_("整批退回由另一位同事办理：建立或冻结这一批的人，以及今天代其办理的人，不能办理。")
)
EMPTY_AFTER_CHECK = Sentence(N_("这一批的款项都已不能发放，请作废后重新建立。"))
Effect = Callable[[PaymentRun, Account], None]
"""Writes what belongs to an action into the locked run, before its new state."""


def make(actor: Account, choice: RunChoice) -> PaymentRun:
    """Make a run of the payments that are due. What cannot be paid is listed in it, with the reason, and stays as it is.

    Raises NotPermitted, and Unacceptable for a day too far ahead, when nothing can be paid, and when a payment changes meanwhile.
    """
    with exclusive():
        person = active_account(actor)
        if person.role is not Role.CITY:
            raise NotPermitted
        _check(choice)
        _one_at_a_time()
        included, left_out = due_payments(choice)
        if not included:
            raise Unacceptable("due_until", ALL_LEFT_OUT if left_out else NOTHING_DUE)
        run = PaymentRun(
            number=next_in_year(PaymentRun.number, today().year, 3),
            period_id=choice.period_id,
            due_until=choice.due_until,
            made_by_id=person.id,
            count=len(included),
            total_fen=sum(included.values()),
            left_out=len(left_out),
        )
        db.session.add(run)
        db.session.flush()
        try:
            payment_moves.perform_within(included, PaymentAction.INCLUDE, person, run_id=run.id)
        except NotPermitted as moved:  # stopped since they were read
            raise Unacceptable("due_until", CHANGED_MEANWHILE) from moved
        db.session.execute(insert(table_of(RunRow)), list(_rows(run, included, left_out)))
        _record(run, RunAction.MAKE, None, RunState.MADE, person, "")
    return run


def perform(
    run_id: int,
    action: RunAction,
    actor: Account,
    *,
    seen_version: int,
    reason: str = "",
    effect: Effect | None = None,
) -> PaymentRun:
    """Do one action of a person to one run.

    Raises NotVisible, ChangedMeanwhile, NotPermitted, ReasonMissing, ReasonTooLong, and Unacceptable when it is this person who
    cannot do it. `effect` is for what another module writes with it (payments/exporting.py, payments/answers.py).
    """
    with exclusive():
        person = active_account(actor)
        return perform_within(run_id, action, person, seen_version=seen_version, reason=reason, effect=effect)


def perform_within(
    run_id: int,
    action: RunAction,
    person: Account,
    *,
    seen_version: int | None = None,
    reason: str = "",
    effect: Effect | None = None,
) -> PaymentRun:
    """Do what `perform` does for an active account, within `exclusive()`."""
    run = lock_run(run_id, person)
    if seen_version is not None and run.version != seen_version:
        raise ChangedMeanwhile(None)
    transition = find_run_transition(run.state, action, person.role)
    if transition is None:
        raise NotPermitted
    if transition.second_person and not is_second_person(run, person):
        raise Unacceptable("", SECOND_PERSON if action is RunAction.APPROVE else SECOND_FOR_RETURN)
    said = Decision(reason).checked(needs_reason=True).reason if transition.needs_reason else ""
    for write in (EFFECTS.get(action), effect):
        if write is not None:
            write(run, person)
    return _move(run, transition, person, said)


def lock_run(run_id: int, person: Account) -> PaymentRun:
    """Return the run, read anew and held until the transaction ends. Raises NotVisible."""
    return locked_row(PaymentRun, PaymentRun.id == run_id, payment_scope.runs(person))


def is_second_person(run: PaymentRun, person: Account) -> bool:
    """Say whether this person can approve the run: neither made nor froze it, and stands in today for nobody who did."""
    return not {run.made_by_id, run.frozen_by_id} & acts_for(person)


def actions(run: PaymentRun, person: Account) -> list[RunTransition]:
    """Return the transitions of the table that this person can perform on the run now, by a button."""
    found = (find_run_transition(run.state, action, person.role) for action in RunAction)
    return [
        each
        for each in found
        if each is not None
        and each.action not in (RunAction.ANSWER, RunAction.COMPLETE)
        and (not each.second_person or is_second_person(run, person))
        and not (_gives_back_exported(run, each.action) and is_answered_in_part(run))
    ]


def bank_sums(run: PaymentRun) -> dict[BankOutcome, tuple[int, int]]:
    """Return how many payments of the run, and how many fen, the bank paid, returned, and said nothing final of."""
    found = db.session.execute(
        select(RunRow.outcome, func.count(), func.sum(RunRow.amount_fen))
        .where(RunRow.run_id == run.id, RunRow.left_out.is_(None))
        .group_by(RunRow.outcome)
    )
    sums = dict.fromkeys((BankOutcome.PAID, BankOutcome.REFUSED, BankOutcome.UNKNOWN), (0, 0))
    for outcome, count, fen in found:
        before = sums[outcome or BankOutcome.UNKNOWN]
        sums[outcome or BankOutcome.UNKNOWN] = before[0] + count, before[1] + int(fen)
    return sums


def _gives_back_exported(run: PaymentRun, action: RunAction) -> bool:
    return run.state is RunState.EXPORTED and action is RunAction.DISCARD


def _check(choice: RunChoice) -> None:
    """Raise Unacceptable for a day too far ahead and for a period that does not exist."""
    if choice.due_until > (latest := today() + EARLIEST_BEFORE_DUE):
        raise Unacceptable("due_until", Sentence(TOO_EARLY, {"day": latest.isoformat()}))
    if choice.period_id is not None and db.session.get(Period, choice.period_id) is None:
        raise Unacceptable("period", NO_SUCH_PERIOD)


def _rows(
    run: PaymentRun, included: Mapping[int, int], left_out: Mapping[int, tuple[int, Sentence]]
) -> Iterator[dict[str, Any]]:
    """Yield the rows of a new run in their order: first those that the bank gets, then those that are left out and why."""
    row = {"run_id": run.id, "bank_reason": ""}
    for position, (key, fen) in enumerate(included.items(), 1):
        sent = {"number": bank_number(run, position), "left_out": None}
        yield {**row, **sent, "position": position, "payment_id": key, "amount_fen": fen}
    for position, (key, (fen, fault)) in enumerate(left_out.items(), len(included) + 1):
        kept = {"number": None, "left_out": fault.as_json()}
        yield {**row, **kept, "position": position, "payment_id": key, "amount_fen": fen}


def _one_at_a_time() -> None:
    """Let runs be made one after the other: two at once would take the same payments and the same number.

    With `key_share`: what others write meanwhile to this office, a message say, does not wait.
    """
    centre = select(Office.id).where(Office.duty == OfficeDuty.FINAL).order_by(Office.id).limit(1)
    db.session.execute(centre.with_for_update(key_share=True))


def _freeze(run: PaymentRun, person: Account) -> None:
    """Copy holder, bank and account into each row. A payment that can no longer be paid is left out and stays open."""
    rows = db.session.execute(
        select(RunRow.position, RunRow.payment_id, RunRow.amount_fen)
        .where(RunRow.run_id == run.id, RunRow.left_out.is_(None))
        .order_by(RunRow.position)
    ).all()
    to = payees_of_run(run.id)
    good = [row for row in rows if to[row.payment_id].fault is None]
    bad = [row for row in rows if to[row.payment_id].fault is not None]
    if not good:
        raise Unacceptable("", EMPTY_AFTER_CHECK)
    table = table_of(RunRow)
    columns = ("holder", "bank", "account")
    one = update(table).where(table.c.run_id == run.id, table.c.position == bindparam("at"))
    frozen = [{"at": row.position, **to[row.payment_id].account._asdict()} for row in good]
    db.session.execute(one.values({name: bindparam(name) for name in columns}), frozen)
    if bad:
        without = [
            {"run_id": run.id, "position": row.position, "left_out": fault.as_json(), "number": None}
            for row in bad
            if (fault := to[row.payment_id].fault) is not None
        ]
        db.session.execute(update(RunRow), without)
        released = [row.payment_id for row in bad]
        payment_moves.lock_grants_of(released)
        payment_moves.perform_within(released, PaymentAction.RELEASE, person, run_id=run.id)
        payment_moves.stop_those_of_stopped_grants(released)
        db.session.refresh(run)
    run.count, run.total_fen = len(good), sum(row.amount_fen for row in good)
    run.left_out += len(bad)
    run.frozen_by_id = person.id


def _approve(run: PaymentRun, person: Account) -> None:
    check_still_payable(run, person)
    run.approved_by_id = person.id


def _discard(run: PaymentRun, person: Account) -> None:
    """Give the payments free for another run; those of grants that were stopped meanwhile are stopped.

    After the export it means that the bank returned the whole file: nothing of it may have been paid.
    """
    if run.state is RunState.EXPORTED:
        check_unanswered(run)
        drop_unconfirmed_answers(run)
    ids = db.session.scalars(
        select(RunRow.payment_id).where(RunRow.run_id == run.id, RunRow.left_out.is_(None))
    ).all()
    payment_moves.lock_grants_of(ids)
    payment_moves.perform_within(ids, PaymentAction.RELEASE, person, run_id=run.id)
    payment_moves.stop_those_of_stopped_grants(sorted(ids))
    db.session.refresh(run)


EFFECTS: dict[RunAction, Effect] = {
    RunAction.FREEZE: _freeze,
    RunAction.APPROVE: _approve,
    RunAction.EXPORT: check_still_payable,
    RunAction.DISCARD: _discard,
}


def _move(run: PaymentRun, transition: RunTransition, person: Account, reason: str) -> PaymentRun:
    run.state = transition.to
    run.version += 1
    _record(run, transition.action, transition.state, transition.to, person, reason)
    db.session.flush()
    return run


def _record(
    run: PaymentRun,
    action: RunAction,
    before: RunState | None,
    after: RunState,
    person: Account,
    reason: str,
) -> None:
    db.session.add(
        RunEvent(
            run_id=run.id,
            action=action,
            from_state=before,
            to_state=after,
            actor_id=person.id,
            actor_name=person.name,
            reason=reason,
            at=now(),
        )
    )
