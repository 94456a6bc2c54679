"""「我的数据」: what is stored about a person, for how long, and all of it as a file, for that person alone."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from common.errors import NotPermitted
from desk import disclosure
from documents import jobs, own_data
from documents.own_data_file import OWN_DATA, OWN_DATA_TITLE
from models import Account, Action, FileJob, FileState, LoginSession, State, db, exclusive, now
from tests import factories
from tests.clock import at
from tests.documents.test_decision_notices import ON_SQLITE, text_of
from tests.documents.test_dossier import ordos, upload, with_everything, zipped
from tests.factories import PASSWORD, World, act, application_at, materials
from tests.machine.worlds import Person
from worker import file_jobs, sweeping
from workflow import review
from workflow.decision import Decision

__all__ = ["ordos"]


def file_of(person: Account) -> Any:
    key = jobs.ask(person, OWN_DATA, {"account": person.id}, OWN_DATA_TITLE).id
    file_jobs.process_due()
    return zipped(db.session.get_one(FileJob, key, populate_existing=True))


@ON_SQLITE
@pytest.mark.guide("A24")
def test_the_file_has_form_papers_history_looks_messages_and_logins(ordos: World) -> None:
    application = with_everything(ordos)
    person = application.applicant
    disclosure.disclose(application, ordos.banner.clerk, "bank_account")
    disclosure.disclose(application, person, "bank_account")
    with exclusive():
        review.reroute(application, application.region, None, ordos.administrator, Decision("企业划转"))
    act(application, Action.PASS, ordos.banner.clerk)
    factories.session_of(person)
    found = file_of(person)
    folder = f"{application.number}_王晓明/"
    assert found.read(f"{folder}{application.number}_王晓明_{materials()[0].name}_2.pdf") == b"scan"
    said = text_of(found.read(f"{folder}申请卷宗.pdf")).replace(" ", "")
    assert application.identity_number in said
    assert "手机号码：号码少一位。" in said
    stored = json.loads(found.read(f"{folder}申请.json"))
    assert stored["present"]["fields"]["bank_account"] == application.bank_account
    assert [one["fields"]["name"] for one in stored["submissions"]] == ["王晓敏", "王晓敏"]
    assert [line["what"] for line in stored["history"]][-3:] == ["更正姓名", "企业划转", "初审通过"]
    account = json.loads(found.read("账号.json"))
    assert (account["identity_number"], account["phone"]) == (person.identity_number, person.phone)
    looks = json.loads(found.read("查看记录.json"))
    assert [(one["desk"], one["field"]) for one in looks] == [(ordos.banner.office.name, "bank_account")], (
        "not the own ones"
    )
    assert any("已回退" in one["text"] for one in json.loads(found.read("消息.json")))
    assert len(json.loads(found.read("登录.json"))) == 1
    everything = "".join(
        found.read(name).decode(errors="replace")
        for name in found.namelist()
        if name.endswith(("json", "txt"))
    )
    for secret in (
        "内部备注",
        "还没有发出的标记",
        person.password_hash,
        person.session_stamp,
        person.login_digest,
    ):
        assert secret not in everything


@ON_SQLITE
@pytest.mark.guide("A24")
def test_a_person_without_an_application_gets_a_file_too(ordos: World) -> None:
    person = factories.applicant("李明")
    found = file_of(person)
    assert "账号.json" in found.namelist()
    assert not [name for name in found.namelist() if "/" in name]
    assert "30 天没有改动即删除" in found.read("说明.txt").decode("utf-8-sig")
    with at("2030-05-02 07:30"):  # in UTC it is still the first of May
        assert "生成于 2030-05-02" in file_of(person).read("说明.txt").decode("utf-8-sig")
    assert file_of(ordos.centre).read("账号.json"), "and so does a clerk"
    with pytest.raises(NotPermitted):
        jobs.ask(person, OWN_DATA, {"account": ordos.centre.id}, OWN_DATA_TITLE)


@ON_SQLITE
@pytest.mark.guide("A24")
def test_what_the_page_says_of_sessions_is_what_the_sweep_does(ordos: World) -> None:
    person = factories.applicant()
    factories.session_of(person)
    (row,) = [one for one in own_data.stored_data(person) if one.label == "您的登录"]
    assert (row.count, row.kept.words["days"]) == (1, "2")
    with exclusive():
        session = db.session.scalars(select(LoginSession).where(LoginSession.account_id == person.id)).one()
        session.seen_at = now() - timedelta(days=int(row.kept.words["days"]) - 1, seconds=1)
    sweeping.delete_expired()
    (row,) = [one for one in own_data.stored_data(person) if one.label == "您的登录"]
    assert row.count == 0


@pytest.mark.guide("A24")
def test_every_table_with_rows_of_a_person_is_in_the_file_or_left_out_for_a_reason() -> None:
    named = {
        table.name
        for table in db.metadata.tables.values()
        for key in table.foreign_keys
        if key.column.table.name in ("accounts", "applications", "grants", "payments")
    }
    assert named | {"accounts"} == own_data.INCLUDED | own_data.LEFT_OUT.keys()


@ON_SQLITE
@pytest.mark.guide("A24")
def test_the_page_shows_looks_and_asks_for_the_password(app: Flask, prepared: World, person: Person) -> None:
    app.extensions["wake_file_jobs"] = lambda: None
    with app.app_context():
        application = application_at(State.PRELIMINARY_REVIEW, prepared.banner, prepared)
        upload(application, "a.pdf")
        disclosure.disclose(application, prepared.banner.clerk, "identity_number")
        applicant, office = application.applicant, prepared.banner.office.name
    browser = person(applicant)
    assert "/account/data/" in browser.get("/account/").text
    page = browser.get("/account/data/").text
    for words in (office, "公民身份号码", application.number, "本系统不自动删除。"):
        assert words in page
    assert browser.send("/account/data/", {"present_password": "wrong"}).status_code == 422
    with app.app_context():
        assert db.session.scalars(select(FileJob)).all() == []
    answer = browser.send("/account/data/", {"present_password": PASSWORD})
    assert answer.location.startswith("/files/")
    with app.app_context():
        job = db.session.scalars(select(FileJob)).one()
        assert (job.kind, job.parameters, job.state) == (
            OWN_DATA,
            {"account": applicant.id},
            FileState.MAKING,
        )
    assert "谁查看过" not in person(prepared.centre).get("/account/data/").text
