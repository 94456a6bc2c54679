"""The table of transitions of a grant: who may do what to it in which state, where that leads, and who is told what.

Buttons, the checks of the server, the diagram in docs/publicity.md and the tests are derived from this table. The procedure of
an application is another table (workflow/transitions.py); it is finished before a grant begins.
"""

from enum import Enum
from typing import NamedTuple

from common.wording import N_, NP_
from models import GrantAction, GrantState, ObjectionDecision, Role

PUBLICIZED, SUSPENDED, GRANTED = GrantState.PUBLICIZED, GrantState.SUSPENDED, GrantState.GRANTED
DENIED, STOPPED, COMPLETED = GrantState.DENIED, GrantState.STOPPED, GrantState.COMPLETED
OBJECT, DISMISS, UPHOLD = GrantAction.OBJECT, GrantAction.DISMISS, GrantAction.UPHOLD
GRANT, STOP, COMPLETE, REOPEN = GrantAction.GRANT, GrantAction.STOP, GrantAction.COMPLETE, GrantAction.REOPEN
HOLD, LEAVE = GrantAction.HOLD, GrantAction.LEAVE
REINSTATE, RECONSIDER = GrantAction.REINSTATE, GrantAction.RECONSIDER
CITY = Role.CITY
SYSTEM = None
"""What the system does by itself: when a publicity is over, when the last payment was made."""
YES, NO = True, False
NOBODY = ""


class TargetAfterObjection(Enum):
    """Where a grant goes whose objection was dismissed: payments/grant_moves.py decides it by the other objections and the day."""

    AFTER_DISMISSAL = "after dismissal"


AFTER_DISMISSAL = TargetAfterObjection.AFTER_DISMISSAL
POSSIBLE_TARGETS = {AFTER_DISMISSAL: (PUBLICIZED, SUSPENDED, GRANTED)}


class GrantTransition(NamedTuple):
    """One row of the table. `wording` is the text of the history row; `message` is the kind of message to the applicant.

    `second_person`: whoever did what is taken back cannot do it.
    """

    state: GrantState
    action: GrantAction
    by: Role | None
    to: GrantState | TargetAfterObjection
    needs_reason: bool
    wording: str
    message: str
    second_person: bool


T = GrantTransition

# fmt: off
GRANT_TRANSITIONS = (
    # from         action      by      to               reason  wording                            message                       second person
    T(PUBLICIZED,  OBJECT,     CITY,   SUSPENDED,       NO,     N_("收到异议，暂缓发放"),            "grant_objected",             NO),
    T(SUSPENDED,   OBJECT,     CITY,   SUSPENDED,       NO,     N_("又收到异议"),                    "grant_objected",             NO),
    T(SUSPENDED,   DISMISS,    CITY,   AFTER_DISMISSAL, YES,    N_("异议不成立"),                    "grant_objection_dismissed",  NO),
    T(SUSPENDED,   UPHOLD,     CITY,   DENIED,          YES,    N_("异议成立，不予发放"),            "grant_denied",               NO),
    T(DENIED,      RECONSIDER, CITY,   SUSPENDED,       YES,    N_("撤销不予发放，重新处理异议"),    "grant_reconsidered",         YES),
    T(PUBLICIZED,  GRANT,      SYSTEM, GRANTED,         NO,     N_("公示期满，予以发放"),            NOBODY,                       NO),
    T(GRANTED,     STOP,       CITY,   STOPPED,         YES,    N_("停止发放"),                      "grant_stopped",              NO),
    T(GRANTED,     HOLD,       SYSTEM, GRANTED,         YES,    N_("逾期未确认在岗，暂缓发放"),      "grant_held",                 NO),
    T(GRANTED,     LEAVE,      SYSTEM, STOPPED,         YES,    N_("不再在原单位工作，停止发放"),    "grant_stopped",              NO),
    T(STOPPED,     REINSTATE,  CITY,   GRANTED,         YES,    N_("撤销停止，恢复发放"),            "grant_reinstated",           YES),
    T(GRANTED,     COMPLETE,   SYSTEM, COMPLETED,       NO,     N_("已全部发放"),                    NOBODY,                       NO),
    T(COMPLETED,   REOPEN,     SYSTEM, GRANTED,         YES,    N_("有款项冲回，重新发放"),          NOBODY,                       NO),
)
"""`grant_granted` is not in the table: whatever leads to the state 待发放 for the first time sends it (payments/grant_moves.py)."""
# fmt: on

FIRST_WORDING = N_("列入公示批次")
"""The text of the first history row, GrantAction.PUBLICIZE, which payments/batch_making.py writes."""

BY_GRANT_STATE_AND_ACTION = {(each.state, each.action): each for each in GRANT_TRANSITIONS}

GRANT_STATE_WORDS = {
    PUBLICIZED: N_("公示中"),
    SUSPENDED: N_("暂缓发放（有异议）"),
    GRANTED: N_("待发放"),
    DENIED: N_("不予发放"),
    STOPPED: N_("停止发放"),
    COMPLETED: N_("已发放"),
}

GRANT_BADGES = {
    PUBLICIZED: "wait",
    SUSPENDED: "late",
    GRANTED: "good",
    DENIED: "bad",
    STOPPED: "idle",
    COMPLETED: "good",
}
"""The kind of badge of each state."""

GRANT_ACTION_WORDS = {
    GrantAction.PUBLICIZE: NP_("button", "列入公示"),
    OBJECT: NP_("button", "登记异议"),
    DISMISS: NP_("button", "异议不成立"),
    UPHOLD: NP_("button", "异议成立"),
    GRANT: NP_("button", "予以发放"),
    STOP: NP_("button", "停止发放"),
    COMPLETE: NP_("button", "全部发放"),
    REOPEN: NP_("button", "重新发放"),
    HOLD: NP_("button", "暂缓发放"),
    LEAVE: NP_("button", "停止发放"),
    REINSTATE: NP_("button", "恢复发放"),
    RECONSIDER: NP_("button", "重新处理异议"),
}

OBJECTION_WORDS = {
    ObjectionDecision.UPHELD: N_("异议成立"),
    ObjectionDecision.DISMISSED: N_("异议不成立"),
}


def find_grant_transition(state: GrantState, action: GrantAction, by: Role | None) -> GrantTransition | None:
    """Return the transition that lets this role, or the system (None), do this action; None if there is none."""
    found = BY_GRANT_STATE_AND_ACTION.get((state, action))
    return found if found is not None and found.by is by else None


def history_wording(event_state: GrantState | None, action: GrantAction) -> str:
    """Return the text of a history row by its former state and its action."""
    found = BY_GRANT_STATE_AND_ACTION.get((event_state, action)) if event_state is not None else None
    return found.wording if found is not None else FIRST_WORDING
