"""The pages of `/administration/`, and that other roles cannot use them."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html.parser import HTMLParser

import pytest
from flask import Flask
from sqlalchemy import event, func, select
from werkzeug.test import TestResponse

from accounts import logins, passwords
from admin_views.administration.deputies import AdministeredDeputies
from admin_views.administration.form import FormVersions
from admin_views.documents import application_files
from admin_views.review.corrections import NumberCorrection
from models import (
    Account,
    Application,
    AuditEntry,
    CalendarYear,
    Enterprise,
    Material,
    Notice,
    Office,
    Period,
    Region,
    RegionKind,
    Registration,
    Review,
    Role,
    Setting,
    State,
    db,
)
from tests import clock
from tests.factories import (
    PASSWORD,
    World,
    applicant,
    application_at,
    clerk,
    credit_code,
    enterprise,
    region,
    saved,
)
from tests.machine.site import Client
from tests.machine.worlds import Person
from workflow.transitions import CORRECTIONS, DECIDES_NOTHING, TRANSITIONS

LISTS = (
    "form",
    "regions",
    "offices",
    "enterprises",
    "staff",
    "materials",
    "notices",
    "periods",
    "calendar",
    "settings",
    "changes",
)


@pytest.fixture
def admin(prepared: World, person: Person) -> Client:
    return person(prepared.administrator)


@pytest.fixture
def rows(app: Flask) -> Callable[..., object]:
    """`rows(select(...))` reads what is in the database now."""

    def read(query: object) -> object:
        with app.app_context():
            return db.session.scalars(query).unique().all()

    return read


def text(answer: TestResponse) -> str:
    return answer.get_data(as_text=True)


def hidden(answer: TestResponse, name: str) -> str:
    """The value of a hidden field or button of the page."""
    found = re.search(rf'name="{name}" value="([^"]+)"', text(answer))
    return found[1] if found else ""


class Sheet(HTMLParser):
    """The values that the form of a page would send."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.sent: dict[str, str] = {}
        self._select = self._area = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        kind, name = given.get("type", ""), given.get("name", "")
        if tag == "input" and name and (kind not in {"checkbox", "radio"} or "checked" in given):
            self.sent.setdefault(name, given.get("value", ""))
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and "selected" in given:
            self.sent[self._select] = given["value"]
        elif tag == "textarea":
            self._area = name
            self.sent[name] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self.sent.setdefault(self._select, "")
            self._select = ""
        elif tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.sent[self._area] += data.lstrip("\r\n")


def fields(answer: TestResponse) -> dict[str, str]:
    """The values that the form of a page would send."""
    sent = Sheet(text(answer)).sent
    sent.pop("csrf_token", None)
    return sent


def change(client: Client, path: str, **typed: object) -> TestResponse:
    """Open a form, type, save."""
    before = fields(client.get(path))
    return client.send(path, {**before, **typed})


def confirm_question(client: Client, path: str, question_page: TestResponse) -> TestResponse:
    """Press 确定 on a page that asks for confirmation."""
    return client.send(path, {**fields(question_page), "confirmed": hidden(question_page, "confirmed")})


@contextmanager
def statements(app: Flask) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_further: object) -> None:
        seen.append(statement)

    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", note)
        yield seen
        event.remove(db.engine, "before_cursor_execute", note)


# --- who comes in


@pytest.mark.guide("D4")
def test_only_administrators_open_the_pages(app: Flask, prepared: World, person: Person) -> None:
    for address in ("/administration/", *(f"/administration/{name}/" for name in LISTS)):
        assert person(prepared.administrator).get(address).status_code == 200
        for somebody in (prepared.banner.clerk, prepared.centre, prepared.banner.reviewer):
            assert person(somebody).get(address).status_code == 404
        stranger = app.test_client().get(address)
        assert (stranger.status_code, "/login/staff" in stranger.location) == (302, True)


@pytest.mark.guide("D4")
def test_other_roles_change_nothing(prepared: World, person: Person, rows: Callable[..., object]) -> None:
    number = prepared.administrator.id
    for somebody in (prepared.banner.clerk, prepared.centre, prepared.banner.reviewer):
        client = person(somebody)
        for path in (
            "regions/new",
            f"regions/{prepared.banner.region.id}",
            f"enterprises/{prepared.banner.enterprise.id}",
            f"staff/{somebody.id}",
            f"staff/{number}/deactivate",
            f"staff/{number}/password",
            f"staff/{number}/reactivate",
            "staff/new",
            "notices/new",
        ):
            given = {"name": "甲", "role": "administrator", "login": "mine", "active": "y"}
            assert client.send(f"/administration/{path}/", given).status_code == 404
    assert rows(select(AuditEntry)) == []


