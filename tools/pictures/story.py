"""Creates the applications of people.py, each event at its time, with the same functions that the consoles call."""

import io
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import select
from stdnum.cn import ric
from werkzeug.datastructures import FileStorage

from accounts import logins
from administration import changes
from commands.sample_data.clock import at
from common.identity import CITIZEN, birth_date, sex
from desk import assignments, marks, notes
from models import (
    Account,
    Action,
    Application,
    Attachment,
    Enterprise,
    Experience,
    ExperienceKind,
    Material,
    Office,
    Period,
    Region,
    Registration,
    Role,
    State,
    db,
    exclusive,
)
from tests.factories import act, fresh
from tools.pictures import papers
from tools.pictures.clock import moment
from tools.pictures.people import (
    COLLEAGUE,
    NEWCOMER,
    NOTE,
    NOTED,
    PEOPLE,
    REVIEWERS,
    TAKEN,
    Person,
    Reviewer,
    Step,
)
from uploads import attachments
from uploads.receive import receive
from workflow import reading, review, routing
from workflow.form import answers, living_allowance

PASSWORD = "Ordos2026photo"  # noqa: S105 - a temporary site
CONTRACT = "劳动合同"
WITNESS = "李建国"


def play() -> None:
    """Create everything in order of time. Call within the site's application context."""
    earliest = moment(max(days for days, _ in (person.begun for person in PEOPLE)) + 1, "09:00")
    with at(earliest):
        prepare(earliest.date())
    events: list[tuple[datetime, Callable[[], None]]] = []
    for person in PEOPLE:
        begun = moment(*person.begun)
        events.append((begun, partial(begin, person, begun)))
        events += [(moment(step.days, step.time), partial(do, person, step)) for step in person.steps]
    for instant, happen in sorted(events, key=lambda event: event[0]):
        with at(instant):
            happen()
    with at(moment(0, "08:40")):
        colleague()


def prepare(day: date) -> None:
    """Set the telephones of offices, add staff, and open a period."""
    administrator = one(Account, Account.role == Role.ADMINISTRATOR)

    def keep(table: type[Any], key: int, column: str, value: object) -> None:
        changes.change(table, key, administrator, lambda row: setattr(row, column, value))

    for number, region in enumerate(db.session.scalars(select(Region)).unique().all()):
        if not region.office.telephone:
            keep(Office, region.office_id, "telephone", f"0477-81200{number:02d}")
    period = one(Period)
    keep(Period, period.id, "opens", min(period.opens, day - timedelta(days=30)))
    with exclusive():
        for who in REVIEWERS:
            employ(who)
        name, body, phone = NEWCOMER
        db.session.add(logins.new_person(CITIZEN, whole(body), name, phone, PASSWORD))


def employ(who: Reviewer) -> Account:
    role = Role.OFFICE if who.office else Role.ENTERPRISE
    office = one(Region, Region.name == who.region).office if who.office else None
    enterprise = None if who.office else enterprise_in(who.region)
    account = logins.new_account(role, who.login, who.name, PASSWORD, office=office, enterprise=enterprise)
    db.session.add(account)
    return account


def colleague() -> None:
    """Let a second clerk come to a desk, take an application and write a note on another."""
    with exclusive():
        clerk = employ(COLLEAGUE)
    numbers = {person.name: application_of(person).number for person in PEOPLE}
    assignments.assign(numbers[TAKEN], clerk, to=clerk.id, seen=None)
    notes.add_note(numbers[NOTED], NOTE, clerk)


def begin(person: Person, instant: datetime) -> None:
    """Read 「申请须知」 for its thirty seconds, fill in, upload."""
    account = account_of(person)
    reading.open_notice(account, None)
    with at(instant + timedelta(seconds=reading.SECONDS)):
        reading.finish(account, None)
    with at(instant + timedelta(minutes=15)):
        application = review.begin(account, partial(fill, person))
    with at(instant + timedelta(minutes=20)):
        for material in db.session.scalars(select(Material).where(Material.required)).all():
            upload(application, person, material, incomplete=person.incomplete)


def do(person: Person, step: Step) -> None:
    """Perform the next action; after a return the applicant first corrects the application."""
    application = application_of(person)
    if application.state is State.RETURNED:
        mend(person, application)
    actor = responsible_account(application)
    for place, note in step.marks:
        material = db.session.scalar(select(Material).where(Material.name == place))
        target = marks.paper_target(material.id) if material else marks.field_target(place)
        marks.put(application.number, actor, target, note)
    decision = marks.DeskDecision(step.reason)
    version = fresh(application).version
    review.perform(application.id, step.action, actor, seen_version=version, decision=decision)


