"""Every state, every role, every action: what the table allows is done, and everything else changes nothing."""

from collections.abc import Iterator

import pytest

from common.errors import NotPermitted, NotVisible, ReasonMissing
from models import Account, Action, Application, RegionKind, Result, Role, State
from tests.factories import REASON, World, act, application_at, desk_person, fresh
from tests.workflow.observing import history, stored_rows
from workflow import routing
from workflow.transitions import (
    RESULT_WORDS,
    STATE_WORDS,
    TRANSITIONS,
    find_transition,
    is_editable,
    open_transitions,
)

IMPOSSIBLE = {(RegionKind.CITY, State.PRELIMINARY_REVIEW)}
"""市直属 has no 初审."""

PLACES = [(kind, state) for kind in RegionKind for state in State if (kind, state) not in IMPOSSIBLE]


def of_role(role: Role, application: Application, ordos: World, kind: RegionKind) -> Account:
    """The person of this role who has to do with this application, if anybody has."""
    at = ordos.at(kind)
    return {
        Role.APPLICANT: application.applicant,
        Role.ENTERPRISE: at.reviewer,
        Role.OFFICE: at.clerk,
        Role.CITY: ordos.centre,
        Role.ADMINISTRATOR: ordos.administrator,
    }[role]


@pytest.mark.guide("A14", "E5", "O1", "O2", "D4")
@pytest.mark.parametrize(("kind", "state"), PLACES, ids=lambda part: part.value)
def test_every_action_outside_the_table_is_refused_and_changes_nothing(
    ordos: World, kind: RegionKind, state: State
) -> None:
    application = application_at(state, ordos.at(kind), ordos)
    before = stored_rows(application)
    tried = 0
    for role in Role:
        for action in Action:
            if find_transition(state, action, role) is not None:
                continue
            with pytest.raises((NotPermitted, NotVisible)):
                act(application, action, of_role(role, application, ordos, kind), REASON)
            tried += 1
    assert tried == len(Role) * len(Action) - len([row for row in TRANSITIONS if row.state is state])
    assert stored_rows(application) == before


def expected_target(state: State, action: Action, kind: RegionKind) -> State:
    """Where the guide sends it, in so many words."""
    if action is Action.SAVE:
        return state
    if action is Action.SUBMIT:
        return State.ENTERPRISE_REVIEW
    if action is Action.WITHDRAW:
        return State.DRAFT
    if action is Action.RETURN:
        return State.RETURNED
    if action is Action.REFUSE or state is State.CITY_REVIEW:
        return State.FINISHED
    if state is State.ENTERPRISE_REVIEW and kind is not RegionKind.CITY:
        return State.PRELIMINARY_REVIEW
    return State.CITY_REVIEW


@pytest.mark.guide("R1", "R2", "A18", "A19", "E5", "O1", "O2")
@pytest.mark.parametrize("kind", list(RegionKind), ids=lambda kind: kind.value)
def test_every_transition_of_the_table_is_performed_and_recorded(ordos: World, kind: RegionKind) -> None:
    for row in TRANSITIONS:
        if (kind, row.state) in IMPOSSIBLE:
            continue
        application = application_at(row.state, ordos.at(kind), ordos)
        person = of_role(row.by, application, ordos, kind)
        lines, version = len(history(application)), application.version

        line = act(application, row.action, person, REASON if row.needs_reason else "")

        fresh(application)
        assert application.state is expected_target(row.state, row.action, kind), row
        assert application.version == version + 1
        if not row.wording:
            assert line is None
            assert len(history(application)) == lines
            continue
        newest = history(application)[-1]
        assert newest is line
        assert (newest.from_state, newest.to_state, newest.action) == (
            row.state,
            application.state,
            row.action,
        )
        assert (newest.actor_id, newest.actor_name, newest.actor_role) == (person.id, person.name, row.by)
        assert newest.reason == (REASON if row.needs_reason else "")
        assert newest.sequence == lines + 1
        assert newest.at == application.arrived_at


@pytest.mark.guide("E5", "O1", "O2")
def test_a_return_or_refusal_without_a_reason_is_refused(ordos: World) -> None:
    for row in TRANSITIONS:
        if not row.needs_reason:
            continue
        application = application_at(row.state, ordos.banner, ordos)
        person = desk_person(application, ordos.banner, ordos)
        before = stored_rows(application)
        for nothing in ("", "   ", "\n\t", "\u3000\u3000"):
            with pytest.raises(ReasonMissing):
                act(application, row.action, person, nothing)
        assert stored_rows(application) == before


@pytest.mark.guide("A18", "A19", "O1", "O2")
@pytest.mark.parametrize(
    ("state", "action", "shown"),
    [
        (State.CITY_REVIEW, Action.PASS, ("业务结束", "通过")),
        (State.CITY_REVIEW, Action.REFUSE, ("业务结束", "不通过")),
        (State.CITY_REVIEW, Action.RETURN, ("回退到申请", "回退")),
        (State.PRELIMINARY_REVIEW, Action.REFUSE, ("业务结束", "不通过")),
        (State.PRELIMINARY_REVIEW, Action.RETURN, ("回退到申请", "回退")),
        (State.ENTERPRISE_REVIEW, Action.RETURN, ("回退到申请", "回退")),
    ],
)
def test_states_and_results_have_the_words_of_the_guide(
    ordos: World, state: State, action: Action, shown: tuple[str, str]
) -> None:
    application = application_at(state, ordos.banner, ordos)
    act(application, action, desk_person(application, ordos.banner, ordos), REASON)
    assert application.result is not None
    assert (STATE_WORDS[application.state], RESULT_WORDS[application.result]) == shown


def rows(role: Role) -> Iterator[tuple[str, Action]]:
    return ((STATE_WORDS[row.state], row.action) for row in TRANSITIONS if row.by is role)


@pytest.mark.guide("D4")
def test_the_administrator_has_no_transition() -> None:
    assert list(rows(Role.ADMINISTRATOR)) == []


@pytest.mark.guide("E5")
def test_an_enterprise_can_pass_or_return_but_not_refuse() -> None:
    assert list(rows(Role.ENTERPRISE)) == [("待企业审核", Action.PASS), ("待企业审核", Action.RETURN)]


@pytest.mark.guide("O1", "O2")
@pytest.mark.parametrize(("role", "state"), [(Role.OFFICE, "待初审"), (Role.CITY, "待市专家服务中心审核")])
def test_an_office_can_pass_return_or_refuse(role: Role, state: str) -> None:
    assert list(rows(role)) == [(state, Action.PASS), (state, Action.RETURN), (state, Action.REFUSE)]


@pytest.mark.guide("A14")
def test_only_drafts_and_returned_applications_can_be_edited() -> None:
    assert {state for state in State if is_editable(state)} == {State.DRAFT, State.RETURNED}


def test_a_finished_application_has_no_action() -> None:
    assert not [row for role in Role for row in open_transitions(State.FINISHED, role)]


def test_each_state_and_action_has_one_row_and_every_value_has_wording() -> None:
    assert len({(row.state, row.action) for row in TRANSITIONS}) == len(TRANSITIONS)
    assert set(STATE_WORDS) == set(State)
    assert set(RESULT_WORDS) == set(Result)
    assert {step for steps in routing.ROUTES.values() for step in steps} == set(routing.REVIEW_STEPS)