def test_a_post_without_its_token_does_nothing(admin: Client, rows: Callable[..., object]) -> None:
    answer = admin.post("/administration/offices/new/", data={"name": "新单位"})
    assert answer.status_code == 419
    assert rows(select(Office).where(Office.name == "新单位")) == []


NOBODY = ("999999", "0", "-1", "999999999999999999", "99999999999999999999", "x", "1 or 1=1", "%00")


def test_what_does_not_exist_is_not_found(admin: Client) -> None:
    for table in (
        "regions",
        "offices",
        "enterprises",
        "staff",
        "materials",
        "notices",
        "periods",
        "calendar",
        "settings",
    ):
        for key in NOBODY:
            assert admin.get(f"/administration/{table}/{key}/").status_code == 404, (table, key)


@pytest.mark.guide("D4")
def test_accounts_of_applicants_and_enterprises_are_not_found(
    app: Flask, prepared: World, admin: Client, rows: Callable[..., object]
) -> None:
    with app.app_context():
        others = [applicant().id, prepared.banner.reviewer.id]
    for number in others:
        assert admin.get(f"/administration/staff/{number}/").status_code == 404
        for act in ("", "deactivate/", "reactivate/", "password/"):
            assert admin.send(f"/administration/staff/{number}/{act}", {"name": "甲"}).status_code == 404
    assert str(prepared.banner.reviewer.name) not in text(admin.get("/administration/staff/"))


@pytest.mark.guide("D4")
def test_no_address_of_the_administration_decides_an_application(app: Flask) -> None:
    posts = {
        rule.endpoint.split(".")[1]
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/administration/") and "POST" in (rule.methods or ())
    }
    assert posts <= {
        "create_view",
        "edit_view",
        "merge",
        "index_view",
        "confirm",
        "discard",
        "deactivate",
        "reactivate",
        "renew_password",
        "reset_second_factor",
        "disclose",
        "preview",  # of a standard, of the bank's file
        "renew",  # a standard
        "save",  # the bank's file
        "send_again",  # a message that was not delivered
        "give",  # a new 「找回码」
        *application_files.ROUTES["administration"],
        *AdministeredDeputies.exposed_routes,
        *FormVersions.exposed_routes,
        *NumberCorrection.exposed_routes,
    }
    assert posts >= set(NumberCorrection.exposed_routes)
    assert not [row for row in TRANSITIONS if row.by is Role.ADMINISTRATOR]


@pytest.mark.guide("D4")
def test_a_correction_decides_nothing() -> None:
    """`correct_name` and `correct_number` are the addresses of an application that an administrator can send a form to."""
    assert {row.action.value for row in CORRECTIONS} == set(NumberCorrection.exposed_routes)
    assert all((row.to, row.result) == (row.state, None) for row in CORRECTIONS)
    assert {row.action for row in CORRECTIONS} <= DECIDES_NOTHING


# --- what is sent is not taken


@pytest.mark.guide("D4")
def test_undeclared_form_fields_are_ignored(
    admin: Client, prepared: World, rows: Callable[..., object]
) -> None:
    chosen = prepared.banner.enterprise
    change(
        admin,
        f"/administration/enterprises/{chosen.id}/",
        contact_name="新联系人",
        registration="refused",
        credit_code="X",
        id="7",
        version="99",
    )
    (row,) = rows(select(Enterprise).where(Enterprise.id == chosen.id))
    assert (row.contact_name, row.registration, row.credit_code) == (
        "新联系人",
        Registration.APPROVED,
        chosen.credit_code,
    )
    clerk = prepared.banner.clerk
    change(
        admin,
        f"/administration/staff/{clerk.id}/",
        name="改名",
        role="administrator",
        login="root",
        active="",
        password_hash="x",
    )
    (row,) = rows(select(Account).where(Account.id == clerk.id))
    assert (row.name, row.role, row.login, row.active) == ("改名", Role.OFFICE, clerk.login, True)
    assert row.password_hash == clerk.password_hash