def mend(person: Person, application: Application) -> None:
    contract = one(Material, Material.name == CONTRACT)
    old = one(Attachment, Attachment.application_id == application.id, Attachment.material_id == contract.id)
    with review.editing(application.id, application.applicant) as held:
        attachments.remove(held, old.id)
    act(
        application,
        Action.SAVE,
        application.applicant,
        change=lambda found: answers.set_value(found, "position", person.promoted or person.position),
    )
    upload(application, person, contract)


def fill(person: Person, application: Application) -> None:
    """Fill in all fields of the form."""
    number = whole(person.identity)
    begins, ends = person.contract
    written = {
        "sex": sex(number),
        "birth_date": birth_date(number),
        "ethnicity": person.ethnicity,
        "political": person.political,
        "phone": person.phone,
        "household": person.household,
        "school": person.school,
        "major": person.major,
        "education": person.education,
        "degree": person.degree,
        "graduated_on": date.fromisoformat(person.graduated),
        "full_time": "yes",
        "enterprise_id": enterprise_in(person.region).id,
        "industry": person.industry,
        "position": person.position,
        "arrived_on": begins,
        "contract_start": begins,
        "contract_end": ends,
        "insurance_start": begins.replace(day=1),
        "bank": person.bank,
        "bank_account": person.account,
        "promise": True,
    }
    for key, value in written.items():
        answers.set_value(application, key, value)
    application.experiences = experiences(person)


def experiences(person: Person) -> list[Experience]:
    graduated, begins = date.fromisoformat(person.graduated), person.contract[0].replace(day=1)
    studied = graduated.replace(year=graduated.year - 3, month=9)
    rows: list[tuple[ExperienceKind, date, date | None, str, str]] = [
        (ExperienceKind.STUDY, studied, graduated, person.school, person.major)
    ]
    if person.before:
        since, where, what = person.before
        rows.append((ExperienceKind.WORK, date.fromisoformat(since), begins, where, what))
    rows.append((ExperienceKind.WORK, begins, None, enterprise_in(person.region).name, person.position))
    return [
        Experience(
            position=position, kind=kind, start=start, end=end, place=where, subject=what, witness=WITNESS
        )
        for position, (kind, start, end, where, what) in enumerate(rows)
    ]


def upload(application: Application, person: Person, material: Material, *, incomplete: bool = False) -> None:
    """Draw the person's paper for this material and upload it."""
    name, draw = papers.PAPERS[material.name]
    whose_paper = holder(person, str(answers.value(application, "position")))
    lacking = incomplete and material.name == CONTRACT
    content = papers.contract(whose_paper, pages=1) if lacking else draw(whose_paper)
    received = receive(FileStorage(io.BytesIO(content), filename=name))
    with review.editing(application.id, application.applicant) as held:
        attachments.attach(held, material.id, received)


def holder(person: Person, position: str) -> papers.Holder:
    """Return the person's data for the papers."""
    number = whole(person.identity)
    begins, ends = person.contract
    return papers.Holder(
        name=person.name,
        sex=answers.answer_text(living_allowance.FIELDS["sex"], sex(number)),
        ethnicity=person.ethnicity,
        born=str(birth_date(number)),
        address=f"{person.household}样本街 1 号",
        number=number,
        school=person.school,
        major=person.major,
        degree=answers.answer_text(living_allowance.FIELDS["degree"], person.degree),
        graduated=person.graduated[:7],
        enterprise=enterprise_in(person.region).name,
        position=position,
        contract=(begins.isoformat(), ends.isoformat()),
        insured_since=f"{begins:%Y-%m}",
        bank=person.bank,
        account=person.account,
    )


def responsible_account(application: Application) -> Account:
    """Return the account that has to act on the application now."""
    desk = routing.responsible_for(application)
    if desk is None:
        return application.applicant
    if desk.enterprise_id is not None:
        return one(Account, Account.enterprise_id == desk.enterprise_id)
    clerks = select(Account).where(Account.office_id == desk.office_id).order_by(Account.id)
    return db.session.scalars(clerks.limit(1)).one()


def account_of(person: Person) -> Account:
    """Return the person's account, registering them when they have none."""
    number = whole(person.identity)
    found = logins.find("personal", number)
    if found is None:
        with exclusive():
            found = logins.new_person(CITIZEN, number, person.name, person.phone, PASSWORD)
            db.session.add(found)
    return found


def application_of(person: Person) -> Application:
    return one(Application, Application.applicant_id == account_of(person).id)


def enterprise_in(region: str) -> Enterprise:
    place = one(Region, Region.name == region)
    return one(Enterprise, Enterprise.region_id == place.id, Enterprise.registration == Registration.APPROVED)


def whole(body: str) -> str:
    """Return an identity number with its check digit."""
    return body + str(ric.calc_check_digit(body + "0"))


def one(table: type[Any], *criteria: Any) -> Any:
    return db.session.scalars(select(table).where(*criteria)).unique().one()
