"""Making a batch (P1): which passed applications of one period come into it, with which standard, and which are left out and why.

An application that belongs to no period comes into a batch of whichever period the city chooses; only its grant has that period.

The summary and the making itself judge by the same function. The batch is made under locks, and refused when the outcome
is no longer what was shown.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256
from typing import Any, NamedTuple

from sqlalchemy import Select, func, select, update

from accounts.access import active_account
from common.calendar import today
from common.errors import ActionRefused, NotPermitted, NotVisible, Unacceptable
from common.wording import N_, Sentence
from common.working_days import Term
from models import (
    Account,
    Application,
    Batch,
    Enterprise,
    Grant,
    GrantAction,
    GrantEvent,
    GrantState,
    Message,
    Period,
    Result,
    Role,
    Standard,
    State,
    db,
    exclusive,
    now,
)
from payments import publicity, same_person, standards
from payments.grant_moves import message_words
from payments.same_person import GrantedAs, Keys
from payments.yearly_numbers import next_in_year
from workflow import scope

MOST_ROWS = 1000
"""Applications of one batch: they are written in one transaction."""

NO_STANDARD = Sentence(N_("没有适用的补贴标准。"))
GRANTED_IN = N_("本期已有补贴，见第 %(batch)s 批。")
TWICE = Sentence(N_("同一人本期另有一份申请，只列入较早的一份。"))
TAKEN = N_("已列入第 %(batch)s 批。")
NOT_PASSED = Sentence(N_("现在不是审核通过的状态。"))
OTHER_PERIOD = Sentence(N_("不属于这个申报期。"))


class Candidate(NamedTuple):
    """An application that comes into the batch."""

    application: Any
    standard: Standard

    @property
    def amount_fen(self) -> int:
        return self.standard.amount_fen


class LeftOut(NamedTuple):
    """An application that does not come into the batch, and why."""

    application: Any
    why: Sentence


@dataclass(frozen=True)
class BatchSummary:
    """What would become of the chosen applications. `token` names exactly this outcome."""

    period: Period
    opens: date
    term: Term
    included: Sequence[Candidate]
    left_out: Sequence[LeftOut]

    @property
    def total_fen(self) -> int:
        return sum(each.amount_fen for each in self.included)

    @property
    def token(self) -> str:
        rows = "|".join(f"{each.application.id} {each.standard.id}" for each in self.included)
        return sha256(f"{self.period.id} {self.opens} {self.term.last}|{rows}".encode()).hexdigest()[:16]

    def without(self, omitted: Collection[int]) -> "BatchSummary":
        """Return the summary of the batch without these applications, which are to wait for a later one."""
        return replace(self, included=[each for each in self.included if each.application.id not in omitted])


class SummaryChanged(ActionRefused):
    """What would become of the chosen applications has changed since it was shown; `summary` is how it is now."""

    def __init__(self, summary: BatchSummary) -> None:
        super().__init__("summary changed")
        self.summary = summary


def summarise(actor: Account, period_id: int, ids: Collection[int], opens: date) -> BatchSummary:
    """Return what would become of these applications. Changes nothing.

    Raises NotPermitted for anybody but the city's staff and for too many rows, NotVisible for a period or an application that
    does not exist for them, Unacceptable for a day on which no publicity can begin.
    """
    if actor.role is not Role.CITY or len(ids) > MOST_ROWS:
        raise NotPermitted
    publicity.check_opening(opens)
    period = db.session.get(Period, period_id)
    if period is None:
        raise NotVisible
    rows = db.session.execute(_rows(actor, ids, period_id)).all()
    if len(rows) != len(set(ids)):
        raise NotVisible
    included, left_out = _judged(period, rows)
    return BatchSummary(period, opens, publicity.term_from(opens), included, left_out)


def make_batch(
    actor: Account,
    period_id: int,
    ids: Collection[int],
    opens: date,
    token: str,
    omitted: Collection[int] = (),
) -> Batch:
    """Make a batch of those of these applications that can come in. Returns it.

    `omitted`: those that were shown with them and are to wait for a later batch.
    Raises SummaryChanged when that is not what `token` names, Unacceptable when none can come in, and what `summarise` raises.
    """
    with exclusive():
        person = active_account(actor)
        # Two batches at once: the second waits here, and then sees what the first has taken.
        db.session.execute(select(Period.id).order_by(Period.id).with_for_update(key_share=True))
        held = select(Application.id).where(Application.id.in_(ids)).order_by(Application.id)
        db.session.execute(held.with_for_update())
        summary = summarise(person, period_id, ids, opens)
        if summary.token != token:
            raise SummaryChanged(summary)
        published = summary.without(omitted)
        if not published.included:
            raise Unacceptable("", Sentence(N_("没有可以列入公示的申请。")))
        return _write(person, published)


def _rows(actor: Account, ids: Collection[int], period_id: int) -> Select[Any]:
    """Return the query for these applications. One that belongs to no period is granted in the period that the city chose."""
    columns = (
        Application.id,
        Application.number,
        Application.name,
        Application.state,
        Application.result,
        Application.in_batch,
        func.coalesce(Application.period_id, period_id).label("period_id"),
        Application.applicant_id,
        Application.identity_digest,
        Application.submitted_enterprise_id,
        Application.region_id,
        Application.education,
        Application.answers,
        Enterprise.name.label("enterprise_name"),
        Batch.number.label("batch_number"),
    )
    return (
        select(*columns)
        .outerjoin(Enterprise, Enterprise.id == Application.submitted_enterprise_id)
        .outerjoin(Grant, Grant.application_id == Application.id)
        .outerjoin(Batch, Batch.id == Grant.batch_id)
        .where(Application.id.in_(ids), scope.visible(actor))
        .order_by(Application.id)
    )


def _judged(period: Period, rows: Sequence[Any]) -> tuple[list[Candidate], list[LeftOut]]:
    in_force = standards.standards_of(today())
    keys = same_person.keys_of({row.id: row for row in rows})
    granted = same_person.granted_in(period.id, keys.values())
    included: list[Candidate] = []
    left_out: list[LeftOut] = []
    seen: set[str] = set()
    for row in rows:
        standard = standards.first_match(in_force, row)
        why = _why_not(row, period, keys[row.id], granted, seen)
        if why is None and standard is not None:
            seen |= keys[row.id]
            included.append(Candidate(row, standard))
        else:
            left_out.append(LeftOut(row, why or NO_STANDARD))
    return included, left_out


def _why_not(
    row: Any, period: Period, keys: Keys, granted: Mapping[str, GrantedAs], seen: set[str]
) -> Sentence | None:
    """Return why an application cannot come into a batch of this period, apart from its standard; None when it can."""
    if row.in_batch:
        return Sentence(TAKEN, {"batch": row.batch_number or ""})
    if row.state is not State.FINISHED or row.result is not Result.PASSED:
        return NOT_PASSED
    if row.period_id != period.id:
        return OTHER_PERIOD
    if (known := same_person.known_grant(keys, granted)) is not None:
        return Sentence(GRANTED_IN, {"batch": known.batch})
    return TWICE if keys & seen else None


def _write(person: Account, summary: BatchSummary) -> Batch:
    at = now()
    batch = Batch(
        number=next_in_year(Batch.number, summary.opens.year, 2),
        period_id=summary.period.id,
        opens=summary.opens,
        closes=summary.term.last,
        count=len(summary.included),
        made_by_id=person.id,
        made_by_name=person.name,
        made_at=at,
    )
    db.session.add(batch)
    db.session.flush()
    rules = {each.standard.id: each.standard for each in summary.included}
    texts = {key: standards.rule_text(standard) for key, standard in rules.items()}
    grants = [_grant(batch, position, each, texts) for position, each in enumerate(summary.included, 1)]
    db.session.add_all(grants)
    db.session.flush()
    for grant, each in zip(grants, summary.included, strict=True):
        first = GrantEvent(
            grant_id=grant.id,
            action=GrantAction.PUBLICIZE,
            to_state=grant.state,
            actor_id=person.id,
            actor_name=person.name,
            at=at,
        )
        message = Message(
            kind="grant_publicized",
            account_id=grant.applicant_id,
            application_id=grant.application_id,
            words=message_words(each.application.number, batch),
        )
        db.session.add_all([first, message])
    taken = [each.application.id for each in summary.included]
    mark = update(Application).where(Application.id.in_(taken)).values(in_batch=True)
    db.session.execute(mark.execution_options(synchronize_session=False))
    return batch


def _grant(batch: Batch, position: int, candidate: Candidate, texts: Mapping[int, str]) -> Grant:
    row, standard = candidate.application, candidate.standard
    return Grant(
        batch_id=batch.id,
        position=position,
        application_id=row.id,
        period_id=row.period_id,
        applicant_id=row.applicant_id,
        identity_digest=row.identity_digest,
        submitted_enterprise_id=row.submitted_enterprise_id,
        region_id=row.region_id,
        name=row.name,
        enterprise_name=row.enterprise_name,
        state=GrantState.PUBLICIZED,
        version=1,
        standard_id=standard.id,
        rule_text=texts[standard.id],
        amount_fen=standard.amount_fen,
        years=standard.years,
    )