@pytest.mark.guide("D4")
def test_no_other_role_can_be_given(admin: Client, rows: Callable[..., object]) -> None:
    for role in ("applicant", "enterprise", "root", ""):
        answer = admin.send("/administration/staff/new/", {"name": "甲", "login": "jia1", "role": role})
        assert answer.status_code == 422, role
    assert rows(select(Account).where(Account.login == "jia1")) == []


# --- forms


@pytest.mark.guide("D1")
def test_a_region_is_added_with_its_office_and_listed(
    admin: Client, prepared: World, rows: Callable[..., object]
) -> None:
    assert "没有符合" not in text(admin.get("/administration/regions/"))
    answer = change(
        admin,
        "/administration/regions/new/",
        name="新区",
        code="150699",
        kind="park",
        office_id=prepared.park.office.id,
    )
    assert answer.status_code == 302
    (row,) = rows(select(Region).where(Region.name == "新区"))
    assert (row.kind, row.active, row.office_id) == (RegionKind.PARK, True, prepared.park.office.id)
    page = text(admin.get("/administration/regions/"))
    assert "新区" in page
    assert "已保存：新区" in page


def test_all_errors_are_shown_at_their_fields_and_the_input_stays(admin: Client, prepared: World) -> None:
    answer = admin.send(
        "/administration/regions/new/",
        {"name": "", "code": "1 2", "kind": "moon", "office_id": "", "position": "x"},
    )
    assert answer.status_code == 422
    page = text(answer)
    for sentence in ("请填写名称。", "代码由数字和字母组成。", "请选择负责单位。"):
        assert page.count(sentence) == 2  # in the list on top, and beside the field
    assert 'id="kind-error"' in page
    assert 'id="position-error"' in page
    assert 'value="1 2"' in page
    final = prepared.centre.office_id
    answer = admin.send(
        "/administration/regions/new/",
        {"name": "某区", "code": "9", "kind": "park", "office_id": final, "position": "1"},
    )
    assert 'id="office_id-error"' in text(answer)


def test_a_taken_name_is_reported_at_its_field(admin: Client, prepared: World) -> None:
    for path, typed in (
        (f"offices/{prepared.banner.office.id}", {"name": prepared.park.office.name}),
        (f"regions/{prepared.banner.region.id}", {"code": prepared.park.region.code}),
    ):
        answer = change(admin, f"/administration/{path}/", **typed)
        assert answer.status_code == 422
        assert "已存在，请换一个。" in text(answer)
        assert f'id="{next(iter(typed))}-error"' in text(answer)


def test_an_outdated_form_says_so_and_keeps_the_input(
    admin: Client, prepared: World, rows: Callable[..., object]
) -> None:
    path = f"/administration/offices/{prepared.banner.office.id}/"
    old = fields(admin.get(path))
    change(admin, path, telephone="0477-1111111")
    answer = admin.send(path, {**old, "name": "我的名字"})
    assert answer.status_code == 409
    assert "别人改了同一条内容" in text(answer)
    assert 'value="我的名字"' in text(answer)
    assert rows(select(Office.name).where(Office.id == prepared.banner.office.id)) == [
        prepared.banner.office.name
    ]
    again = admin.send(path, {**old, "name": "我的名字", "seen": hidden(answer, "seen")})
    assert again.status_code == 302


@pytest.mark.guide("D3")
def test_moving_an_enterprise_needs_a_confirmation(
    app: Flask, admin: Client, prepared: World, rows: Callable[..., object]
) -> None:
    with app.app_context():
        application_at(State.PRELIMINARY_REVIEW, prepared.banner, prepared)
    path = f"/administration/enterprises/{prepared.banner.enterprise.id}/"
    assert "待初审" in text(admin.get(path))
    question_page = change(admin, path, region_id=prepared.city.region.id, contact_name="同时改的")
    assert question_page.status_code == 200
    assert "还没有保存，请先确认" in text(question_page)
    assert "正在审核的申请 1 件随之划转" in text(question_page)
    assert rows(select(Application.region_id)) == [prepared.banner.region.id]
    assert confirm_question(admin, path, question_page).status_code == 302
    assert rows(select(Application.region_id)) == [prepared.city.region.id]
    assert rows(select(Application.state)) == [State.CITY_REVIEW]
    assert rows(select(Enterprise.contact_name).where(Enterprise.id == prepared.banner.enterprise.id)) == [
        "同时改的"
    ]
    assert rows(select(Review.reason).order_by(Review.id.desc()).limit(1)) == [
        f"企业划转至{prepared.city.region.name}"
    ]


