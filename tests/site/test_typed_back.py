"""After a concurrent change the typed input is returned: for sending again if possible, else for copying."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from flask import Flask

from enterprises import registration
from models import Account, Action, Application, RegistrationAction, db
from tests import factories
from tests.factories import World
from tests.machine.site import Client
from tests.site.forms import forms
from workflow.decision import Decision

TYPED = "劳动合同第 3 页\n没有 <盖章>。"


@pytest.fixture
def everywhere(app: Flask) -> World:
    with app.app_context():
        return factories.world()


def log_in(app: Flask, client: Client, account: Account) -> None:
    with app.app_context(), client.session_transaction() as session:
        session.update(factories.session_of(db.session.get_one(Account, account.id)))


def to_be_copied(page: str) -> list[str]:
    found = re.findall(r"<textarea[^>]*readonly[^>]*>\n(.*?)</textarea>", page, re.DOTALL)
    return [html.unescape(each).strip() for each in found]


def submitted(app: Flask, everywhere: World) -> tuple[str, int, int]:
    """Number, key and version of an application before the enterprise of the banner."""
    with app.app_context():
        application = factories.complete_application(_again(everywhere.banner.enterprise))
        factories.submit(application)
        return application.number, application.id, application.version


def _again(row: Any) -> Any:
    return db.session.get_one(type(row), row.id)


def happens(app: Flask, key: int, *actions: tuple[Action, Account | None]) -> None:
    """Others act on the application; nobody is its applicant."""
    with app.app_context():
        for action, actor in actions:
            application = db.session.get_one(Application, key)
            by = _again(actor) if actor else application.applicant
            factories.act(application, action, by, factories.REASON if action is Action.RETURN else "")


def returned(client: Client, number: str, version: int) -> Any:
    given = {"action": "return", "version": version, "reason": TYPED}
    return client.send(f"/enterprise/{number}/decide/", given)


def test_a_reason_for_a_decided_application_is_shown_for_copying(
    app: Flask, client: Client, everywhere: World
) -> None:
    number, key, version = submitted(app, everywhere)
    happens(app, key, (Action.WITHDRAW, None))
    log_in(app, client, everywhere.banner.reviewer)
    answer = returned(client, number, version)
    assert answer.status_code == 409
    assert to_be_copied(answer.text) == [TYPED]
    assert "原因（回退）" in answer.text
    assert client.get(f"/enterprise/{number}/").text.count("readonly") == 0


def test_a_reason_stays_in_its_field_if_it_can_be_sent_again(
    app: Flask, client: Client, everywhere: World
) -> None:
    number, key, version = submitted(app, everywhere)
    happens(app, key, (Action.WITHDRAW, None), (Action.SUBMIT, None))
    log_in(app, client, everywhere.banner.reviewer)
    answer = returned(client, number, version)
    assert answer.status_code == 409
    assert to_be_copied(answer.text) == []
    [form] = [each for each in forms(answer.text) if "reason" in each.fields]
    assert form.fields["reason"][0].strip() == TYPED
    assert client.send(f"/enterprise/{number}/decide/", form.fields).status_code == 302


def test_a_reason_for_a_row_out_of_scope_is_shown_and_reveals_nothing(
    app: Flask, client: Client, everywhere: World
) -> None:
    number, key, version = submitted(app, everywhere)
    happens(app, key, (Action.WITHDRAW, None))
    with app.app_context():
        db.session.get_one(Application, key).enterprise_id = everywhere.park.enterprise.id
        db.session.commit()
    happens(app, key, (Action.SUBMIT, None))
    log_in(app, client, everywhere.banner.reviewer)
    answer = returned(client, number, version)
    assert answer.status_code == 404
    assert to_be_copied(answer.text) == [TYPED]
    assert "王晓敏" not in answer.text

    elsewhere = client.send("/nothing/is/here/", {"reason": TYPED})
    assert (elsewhere.status_code, to_be_copied(elsewhere.text)) == (404, [])
    headers = {"Sec-Fetch-Site": "cross-site"}
    foreign = client.send(f"/enterprise/{number}/decide/", {"reason": TYPED}, headers=headers)
    assert TYPED not in html.unescape(foreign.text)


def test_a_reason_for_an_outdated_registration_is_shown_for_copying(
    app: Flask, client: Client, everywhere: World
) -> None:
    with app.app_context():
        waiting = factories.enterprise(_again(everywhere.banner.region), factories.Registration.PENDING)
        key, version = waiting.id, waiting.version
        colleague = factories.clerk(_again(everywhere.banner.office), "乌兰")
        registration.decide(
            key,
            RegistrationAction.REFUSE,
            colleague,
            seen_version=version,
            decision=Decision(factories.REASON),
        )
    log_in(app, client, everywhere.banner.clerk)
    given = {"action": "refuse", "version": version, "reason": TYPED}
    answer = client.send(f"/office/enterprises/{key}/decide/", given)
    assert answer.status_code == 409
    assert to_be_copied(answer.text) == [TYPED]
    with app.app_context():
        _again(waiting).region_id = everywhere.park.region.id
        db.session.commit()
    gone = client.send(f"/office/enterprises/{key}/decide/", given)
    assert (gone.status_code, to_be_copied(gone.text)) == (404, [TYPED])


def test_input_is_shown_for_copying_after_a_submission_in_another_tab(
    app: Flask, client: Client, everywhere: World
) -> None:
    with app.app_context():
        application = factories.complete_application(_again(everywhere.banner.enterprise))
        number, key, person = application.number, application.id, application.applicant
        db.session.expunge_all()
    log_in(app, client, person)
    path = f"/personal/application/{number}/"
    [form] = [each for each in forms(client.get(path).text) if "position" in each.fields]
    happens(app, key, (Action.SUBMIT, None))
    given = form.fields | {
        "position": "首席工程师",
        "contract_end": "2030-13-01",
        "education": "doctor",
        "experiences-1-witness": "李四",
        "do": "save",
    }
    answer = client.send(path, given)
    assert answer.status_code == 409
    assert "申请已提交，提交后的信息不可修改。" in answer.text
    assert to_be_copied(answer.text) == [
        "博士研究生",
        "首席工程师",
        "2030-13-01",
        "2020-07 至 今，工作，示例新材料有限公司，工程师，李四",
    ]


def test_a_form_can_be_saved_again_after_a_save_in_another_tab(
    app: Flask, client: Client, everywhere: World
) -> None:
    with app.app_context():
        application = factories.complete_application(_again(everywhere.banner.enterprise))
        number, person = application.number, application.applicant
        db.session.expunge_all()
    log_in(app, client, person)
    path = f"/personal/application/{number}/"
    [form] = [each for each in forms(client.get(path).text) if "position" in each.fields]
    in_another_tab = client.send(path, form.fields | {"major": "软件工程", "do": "save"})
    assert in_another_tab.status_code == 302
    answer = client.send(path, form.fields | {"position": "首席工程师", "do": "save"})
    assert answer.status_code == 409
    [again] = [each for each in forms(answer.text) if "position" in each.fields]
    assert again.fields["position"] == ["首席工程师"]
    assert client.send(path, again.fields | {"do": "save"}).status_code == 302
