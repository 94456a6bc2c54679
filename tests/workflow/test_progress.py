"""The reason of a return stays in sight until the desk that gave it, or a later one, has decided again (A13, A19)."""

from __future__ import annotations

import pytest

from administration import changes
from common.errors import ConfirmationRequired
from models import Action, Application, State
from tests.factories import World, act, administrator, application_at, complete_application, fresh, submit
from workflow import progress


@pytest.fixture
def application(ordos: World) -> Application:
    found = complete_application(ordos.banner.enterprise)
    submit(found)
    return found


def reasons(application: Application) -> list[str]:
    fresh(application)
    return [line.reason for line in progress.open_returns(progress.history(application))]


def withdraw(application: Application) -> None:
    act(application, Action.WITHDRAW, application.applicant)


def test_a_return_stays_open_until_its_desk_decides_again(ordos: World, application: Application) -> None:
    assert reasons(application) == []
    act(application, Action.RETURN, ordos.banner.reviewer, "缺盖章页。")
    assert reasons(application) == ["缺盖章页。"]
    for _ in range(2):
        submit(application)
        assert reasons(application) == ["缺盖章页。"]
        withdraw(application)
        assert (application.state, reasons(application)) == (State.DRAFT, ["缺盖章页。"])
        act(application, Action.SAVE, application.applicant, change=lambda _: None)
    submit(application)
    act(application, Action.PASS, ordos.banner.reviewer)
    assert reasons(application) == []


def test_a_decision_of_the_enterprise_does_not_close_a_return_of_an_office(
    ordos: World, application: Application
) -> None:
    at = ordos.banner
    act(application, Action.PASS, at.reviewer)
    act(application, Action.RETURN, at.clerk, "社保时间不符。")
    submit(application)
    act(application, Action.RETURN, at.reviewer, "岗位写错。")
    assert reasons(application) == ["岗位写错。", "社保时间不符。"]
    submit(application)
    act(application, Action.PASS, at.reviewer)
    assert reasons(application) == ["社保时间不符。"]
    act(application, Action.PASS, at.clerk)
    assert reasons(application) == []
    act(application, Action.RETURN, ordos.centre, "学历未核验。")
    submit(application)
    act(application, Action.PASS, at.reviewer)
    act(application, Action.REFUSE, at.clerk, "不符合条件。")
    assert reasons(application) == []


def test_a_newer_return_by_the_same_desk_replaces_the_first(ordos: World, application: Application) -> None:
    act(application, Action.RETURN, ordos.banner.reviewer, "缺盖章页。")
    submit(application)
    act(application, Action.RETURN, ordos.banner.reviewer, "还缺一页。")
    assert reasons(application) == ["还缺一页。"]


def test_the_citys_decision_closes_a_return_of_a_step_that_left_the_route(ordos: World) -> None:
    application = application_at(State.PRELIMINARY_REVIEW, ordos.banner, ordos)
    act(application, Action.RETURN, ordos.banner.clerk, "社保时间不符。")
    application.enterprise_id = ordos.city.enterprise.id
    submit(application)
    act(application, Action.PASS, ordos.city.reviewer)
    assert reasons(application) == ["社保时间不符。"]
    act(application, Action.RETURN, ordos.centre, "学历未核验。")
    assert reasons(application) == ["学历未核验。"]


def close_employer(enterprise_id: int) -> None:
    from models import Enterprise

    def close(row: Enterprise) -> None:
        row.active = False

    person = administrator()
    try:
        changes.change(Enterprise, enterprise_id, person, close)
    except ConfirmationRequired as question:
        changes.change(Enterprise, enterprise_id, person, close, confirmed=question.token)


def test_choosing_another_employer_closes_the_return_of_a_closed_employer(
    ordos: World, application: Application
) -> None:
    act(application, Action.RETURN, ordos.banner.reviewer, "缺盖章页。")
    submit(application)
    close_employer(ordos.banner.enterprise.id)
    [of_closing, earlier] = reasons(application)
    assert (application.state, earlier) == (State.RETURNED, "缺盖章页。")
    assert ordos.banner.enterprise.name in of_closing
    application.enterprise_id = ordos.park.enterprise.id
    submit(application)
    assert reasons(application) == ["缺盖章页。"]
    withdraw(application)
    assert reasons(application) == ["缺盖章页。"]
    submit(application)
    act(application, Action.PASS, ordos.park.reviewer)
    assert reasons(application) == []