def test_full_width_input_is_stored_half_width(
    admin: Client, prepared: World, rows: Callable[..., object]
) -> None:
    (period,) = rows(select(Period.id))
    at = prepared.banner
    for path, name, typed, kept in (
        (f"regions/{at.region.id}", "code", "Ｔ１５０６９９", "T150699"),
        (f"offices/{at.office.id}", "telephone", "０４７７－８５８６９１２ 转 １", "0477-8586912 转 1"),
        (f"offices/{at.office.id}", "telephone", "0477—8586912、8586913", "0477-8586912、8586913"),
        (f"enterprises/{at.enterprise.id}", "contact_phone", "０４７７－８１２０００１", "0477-8120001"),
        (f"staff/{at.clerk.id}", "phone", "＋８６ １３９４７７００００１", "13947700001"),
        (f"periods/{period}", "closes", "２０９９－１２－３１", "2099-12-31"),
    ):
        assert change(admin, f"/administration/{path}/", **{name: typed}).status_code == 302, path
        assert fields(admin.get(f"/administration/{path}/"))[name] == kept
    new = {"name": "新人", "login": "Ｔｅｓｔ．１", "role": "city", "phone": "１３９４７７００００１"}
    admin.send("/administration/staff/new/", new)
    assert rows(select(Account.phone).where(Account.login == "Test.1")) == ["13947700001"]


@pytest.mark.guide("D2")
def test_a_new_notice_starts_from_the_newest_text_and_needs_a_confirmation(
    admin: Client, rows: Callable[..., object]
) -> None:
    path = "/administration/notices/new/"
    assert fields(admin.get(path))["body"] == "须知"
    question_page = change(admin, path, version="2027 年第 1 版", body="须知\r\n\r\n二、新")
    assert "申请人须重新阅读 30 秒" in text(question_page)
    assert len(rows(select(Notice))) == 1
    assert confirm_question(admin, path, question_page).status_code == 302
    newest = rows(select(Notice).order_by(Notice.id.desc()))[0]
    assert (newest.version, newest.body) == ("2027 年第 1 版", "须知\n\n二、新")
    page = admin.get(f"/administration/notices/{newest.id}/")
    assert "现行版本" in text(page)
    assert admin.send(f"/administration/notices/{newest.id}/", {"body": "改"}).status_code == 405


@pytest.mark.guide("D2")
def test_a_changed_help_line_is_on_every_page(app: Flask, admin: Client, rows: Callable[..., object]) -> None:
    with app.app_context():
        db.session.add(Setting(key="help_line", value="0477-8587631", explanation="咨询"))
        db.session.commit()
    path = "/administration/settings/help_line/"
    assert change(admin, path, value="打电话").status_code == 422
    assert change(admin, path, value="0477-7654321", key="other").status_code == 302
    assert "0477-7654321" in text(app.test_client().get("/"))
    assert rows(select(Setting.key)) == ["help_line"]


LIMITS = {"days_city": "15", "digest_time": "08:30"}


@pytest.mark.guide("D2", "W8")
def test_a_limit_that_is_no_number_of_days_is_refused_beside_its_field(
    app: Flask, admin: Client, rows: Callable[..., object]
) -> None:
    with app.app_context():
        db.session.add_all(Setting(key=key, value=value, explanation="") for key, value in LIMITS.items())
        db.session.commit()
    path = "/administration/settings/"
    refused = change(admin, f"{path}days_city/", value="300")
    assert refused.status_code == 422
    assert "请填写 0 至 250 之间的整数。" in text(refused)
    assert 'value="300"' in refused.text
    assert change(admin, f"{path}days_city/", value="１２").status_code == 302
    assert change(admin, f"{path}digest_time/", value="9:05").status_code == 302
    assert rows(select(Setting.value).order_by(Setting.key)) == ["12", "09:05"]


YEAR = {
    "holidays": "元旦：1月1日至3日\r\n春节：2月5日至11日\r\n5月1日至5日\r\n10月1日至7日",
    "workdays": "1月10日",
    "source": "",
}


