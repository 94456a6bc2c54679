"""「在岗确认」: the applicant's page and the enterprise's (P6)."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from common.calendar import today
from models import Account, Continuation, ContinuationState, Enterprise, Grant, Payment, PaymentState, db
from payments import continuation_terms
from tests import clock
from tests.factories import World
from tests.machine.worlds import Person
from tests.payments.continued import BEFORE_SECOND_YEAR, granted

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
OWN, ENTERPRISE = "/personal/continuations/", "/enterprise/continuations/"


@pytest.fixture
def asked(app: Flask, prepared: World) -> tuple[Account, int]:
    """Somebody with a question about the second year, and its id."""
    with app.app_context():
        grant = granted(prepared)
        with clock.at(BEFORE_SECOND_YEAR):
            continuation_terms.ask_due(today())
        key = db.session.scalars(select(Continuation.id)).one()
        person = grant.applicant
        db.session.expunge_all()
        return person, key


@pytest.fixture
def state(app: Flask) -> Callable[[], Any]:
    def read() -> Any:
        with app.app_context():
            return db.session.scalars(select(Continuation.state)).one()

    return read


@pytest.mark.guide("P6")
def test_the_person_answers_and_the_enterprise_confirms(
    app: Flask, prepared: World, person: Person, asked: tuple[Account, int], state: Callable[[], Any]
) -> None:
    applicant, key = asked
    own, reviewer = person(applicant), person(prepared.city.reviewer)
    assert "请答复是否继续在原单位工作" in own.get("/personal/").text
    assert f'href="{OWN}"' in own.get("/personal/payments/").text, "beside the payments that wait for it"
    page = own.get(OWN).text
    assert "60,000.01" in page
    assert "继续在本单位工作" in page
    assert "现在没有要确认的" in reviewer.get(ENTERPRISE).text
    sent = own.send(f"{OWN}{key}/answer/", {"employed": "yes", "seen": "1"})
    assert sent.status_code == 302
    assert state() is ContinuationState.ANSWERED
    assert "请答复" not in own.get("/personal/").text

    listed = reviewer.get(ENTERPRISE).text
    assert f"{ENTERPRISE}{key}/" in listed
    assert reviewer.send(f"{ENTERPRISE}{key}/", {"employed": "yes", "seen": "1"}).status_code == 409
    assert state() is ContinuationState.ANSWERED
    assert reviewer.send(f"{ENTERPRISE}{key}/", {"employed": "yes", "seen": "2"}).status_code == 302
    assert state() is ContinuationState.CONFIRMED
    with app.app_context():
        found = db.session.scalars(select(Payment.state).where(Payment.year == 2)).all()
        assert set(found) == {PaymentState.OPEN}
    assert "单位已确认" in own.get(OWN).text
    assert person(prepared.banner.reviewer).get(f"{ENTERPRISE}{key}/").status_code == 404


@pytest.mark.guide("P6")
def test_what_is_missing_in_an_answer_is_said_beside_its_field(
    person: Person, asked: tuple[Account, int], state: Callable[[], Any]
) -> None:
    applicant, key = asked
    own = person(applicant)
    for given, says in (
        ({}, "请选择“是”或“否”"),
        ({"employed": "perhaps"}, "valid choice"),
        ({"employed": "no"}, "请选择原因"),
        ({"employed": "no", "why": "left"}, "请填写最后工作日"),
        ({"employed": "no", "why": "left", "last_day": "2026-02-30"}, "不存在"),
        ({"employed": "no", "why": "left", "last_day": "2099-01-01"}, "不能晚于今天"),
    ):
        answer = own.send(f"{OWN}{key}/answer/", {**given, "seen": "1"})
        assert answer.status_code == 422, given
        assert says in answer.text or says == "valid choice", given
    assert state() is ContinuationState.ASKED
    left = {"employed": "no", "why": "left", "last_day": today().isoformat(), "seen": "1"}
    assert own.send(f"{OWN}{key}/answer/", left).status_code == 302
    assert state() is ContinuationState.ENDED
    assert "已离职" in own.get(OWN).text
    assert own.send(f"{OWN}{key}/answer/", {**left, "seen": "2"}).status_code == 404


@pytest.mark.guide("P6")
def test_the_city_confirms_in_the_place_of_a_closed_employer(
    app: Flask, prepared: World, person: Person, asked: tuple[Account, int], state: Callable[[], Any]
) -> None:
    applicant, key = asked
    city = person(prepared.centre)
    with app.app_context():
        path = f"/city/grants/{db.session.scalars(select(Grant.id)).one()}/"
    assert "代单位确认" not in city.get(f"{path}stop/").text
    person(applicant).send(f"{OWN}{key}/answer/", {"employed": "yes", "seen": "1"})
    sent = {"question": str(key), "seen": "2", "why": "单位已停用，已核对社保"}
    shown = city.get(f"{path}stop/").text
    assert ("代单位确认" in shown, "须由单位在“在岗确认”中确认" in shown) == (False, True)
    assert city.send(f"{path}confirm/", sent).status_code == 409, "the employer can confirm"
    assert person(prepared.city.reviewer).send(f"{path}confirm/", sent).status_code == 404
    with app.app_context():
        db.session.get_one(Enterprise, prepared.city.enterprise.id).active = False
        db.session.commit()
    assert "代单位确认第 2 年" in city.get(f"{path}stop/").text
    missing = city.send(f"{path}confirm/", {**sent, "why": " "})
    assert (missing.status_code, "请填写原因" in missing.text) == (422, True)
    assert city.send(f"{path}confirm/", {**sent, "seen": "1"}).status_code == 409
    assert city.send(f"{path}confirm/", sent).status_code == 303
    assert state() is ContinuationState.CONFIRMED


@pytest.mark.guide("P6")
def test_the_city_stops_a_grant_with_day_and_reason(
    app: Flask, prepared: World, person: Person, asked: tuple[Account, int]
) -> None:
    city = person(prepared.centre)
    with app.app_context():
        grant = db.session.scalars(select(Grant)).one()
        path = f"/city/grants/{grant.id}/stop/"
        row = f"/city/batches/{grant.batch.number}/1/"
    assert path in city.get(row).text
    assert "2027-09-02" in city.get(path).text
    sent = {"first_day": "2027-03-02", "reason": "核查后异议成立", "seen": "1"}
    for wrong, says in (
        ({"reason": " "}, "请填写原因"),
        ({"first_day": ""}, "请填写日期"),
        ({"first_day": "2026-03-01"}, "不能早于予以发放的那一天"),
    ):
        answer = city.send(path, {**sent, **wrong})
        assert (answer.status_code, says in answer.text) == (422, True), wrong
    assert city.send(path, {**sent, "seen": "7"}).status_code == 409
    assert city.send(path, sent).location.endswith(row)
    with app.app_context():
        found = db.session.execute(select(Payment.year, Payment.state).order_by(Payment.id)).all()
        assert {state for year, state in found if year == 1} == {PaymentState.OPEN}
        assert {state for year, state in found if year > 1} == {PaymentState.STOPPED}
    page = city.get(path).text
    assert "核查后异议成立" in page
    assert "停止发放并通知本人" not in page
    assert person(prepared.city.reviewer).get(path).status_code == 404
