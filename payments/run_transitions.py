"""Two tables of transitions: of a payment, and of a payment run. Who may do what in which state, and where it leads.

Buttons, the checks of the server and the tests are derived from them. Money never leaves twice: a payment is in one run at a
time, and an exported run can only be discarded when the bank returned the whole file and has answered no row of it: a second
person says so.
"""

from enum import Enum
from typing import NamedTuple

from common.wording import N_, NP_
from models import PaymentAction, PaymentState, Role, RunAction, RunState

OPEN, IN_RUN, PAID, REFUSED = PaymentState.OPEN, PaymentState.IN_RUN, PaymentState.PAID, PaymentState.REFUSED
SUSPENDED, STOPPED, REVERSED = PaymentState.SUSPENDED, PaymentState.STOPPED, PaymentState.REVERSED
CITY, ENTERPRISE = Role.CITY, Role.ENTERPRISE
SYSTEM = None
YES, NO = True, False
NOBODY = ""


class TargetAfterReinstating(Enum):
    """Where a payment goes whose grant is no longer stopped: to the state that it was stopped in (payments/reinstating.py)."""

    BEFORE_STOP = "before stop"


BEFORE_STOP = TargetAfterReinstating.BEFORE_STOP
STOPPABLE = (OPEN, REFUSED, SUSPENDED)
"""The states in which a payment is stopped. One that is with the bank stays there until the bank answers."""


class PaymentTransition(NamedTuple):
    """One row of the table. `by` are the roles, None among them for the system; `message` goes to the applicant.

    Two rows may have the same state and action for different roles; they lead to the same state.
    """

    state: PaymentState
    action: PaymentAction
    by: tuple[Role | None, ...]
    to: PaymentState | TargetAfterReinstating
    needs_reason: bool
    wording: str
    message: str


class RunTransition(NamedTuple):
    """One row of the table. `second_person`: whoever made or froze the run cannot do it."""

    state: RunState
    action: RunAction
    by: Role
    to: RunState
    needs_reason: bool
    second_person: bool
    wording: str


A, P, R = PaymentAction, PaymentTransition, RunTransition

# fmt: off
PAYMENT_TRANSITIONS = (
    # from       action       by                          to           reason  wording                message
    P(OPEN,      A.INCLUDE,   (CITY,),                    IN_RUN,      NO,     N_("列入发放批次"),      NOBODY),
    P(IN_RUN,    A.RELEASE,   (CITY,),                    OPEN,        NO,     N_("移出发放批次"),      NOBODY),
    P(IN_RUN,    A.PAY,       (CITY,),                    PAID,        NO,     N_("银行已发放"),        NOBODY),
    P(IN_RUN,    A.REFUSE,    (CITY,),                    REFUSED,     YES,    N_("银行退回"),          "payment_refused"),
    P(REFUSED,   A.REOPEN,    (ENTERPRISE,),              OPEN,        NO,     N_("重新列入待发放"),    NOBODY),
    P(REFUSED,   A.REOPEN,    (CITY,),                    OPEN,        YES,    N_("重新列入待发放"),    NOBODY),
    P(SUSPENDED, A.RESUME,    (CITY, ENTERPRISE, SYSTEM), OPEN,        NO,     N_("恢复发放"),          NOBODY),
    P(OPEN,      A.STOP,      (CITY, SYSTEM),             STOPPED,     YES,    N_("停止发放"),          NOBODY),
    P(REFUSED,   A.STOP,      (CITY, SYSTEM),             STOPPED,     YES,    N_("停止发放"),          NOBODY),
    P(SUSPENDED, A.STOP,      (CITY, SYSTEM),             STOPPED,     YES,    N_("停止发放"),          NOBODY),
    P(STOPPED,   A.REINSTATE, (CITY,),                    BEFORE_STOP, YES,    N_("撤销停止"),          NOBODY),
    P(PAID,      A.REVERSE,   (CITY,),                    REVERSED,    YES,    N_("款项冲回"),          "payment_reversed"),
)