@pytest.mark.guide("D2", "W8")
def test_a_year_of_holidays_is_entered_before_the_library_has_it(
    admin: Client, rows: Callable[..., object]
) -> None:
    with clock.at("2026-11-20 09:00"):
        assert "录入 2027 年" in text(admin.get("/administration/"))
        path = "/administration/calendar/new/?year=2027"
        wrong = change(admin, path, **{**YEAR, "workdays": "1月11日"})
        assert wrong.status_code == 422
        assert "2027-01-11 不是周六或周日" in text(wrong)
        assert fields(wrong)["workdays"] == "1月11日"
        wrong = change(admin, path, **{**YEAR, "holidays": "正月初一"})
        assert "看不懂“正月初一”" in text(wrong)
        question_page = change(admin, path, **YEAR)
        assert "2027 年：放假 22 天，调休上班 1 天，全年工作日 248 天。" in text(question_page)
        assert rows(select(CalendarYear)) == []
        assert confirm_question(admin, path, question_page).status_code == 302
        assert "录入 2027 年" not in text(admin.get("/administration/"))
        [row] = rows(select(CalendarYear))
        assert row.holidays.splitlines()[0] == "2027-01-01 - 2027-01-03"
        page = text(admin.get("/administration/calendar/"))
        assert "已录入" in page
        again = change(admin, path, **YEAR)
        assert (again.status_code, "已存在" in text(again)) == (422, True)
        path = f"/administration/calendar/{row.id}/"
        stopped = {key: value for key, value in fields(admin.get(path)).items() if key != "active"}
        question_page = admin.send(path, stopped)
        assert "2027 年改按周一至周五计算" in text(question_page)
        confirm_question(admin, path, question_page)
        assert "录入 2027 年" in text(admin.get("/administration/"))
    assert "calendar_years" in rows(select(AuditEntry.table_name))


@pytest.mark.guide("D2")
def test_a_material_is_edited_without_a_developer(admin: Client, rows: Callable[..., object]) -> None:
    (first, *_) = rows(select(Material).order_by(Material.position))
    question_page = change(
        admin, f"/administration/materials/{first.id}/", name="身份证正反面", shows="头像清晰"
    )
    assert question_page.status_code == 302
    without = {
        key: value
        for key, value in fields(admin.get(f"/administration/materials/{first.id}/")).items()
        if key != "active"
    }
    question_page = admin.send(f"/administration/materials/{first.id}/", without)
    assert "停用后不再要求上传" in text(question_page)
    confirm_question(admin, f"/administration/materials/{first.id}/", question_page)
    (row,) = rows(select(Material).where(Material.id == first.id))
    assert (row.name, row.shows, row.active) == ("身份证正反面", "头像清晰", False)


# --- staff


@pytest.mark.guide("D1")
def test_a_new_clerk_s_password_is_shown_once_and_works(app: Flask, admin: Client, prepared: World) -> None:
    answer = admin.send(
        "/administration/staff/new/",
        {
            "name": "新人",
            "login": "xinren",
            "role": "office",
            "office_id": prepared.banner.office.id,
            "phone": "",
        },
    )
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    login, password, code = re.findall(r"<code>([^<]+)</code>", text(answer))
    with app.app_context():
        account = logins.authenticate("staff", login, password)
        assert account is not None
        number = account.id
        assert passwords.verify(account.recovery_hash, logins.normalised(code))
    for path in ("staff/", f"staff/{number}/", "changes/", ""):
        page = text(admin.get(f"/administration/{path}"))
        assert password not in page
        assert code not in page


def test_only_office_clerks_choose_an_office(admin: Client) -> None:
    page = text(admin.get("/administration/staff/new/"))
    assert "身份为“市、旗区人社部门或市管园区人才业务主管部门”时必须选择" in page
    label = page.split('<label for="office_id">')[1].split("</label>")[0]
    assert label == "单位", "required for some, it is called neither required nor optional"
    wrong = admin.send(
        "/administration/staff/new/", {"name": "新", "login": "xin", "role": "office", "phone": "12"}
    )
    for sentence in ("请选择单位。", "请填写手机号码，或带区号的固定电话"):
        assert sentence in text(wrong)


@pytest.mark.guide("D1")
def test_deactivating_needs_a_confirmation_and_ends_the_session(
    prepared: World, admin: Client, person: Person
) -> None:
    clerk = person(prepared.banner.clerk)
    assert clerk.get("/office/").status_code == 200
    path = f"/administration/staff/{prepared.banner.clerk.id}/"
    question_page = admin.send(f"{path}deactivate/")
    assert f"停用{prepared.banner.clerk.name}的账号？" in text(question_page)
    assert f">{prepared.administrator.name}</a>" in text(question_page)
    assert clerk.get("/office/").status_code == 200
    confirm_question(admin, f"{path}deactivate/", question_page)
    assert clerk.get("/office/").status_code == 302
    assert "恢复登录" in text(admin.get(path))
    admin.send(f"{path}reactivate/")
    assert "停用账号" in text(admin.get(path))


