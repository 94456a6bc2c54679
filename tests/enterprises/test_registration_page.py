"""An enterprise's own registration: its state, the reason of a refusal, mending it; and nobody else's."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from accounts import logins
from enterprises import registration
from models import (
    Account,
    Enterprise,
    Message,
    Region,
    RegionKind,
    Registration,
    RegistrationAction,
    RegistrationEvent,
    db,
)
from tests import factories
from tests.accounts.people import company, log_in, log_in_again, place, scan, value, waiting_reviewer, words
from tests.files import samples as files
from tests.machine.site import Client
from workflow.decision import Decision

Made = Callable[..., Any]
Stored = Callable[[Callable[[], Any]], Any]

OWN = "/enterprise/registration/"
WHY = "营业执照不清晰，请重新上传。"


@pytest.fixture
def office(made: Made) -> tuple[Region, Any, Account]:
    return made(place)


@pytest.fixture
def code() -> str:
    return factories.credit_code()


@pytest.fixture
def registered(client: Client, office: tuple[Region, Any, Account], code: str) -> Client:
    """The browser of somebody who has just registered an enterprise."""
    client.send("/register/enterprise", company(office[0], credit_code=code))
    log_in_again(client, code, login_kind="enterprise")
    return client


@pytest.fixture
def decided(app: Flask, office: tuple[Region, Any, Account]) -> Callable[..., None]:
    """`decided(APPROVE)`: the office decides on the registration."""

    def decide(action: RegistrationAction, reason: str = "") -> None:
        with app.app_context():
            found = the_enterprise()
            clerk = db.session.get_one(Account, office[2].id)
            registration.decide(
                found.id, action, clerk, seen_version=found.version, decision=Decision(reason)
            )

    return decide


APPROVE, REFUSE = RegistrationAction.APPROVE, RegistrationAction.REFUSE


def the_enterprise() -> Enterprise:
    return db.session.scalars(select(Enterprise)).unique().one()


def mended(page: Any, **changes: Any) -> dict[str, Any]:
    """What the form holds, with these changes; the file only when it is given."""
    kept = {
        name: value(page, name)
        for name in ("name", "credit_code", "contact_name", "contact_phone", "version")
    }
    chosen = re.search(r'<option selected value="(\d+)"', page.text)
    kept["region"] = chosen.group(1) if chosen else ""
    return kept | changes


@pytest.mark.guide("E2", "E3")
def test_a_pending_registration_shows_its_office_and_cannot_be_changed(
    registered: Client, office: tuple[Region, Any, Account]
) -> None:
    page = registered.get(OWN)
    assert "待审核" in words(page)
    assert office[1].name in words(page)
    assert f"请主动联系审核，联系电话：{office[1].telephone}" in words(page)
    assert 'name="contact_phone"' not in page.text


@pytest.mark.guide("E3")
def test_a_refused_registration_shows_the_reason_and_can_be_resubmitted(
    registered: Client, decided: Callable[..., None], stored: Stored, office: tuple[Region, Any, Account]
) -> None:
    decided(REFUSE, WHY)
    page = registered.get(OWN)
    assert "未通过" in words(page)
    assert WHY in words(page)
    assert "修改后重新提交" in words(page)
    answer = registered.send(
        OWN, mended(page, contact_phone="0477-8000000", licence=scan(files.pdf(), "新执照.pdf"))
    )
    assert answer.location == OWN
    assert f"已重新提交，现由{office[1].name}审核" in words(registered.get(OWN))
    enterprise = stored(the_enterprise)
    assert (enterprise.registration, enterprise.contact_phone) == (Registration.PENDING, "0477-8000000")
    assert (enterprise.licence_name, enterprise.licence_pages) == ("新执照.pdf", 2)
    history = stored(lambda: [event.action.value for event in db.session.scalars(select(RegistrationEvent))])
    assert history == ["register", "refuse", "resubmit"]


@pytest.mark.guide("E3")
def test_an_approved_registration_gets_a_message_and_opens_the_console(
    registered: Client, decided: Callable[..., None]
) -> None:
    assert registered.get("/enterprise/").status_code == 404
    decided(APPROVE)
    assert registered.get("/enterprise/").status_code == 200
    own = words(registered.get(OWN))
    assert "企业账号已审核通过" in own
    assert "这里的内容有变的，请拨打咨询电话 0477-8587631" in own
    assert "企业账号已审核通过，可以审核本单位人员的申请。" in words(registered.get("/messages/"))


def test_a_replaced_licence_leaves_no_file_behind(
    app: Flask, registered: Client, decided: Callable[..., None], stored: Stored
) -> None:
    decided(REFUSE, WHY)
    registered.get(f"{OWN}licence/1-900.jpg")
    registered.send(OWN, mended(registered.get(OWN), licence=scan(files.pdf(), "新执照.pdf")))
    room = Path(app.config["ATTACHMENTS_DIR"])
    kept = [path.name for path in room.rglob("*") if path.is_file()]
    assert kept == [Path(stored(the_enterprise).licence_file).name]


def test_a_resubmission_without_a_new_licence_keeps_the_old_one(
    registered: Client, decided: Callable[..., None], stored: Stored
) -> None:
    before = stored(the_enterprise).licence_file
    decided(REFUSE, WHY)
    assert registered.send(OWN, mended(registered.get(OWN))).status_code == 303
    assert stored(the_enterprise).licence_file == before


def test_errors_are_named_and_input_and_upload_stay(
    registered: Client, decided: Callable[..., None], stored: Stored
) -> None:
    decided(REFUSE, WHY)
    page = registered.get(OWN)
    answer = registered.send(
        OWN, mended(page, name="", contact_phone="0477-8000000", licence=scan(name="新执照.png"))
    )
    assert answer.status_code == 422
    assert "请填写单位名称。" in words(answer)
    assert value(answer, "contact_phone") == "0477-8000000"
    assert "新执照.png" in words(answer)
    again = mended(answer, name="改名有限公司", licence_kept=value(answer, "licence_kept"))
    assert registered.send(OWN, again).status_code == 303
    enterprise = stored(the_enterprise)
    assert (enterprise.name, enterprise.licence_name) == ("改名有限公司", "新执照.png")


def test_a_corrected_credit_code_becomes_the_login(
    app: Flask, registered: Client, decided: Callable[..., None], stored: Stored, code: str
) -> None:
    decided(REFUSE, WHY)
    right = factories.credit_code()
    registered.send(OWN, mended(registered.get(OWN), credit_code=right))
    assert registered.get(OWN).status_code == 200
    assert stored(lambda: logins.find("enterprise", code)) is None
    account = stored(lambda: logins.find("enterprise", right))
    assert log_in(app.test_client(), account).location == OWN


def test_a_credit_code_of_another_enterprise_is_refused(
    registered: Client, decided: Callable[..., None], made: Made, stored: Stored, code: str
) -> None:
    decided(REFUSE, WHY)
    page = registered.get(OWN)
    other = made(factories.enterprise)
    answer = registered.send(OWN, mended(page, credit_code=other.credit_code))
    assert answer.status_code == 422
    assert "这个统一社会信用代码已经有账号" in words(answer)
    assert other.name not in words(answer)
    assert stored(lambda: logins.find("enterprise", code)).enterprise_id != other.id


def test_attempts_at_taken_credit_codes_are_limited(limited: Flask) -> None:
    with limited.app_context():
        account = waiting_reviewer(state=Registration.REFUSED)
        taken = [factories.enterprise().credit_code for _ in range(6)]
        db.session.expunge_all()
    client = limited.test_client()
    log_in(client, account)
    answers = []
    for code in taken:
        answers.append(client.send(OWN, mended(client.get(OWN), credit_code=code, licence=scan())))
    assert [answer.status_code for answer in answers] == [422] * 5 + [429]
    assert value(answers[-1], "credit_code") == taken[-1]


def test_a_corrected_region_moves_the_registration_to_that_regions_office(
    app: Flask, registered: Client, decided: Callable[..., None], made: Made, stored: Stored
) -> None:
    decided(REFUSE, WHY)
    elsewhere, office, _ = made(place, kind=RegionKind.PARK)
    registered.send(OWN, mended(registered.get(OWN), region=str(elsewhere.id)))
    assert f"现由{office.name}审核" in words(registered.get(OWN))
    newest = stored(lambda: db.session.scalars(select(Message).order_by(Message.id.desc())).first())
    assert newest.office_id == office.id


@pytest.mark.parametrize("state", [None, APPROVE])
def test_a_pending_or_approved_registration_cannot_be_changed_by_post(
    registered: Client, decided: Callable[..., None], stored: Stored, state: RegistrationAction | None
) -> None:
    if state is not None:
        decided(state)
    enterprise = stored(the_enterprise)
    given = {
        "name": "改名有限公司",
        "credit_code": enterprise.credit_code,
        "region": str(enterprise.region_id),
        "contact_name": "何欣",
        "contact_phone": "0477-8000000",
        "version": str(enterprise.version),
    }
    answer = registered.send(OWN, given)
    assert answer.status_code == 409
    assert "您的修改没有提交" in words(answer)
    assert "改名有限公司" in answer.text  # to be copied
    assert enterprise.credit_code not in re.findall(r"<textarea[^>]*>\s*(.*?)</textarea>", answer.text)
    assert stored(the_enterprise).name == enterprise.name


def test_an_outdated_page_changes_nothing(
    registered: Client, decided: Callable[..., None], stored: Stored
) -> None:
    decided(REFUSE, WHY)
    page = registered.get(OWN)
    answer = registered.send(OWN, mended(page, version="1", name="改名有限公司"))
    assert answer.status_code == 409
    assert "您的修改没有提交" in words(answer)
    assert stored(the_enterprise).name == "东胜区示例智能制造有限公司"
    assert value(answer, "name") == "改名有限公司"
    assert registered.send(OWN, mended(answer)).status_code == 303
    assert stored(the_enterprise).name == "改名有限公司"


def test_an_enterprise_cannot_post_the_offices_decision(
    registered: Client, decided: Callable[..., None], stored: Stored
) -> None:
    decided(REFUSE, WHY)
    registered.send(OWN, mended(registered.get(OWN), registration="approved", action="approve"))
    assert stored(the_enterprise).registration is Registration.PENDING


def test_the_count_of_pending_registrations_stops_at_its_limit(
    client: Client, made: Made, office: tuple[Region, Any, Account]
) -> None:
    first = made(factories.enterprise, office[0], Registration.PENDING)
    alike = {key: getattr(first, key) for key in ("initials", "region_id", "contact_name", "contact_phone")}

    def wait(many: int) -> None:
        for each in range(many):
            code, name = factories.credit_code(), f"待审核的第{each}家公司"
            db.session.add(
                Enterprise(name=name, credit_code=code, registration=Registration.PENDING, **alike)
            )
        db.session.commit()

    log_in(client, office[2])
    for further, shown in ((998, "999"), (1, "999+")):
        made(wait, further)
        page = words(client.get("/office/enterprises/"))
        assert f"企业账号 {shown} " in page  # the menu
        assert f"待审核 {shown} 全部" in page
        assert "待审核，今天到达" in page  # under 状态


@pytest.mark.guide("E1")
def test_the_own_licence_is_shown_as_a_preview_and_downloaded_unchanged(registered: Client) -> None:
    picture = registered.get(f"{OWN}licence/1-900.jpg")
    assert (picture.status_code, picture.mimetype) == (200, "image/jpeg")
    original = registered.get(f"{OWN}licence/")
    assert original.data == files.png()
    assert original.headers["Content-Disposition"].startswith("attachment;")
    for sent in (picture, original):
        assert sent.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert registered.get(f"{OWN}licence/9-900.jpg").status_code == 404
    assert registered.get(f"{OWN}licence/1-77777.jpg").status_code == 404


def test_other_accounts_do_not_see_the_licence(app: Flask, registered: Client, made: Made) -> None:
    for account in (made(waiting_reviewer), made(factories.applicant), made(factories.administrator)):
        other = app.test_client()
        log_in(other, account)
        assert other.get(f"{OWN}licence/").status_code == 404
        assert other.get(f"{OWN}licence/1-900.jpg").status_code == 404
    assert app.test_client().get(f"{OWN}licence/").location.startswith("/login/enterprise")


def test_only_enterprises_open_the_registration_page(app: Flask, made: Made) -> None:
    clerk = made(factories.place, RegionKind.BANNER).clerk
    for account in (made(factories.applicant), clerk, made(factories.administrator)):
        other = app.test_client()
        log_in(other, account)
        assert other.get(OWN).status_code == 404
