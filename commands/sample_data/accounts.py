"""Sample enterprises and accounts of a trial, with random passwords. Never used in production."""

import json
import secrets
from datetime import date, timedelta
from pathlib import Path

from flask import current_app
from sqlalchemy import select
from stdnum.cn import ric, uscc

from accounts import logins
from common.calendar import today
from common.identity import CITIZEN
from common.initials import initials
from models import Account, Enterprise, Office, OfficeDuty, Period, Region, Registration, Role, db, exclusive
from workflow.transitions import ROLE_WORDS

PEOPLE = (
    ("王晓敏", "15020219960312002"),
    ("孙浩然", "15262519921104431"),
    ("阿拉坦其其格", "15272719941222246"),
)
"""Names and first seventeen digits of identity numbers; the check digit is computed, the people are invented."""

ENTERPRISES = (
    # region, body of the code, name, contact
    ("市直属", "91150600MA0N8C001", "鄂尔多斯市示例新能源集团有限公司", "周婷"),
    ("东胜区", "91150602MA0N8C102", "东胜区示例大数据服务有限公司", "赵敏"),
    ("伊金霍洛旗", "91150627MA0N8C203", "伊金霍洛旗示例氢能装备有限公司", "李建国"),
    ("高新技术产业开发区", "91150671MA0N8C304", "高新区示例生物医药有限公司", "陈静"),
    ("蒙苏经济开发区", "91150672MA0N8C405", "蒙苏示例新材料股份有限公司", "刘洋"),
)
REGIONS_WITH_ACCOUNT = ("市直属", "东胜区", "高新技术产业开发区")
PENDING_ENTERPRISE = ("东胜区", "91150602MA0N8C506", "东胜区示例智能制造有限公司", "何欣")

STAFF = (
    # role, region of the office, login, name
    (Role.OFFICE, "市直属", "shirenshe", "苏日娜"),
    (Role.OFFICE, "东胜区", "dongsheng", "李娜"),
    (Role.OFFICE, "高新技术产业开发区", "gaoxinqu", "张雪"),
    (Role.CITY, None, "zhuanjia", "白云"),
    (Role.CITY, None, "zhuanjia2", "乌兰"),  # approves the payment runs that the first has made
    (Role.ADMINISTRATOR, None, "admin", "系统管理员"),
)


def file() -> Path:
    """Return the path of the file with the sample accounts."""
    return Path(current_app.config["INSTANCE"]) / "sample-accounts.json"


def sample_telephone(body: str) -> str:
    """Return a number of one's own: the same number with somebody else is shown to reviewers as a contradiction."""
    return f"1384771{body[-4:]}"


def fill() -> None:
    """Add the samples when the database has no account yet; otherwise change nothing."""
    if db.session.scalar(select(Account.id).limit(1)) is not None:
        return
    entries: list[dict[str, str]] = []
    with exclusive():
        regions = {region.name: region for region in db.session.scalars(select(Region))}
        for name, body in PEOPLE:
            number, password = identity_number(body), new_password()
            db.session.add(logins.new_person(CITIZEN, number, name, sample_telephone(body), password))
            entries.append(entry(Role.APPLICANT, number, password, ""))
        for region_name, body, name, contact in ENTERPRISES:
            enterprise = _enterprise(regions[region_name], body, name, contact, Registration.APPROVED)
            if region_name in REGIONS_WITH_ACCOUNT:
                entries.append(_reviewer(enterprise, region_name))
        region_name, body, name, contact = PENDING_ENTERPRISE
        _enterprise(regions[region_name], body, name, contact, Registration.PENDING)
        final = db.session.scalars(select(Office).where(Office.duty == OfficeDuty.FINAL)).first()
        for role, place, login, name in STAFF:
            password = new_password()
            office = regions[place].office if place else final if role is Role.CITY else None
            db.session.add(logins.new_account(role, login, name, password, office=office))
            entries.append(entry(role, login, password, place or ""))
        day = today()
        opens, closes = date(day.year, 1, 1), max(date(day.year, 12, 31), day + timedelta(days=60))
        db.session.add(Period(name=f"{day.year} 年度申报", opens=opens, closes=closes))
    file().unlink(missing_ok=True)  # of a database that is gone
    add_to_file(entries)


def add_to_file(entries: list[dict[str, str]]) -> None:
    """Add accounts to the file, in the place of those with the same login."""
    file().touch(mode=0o600)
    new = {each["login"] for each in entries}
    known = [
        each for each in json.loads(file().read_text(encoding="utf-8") or "[]") if each["login"] not in new
    ]
    file().write_text(json.dumps([*known, *entries], ensure_ascii=False, indent=2), encoding="utf-8")


def table() -> str:
    """Return the sample accounts as a table to print. Later changes of passwords are not included."""
    if not file().exists():
        return ""
    lines = [
        f"  {entry['role']:<14} {entry['login']:<20} {entry['password']:<14} {entry['region']}"
        for entry in json.loads(file().read_text(encoding="utf-8"))
    ]
    heading = f"  {'role':<14} {'login':<20} {'password':<14} region"
    return "\n".join([heading, *lines, f"  ({file()})"])


def _enterprise(region: Region, body: str, name: str, contact: str, registration: Registration) -> Enterprise:
    enterprise = Enterprise(
        name=name,
        initials=initials(name),
        credit_code=body + uscc.calc_check_digit(body),
        region=region,
        contact_name=contact,
        contact_phone="0477-8120000",
        registration=registration,
    )
    db.session.add(enterprise)
    return enterprise


def _reviewer(enterprise: Enterprise, region_name: str) -> dict[str, str]:
    password = new_password()
    code = enterprise.credit_code
    db.session.add(
        logins.new_account(Role.ENTERPRISE, code, enterprise.contact_name, password, enterprise=enterprise)
    )
    return entry(Role.ENTERPRISE, code, password, region_name)


def identity_number(body: str) -> str:
    """Return an identity number with its check digit."""
    return str(body + ric.calc_check_digit(body + "0"))


def sample_enterprise(region: str) -> Enterprise | None:
    """Return the sample enterprise of a region; None where there are no samples."""
    codes = [body + uscc.calc_check_digit(body) for place, body, _, _ in ENTERPRISES if place == region]
    return db.session.scalars(select(Enterprise).where(Enterprise.credit_code.in_(codes))).first()


def entry(role: Role, login: str, password: str, region: str) -> dict[str, str]:
    return {
        "role": role.value,
        "who": ROLE_WORDS[role],
        "login": login,
        "password": password,
        "region": region,
    }


def new_password() -> str:
    return f"{secrets.token_hex(4)}{secrets.choice('abcdefgh')}{secrets.randbelow(10)}"