def test_a_new_password_needs_a_confirmation_and_is_shown_once(
    app: Flask, prepared: World, admin: Client
) -> None:
    path = f"/administration/staff/{prepared.banner.clerk.id}/password/"
    question_page = admin.send(path)
    assert "<code>" not in text(question_page)
    with app.app_context():
        assert logins.authenticate("staff", prepared.banner.clerk.login or "", PASSWORD) is not None
    shown = confirm_question(admin, path, question_page)
    assert len(re.findall(r"<code>", text(shown))) == 3
    with app.app_context():
        assert logins.authenticate("staff", prepared.banner.clerk.login or "", PASSWORD) is None


def test_nobody_deactivates_or_resets_their_own_account(prepared: World, admin: Client) -> None:
    path = f"/administration/staff/{prepared.administrator.id}/"
    assert "停用账号" not in text(admin.get(path))
    for act in ("deactivate", "password"):
        answer = admin.send(f"{path}{act}/", follow_redirects=True)
        assert "band-error" in text(answer)
    assert admin.get(path).status_code == 200


# --- lists


def test_enterprises_are_found_by_name_initials_code_region_and_registration(
    app: Flask, admin: Client, prepared: World
) -> None:
    with app.app_context():
        code = credit_code()
        enterprise(
            prepared.park.region,
            Registration.PENDING,
            name="蒙苏氢能公司",
            initials="msqngs",
            credit_code=code,
        )
        names = db.session.scalar(select(func.count(Enterprise.id)))
    everything = text(admin.get("/administration/enterprises/"))
    assert everything.count("cell-title") == names
    for query in (
        "q=氢能",
        "q=msqn",
        "q=MSQN",
        f"q={code}",
        f"q={code[:17].lower()}",
        f"region={prepared.park.region.id}&registration=pending",
        "registration=pending",
    ):
        page = text(admin.get(f"/administration/enterprises/?{query}"))
        assert page.count("cell-title") == 1, query
        assert "蒙苏氢能公司" in page
    for query in ("q=%25", "q=_", "q=没有这样的"):
        page = text(admin.get(f"/administration/enterprises/?{query}"))
        assert "没有符合条件的企业" in page, query
    for query in (
        "region=x",
        "region=99999999999999",
        "registration=moon",
        "page=after~x~y",
        "page=~",
        "page=after~999999999999~1",
    ):
        assert text(admin.get(f"/administration/enterprises/?{query}")).count("cell-title") == names, query


@pytest.mark.parametrize(
    "words",
    [
        "蒙苏‧氢能",
        "蒙苏氢能",
        "(中国)",
        "（中国）",
        "GROSSE",
        "größe",
        "0477 7654321",
        "0477-7654321",
        "04777654321",
    ],
)
def test_an_enterprise_is_found_by_every_spelling_of_name_and_telephone(
    app: Flask, admin: Client, prepared: World, words: str
) -> None:
    with app.app_context():
        enterprise(prepared.park.region, name="蒙苏·氢能Größe（中国）公司", contact_phone="0477-7654321")
    page = text(admin.get("/administration/enterprises/", query_string={"q": words}))
    assert page.count("cell-title") == 1
    nothing = text(admin.get("/administration/enterprises/", query_string={"q": "没有这样的"}))
    assert "联系电话" in nothing[nothing.index("没有符合条件的企业") :]


@pytest.mark.parametrize("words", ["阿拉坦•仓", "拉坦仓", "13900001111", "139-0000 1111"])
def test_a_clerk_and_their_audit_entries_are_found_by_every_spelling_of_the_name(
    app: Flask, admin: Client, prepared: World, words: str
) -> None:
    with app.app_context():
        of = db.session.get_one(Office, prepared.banner.office.id)
        account = clerk(of, name="阿拉坦·仓")
        account.phone = "13900001111"
        saved(account)
    page = text(admin.get("/administration/staff/", query_string={"q": words}))
    assert page.count("cell-title") == 1
    assert "阿拉坦·仓" in page
    nothing = text(admin.get("/administration/staff/", query_string={"q": "没有这个人"}))
    assert "登录名、单位（全名或其中几个字）、联系电话" in nothing


