"""Grants and their payments for tests, made without the way that leads to them."""

import io
from datetime import date, timedelta
from itertools import count
from typing import Any, BinaryIO

from flask import current_app
from sqlalchemy import select

from common.calendar import today
from models import (
    Account,
    Application,
    Batch,
    BatchState,
    Enterprise,
    Grant,
    GrantState,
    Payment,
    PaymentRun,
    Period,
    Result,
    RunAction,
    Standard,
    StandardState,
    State,
    db,
    now,
)
from models.vocabulary import REACHED_BITS
from payments import answers, exporting, runs, schedule
from payments.answer_table import AnsweredRow
from payments.bank_lines import bank_lines
from payments.due import RunChoice
from tests.factories import applicant, saved, standard
from uploads.storage import StoredFile

LONG_AGO = date(2026, 1, 1)
_numbers = count(1)


def period() -> Period:
    n = next(_numbers)
    first = date(1900, 1, 1) + timedelta(days=n)
    return saved(Period(name=f"第{n}期", opens=first, closes=first))


def batch(of: Period, by: Account) -> Batch:
    return saved(
        Batch(
            number=f"T-{next(_numbers)}",
            period_id=of.id,
            state=BatchState.ENDED,
            opens=LONG_AGO,
            closes=LONG_AGO,
            count=0,
            made_by_id=by.id,
            made_by_name=by.name,
            ended_at=now(),
        )
    )


def grant(
    within: Batch,
    employer: Enterprise,
    fen: int = 1_500_001,
    *,
    parts: int = 2,
    interval: int = 0,
    name: str = "王晓敏",
    account: str | None = "6217000012345678901",
    bank: str = "鄂尔多斯银行东胜支行",
    by: Account | None = None,
    application: Application | None = None,
) -> Grant:
    """A grant that is 待发放, with its payments."""
    n = next(_numbers)
    if application is None:
        application = _passed(within, employer, by or applicant(name), name, account, bank)
    person = application.applicant
    made = Grant(
        batch_id=within.id,
        position=n,
        application_id=application.id,
        period_id=within.period_id,
        applicant_id=person.id,
        identity_digest=person.login_digest,
        submitted_enterprise_id=employer.id,
        region_id=employer.region_id,
        name=application.name,
        enterprise_name=employer.name,
        state=GrantState.GRANTED,
        standard_id=_any_standard(),
        rule_text="硕士研究生，每年一次。",
        amount_fen=fen,
        granted_at=now(),
    )
    db.session.add(made)
    db.session.flush()
    db.session.add_all(
        Payment(
            grant_id=made.id,
            period_id=within.period_id,
            year=one.year,
            ordinal=one.ordinal,
            due_on=one.due_on,
            amount_fen=one.fen,
        )
        for one in (schedule.instalments(fen, parts, LONG_AGO, interval) if parts else ())
    )
    db.session.commit()
    return made


def _any_standard() -> int:
    """A standard that applies to nobody."""
    found = db.session.scalar(select(Standard.id).where(Standard.state == StandardState.DRAFT).limit(1))
    return found or standard(name="草稿", priority=99, state=StandardState.DRAFT).id


def _passed(
    within: Batch, employer: Enterprise, person: Account, name: str, account: str | None, bank: str
) -> Application:
    made = Application(
        number=f"P{next(_numbers)}",
        applicant_id=person.id,
        state=State.FINISHED,
        result=Result.PASSED,
        reached=sum(REACHED_BITS.values()),
        round=1,
        submitted_enterprise_id=employer.id,
        enterprise_id=employer.id,
        region_id=employer.region_id,
        submitted_at=now(),
        period_id=within.period_id,
        in_batch=True,
        name=name,
        paper=person.paper or "",
        identity_number=person.identity_number or "",
        identity_digest=person.login_digest,
        bank_account=account,
        answers={"bank": bank},
    )
    db.session.add(made)
    db.session.flush()
    return made


def kept(stream: BinaryIO) -> StoredFile:
    """A store that keeps the file in FILES."""
    import hashlib

    content = stream.read()
    name = f"file-{next(_numbers)}"
    FILES[name] = content
    return StoredFile(name, len(content), hashlib.sha256(content).hexdigest())


FILES: dict[str, bytes] = {}


def opened(name: str) -> BinaryIO:
    if name not in FILES:
        raise FileNotFoundError(name)
    return io.BytesIO(FILES[name])


def fresh(row: Any) -> Any:
    db.session.rollback()
    return db.session.get_one(type(row), row.id, populate_existing=True)


def made(by: Account, of: Period, until: date | None = None) -> PaymentRun:
    return runs.make(by, RunChoice(until or today(), of.id))


def act(run: PaymentRun, action: RunAction, by: Account, reason: str = "") -> PaymentRun:
    return runs.perform(run.id, action, by, seen_version=fresh(run).version, reason=reason)


def exported(maker: Account, second: Account, of: Period) -> PaymentRun:
    """A run that went to the bank."""
    run = made(maker, of)
    act(run, RunAction.FREEZE, maker)
    act(run, RunAction.APPROVE, second)
    return exporting.export(run.id, maker, seen_version=fresh(run).version, store=kept)


def answered(run: PaymentRun, by: Account, cells: list[dict[str, str]]) -> Any:
    """The bank's answer with these cells, read, confirmed and written as the worker does it."""
    answer = previewed(run, by, cells)
    if answer.accepted:
        answers.confirm_answer(by, answer.id, seen=answer.accepted)
        job = answers.claim()
        assert job is not None
        answers.write_answer(job)
    return fresh(answer)


def previewed(run: PaymentRun, by: Account, cells: list[dict[str, str]]) -> Any:
    current_app.extensions["wake_bank_answers"] = lambda: None
    answer = answers.begin(by, run.id, file_name="回执.csv", extension="csv", storage_name="x")
    job = answers.claim()
    assert job is not None
    answers.store_preview(job, [AnsweredRow(line, dict(row)) for line, row in enumerate(cells, 2)], [])
    return fresh(answer)


def said(run: PaymentRun, *words: str, reason: str = "账号户名不符") -> list[dict[str, str]]:
    """What the bank says of the rows of a run, in their order; the last word of all further rows."""
    lines = list(bank_lines(run))
    return [
        {
            "number": line.number,
            "account": line.account,
            "amount": f"{line.amount_fen // 100}.{line.amount_fen % 100:02d}",
            "outcome": words[min(place, len(words) - 1)],
            "reason": reason if words[min(place, len(words) - 1)] == "失败" else "",
        }
        for place, line in enumerate(lines)
    ]
