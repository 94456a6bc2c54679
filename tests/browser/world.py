"""Applications laid into the running site's database by the procedure itself, so that a test begins where it wants to.

Nothing here is written past the workflow but the time: a notice that was opened a while ago, a submission of last week.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from sqlalchemy import Select, select
from werkzeug.datastructures import FileStorage

from accounts import logins
from models import (
    Account,
    Action,
    Application,
    Attachment,
    Enterprise,
    Material,
    NoticeReading,
    Region,
    Role,
    State,
    db,
    now,
)
from tests import factories
from tests.browser.chromium import ChromiumPage
from tests.browser.driver import PATIENCE
from tests.factories import PASSWORD
from tests.files import samples as files
from tests.machine.site import Site
from uploads import attachments
from uploads.receive import receive
from workflow.review import ApplyForm, editing

SHEET = "/personal/application/"
PAPERS = {"身份证": "jpg", "学历学位证书": "pdf", "劳动合同": "docx"}
"""What the files of an application laid here are; the other materials are pictures of the kind png."""


@dataclass(frozen=True)
class Somebody:
    """An account one can come in with."""

    id: int
    login_kind: str
    login: str
    name: str
    password: str = PASSWORD


@dataclass(frozen=True)
class Workplace:
    """An approved enterprise and who reviews there."""

    id: int
    name: str
    reviewer: Somebody


@dataclass(frozen=True)
class Case:
    """An application and whose it is."""

    id: int
    number: str
    person: Somebody

    @property
    def sheet(self) -> str:
        """The applicant's main page of it."""
        return f"{SHEET}{self.number}/"


# --- coming in


def come_in(page: ChromiumPage, who: Somebody, path: str = "/") -> None:
    """Log in and go there."""
    page.goto(f"/login/{who.login_kind}?next={quote(path)}")
    log_in(page, who)
    if page.path != path and path != "/":
        page.goto(path)


def log_in(page: ChromiumPage, who: Somebody) -> None:
    """Fill in the login page that is open."""
    page.window.locator("#login").fill(who.login)
    page.window.locator("#password").fill(who.password)
    page.click("登录")
    page.see("退出")


def sample(site: Site, role: Role, region: str = "") -> Somebody:
    """A sample account of the site, as its staff are."""
    listed = next(one for one in site.accounts if one["role"] == role.value and one["region"] == region)
    login_kind = {Role.APPLICANT: "personal", Role.ENTERPRISE: "enterprise"}.get(role, "staff")
    with site.app_context():
        account = logins.authenticate(login_kind, listed["login"], listed["password"])
        assert account is not None
        return Somebody(account.id, login_kind, listed["login"], account.name, listed["password"])


def registered(site: Site, number: str, password: str) -> Somebody:
    """A person who has registered through the site's own pages."""
    with site.app_context():
        account = logins.authenticate("personal", number, password)
        assert account is not None
        return Somebody(account.id, "personal", number, account.name, password)


# --- what there is before a test begins


def person(site: Site, name: str = "王晓敏") -> Somebody:
    """Somebody who has registered and not begun."""
    with site.app_context():
        return _somebody(factories.applicant(name))


def workplace(site: Site, region: str = "东胜区") -> Workplace:
    """An approved enterprise of a region of the site."""
    with site.app_context():
        where = db.session.scalars(select(Region).where(Region.name == region)).one()
        employer = factories.enterprise(where)
        login = employer.credit_code
        reviewer = factories.saved(
            logins.new_account(Role.ENTERPRISE, login, "周婷", PASSWORD, enterprise=employer)
        )
        return Workplace(employer.id, employer.name, Somebody(reviewer.id, "enterprise", login, "周婷"))


def colleague(site: Site, at: Workplace, name: str) -> Somebody:
    """A second reviewer of the same enterprise."""
    with site.app_context():
        login = factories.credit_code()
        employer = db.session.get_one(Enterprise, at.id)
        made = factories.saved(
            logins.new_account(Role.ENTERPRISE, login, name, PASSWORD, enterprise=employer)
        )
        return Somebody(made.id, "enterprise", login, name)


