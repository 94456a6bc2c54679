"""The columns of 「发放批次」: the list of runs, and the rows of one run under each tab."""

from typing import Any

from flask_babel import gettext

from admin_views.site.lists import Badge, Column
from admin_views.site.wording import translated
from common.money import in_yuan
from common.wording import N_
from models import BankOutcome, RunState
from payments.judging import OUTCOME_WORDS
from payments.run_transitions import RUN_STATE_WORDS

RUN_BADGES = {
    RunState.MADE: "idle",
    RunState.FROZEN: "late",
    RunState.APPROVED: "late",
    RunState.EXPORTED: "wait",
    RunState.ANSWERED: "good",
    RunState.DISCARDED: "idle",
}
OUTCOME_BADGES = {BankOutcome.PAID: "good", BankOutcome.REFUSED: "bad", BankOutcome.UNKNOWN: "late"}


def run_badge(row: Any) -> Badge:
    """Return the state of a run as a badge."""
    return Badge(RUN_BADGES[row.state], translated(RUN_STATE_WORDS[row.state]))


def _outcome_badge(row: Any) -> Badge | None:
    return Badge(OUTCOME_BADGES[row.outcome], translated(OUTCOME_WORDS[row.outcome])) if row.outcome else None


def left_out_text(row: Any) -> str:
    """Return why a row is not paid with its run, or what the bank said of it."""
    return translated(*row.left_out) if row.left_out else row.bank_reason


def sum_fact(label: str, count: int, fen: int) -> dict[str, str]:
    """Return a number of payments and their sum for components/facts.html."""
    return {"label": label, "value": gettext("%(count)s 笔，%(total)s 元", count=count, total=in_yuan(fen))}


COLUMNS = (
    Column("number", N_("发放批次"), cell="title", style="num"),
    Column("period", N_("申报期"), lambda row: row.period or gettext("全部申报期")),
    Column("due_until", N_("到期日截至"), cell="day", style="num"),
    Column("count", N_("笔数"), style="num cell-num", kind="num"),
    Column("total", N_("合计（元）"), lambda row: in_yuan(row.total_fen), style="num cell-num", kind="num"),
    Column("left_out", N_("未列入"), style="num cell-num", kind="num"),
    Column("state", N_("状态"), run_badge, cell="badge"),
)
ROW_COLUMNS = (
    Column("number", N_("付款编号"), lambda row: row.number or "—", style="cell-quiet num"),
    Column("name", N_("姓名"), lambda row: row.holder or row.name, cell="title"),
    Column("bank", N_("开户银行"), hides_empty=True),
    Column("account", N_("收款账号"), masked=True, style="num", hides_empty=True),
    Column("amount", N_("金额（元）"), lambda row: in_yuan(row.amount_fen), style="num cell-num", kind="num"),
    Column("outcome", N_("银行处理结果"), _outcome_badge, cell="badge"),
    Column("why", N_("原因"), left_out_text, hides_empty=True),
)
SUM_WORDS = OUTCOME_WORDS | {BankOutcome.UNKNOWN: N_("待银行回执")}
"""What the bank has not decided yet counts with what it has not answered, as under the tab."""
TABS = {
    "rows": N_("发放明细"),
    "left_out": N_("未列入"),
    "refused": N_("银行退回"),
    "open": N_("待银行回执"),
}
