"""Worlds for tests, a few words each: `world()` has one enterprise of each kind of region, its offices and its people.

Every call makes new rows with names and numbers of their own, so worlds live side by side in one database.
What there is once in the city (市专家服务中心, 申请须知, materials, the period) is made when it is missing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count
from typing import Any, TypeVar

from flask.testing import FlaskClient
from sqlalchemy import func, select
from stdnum.cn import ric, uscc

from accounts import logins, sessions
from admin_views.site.login_session import TOKEN_KEY
from common import identity
from common.calendar import today
from common.initials import initials
from models import (
    Account,
    Action,
    Application,
    Attachment,
    CalendarYear,
    Enterprise,
    Experience,
    ExperienceKind,
    Import,
    ImportRow,
    ImportState,
    Material,
    Notice,
    NoticeReading,
    Office,
    OfficeDuty,
    Period,
    Region,
    RegionKind,
    Registration,
    Review,
    Role,
    Standard,
    StandardState,
    State,
    db,
    now,
)
from workflow import reading, review
from workflow.decision import Decision
from workflow.form import answers as form_answers

PASSWORD = "Xiaomin2026"
REASON = "劳动合同缺盖章页，请补齐后重新提交。"
_numbers = count(1)
Row = TypeVar("Row")


def identity_number(sex: str = "female", born: date | None = None) -> str:
    """A citizen's number that nobody else in these tests has."""
    n = next(_numbers)
    born = born or date(1990, 1, 1) + timedelta(days=n // 400)
    body = f"150602{born:%Y%m%d}{n % 400 * 2 + (sex == 'male'):03d}"
    return str(body + ric.calc_check_digit(body + "0"))


def credit_code(kind: str = "91") -> str:
    """A 统一社会信用代码 that no other enterprise in these tests has; N2 is a village's collective."""
    body = f"{kind}150602{next(_numbers):09d}"
    return str(body + uscc.calc_check_digit(body))


def saved(row: Row) -> Row:
    db.session.add(row)
    db.session.commit()
    return row


# --- places and people


def office(duty: OfficeDuty = OfficeDuty.REGION, telephone: str = "0477-8586912") -> Office:
    return saved(Office(name=f"第{next(_numbers)}人社局", duty=duty, telephone=telephone))


def region(kind: RegionKind, of: Office | None = None) -> Region:
    n = next(_numbers)
    return saved(Region(code=f"T{n}", name=f"第{n}地区", kind=kind, office=of or office()))


def enterprise(
    where: Region | None = None, registration: Registration = Registration.APPROVED, **further: Any
) -> Enterprise:
    name = f"第{next(_numbers)}示例新材料有限公司"
    given = {
        "name": name,
        "initials": initials(name),
        "credit_code": credit_code(),
        "region": where or region(RegionKind.CITY),
        "contact_name": "周婷",
        "contact_phone": "0477-8123456",
        "registration": registration,
    }
    return saved(Enterprise(**given | further))


def applicant(name: str = "王晓敏", number: str | None = None, paper: str = identity.CITIZEN) -> Account:
    return saved(logins.new_person(paper, number or identity_number(), name, "13847710000", PASSWORD))


def session_of(account: Account) -> dict[str, Any]:
    """What the cookie of somebody holds who has come in."""
    return {"_user_id": account.get_id(), "_fresh": True, TOKEN_KEY: sessions.begin(account)}


def log_in(client: FlaskClient, account: Account) -> None:
    """Log somebody in at this browser, without the login page."""
    with client.session_transaction() as session:
        session.update(session_of(account))


def reviewer(of: Enterprise, name: str = "赵敏") -> Account:
    return _staff(Role.ENTERPRISE, name, enterprise=of)


def clerk(of: Office, name: str = "李娜") -> Account:
    return _staff(Role.OFFICE, name, office=of)


def city_clerk(of: Office | None = None, name: str = "白云") -> Account:
    return _staff(Role.CITY, name, office=of or centre())


def administrator(name: str = "系统管理员") -> Account:
    return _staff(Role.ADMINISTRATOR, name)


def _staff(role: Role, name: str, **further: Any) -> Account:
    return saved(logins.new_account(role, f"login{next(_numbers)}", name, PASSWORD, **further))


def deactivate(account: Account) -> None:
    account.active = False
    db.session.commit()


def previewed_import(by: Account, where: Region) -> Import:
    """An import that waits to be confirmed: one good row, one that was refused."""
    job = saved(
        Import(
            actor_id=by.id,
            actor_name=by.name,
            file_name="企业.xlsx",
            state=ImportState.PREVIEW,
            accepted=1,
            refused=1,
            total=2,
        )
    )
    row = {"region": where.name, "contact_name": "周婷", "contact_phone": "0477-8123456"}
    wrong = ["credit_code", "代码校验位不正确，请对照营业执照核对每一位。", {}]
    saved(
        ImportRow(
            import_id=job.id,
            number=2,
            name="导入的甲公司",
            credit_code=credit_code(),
            region_id=where.id,
            faults=[],
            **row,
        )
    )
    saved(
        ImportRow(
            import_id=job.id,
            number=3,
            name="导入的乙公司",
            credit_code="911506020000000000",
            refused=True,
            faults=[wrong],
            **row,
        )
    )
    return job


# --- what there is once


def centre() -> Office:
    found = db.session.scalars(select(Office).where(Office.duty == OfficeDuty.FINAL)).first()
    return found or saved(
        Office(name="鄂尔多斯市专家服务中心", duty=OfficeDuty.FINAL, telephone="0477-8587631")
    )


def notice(version: str | None = None) -> Notice:
    """Publish a new version of 「申请须知」."""
    return saved(Notice(version=version or f"第 {next(_numbers)} 版", body="须知"))


def materials() -> list[Material]:
    found = db.session.scalars(select(Material).order_by(Material.position)).all()
    if found:
        return list(found)
    names = (("身份证", True), ("劳动合同", True), ("其他材料", False))
    return [
        saved(Material(name=name, required=required, position=position))
        for position, (name, required) in enumerate(names)
    ]


def open_period() -> None:
    if not db.session.scalar(select(func.count(Period.id))):
        day = today()
        saved(Period(name="年度申报", opens=day - timedelta(days=30), closes=day + timedelta(days=30)))


def calendar_year(year: int) -> CalendarYear:
    """The holidays of a year as an administrator entered them: those with a fixed date and a week of February."""
    fixed = [f"{year}-{day}" for day in ("01-01", "05-01", "05-02", "10-01", "10-02", "10-03")]
    days = "\n".join([*fixed, f"{year}-02-05 - {year}-02-11"])
    return saved(CalendarYear(year=year, holidays=days))


def standard(**further: Any) -> Standard:
    """A standard in force, for everybody unless told otherwise: 60,000 yuan in two payments."""
    given = {
        "name": "示例标准",
        "conditions": {},
        "amount_fen": 6_000_000,
        "instalments": 2,
        "interval_months": 6,
        "valid_from": today() - timedelta(days=30),
        "state": StandardState.IN_FORCE,
    }
    return saved(Standard(**given | further))


@dataclass(frozen=True)
class Place:
    """A region with one approved enterprise, and who reviews there."""

    region: Region
    office: Office
    clerk: Account
    enterprise: Enterprise
    reviewer: Account


def place(kind: RegionKind) -> Place:
    its_office = office()
    its_region = region(kind, its_office)
    its_enterprise = enterprise(its_region)
    return Place(its_region, its_office, clerk(its_office), its_enterprise, reviewer(its_enterprise))


@dataclass(frozen=True)
class World:
    """`elsewhere` is a second banner, whose people have no part in what happens in the first."""

    city: Place
    banner: Place
    park: Place
    elsewhere: Place
    centre: Account
    administrator: Account

    def at(self, kind: RegionKind) -> Place:
        return {RegionKind.CITY: self.city, RegionKind.BANNER: self.banner, RegionKind.PARK: self.park}[kind]


def world() -> World:
    once_in_the_city()
    return World(
        city=place(RegionKind.CITY),
        banner=place(RegionKind.BANNER),
        park=place(RegionKind.PARK),
        elsewhere=place(RegionKind.BANNER),
        centre=city_clerk(),
        administrator=administrator(),
    )


def once_in_the_city() -> None:
    centre()
    materials()
    open_period()
    if reading.current_notice() is None:
        notice()


# --- applications


def make_read_notice(account: Account, application: Application | None = None) -> None:
    """The person has read the present 「申请须知」 to its end, for this application or for one not begun yet."""
    current = reading.current_notice() or notice()
    at = now() - timedelta(minutes=1)
    saved(
        NoticeReading(
            account_id=account.id,
            notice_id=current.id,
            application_id=application.id if application else None,
            opened_at=at,
            read_at=at + timedelta(seconds=30),
        )
    )


def answers(of: Application, employer: Enterprise | None) -> dict[str, Any]:
    """What a complete form holds, by field."""
    citizen = of.paper == identity.CITIZEN
    return {
        "sex": identity.sex(of.identity_number) if citizen else "female",
        "birth_date": identity.birth_date(of.identity_number) if citizen else date(1990, 5, 1),
        "ethnicity": "蒙古族",
        "political": "masses",
        "phone": "13847710000",
        "email": "wang@example.com",
        "household": "内蒙古自治区包头市昆都仑区",
        "school": "内蒙古大学",
        "major": "材料科学与工程",
        "education": "master",
        "degree": "master",
        "graduated_on": date(2020, 6, 1),
        "full_time": "yes",
        "enterprise_id": employer.id if employer else None,
        "industry": "materials",
        "position": "工程师",
        "arrived_on": date(2021, 3, 1),
        "contract_start": date(2021, 3, 1),
        "contract_end": date(2099, 12, 31),
        "insurance_start": date(2021, 3, 1),
        "bank": "鄂尔多斯银行东胜支行",
        "bank_account": "6217000012345678",
        "promise": True,
    }


def experiences() -> list[Experience]:
    study = (ExperienceKind.STUDY, date(2016, 9, 1), date(2020, 6, 1), "内蒙古大学", "材料科学与工程")
    work = (ExperienceKind.WORK, date(2020, 7, 1), None, "示例新材料有限公司", "工程师")
    return [
        Experience(
            position=position, kind=kind, start=start, end=end, place=where, subject=what, witness="张三"
        )
        for position, (kind, start, end, where, what) in enumerate((study, work))
    ]


def filled(employer: Enterprise | None, **changes: Any) -> Callable[[Application], None]:
    """What a person types into a whole form; `changes` are fields to be filled otherwise, None to leave them empty."""

    def change(application: Application) -> None:
        for key, given in (answers(application, employer) | changes).items():
            form_answers.set_value(application, key, given)
        application.experiences = experiences()

    return change


def upload(to: Application, material: Material, **further: Any) -> Attachment:
    """An attachment's row; no file lies behind it."""
    given = {
        "application_id": to.id,
        "material_id": material.id,
        "display_name": f"{material.name}.pdf",
        "extension": "pdf",
        "content_type": "application/pdf",
        "size": 1000,
        "pages": 1,
        "sha256": "0" * 64,
        "storage_name": f"file-{next(_numbers)}.pdf",
    }
    return saved(Attachment(**given | further))


def upload_everything(to: Application) -> None:
    for material in materials():
        if material.required:
            upload(to, material)


def draft(employer: Enterprise | None = None, by: Account | None = None, **changes: Any) -> Application:
    """An application that has been begun and filled in, without attachments."""
    person = by or applicant()
    make_read_notice(person)
    return review.begin(person, filled(employer, **changes))


def complete_application(
    employer: Enterprise | None = None, by: Account | None = None, **changes: Any
) -> Application:
    """An application in 个人保存状态 that can be submitted as it is, to an enterprise 市直属 unless told otherwise."""
    once_in_the_city()
    application = draft(employer or enterprise(), by, **changes)
    upload_everything(application)
    return application


def empty_application(by: Account | None = None) -> Application:
    """An application that was saved with nothing in it."""
    once_in_the_city()
    person = by or applicant()
    make_read_notice(person)
    return review.begin(person, lambda _: None)


def act(
    application: Application,
    action: Action,
    actor: Account,
    reason: str = "",
    change: review.ApplyForm | None = None,
) -> Review | None:
    """Do it as somebody who has the newest version before them."""
    fresh(application)
    return review.perform(
        application.id,
        action,
        actor,
        seen_version=application.version,
        decision=Decision(reason),
        change=change,
    )


def submit(application: Application) -> Review | None:
    return act(application, Action.SUBMIT, application.applicant)


def fresh(application: Application) -> Application:
    """The application as it stands in the database now."""
    db.session.commit()
    db.session.refresh(application)
    return application


def application_at(state: State, at: Place, of: World, by: Account | None = None) -> Application:
    """A complete application to the enterprise of this place, brought to this state by those whose work it is."""
    application = complete_application(at.enterprise, by)
    if state is State.DRAFT:
        return application
    submit(application)
    if state is State.RETURNED:
        act(application, Action.RETURN, at.reviewer, REASON)
        return application
    while application.state is not state:
        act(application, Action.PASS, desk_person(application, at, of))
    return application


def desk_person(application: Application, at: Place, of: World) -> Account:
    """The account that has to decide on the application now."""
    return {
        State.ENTERPRISE_REVIEW: at.reviewer,
        State.PRELIMINARY_REVIEW: at.clerk,
        State.CITY_REVIEW: of.centre,
    }[application.state]
