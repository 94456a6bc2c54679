"""「马上注册」: what is taken, what is refused and in which words, and that nothing typed or uploaded is lost."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from accounts import recovery
from enterprises import registration
from models import Account, Enterprise, Message, RegionKind, Registration, Role, db
from tests import factories
from tests.accounts.people import (
    company,
    is_logged_in,
    log_in,
    log_in_again,
    person,
    place,
    scan,
    value,
    words,
)
from tests.files import samples as files
from tests.machine.site import Client
from tests.site.statements import recorded_statements
from tests.uploads import odd_files
from uploads.sets import storage

Made = Callable[..., Any]
Stored = Callable[[Callable[[], Any]], Any]

PERSON, ENTERPRISE = "/register/personal", "/register/enterprise"
RECEIVED = "/register/personal/received/"


def code_of(answer: TestResponse) -> str:
    """The 「找回码」 that a page shows."""
    return answer.text.split('translate="no">')[1].split("</span>")[1].split("</p>")[0]


def observable_response(client: Client, path: str, given: dict[str, Any]) -> tuple[Any, ...]:
    """All that somebody learns who registers: the answers, their headers, the cookie, the page after it."""
    sent = client.send(path, given)
    page = client.get(sent.location)
    with client.session_transaction() as session:
        kept = {name: len(str(each)) for name, each in session.items()}
    said = words(page).replace(code_of(page), "")
    headers = [sorted(name for name, _ in answer.headers) for answer in (sent, page)]
    return sent.status_code, sent.location, page.status_code, said, headers, kept


def row_count(table: type = Account) -> int:
    return db.session.scalar(select(func.count()).select_from(table)) or 0


def registered_enterprise() -> Enterprise:
    return db.session.scalars(select(Enterprise)).unique().one()


def attachments(app: Flask) -> list[Path]:
    room = Path(app.config["ATTACHMENTS_DIR"])
    return [path for path in room.rglob("*") if path.is_file() and "previews" not in path.parts]


# --- persons


@pytest.mark.guide("A2")
def test_a_person_registers_confirms_the_recovery_code_and_is_logged_in(
    client: Client, stored: Stored
) -> None:
    given = person(name=" 王　晓敏", number="15060219900101001６", phone="138 4771-0000")
    assert client.send(PERSON, given).location == "/register/personal/received/"
    account = stored(lambda: db.session.scalars(select(Account)).one())
    assert (account.role, account.name) == (Role.APPLICANT, "王晓敏")
    assert (account.identity_number, account.phone) == ("150602199001010016", "13847710000")
    assert account.login is None
    assert not is_logged_in(client)
    assert client.send("/register/personal/received/").location == "/login/personal"
    assert 'value="150602199001010016"' in client.get("/login/personal").text, "not asked again at once"
    assert "150602199001010016" not in client.get("/login/personal").text, "shown once, on a shared computer"
    assert log_in(client, account).location == "/personal/"


def test_the_recovery_code_is_shown_until_it_is_confirmed_and_never_again(client: Client) -> None:
    client.send(PERSON, person())
    first, again = client.get(RECEIVED), client.get(RECEIVED)
    code = code_of(first)
    assert len(code) == len("ABCD-ABCD-ABCD-ABCD")
    assert code in again.text
    assert first.headers["Cache-Control"] == "no-store"
    with client.session_transaction() as session:
        assert code not in str(dict(session))
    client.send(RECEIVED)
    assert client.get(RECEIVED).location == "/login/personal"


def test_all_errors_are_shown_at_once_and_typed_values_stay(client: Client, stored: Stored) -> None:
    given = person(
        name="", number="150602199001010013", phone="123", password="kurz", password_again="anders"
    )
    answer = client.send(PERSON, given)
    assert answer.status_code == 422
    for sentence in (
        "还有 5 处需要修改",
        "请填写姓名。",
        "身份证号码校验位不正确",
        "请填写 11 位手机号码。",
        "密码至少 8 位",
        "两次填写的密码不一致。",
    ):
        assert sentence in words(answer)
    fields = ["name", "phone", "number", "password", "password_again"]
    assert re.findall('<li><a href="#([a-z_]+)"', answer.text) == fields  # as they stand on the page
    assert value(answer, "number") == "150602199001010013"
    assert value(answer, "phone") == "123"
    assert "kurz" not in answer.text
    assert stored(row_count) == 0


@pytest.mark.parametrize(
    ("paper", "number", "taken"),
    [
        ("passport", "E12345678", True),
        ("hk_mo", "H12345678", True),
        ("hk_mo", "E12345678", False),
        ("citizen", "E12345678", False),
        ("library_card", "E12345678", False),
        ("", "150602199001010016", False),
    ],
)
def test_the_identity_number_must_match_the_chosen_document(
    client: Client, stored: Stored, paper: str, number: str, taken: bool
) -> None:
    answer = client.send(PERSON, person(paper=paper, number=number))
    assert answer.status_code == (303 if taken else 422)
    assert stored(row_count) == taken


@pytest.mark.parametrize("name", ["王\U0002ebf0", "李\U00031350明", "赵\U000323b0", "孙𠮷"])
def test_a_character_made_for_an_identity_card_is_registered(
    client: Client, stored: Stored, name: str
) -> None:
    assert client.send(PERSON, person(name=name, phone="+86 138 4771 0000")).status_code == 303
    account = stored(lambda: db.session.scalars(select(Account)).unique().one())
    assert (account.name, account.phone) == (name, "13847710000")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("张\ue863", "“\ue863”（U+E863）是自造字"),
        ("王？明", "“？”（U+FF1F）往往代表没有输入成功的字"),
        ("王\U0001f600", "“\U0001f600”（U+1F600）不能用在姓名或名称里"),
    ],
)
def test_a_character_not_allowed_in_names_is_reported_and_stays_typed(
    client: Client, stored: Stored, name: str, sentence: str
) -> None:
    answer = client.send(PERSON, person(name=name))
    assert answer.status_code == 422
    assert sentence in words(answer)
    assert value(answer, "name") == name
    assert stored(row_count) == 0


def test_a_name_that_is_too_long_is_refused_and_not_truncated(client: Client, stored: Stored) -> None:
    """A browser would cut it off at a `maxlength` and say nothing."""
    [field] = re.findall(r'<input[^>]*name="name"[^>]*>', client.get(PERSON).text)
    assert "maxlength" not in field
    long = "阿拉坦" * 21
    answer = client.send(PERSON, person(name=long))
    assert answer.status_code == 422
    assert "最多 60 个字。" in answer.text
    assert f'value="{long}"' in answer.text
    assert stored(row_count) == 0


@pytest.mark.guide("A2")
def test_registering_does_not_reveal_an_existing_account(app: Flask, made: Made, stored: Stored) -> None:
    there = made(factories.applicant)
    other = {"password": "Andere2026", "password_again": "Andere2026"}
    free = observable_response(app.test_client(), PERSON, person(**other))
    stranger = app.test_client()
    taken = observable_response(stranger, PERSON, person(number=there.identity_number, **other))
    assert taken == free
    assert taken[1] == RECEIVED
    assert "如果以前注册过" in taken[3]

    shown = code_of(stranger.get(RECEIVED))
    assert stored(row_count) == 2
    assert log_in_again(stranger, there.identity_number, "Andere2026").status_code == 422
    found = stored(
        lambda: recovery.reset_by_recovery_code("personal", there.identity_number, shown, "Andere2027")
    )
    assert found is None
    owner = app.test_client()
    assert log_in(owner, there).status_code == 303
    assert "有人用您的证件号码或统一社会信用代码再次注册账号" in words(owner.get("/messages/"))


@pytest.mark.guide("A2")
def test_registering_a_renewed_permit_says_the_same_whether_an_earlier_one_has_an_account(
    app: Flask, stored: Stored
) -> None:
    registered = []
    for number in ("H1234567800", "H7654321002", "H1234567801", "H12345678"):
        visitor = app.test_client()
        assert "用旧号码注册过的，请不要再注册" in words(visitor.get(PERSON))
        registered.append(observable_response(visitor, PERSON, person(paper="hk_mo", number=number)))
    assert registered[0] == registered[1] == registered[2], "the last is a shorter number"
    assert "换过证件、号码变了的，用注册时的号码登录。" in registered[2][3]

    assert stored(row_count) == 2, "the permit that was renewed is known"
    [told] = stored(every_message)
    assert told.kind == "renewed_permit_tried"
    owner = app.test_client()
    assert log_in_again(owner, "H1234567800").status_code == 303
    assert "请用注册时的号码 H123*****00 和原来的密码登录" in words(owner.get("/messages/"))

    # Nine characters can be a passport of somebody else.
    app.test_client().send(PERSON, person(paper="passport", number="H76543210"))
    app.test_client().send(PERSON, person(paper="taiwan", number="1234567801"))
    app.test_client().send(PERSON, person(paper="passport", number="12345678"))
    assert stored(row_count) == 5


def test_the_owner_is_notified_once_a_day_of_another_registration(
    client: Client, made: Made, stored: Stored
) -> None:
    there = made(factories.applicant)
    for _ in range(3):
        client.send(PERSON, person(number=there.identity_number))
    assert [(each.kind, each.account_id) for each in stored(every_message)] == [
        ("registration_tried", there.id)
    ]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_the_time_of_a_registration_does_not_tell_whether_the_number_was_taken(
    app: Flask, client: Client, made: Made
) -> None:
    """As many statements, and no transaction that fails and begins anew."""
    there = made(factories.applicant)
    client.send(PERSON, person(number=there.identity_number))
    counts = []
    for number in (there.identity_number, factories.identity_number()):
        visitor = app.test_client()
        form = person(number=number)
        with app.app_context(), recorded_statements(db.engine) as sent:
            visitor.send(PERSON, form)
        counts.append(len(sent))
    assert counts[0] == counts[1]


def every_message() -> list[Message]:
    return list(db.session.scalars(select(Message)))


@pytest.mark.parametrize(
    "planted", [{"role": "administrator"}, {"active": ""}, {"enterprise_id": "1"}, {"id": "1"}]
)
def test_values_that_are_no_fields_of_the_form_are_ignored(
    client: Client, stored: Stored, planted: dict[str, str]
) -> None:
    client.send(PERSON, person(**planted))
    account = stored(lambda: db.session.scalars(select(Account)).one())
    assert (account.role, account.active, account.enterprise_id) == (Role.APPLICANT, True, None)


def test_control_characters_are_removed_from_a_registration(client: Client, stored: Stored) -> None:
    client.send(PERSON, person(name="  王\x00晓\u202e敏\t（曾用名）\n"))
    assert stored(lambda: db.session.scalars(select(Account.name)).one()) == "王晓敏 （曾用名）"


def test_somebody_who_is_logged_in_cannot_register(client: Client, made: Made) -> None:
    log_in(client, made(factories.applicant))
    assert client.get(PERSON).location == "/login/personal"
    assert "不是您？退出" in words(client.get("/login/personal"))
    assert client.send(PERSON, person()).location == "/login/personal"


@pytest.mark.parametrize(
    ("paper", "number", "sentence"),
    [
        ("citizen", "911124198108030024", "这是外国人永久居留身份证的号码，请改选证件类型"),
        ("permanent_residence", "911124198108030025", "证件号码校验位不正确"),
        ("hmt_residence", "810000199013010016", "证件号码中的出生日期不存在"),
    ],
)
def test_errors_of_other_documents_numbers_are_shown_beside_the_field(
    client: Client, stored: Stored, paper: str, number: str, sentence: str
) -> None:
    answer = client.send(PERSON, person(paper=paper, number=number))
    assert answer.status_code == 422
    assert sentence in words(answer)
    assert value(answer, "number") == number
    assert stored(row_count) == 0


# --- enterprises


@pytest.mark.guide("E1", "E2")
def test_an_enterprise_registers_and_reads_which_office_is_responsible(
    client: Client, made: Made, stored: Stored
) -> None:
    region, office, _ = made(place)
    given = company(region)
    assert client.send(ENTERPRISE, given).location == "/register/enterprise/received/"
    assert (
        log_in_again(client, given["credit_code"], login_kind="enterprise").location
        == "/enterprise/registration/"
    )
    page = words(client.get("/enterprise/registration/"))
    assert f"现由{office.name}审核" in page
    assert office.telephone in page
    enterprise = stored(registered_enterprise)
    assert enterprise.registration is Registration.PENDING
    assert (enterprise.name, enterprise.credit_code) == (given["name"], given["credit_code"])
    assert (enterprise.region_id, enterprise.initials[:4]) == (region.id, "dsqs")
    assert (enterprise.licence_name, enterprise.licence_type) == ("营业执照.png", "image/png")
    message = stored(lambda: db.session.scalars(select(Message)).one())
    assert (message.kind, message.office_id) == ("registration_waiting", office.id)


@pytest.mark.guide("E2")
def test_an_office_without_a_telephone_refers_to_the_notice(client: Client, made: Made) -> None:
    region, _, _ = made(place, telephone="")
    given = company(region)
    client.send(ENTERPRISE, given)
    log_in_again(client, given["credit_code"], login_kind="enterprise")
    assert "联系电话见通知里第六部分" in words(client.get("/enterprise/registration/"))


@pytest.mark.guide("E1")
def test_the_regions_are_grouped_by_kind(app: Flask, client: Client, made: Made) -> None:
    regions = [made(factories.region, kind) for kind in (RegionKind.PARK, RegionKind.CITY, RegionKind.BANNER)]
    closed = made(factories.region, RegionKind.BANNER)
    with app.app_context():
        db.session.get(type(closed), closed.id).active = False
        db.session.commit()
    page = client.get(ENTERPRISE).text
    kinds = [page.index(f'<optgroup label="{kind}">') for kind in ("市直属", "旗区", "市管园区")]
    assert kinds == sorted(kinds)
    assert all(region.name in page for region in regions)
    assert closed.name not in page
    assert client.send(ENTERPRISE, company(closed)).status_code == 422


@pytest.mark.guide("E1")
def test_all_errors_of_an_enterprise_are_shown_at_once(client: Client, made: Made, stored: Stored) -> None:
    region, _, _ = made(place)
    answer = client.send(
        ENTERPRISE,
        company(
            region,
            name="",
            credit_code="91150602MA0N8C102X",
            region="",
            contact_name="",
            contact_phone="12",
            licence=None,
        ),
    )
    assert answer.status_code == 422
    for sentence in (
        "请填写单位名称。",
        "代码校验位不正确",
        "请选择所属地区。",
        "请填写联系人。",
        "请填写手机号码，或带区号的固定电话",
        "请上传营业执照的扫描件或照片。",
    ):
        assert sentence in words(answer)
    assert value(answer, "credit_code") == "91150602MA0N8C102X"
    assert stored(lambda: row_count(Enterprise)) == 0


def test_a_village_collective_registers_and_the_office_reads_its_kind(
    client: Client, made: Made, stored: Stored
) -> None:
    """Its code begins with a letter, by GB 32100."""
    region, _, clerk = made(place)
    typed = factories.credit_code("N2").lower()
    assert client.send(ENTERPRISE, company(region, credit_code=typed)).status_code == 303
    enterprise = stored(registered_enterprise)
    assert enterprise.credit_code == typed.upper()
    log_in(client, clerk)
    assert "登记类别 农业 · 村级集体经济组织" in words(client.get(f"/office/enterprises/{enterprise.id}/"))
    found = client.get("/office/enterprises/", query_string={"tab": "all", "q": typed[:6]})
    assert enterprise.name in words(found)


@pytest.mark.guide("E1")
def test_an_uploaded_licence_stays_while_other_errors_are_corrected(
    app: Flask, client: Client, made: Made, stored: Stored
) -> None:
    region, _, _ = made(place)
    answer = client.send(ENTERPRISE, company(region, contact_phone="12"))
    assert "营业执照.png" in words(answer)
    assert len(attachments(app)) == 1
    again = client.send(
        ENTERPRISE, company(region, licence=None, licence_kept=value(answer, "licence_kept"), password="")
    )
    assert again.status_code == 422
    done = client.send(ENTERPRISE, company(region, licence=None, licence_kept=value(again, "licence_kept")))
    assert done.status_code == 303
    enterprise = stored(registered_enterprise)
    assert enterprise.licence_name == "营业执照.png"
    assert [path.name for path in attachments(app)] == [Path(enterprise.licence_file).name]


def test_another_file_replaces_the_stored_licence(
    app: Flask, client: Client, made: Made, stored: Stored
) -> None:
    region, _, _ = made(place)
    first = client.send(ENTERPRISE, company(region, contact_phone="12"))
    client.send(
        ENTERPRISE,
        company(region, licence=scan(files.pdf(), "新执照.pdf"), licence_kept=value(first, "licence_kept")),
    )
    assert stored(registered_enterprise).licence_name == "新执照.pdf"
    assert len(attachments(app)) == 1


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (files.word(), "执照.docx", "docx 格式，不能上传"),
        (files.program(), "执照.png", "不能上传"),
        (b"", "执照.pdf", "是空的"),
        (files.jpg_of(20 * files.MEGABYTE + 1), "执照.jpg", "超过 20 MB"),
        (files.word(), "执照", "docx 格式，不能上传"),
        (b"\0\0\0\x18ftypheic", "执照.heic", "请在手机的相机设置中选择“兼容性最佳”"),
    ],
)
def test_a_licence_must_be_a_picture_or_pdf_with_matching_content(
    app: Flask, client: Client, made: Made, content: bytes, name: str, sentence: str
) -> None:
    region, _, _ = made(place)
    answer = client.send(ENTERPRISE, company(region, licence=scan(content, name)))
    assert answer.status_code == 422
    assert sentence in words(answer)
    assert value(answer, "name") == "东胜区示例智能制造有限公司"
    assert attachments(app) == []


def test_a_licence_without_extension_is_recognised_and_a_portfolio_gets_a_note(
    client: Client, made: Made, stored: Stored
) -> None:
    region, _, _ = made(place)
    client.send(ENTERPRISE, company(region, licence=scan(odd_files.pdf_portfolio(), "执照")))
    enterprise = stored(registered_enterprise)
    assert enterprise.licence_name == "执照.pdf"
    assert enterprise.licence_notes == ["portfolio"]
    log_in_again(client, enterprise.credit_code, login_kind="enterprise")
    assert "审核人员只看得到封面" in words(client.get("/enterprise/registration/"))


def test_a_refused_file_does_not_replace_the_stored_licence(
    client: Client, made: Made, stored: Stored
) -> None:
    region, _, _ = made(place)
    first = client.send(ENTERPRISE, company(region, contact_phone="12"))
    second = client.send(
        ENTERPRISE,
        company(region, licence=scan(files.program(), "x.png"), licence_kept=value(first, "licence_kept")),
    )
    assert second.status_code == 422
    client.send(ENTERPRISE, company(region, licence=None, licence_kept=value(second, "licence_kept")))
    assert stored(registered_enterprise).licence_name == "营业执照.png"


def test_a_forged_licence_token_is_ignored(app: Flask, client: Client, made: Made) -> None:
    region, _, _ = made(place)
    ours = value(client.send(ENTERPRISE, company(region, contact_phone="12")), "licence_kept") or ""
    for forged in ("", "x", ours[:-9] + ("a" if ours[-9] != "a" else "b") + ours[-8:], ours.split(".")[0]):
        answer = client.send(ENTERPRISE, company(region, licence=None, licence_kept=forged))
        assert "请上传营业执照的扫描件或照片。" in words(answer)


def test_a_stored_licence_cannot_be_used_by_another_enterprise(
    app: Flask, client: Client, made: Made
) -> None:
    region, _, _ = made(place)
    kept = value(client.send(ENTERPRISE, company(region, contact_phone="12")), "licence_kept")
    assert client.send(ENTERPRISE, company(region, licence=None, licence_kept=kept)).status_code == 303
    second = app.test_client().send(ENTERPRISE, company(region, licence=None, licence_kept=kept))
    assert second.status_code == 422
    assert "请上传营业执照的扫描件或照片。" in words(second)


def test_a_registration_sent_twice_at_once_keeps_its_licence(
    app: Flask, client: Client, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    region, _, _ = made(place)
    given = company(region, licence=None)
    given["licence_kept"] = value(
        client.send(ENTERPRISE, company(region, contact_phone="12")), "licence_kept"
    )
    again = app.test_client()
    enrol, sent = registration.register_enterprise, []

    def overtaken(*what: Any) -> bool:
        if not sent:
            sent.append("the other one")
            assert again.send(ENTERPRISE, given).status_code == 303
        return enrol(*what)

    monkeypatch.setattr(registration, "register_enterprise", overtaken)
    assert client.send(ENTERPRISE, given).status_code == 303
    with app.app_context():
        its = select(Enterprise.licence_file).where(Enterprise.credit_code == given["credit_code"])
        assert not any(storage().missing([db.session.scalars(its).one() or ""]))


def test_a_stored_licence_that_was_deleted_must_be_uploaded_again(
    app: Flask, client: Client, made: Made
) -> None:
    region, _, _ = made(place)
    kept = value(client.send(ENTERPRISE, company(region, contact_phone="12")), "licence_kept")
    app.extensions["attachments"].sweep(lambda _: set(), timedelta(0))
    answer = client.send(ENTERPRISE, company(region, licence=None, licence_kept=kept))
    assert "请上传营业执照的扫描件或照片。" in words(answer)


@pytest.mark.guide("E1")
def test_registering_an_enterprise_does_not_reveal_an_existing_one(
    app: Flask, made: Made, stored: Stored
) -> None:
    region, _, _ = made(place)
    code = factories.credit_code()
    free = observable_response(app.test_client(), ENTERPRISE, company(region, credit_code=code))
    again = company(region, credit_code=code.lower(), name="另一家公司", contact_name="另一人")
    taken = observable_response(app.test_client(), ENTERPRISE, again)
    assert taken == free
    enterprise = stored(registered_enterprise)
    assert (enterprise.name, stored(lambda: row_count(Enterprise))) == ("东胜区示例智能制造有限公司", 1)
    assert len(attachments(app)) == 1, "the second licence is gone"
    told = [each for each in stored(every_message) if each.kind == "registration_tried"]
    assert [each.enterprise_id for each in told] == [enterprise.id]


@pytest.mark.guide("E3")
def test_nobody_registers_an_enterprise_as_approved(client: Client, made: Made, stored: Stored) -> None:
    region, _, _ = made(place)
    client.send(ENTERPRISE, company(region, registration="approved", version="9", role="office"))
    enterprise = stored(registered_enterprise)
    assert (enterprise.registration, enterprise.version) == (Registration.PENDING, 1)
