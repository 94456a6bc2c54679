"""「找回账号」: whoever has lost password and 「找回码」 calls the help line, and an administrator gives a new code (A2, E4)."""

import re

import pytest
from flask import Flask
from sqlalchemy import select

from accounts import logins, recovery
from administration import recovery_codes
from common.errors import NotPermitted, Unacceptable
from models import Account, AuditEntry, Message, db
from tests import factories
from tests.factories import World
from tests.machine.site import Client

HOW = "持身份证原件到窗口"


@pytest.mark.guide("A2")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_code_from_the_page_lets_the_person_choose_a_password(app: Flask, client: Client) -> None:
    number = factories.identity_number()
    with app.app_context():
        factories.log_in(client, factories.administrator())
        person = factories.applicant("王晓敏", number).id
    form = {"login_kind": "personal", "login": number, "name": "王晓敏", "reason": HOW}
    answer = client.send("/administration/recovery/give/", form | {"name": "王小敏"})
    assert answer.status_code == 422
    assert "没有登录名和姓名都相符的账号" in answer.text
    answer = client.send("/administration/recovery/give/", form)
    assert answer.headers["Cache-Control"] == "no-store"
    [code] = re.findall(r"\b(?:[A-Z0-9]{4}-){3}[A-Z0-9]{4}\b", answer.text)
    trail = client.get("/administration/changes/").text
    assert HOW in trail
    assert code not in trail
    with app.app_context():
        assert recovery.reset_by_recovery_code("personal", number, code, "Chosen12345")
        assert logins.authenticate("personal", number, "Chosen12345")
        told = select(Message.kind).where(Message.account_id == person)
        assert db.session.scalars(told).all() == [recovery_codes.KIND]


@pytest.mark.guide("E4")
def test_a_reviewer_of_an_enterprise_gets_one_and_nobody_else_gives_it(ordos: World) -> None:
    reviewer = ordos.banner.reviewer
    assert reviewer.login is not None
    asked = ("enterprise", reviewer.login, reviewer.name, HOW)
    for other in (ordos.centre, ordos.banner.clerk, reviewer):
        with pytest.raises(NotPermitted):
            recovery_codes.give_code(other, *asked)
    for nothing in ("", " \u3000"):
        with pytest.raises(Unacceptable) as refusal:
            recovery_codes.give_code(ordos.administrator, *asked[:3], nothing)
        assert refusal.value.field == "reason"
    found, code = recovery_codes.give_code(ordos.administrator, *asked)
    assert found.id == reviewer.id
    assert recovery.reset_by_recovery_code("enterprise", reviewer.login, code, "Chosen12345")
    [entry] = db.session.scalars(select(AuditEntry)).all()
    assert (entry.label, entry.after["reason"]) == (str(ordos.banner.enterprise), HOW)


@pytest.mark.guide("D1")
def test_staff_and_closed_accounts_get_none(ordos: World) -> None:
    def refused(login_kind: str, account: Account) -> bool:
        assert account.login is not None
        with pytest.raises(Unacceptable):
            recovery_codes.give_code(ordos.administrator, login_kind, account.login, account.name, HOW)
        return True

    assert refused("staff", ordos.banner.clerk)
    assert refused("personal", ordos.banner.clerk)
    factories.deactivate(ordos.banner.reviewer)
    assert refused("enterprise", ordos.banner.reviewer)