RUN_TRANSITIONS = (
    # from               action              by    to                  reason  second  wording
    R(RunState.MADE,     RunAction.FREEZE,   CITY, RunState.FROZEN,    NO,     NO,     N_("冻结")),
    R(RunState.MADE,     RunAction.DISCARD,  CITY, RunState.DISCARDED, NO,     NO,     N_("作废")),
    R(RunState.FROZEN,   RunAction.APPROVE,  CITY, RunState.APPROVED,  NO,     YES,    N_("批准")),
    R(RunState.FROZEN,   RunAction.DISCARD,  CITY, RunState.DISCARDED, YES,    NO,     N_("作废")),
    R(RunState.APPROVED, RunAction.EXPORT,   CITY, RunState.EXPORTED,  NO,     NO,     N_("导出银行文件")),
    R(RunState.APPROVED, RunAction.DISCARD,  CITY, RunState.DISCARDED, YES,    NO,     N_("作废")),
    R(RunState.EXPORTED, RunAction.DISCARD,  CITY, RunState.DISCARDED, YES,    YES,    N_("银行整批退回，作废")),
    R(RunState.EXPORTED, RunAction.ANSWER,   CITY, RunState.EXPORTED,  NO,     NO,     N_("登记银行回执")),
    R(RunState.EXPORTED, RunAction.COMPLETE, CITY, RunState.ANSWERED,  NO,     NO,     N_("登记银行回执，全部办结")),
)
# fmt: on

MADE_WORDING = N_("建立")
"""The text of a run's first history row, RunAction.MAKE."""

PAYMENT_STATE_WORDS = {
    OPEN: N_("待发放"),
    IN_RUN: N_("已入批"),
    PAID: N_("已发放"),
    REFUSED: N_("银行退回"),
    SUSPENDED: N_("暂缓"),
    STOPPED: N_("已停止"),
    REVERSED: N_("已冲回"),
}
RUN_STATE_WORDS = {
    RunState.MADE: N_("待冻结"),
    RunState.FROZEN: N_("待批准"),
    RunState.APPROVED: N_("待导出"),
    RunState.EXPORTED: N_("待银行回执"),
    RunState.ANSWERED: N_("已办结"),
    RunState.DISCARDED: N_("已作废"),
}
RUN_ACTION_WORDS = {
    RunAction.MAKE: NP_("button", "建立发放批次"),
    RunAction.FREEZE: NP_("button", "冻结"),
    RunAction.APPROVE: NP_("button", "批准"),
    RunAction.EXPORT: NP_("button", "导出银行文件"),
    RunAction.ANSWER: NP_("button", "登记银行回执"),
    RunAction.COMPLETE: NP_("button", "办结"),
    RunAction.DISCARD: NP_("button", "作废"),
}

BY_PAYMENT_STATE_AND_ACTION = {(each.state, each.action): each for each in PAYMENT_TRANSITIONS}
BY_PAYMENT_STATE_ACTION_AND_ROLE = {
    (each.state, each.action, role): each for each in PAYMENT_TRANSITIONS for role in each.by
}
BY_RUN_STATE_AND_ACTION = {(each.state, each.action): each for each in RUN_TRANSITIONS}
UNSETTLED = (OPEN, IN_RUN, REFUSED, SUSPENDED)
"""Money that was granted and is still to be paid."""


def find_payment_transition(
    state: PaymentState, action: PaymentAction, by: Role | None
) -> PaymentTransition | None:
    """Return the transition that lets this role, or the system (None), do this action; None if there is none."""
    return BY_PAYMENT_STATE_ACTION_AND_ROLE.get((state, action, by))


def find_run_transition(state: RunState, action: RunAction, by: Role) -> RunTransition | None:
    """Return the transition that lets this role do this action to a run in this state; None if there is none."""
    found = BY_RUN_STATE_AND_ACTION.get((state, action))
    return found if found is not None and found.by is by else None


def run_wording(state: RunState | None, action: RunAction) -> str:
    """Return the text of a run's history row by its former state and its action."""
    found = BY_RUN_STATE_AND_ACTION.get((state, action)) if state is not None else None
    return found.wording if found is not None else MADE_WORDING