def empty(site: Site, name: str = "王晓敏") -> Case:
    """An application that was saved with nothing in it."""
    with site.app_context():
        return _case(factories.empty_application(factories.applicant(name)))


def draft(site: Site, at: Workplace, name: str = "王晓敏", **changes: Any) -> Case:
    """An application filled in and saved, without attachments; `changes` are fields filled in otherwise."""
    with site.app_context():
        employer = db.session.get_one(Enterprise, at.id)
        return _case(factories.draft(employer, factories.applicant(name), **changes))


def complete(site: Site, at: Workplace, name: str = "王晓敏", **changes: Any) -> Case:
    """An application that can be submitted as it is, with a real file for each required material."""
    case = draft(site, at, name, **changes)
    with site.app_context():
        application = db.session.get_one(Application, case.id)
        for material in db.session.scalars(select(Material).where(Material.active, Material.required)):
            _upload(application, material, PAPERS.get(material.name, "png"))
    return case


def submitted(site: Site, at: Workplace, name: str = "王晓敏", **changes: Any) -> Case:
    """A complete application that waits for its enterprise."""
    case = complete(site, at, name, **changes)
    act(site, case, Action.SUBMIT, case.person)
    return case


def many_submitted(site: Site, at: Workplace, names: list[str], **last: Any) -> list[Case]:
    """As many applications as names, each waiting for the enterprise, one hour longer than the next.

    No file lies behind their papers. `last` are fields that the last one has filled in otherwise.
    """
    cases = []
    with site.app_context():
        employer = db.session.get_one(Enterprise, at.id)
        for hours, name in enumerate(names, -len(names)):
            further = last if hours == -1 else {}
            application = factories.draft(employer, factories.applicant(name), **further)
            for material in db.session.scalars(select(Material).where(Material.active, Material.required)):
                factories.upload(application, material, display_name=f"{material.name}.doc", extension="doc")
            factories.submit(application)
            application.submitted_at = application.arrived_at = now() + timedelta(hours=hours)
            db.session.commit()
            cases.append(_case(application))
    return cases


def act(
    site: Site, case: Case, action: Action, who: Somebody, reason: str = "", change: ApplyForm | None = None
) -> None:
    """Do what this person may do with an application, as somebody who has its newest version before them."""
    with site.app_context():
        actor = db.session.get_one(Account, who.id)
        factories.act(db.session.get_one(Application, case.id), action, actor, reason, change)


def upload(site: Site, case: Case, material: str, extension: str, stem: str | None = None) -> int:
    """Put a real file on an application; returns the row's id."""
    with site.app_context():
        application = db.session.get_one(Application, case.id)
        found = db.session.scalars(select(Material).where(Material.name == material)).one()
        return _upload(application, found, extension, stem)


def publish_notice(site: Site, version: str) -> None:
    """A new version of 「申请须知」, which everybody has to read anew."""
    with site.app_context():
        factories.notice(version)


def let_time_pass(site: Site, who: Somebody, seconds: int) -> None:
    """The person has had 「申请须知」 before them for so many seconds longer."""
    with site.app_context():
        for reading in db.session.scalars(_unread(who)):
            reading.opened_at -= timedelta(seconds=seconds)
        db.session.commit()


def let_time_pass_but(site: Site, who: Somebody, seconds: int) -> None:
    """So many of the thirty seconds are left to the person before 「申请须知」."""
    with site.app_context():
        for reading in db.session.scalars(_unread(who)):
            reading.opened_at = now() - timedelta(seconds=30 - seconds)
        db.session.commit()


def _unread(who: Somebody) -> Select[tuple[NoticeReading]]:
    return select(NoticeReading).where(NoticeReading.account_id == who.id, NoticeReading.read_at.is_(None))


# --- looking after


@contextmanager
def stored(site: Site, case: Case) -> Iterator[Application]:
    """The application as the database has it now."""
    with site.app_context():
        yield db.session.get_one(Application, case.id)


