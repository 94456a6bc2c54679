"""The table of transitions: who may do what to an application in which state, where that leads, and what the history says.

Buttons, the checks of the server, the diagram in the README and the tests of roles are all derived from this table.
Source: 《战略性新兴产业引进人才生活补贴线上申请系统操作指南》, sections 一 to 三; docs/changing.md says how we read what it leaves open.
"""

from enum import Enum
from typing import NamedTuple

from common.wording import N_, NP_
from models import Action, Result, Role, State

DRAFT, RETURNED, FINISHED = State.DRAFT, State.RETURNED, State.FINISHED
ENTERPRISE_REVIEW, PRELIMINARY_REVIEW, CITY_REVIEW = (
    State.ENTERPRISE_REVIEW,
    State.PRELIMINARY_REVIEW,
    State.CITY_REVIEW,
)
SAVE, SUBMIT, WITHDRAW = Action.SAVE, Action.SUBMIT, Action.WITHDRAW
PASS, RETURN, REFUSE, CLOSE = Action.PASS, Action.RETURN, Action.REFUSE, Action.CLOSE
EXTEND, TAKE_BACK = Action.EXTEND, Action.TAKE_BACK
APPLICANT, ENTERPRISE, OFFICE, CITY = Role.APPLICANT, Role.ENTERPRISE, Role.OFFICE, Role.CITY
ADMINISTRATOR = Role.ADMINISTRATOR


class RelativeTarget(Enum):
    """A target that depends on the route of the application (workflow/routing.py)."""

    FIRST_STEP = "first step"
    NEXT_STEP = "next step"


FIRST_STEP, NEXT_STEP = RelativeTarget.FIRST_STEP, RelativeTarget.NEXT_STEP
YES, NO = True, False
UNRECORDED = ""


class Transition(NamedTuple):
    """One row of the table. `wording` is the text of the history row; a transition without wording writes no history row."""

    state: State
    action: Action
    by: Role
    to: State | RelativeTarget
    result: Result | None
    needs_reason: bool
    wording: str


T = Transition

# fmt: off
TRANSITIONS = (
    # from                action    by          to           result           reason  wording
    T(DRAFT,              SAVE,     APPLICANT,  DRAFT,       None,            NO,     UNRECORDED),
    T(DRAFT,              SUBMIT,   APPLICANT,  FIRST_STEP,  None,            NO,     N_("提交")),
    T(RETURNED,           SAVE,     APPLICANT,  RETURNED,    Result.RETURNED, NO,     UNRECORDED),
    T(RETURNED,           SUBMIT,   APPLICANT,  FIRST_STEP,  None,            NO,     N_("重新提交")),
    T(ENTERPRISE_REVIEW,  WITHDRAW, APPLICANT,  DRAFT,       None,            NO,     N_("撤回")),
    T(ENTERPRISE_REVIEW,  PASS,     ENTERPRISE, NEXT_STEP,   None,            NO,     N_("企业审核通过")),
    T(ENTERPRISE_REVIEW,  RETURN,   ENTERPRISE, RETURNED,    Result.RETURNED, YES,    N_("企业回退")),
    T(PRELIMINARY_REVIEW, PASS,     OFFICE,     NEXT_STEP,   None,            NO,     N_("初审通过")),
    T(PRELIMINARY_REVIEW, RETURN,   OFFICE,     RETURNED,    Result.RETURNED, YES,    N_("初审回退")),
    T(PRELIMINARY_REVIEW, REFUSE,   OFFICE,     FINISHED,    Result.REFUSED,  YES,    N_("初审不通过")),
    T(CITY_REVIEW,        PASS,     CITY,       NEXT_STEP,   Result.PASSED,   NO,     N_("市专家服务中心审核通过")),
    T(CITY_REVIEW,        RETURN,   CITY,       RETURNED,    Result.RETURNED, YES,    N_("市专家服务中心回退")),
    T(CITY_REVIEW,        REFUSE,   CITY,       FINISHED,    Result.REFUSED,  YES,    N_("市专家服务中心审核不通过")),
)

ON_ENTERPRISE_CLOSED = (
    # from                action    by             to                  result           reason  wording
    T(DRAFT,              CLOSE,    ADMINISTRATOR, DRAFT,              None,            YES,    N_("工作单位已停用")),
    T(RETURNED,           CLOSE,    ADMINISTRATOR, RETURNED,           Result.RETURNED, YES,    N_("工作单位已停用")),
    T(ENTERPRISE_REVIEW,  CLOSE,    ADMINISTRATOR, RETURNED,           Result.RETURNED, YES,    N_("工作单位已停用，回退给申请人")),
    T(PRELIMINARY_REVIEW, CLOSE,    ADMINISTRATOR, PRELIMINARY_REVIEW, None,            YES,    N_("工作单位已停用，审核照常进行")),
    T(CITY_REVIEW,        CLOSE,    ADMINISTRATOR, CITY_REVIEW,        None,            YES,    N_("工作单位已停用，审核照常进行")),
)
"""What closing an enterprise does to each application that names it. They do not go through `perform`, and decide nothing."""

EXTENSIONS = (
    # from                action    by          to           result           reason  wording
    T(DRAFT,              EXTEND,   OFFICE,     DRAFT,       None,            YES,    N_("延长重新提交期限")),
    T(RETURNED,           EXTEND,   OFFICE,     RETURNED,    Result.RETURNED, YES,    N_("延长重新提交期限")),
)
"""More time for an application that was submitted and returned. It also needs a day: desk/extension.py."""

