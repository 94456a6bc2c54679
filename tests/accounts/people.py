"""People before the login_pages: who has an account, what they type, and what they read on the answer."""

import html
import io
import re
from typing import Any

from werkzeug.test import TestResponse

from common.identity import CITIZEN
from models import Account, Office, Region, RegionKind, Registration
from tests import factories
from tests.factories import PASSWORD
from tests.files import samples as files
from tests.machine.site import Client

FURTHER_PASSWORD = "Xiaomin2027"


def words(answer: TestResponse) -> str:
    """Return what a person reads on a page, in one line; what stands in fields is not among it."""
    page = re.sub(r"<(script|style|title)\b.*?</\1>", " ", answer.text, flags=re.DOTALL)
    page = re.sub(r"</?(a|b|del|em|mark|strong|span|time)\b[^>]*>", "", page)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def value(answer: TestResponse, name: str) -> str | None:
    """Return what stands in the field of this name."""
    tag = re.search(rf'<input[^>]*\bname="{name}"[^>]*>', answer.text)
    given = tag and re.search(r'\bvalue="([^"]*)"', tag.group())
    return html.unescape(given.group(1)) if given else None


def login_of(account: Account) -> str:
    return account.identity_number or account.login or ""


def login_kind_of(account: Account) -> str:
    if account.identity_number:
        return "personal"
    return "enterprise" if account.enterprise_id else "staff"


def log_in(client: Client, account: Account, password: str = PASSWORD, then: str = "") -> TestResponse:
    return client.send(
        f"/login/{login_kind_of(account)}{then}", {"login": login_of(account), "password": password}
    )


def log_in_again(
    client: Client, login: str, password: str = PASSWORD, login_kind: str = "personal"
) -> TestResponse:
    """Log in as somebody who has just registered."""
    return client.send(f"/login/{login_kind}", {"login": login, "password": password})


def is_logged_in(client: Client) -> bool:
    return client.get("/account/").status_code == 200


def person(**changes: Any) -> dict[str, Any]:
    """What somebody types who registers."""
    return {
        "name": "王晓敏",
        "paper": CITIZEN,
        "number": factories.identity_number(),
        "phone": "13847710000",
        "password": PASSWORD,
        "password_again": PASSWORD,
    } | changes


def scan(content: bytes | None = None, name: str = "营业执照.png") -> tuple[io.BytesIO, str]:
    return io.BytesIO(files.png() if content is None else content), name


def company(where: Region, **changes: Any) -> dict[str, Any]:
    """What somebody types who registers an enterprise; `licence=None` leaves the file away."""
    given = {
        "name": "东胜区示例智能制造有限公司",
        "credit_code": factories.credit_code(),
        "region": str(where.id),
        "contact_name": "何欣",
        "contact_phone": "0477-8123456",
        "licence": scan(),
        "password": PASSWORD,
        "password_again": PASSWORD,
    } | changes
    return {name: each for name, each in given.items() if each is not None}


def place(
    telephone: str = "0477-8586912", kind: RegionKind = RegionKind.BANNER
) -> tuple[Region, Office, Account]:
    """A region with its office and a clerk."""
    office = factories.office(telephone=telephone)
    return factories.region(kind, office), office, factories.clerk(office)


def waiting_reviewer(where: Region | None = None, state: Registration = Registration.PENDING) -> Account:
    """The reviewer of an enterprise that is not approved yet; logs in with its code, as after a registration."""
    enterprise = factories.enterprise(where, state)
    account = factories.reviewer(enterprise)
    from accounts import logins

    logins.rename(account, enterprise.credit_code)
    return factories.saved(account)