def state_of(site: Site, case: Case) -> State:
    with stored(site, case) as application:
        return application.state


def paper_names(site: Site, case: Case, material: str) -> list[str]:
    """The names of the files that the application has for a material."""
    with site.app_context():
        return list(
            db.session.scalars(
                select(Attachment.display_name)
                .join(Material)
                .where(
                    Attachment.application_id == case.id,
                    Material.name == material,
                    Attachment.removed_after.is_(None),
                )
                .order_by(Attachment.id)
            )
        )


def slot(site: Site, material: str) -> str:
    """The selector of a material's slot on the page 「上传附件」."""
    with site.app_context():
        return f"#material-{db.session.scalars(select(Material.id).where(Material.name == material)).one()}"


# --- what is expected to be complained about


def forgive(page: ChromiumPage, *parts: str) -> None:
    """Take from the console what a test has provoked itself: an answer 422, a network that was cut."""
    page.console_errors[:] = [
        complaint for complaint in page.console_errors if not any(part in complaint for part in parts)
    ]


CUT = "ERR_INTERNET_DISCONNECTED"


# --- how it looks


def waited_for(page: ChromiumPage, true: Callable[[], bool], what: str) -> None:
    """Wait until it is so."""
    page._until(true, PATIENCE, what, page.text)


def becomes(page: ChromiumPage, read: Callable[[], object], expected: object, what: str) -> None:
    """Wait until this reads as expected."""
    page._until(lambda: read() == expected, PATIENCE, f"{what}: not {expected!r}", lambda: repr(read()))


def has_focus(page: ChromiumPage, expected: str) -> None:
    """Wait until what has this id, or these words, has the focus: an opened fold takes it a moment later."""
    becomes(page, lambda: focused(page), expected, "the focus")


def says_beside(page: ChromiumPage, field: str, sentence: str) -> None:
    """Wait until this stands as wrong beside the field with this id."""
    becomes(page, lambda: beside(page, field), sentence, f"beside {field}")


def comes_in_sight(page: ChromiumPage, selector: str) -> None:
    """Wait until the thing is seen at its own place."""
    waited_for(page, lambda: in_sight(page, selector), f"{selector} is not in sight")


def beside(page: ChromiumPage, field: str) -> str:
    """What stands as wrong beside the field with this id."""
    script = """(id) => [...document.getElementById(id)?.closest(".field, [data-slot], li").querySelectorAll(".field-error") ?? []]
        .filter((one) => one.checkVisibility()).map((one) => one.innerText.trim()).join(" ")"""
    return str(page.evaluate(script, field))


def focused(page: ChromiumPage) -> str:
    """The id of what has the focus, or its words when it has no id."""
    script = "() => document.activeElement?.id || document.activeElement?.innerText.trim()"
    return str(page.evaluate(script))


def in_sight(page: ChromiumPage, selector: str) -> bool:
    """Whether the thing itself is what one sees at its own place, and not the bar at the foot or a fold over it."""
    script = """(selector) => {
        const thing = document.querySelector(selector);
        if (!thing) return false;
        const { left, top, width, height } = thing.getBoundingClientRect();
        const there = document.elementFromPoint(left + width / 2, top + Math.min(height / 2, 40));
        return Boolean(there) && (thing.contains(there) || there.contains(thing) && !there.matches("html, body, main"));
    }"""
    return bool(page.evaluate(script, selector))


def _somebody(account: Account) -> Somebody:
    return Somebody(account.id, "personal", account.identity_number or "", account.name)


def _case(application: Application) -> Case:
    return Case(application.id, application.number, _somebody(application.applicant))


def _upload(application: Application, material: Material, extension: str, stem: str | None = None) -> int:
    content = io.BytesIO(files.sample(extension))
    received = receive(FileStorage(content, f"{stem or material.name}.{extension}"))
    with editing(application.id, application.applicant) as held:
        attachment = attachments.attach(held, material.id, received)
    return attachment.id