TAKE_BACKS = (
    # from                action     by          to                  result           reason  wording
    T(PRELIMINARY_REVIEW, TAKE_BACK, ENTERPRISE, ENTERPRISE_REVIEW,  None,            YES,    N_("收回审核决定")),
    T(CITY_REVIEW,        TAKE_BACK, ENTERPRISE, ENTERPRISE_REVIEW,  None,            YES,    N_("收回审核决定")),
    T(RETURNED,           TAKE_BACK, ENTERPRISE, ENTERPRISE_REVIEW,  None,            YES,    N_("收回审核决定")),
    T(CITY_REVIEW,        TAKE_BACK, OFFICE,     PRELIMINARY_REVIEW, None,            YES,    N_("收回审核决定")),
    T(RETURNED,           TAKE_BACK, OFFICE,     PRELIMINARY_REVIEW, None,            YES,    N_("收回审核决定")),
    T(FINISHED,           TAKE_BACK, OFFICE,     PRELIMINARY_REVIEW, None,            YES,    N_("收回审核决定")),
    T(RETURNED,           TAKE_BACK, CITY,       CITY_REVIEW,        None,            YES,    N_("收回审核决定")),
    T(FINISHED,           TAKE_BACK, CITY,       CITY_REVIEW,        None,            YES,    N_("收回审核决定")),
)
"""Whoever made the last decision takes it back. desk/taking_back.py says until when; the wording is the same in each row."""
# fmt: on

CORRECTIONS = tuple(
    T(state, action, by, state, None, YES, wording)
    for state in State
    if state is not FINISHED
    for action, by, wording in (
        (Action.CORRECT_NAME, OFFICE, N_("更正姓名")),
        (Action.CORRECT_NUMBER, ADMINISTRATOR, N_("更正证件号码")),
    )
)
"""Corrections of a wrong name or number, possible in every state but the last. `by` is who usually corrects;
desk/corrections.py decides who may correct one application. A correction decides nothing."""

BY_STATE_AND_ACTION = {
    (each.state, each.action): each
    for each in (*TRANSITIONS, *ON_ENTERPRISE_CLOSED, *EXTENSIONS, *TAKE_BACKS, *CORRECTIONS)
}
TAKE_BACK_BY = {(each.state, each.by): each for each in TAKE_BACKS}
PERFORMED = {(each.state, each.action): each for each in TRANSITIONS}
STATE_OF_RESULT = {
    each.result: each.to if isinstance(each.to, State) else FINISHED for each in TRANSITIONS if each.result
}
"""The state of an application that has this result."""
DECIDES_NOTHING = frozenset({Action.REROUTE, CLOSE, EXTEND, Action.CORRECT_NAME, Action.CORRECT_NUMBER})

STATE_WORDS = {
    DRAFT: N_("个人保存状态"),
    ENTERPRISE_REVIEW: N_("待企业审核"),
    PRELIMINARY_REVIEW: N_("待初审"),
    CITY_REVIEW: N_("待市专家服务中心审核"),
    RETURNED: N_("回退到申请"),
    FINISHED: N_("业务结束"),
}
"""业务状态, literally as in the guide."""

RESULT_WORDS = {
    Result.PASSED: N_("通过"),
    Result.RETURNED: N_("回退"),
    Result.REFUSED: N_("不通过"),
}
"""审核结果, literally as in the guide."""

ACTION_WORDS = {
    SAVE: NP_("button", "保存"),
    SUBMIT: NP_("button", "提交"),
    WITHDRAW: NP_("button", "撤回"),
    PASS: NP_("button", "通过"),
    RETURN: NP_("button", "回退"),
    REFUSE: NP_("button", "不通过"),
    Action.REROUTE: NP_("button", "划转"),
    CLOSE: NP_("button", "停用企业"),
    Action.CORRECT_NAME: NP_("button", "更正姓名"),
    Action.CORRECT_NUMBER: NP_("button", "更正证件号码"),
    EXTEND: NP_("button", "延长期限"),
    TAKE_BACK: NP_("button", "收回"),
}

ROLE_WORDS = {
    APPLICANT: N_("个人"),
    ENTERPRISE: N_("企业"),
    OFFICE: N_("市、旗区人社部门或市管园区人才业务主管部门"),
    CITY: N_("市专家服务中心"),
    ADMINISTRATOR: N_("系统管理员"),
}


def find_transition(state: State, action: Action, role: Role) -> Transition | None:
    """Return the transition that lets this role do this action in this state; None if there is none."""
    found = PERFORMED.get((state, action))
    return found if found is not None and found.by is role else None


def open_transitions(state: State, role: Role) -> tuple[Transition, ...]:
    """Return the transitions open to this role in this state, in the order of the table."""
    return tuple(each for each in TRANSITIONS if each.state is state and each.by is role)


def is_editable(state: State) -> bool:
    """Return whether the applicant may still change the application (A14)."""
    return (state, SAVE) in PERFORMED


STATES_WITH_APPLICANT = tuple(state for state in State if is_editable(state))


def returns_to_applicant(transition: Transition) -> bool:
    """Return whether this returns the application to its applicant, which begins the term to resubmit: a return, a withdrawal,
    the closing of the employer."""
    return transition.to in STATES_WITH_APPLICANT and transition.state not in STATES_WITH_APPLICANT
