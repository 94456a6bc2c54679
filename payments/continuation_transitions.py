"""Who may answer the question about continued employment in which state, as one table, and the words for it (P6)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from common.wording import N_
from models import ContinuationAction, ContinuationState, EmploymentEnd, Role

ASKED, ANSWERED = ContinuationState.ASKED, ContinuationState.ANSWERED
CONFIRMED, ENDED = ContinuationState.CONFIRMED, ContinuationState.ENDED
CONTINUE, CONFIRM = ContinuationAction.CONTINUE, ContinuationAction.CONFIRM
END, EXPIRE = ContinuationAction.END, ContinuationAction.EXPIRE
ASK_AGAIN = ContinuationAction.ASK_AGAIN
APPLICANT, ENTERPRISE, CITY = Role.APPLICANT, Role.ENTERPRISE, Role.CITY
SYSTEM = None


class ContinuationTransition(NamedTuple):
    """One row of the table. `by`: None for the system. `in_place`: only while the employer cannot (payments/employers.py)."""

    state: ContinuationState
    action: ContinuationAction
    by: Role | None
    to: ContinuationState
    needs_reason: bool = False
    in_place: bool = False


T = ContinuationTransition

# fmt: off
CONTINUATION_TRANSITIONS = (
    # from      action     by          to
    T(ASKED,    CONTINUE,  APPLICANT,  ANSWERED),
    T(ASKED,    END,       APPLICANT,  ENDED),
    T(ASKED,    EXPIRE,    SYSTEM,     ASKED),
    T(ANSWERED, CONFIRM,   ENTERPRISE, CONFIRMED),
    T(ANSWERED, CONFIRM,   CITY,       CONFIRMED, needs_reason=True, in_place=True),
    T(ANSWERED, END,       ENTERPRISE, ENDED),
    T(ANSWERED, EXPIRE,    SYSTEM,     ANSWERED),
    T(ENDED,    ASK_AGAIN, CITY,       ASKED),  # the grant is reinstated
)
# fmt: on
BY_STATE_ACTION_AND_ROLE: Mapping[
    tuple[ContinuationState, ContinuationAction, Role | None], ContinuationTransition
] = MappingProxyType({(each.state, each.action, each.by): each for each in CONTINUATION_TRANSITIONS})

CONTINUATION_STATES = MappingProxyType(
    {
        ASKED: N_("待本人答复"),
        ANSWERED: N_("待单位确认"),
        CONFIRMED: N_("单位已确认"),
        ENDED: N_("已停止发放"),
    }
)
END_WORDS = MappingProxyType({EmploymentEnd.LEFT: N_("已离职"), EmploymentEnd.MOVED: N_("已到其他单位工作")})