def test_an_audit_entry_is_found_by_every_spelling_of_a_name(admin: Client, prepared: World) -> None:
    change(admin, f"/administration/offices/{prepared.banner.office.id}/", name="第一·人才局Ä")
    for words in ("一•人才", "第一人才局a", "局Ä"):
        assert text(admin.get("/administration/changes/", query_string={"q": words})).count("cell-title") == 1
    assert "对象名称或操作人姓名" in text(admin.get("/administration/changes/", query_string={"q": "龘"}))


def test_a_list_has_pages_and_its_statements_do_not_grow_with_its_length(
    app: Flask, admin: Client, prepared: World
) -> None:
    def cost() -> int:
        with statements(app) as seen:
            assert admin.get("/administration/enterprises/").status_code == 200
        return len(seen)

    few = cost()
    with app.app_context():
        for _ in range(45):
            enterprise(prepared.park.region)
    assert cost() == few
    address, names = "/administration/enterprises/", []
    while address:
        page = text(admin.get(address))
        names += re.findall(r'cell-title"><a href="[^"]+">([^<]+)', page)
        following = re.search(r'<a href="([^"]+)" rel="next"', page)
        address = following[1].replace("&amp;", "&") if following else ""
    assert len(names) == len(set(names)) == 49


def test_the_trail_shows_before_and_after_newest_first(admin: Client, prepared: World) -> None:
    path = f"/administration/offices/{prepared.banner.office.id}/"
    change(admin, path, telephone="0477-1111111")
    change(admin, path, telephone="0477-2222222")
    page = text(admin.get("/administration/changes/"))
    assert page.index("0477-2222222") < page.index("0477-8586912")
    assert prepared.administrator.name in page
    assert text(admin.get("/administration/changes/?table=regions")).count("cell-title") == 0
    here = f"/administration/changes/?table=offices&row={prepared.banner.office.id}"
    assert text(admin.get(here)).count("cell-title") == 2
    assert "0477-1111111" in text(admin.get(path))


@pytest.mark.guide("D2")
def test_the_overview_says_what_is_missing(app: Flask, admin: Client, prepared: World) -> None:
    with app.app_context():
        region(RegionKind.PARK, db.session.merge(Office(name="无人单位", telephone="")))
    page = text(admin.get("/administration/"))
    assert "1 个单位没有可以登录的工作人员" in page
    assert "1 个单位没有填写电话" in page
    assert "无人单位" in page
    assert "年度申报" in page


def test_a_period_accepts_any_date_format_and_refuses_a_mistyped_year(
    admin: Client, rows: Callable[..., object]
) -> None:
    new = "/administration/periods/new/"
    wrong = text(admin.send(new, {"name": "2031 年度", "opens": "0231-01-01", "closes": "2031.13.1"}))
    assert "开始日期的年份“0231”不对，请填写四位数字，不早于 1900 年。" in wrong
    assert "结束日期：2031.13.1 不存在，请核对月份和日期。" in wrong
    assert 'value="0231-01-01"' in wrong
    assert 'value="2031.13.1"' in wrong
    missing = text(admin.send(new, {"name": "2031 年度"}))
    assert ">开始日期：请填写日期" in missing
    assert ">结束日期：请填写日期" in missing
    change(admin, new, name="2031 年度", opens="２０３１年１月１日", closes="2031.12.31")
    [period] = rows(select(Period).where(Period.name == "2031 年度"))
    assert (period.opens.isoformat(), period.closes.isoformat()) == ("2031-01-01", "2031-12-31")
    assert period.resubmit_days == 15


def test_a_contact_with_a_private_use_character_is_refused(
    admin: Client, prepared: World, rows: Callable[..., object]
) -> None:
    path = f"/administration/enterprises/{prepared.banner.enterprise.id}/"
    wrong = text(change(admin, path, contact_name="张\ue863"))
    assert "“张\ue863" not in wrong
    assert "（U+E863）是自造字" in wrong
    assert change(admin, path, contact_name="王\U0002ebf0").status_code == 302
    contact = select(Enterprise.contact_name).where(Enterprise.id == prepared.banner.enterprise.id)
    assert rows(contact) == ["王\U0002ebf0"]
