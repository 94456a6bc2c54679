"""Compares each row of the bank's answer with the run that it answers (P4). Knows no database."""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from common.identity import normalised
from common.money import in_yuan
from common.wording import N_
from models import BankOutcome
from payments.answer_table import OUTCOME, AnsweredRow, outcome_of
from payments.bank_amounts import fen_of_text
from payments.bank_file import ACCOUNT, AMOUNT, NUMBER, Layout

OUTCOME_WORDS = {
    BankOutcome.PAID: N_("已发放"),
    BankOutcome.REFUSED: N_("银行退回"),
    BankOutcome.UNKNOWN: N_("银行未确定"),
}
SEPARATORS = re.compile(r"[\s-]")


class SentRow(NamedTuple):
    """A row of the run as it went to the bank, with its outcome so far."""

    position: int
    number: str
    account: str
    amount_fen: int
    outcome: BankOutcome | None


def judge(
    rows: Sequence[AnsweredRow],
    sent: Mapping[str, SentRow],
    layout: Layout,
    run_of: Callable[[str], str | None] = lambda _: None,
) -> None:
    """Add to each row what it answers, its outcome, and all its faults. `run_of` names the other run that has a number."""
    for row in rows:
        row.cells[NUMBER] = normalised(row.cells[NUMBER]).upper()
    times = Counter(row.cells[NUMBER] for row in rows)
    lines: dict[str, list[str]] = {}
    for row in rows:
        lines.setdefault(row.cells[NUMBER], []).append(str(row.line))
    for row in rows:
        number = row.cells[NUMBER]
        if not number:
            row.add_fault(NUMBER, N_("这一格是空的。"))
        elif number not in sent:
            other = run_of(number)
            if other:
                row.add_fault(NUMBER, N_("这个付款编号属于发放批次 %(run)s，不是这一批的。"), run=other)
            else:
                row.add_fault(NUMBER, N_("这一批没有这个付款编号。"))
        elif times[number] > 1:
            row.add_fault(
                NUMBER,
                N_("这个付款编号出现了不止一次（第 %(rows)s 行）。"),
                rows="、".join(lines[number][:5]),
            )
        _judge_outcome(row)
        if number in sent:
            _compare(row, sent[number], layout)


def _judge_outcome(row: AnsweredRow) -> None:
    word = row.cells[OUTCOME]
    row.outcome = outcome_of(word)
    if not word:
        row.add_fault(OUTCOME, N_("这一格是空的。"))
    elif row.outcome is None:
        row.add_fault(OUTCOME, N_("不认识“%(word)s”，不知道是成功还是失败。"), word=word[:20])


def _compare(row: AnsweredRow, sent: SentRow, layout: Layout) -> None:
    row.position = sent.position
    amount = fen_of_text(row.cells[AMOUNT], layout.unit)
    if amount is None:
        row.add_fault(AMOUNT, N_("无法识别。"))
    elif amount != sent.amount_fen:
        row.add_fault(AMOUNT, N_("与这一批的不同，应为 %(yuan)s 元。"), yuan=in_yuan(sent.amount_fen))
    if not same_account(row.cells[ACCOUNT], sent.account):
        row.add_fault(ACCOUNT, N_("与这一批的不同。"))
    if sent.outcome is not None and row.outcome is sent.outcome:
        row.unchanged = True
    elif sent.outcome in (BankOutcome.PAID, BankOutcome.REFUSED) and row.outcome is not None:
        row.add_fault(
            OUTCOME,
            N_("已登记为“%(known)s”。已发放后又退回的，请在该笔付款中办理冲回。"),
            known=OUTCOME_WORDS[sent.outcome],
        )


def same_account(given: str, sent: str) -> bool:
    """Say whether an account is the one that was sent. Banks mask the middle: 6217****5678 agrees with every such account."""
    given = SEPARATORS.sub("", normalised(given))
    if "*" not in given:
        return given == sent
    if not re.fullmatch(r"[0-9]*\*+[0-9]{4,}", given):
        return False
    begin, _, end = given.partition("*")
    return sent.startswith(begin) and sent.endswith(end.lstrip("*")) and len(given) <= len(sent) + 20
