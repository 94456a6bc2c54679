"""A populated database: accounts of every role and applications in every state, in and out of each account's scope."""

from __future__ import annotations

import contextlib
import io
import itertools
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import joinedload
from werkzeug.test import TestResponse

from accounts import access, second_factor
from accounts.logins import LOGIN_KIND_OF
from administration import form_draft
from administration.tables import TABLES
from common.calendar import today
from common.errors import NotVisible
from common.settings import HELP_LINE
from desk import bulk, notes
from documents import jobs as file_jobs
from documents.kinds import DocumentKind, MadeFile, register_kind
from enterprises import notifications, reviewers
from models import (
    Account,
    AccountCorrection,
    Action,
    Application,
    Attachment,
    BulkJob,
    Channel,
    Continuation,
    ContinuationAction,
    Delivery,
    DeliveryState,
    Enterprise,
    FileJob,
    FileState,
    FormVersion,
    Grant,
    Import,
    InternalNote,
    Message,
    Objection,
    ObjectionFile,
    PartialUpload,
    Registration,
    RegistrationAction,
    RegistrationEvent,
    Role,
    SecondFactor,
    Setting,
    StandardState,
    State,
    db,
    exclusive,
    now,
)
from payments import batch_making, continuation, continuation_terms, objections
from tests import clock, factories
from tests.factories import PASSWORD, REASON, Place, World
from tests.files import samples as files
from tests.machine.site import Client
from tests.payments.continued import BEFORE_SECOND_YEAR, granted
from tests.site import paid
from tests.site.paid import Paid, pay
from tests.site.stored import Stored
from uploads import attachments, partial
from uploads.sets import storage
from workflow import scope
from workflow.form import fields, versions
from workflow.review import editing

COOKIE = "talent"
NOBODY = "nobody"
DEACTIVATED = "deactivated"
PENDING = "enterprise waiting for approval"
REFUSED = "enterprise sent back"
NEWCOMER = "applicant without an application"
OWNERS = tuple(f"applicant, {state.value}" for state in State)
"""Applicants, each with an application in this state."""
ACTORS = (
    *OWNERS,
    NEWCOMER,
    "enterprise",
    PENDING,
    REFUSED,
    "office",
    "city",
    "administrator",
    DEACTIVATED,
    NOBODY,
)

Criterion = ColumnElement[bool]
RELATED = {Application: (joinedload(Application.region),)}


@dataclass(frozen=True)
class Actor:
    """A logged-in browser. `role` is None without a valid session."""

    name: str
    role: Role | None
    approved: bool
    """Whether its enterprise is approved; True for other roles."""
    client: Client = field(repr=False)

    @property
    def console(self) -> str | None:
        return access.CONSOLES[self.role] if self.role else None


@dataclass(frozen=True)
class Seen:
    """The ids that an actor may see, queried with workflow.scope."""

    applications: frozenset[int]
    attachments: frozenset[int]
    enterprises: frozenset[int]
    messages: frozenset[int]
    reviewers: frozenset[int]
    administered: dict[type[Any], frozenset[Any]]
    notes: frozenset[int] = frozenset()
    extendable: frozenset[int] = frozenset()
    """Applications whose term an office may extend: of these it sees number and name."""
    bulk_jobs: frozenset[int] = frozenset()
    file_jobs: frozenset[int] = frozenset()
    continuations: frozenset[int] = frozenset()


@dataclass
class City:
    """The application, its actors, and what each of them sees."""

    app: Flask
    stored: Stored
    actors: dict[str, Actor]
    seen: dict[str, Seen]
    applications: dict[int, Application]
    attachments: dict[int, Attachment]
    uploads: list[PartialUpload]
    enterprises: dict[int, Enterprise]
    messages: dict[int, Message]
    reviewers: dict[int, Account]
    administered: dict[type[Any], list[Any]]
    imports: list[Import]
    bulk_jobs: list[BulkJob]
    file_jobs: list[FileJob]
    continuations: list[Continuation]
    grants: list[Grant]
    objection_files: list[ObjectionFile]
    paid: Paid
    secrets: dict[str, set[str]]
    """The words that no page may show to an actor, by actor."""
    sessions: dict[str, str]
    """The session cookie after the login, by actor."""

    def browser(self, actor: Actor) -> Client:
        """A second browser of an actor, with a fresh cookie jar."""
        browser = self.app.test_client()
        assert isinstance(browser, Client)
        if actor.name in self.sessions:
            browser.set_cookie(COOKIE, self.sessions[actor.name])
        return browser


def build(app: Flask) -> City:
    """Fill the database. Person, number and files of every application have unique names."""
    with app.app_context():
        made = factories.world()
        people = _people(made)
        _applications(made, people)
        factories.make_read_notice(people[NEWCOMER])
        people[NEWCOMER].email = "newcomer@example.com"
        factories.saved(people[NEWCOMER])
        _notes(made)
        _bulk_jobs(made)
        _file_jobs([*people.values(), made.elsewhere.clerk])
        _batch(made)
        pay(made, lambda place: factories.application_at(State.FINISHED, place, made, _applicant()))
        _continuations(made, people[f"applicant, {State.FINISHED.value}"])
        _give_files_content()
        _nobody_received(people["office"])
        factories.saved(Setting(key=HELP_LINE, value="0477-8587631"))
        _change_the_form(made.administrator)
        factories.previewed_import(made.administrator, made.banner.region)
        gone = factories.clerk(made.banner.office)
        login = {name: _login_name(account) for name, account in {**people, DEACTIVATED: gone}.items()}
    clients = {
        name: _logged_in(app, given) for name, given in login.items()
    }  # a request wants no context around it
    clients[NOBODY] = app.test_client()  # type: ignore[assignment]
    with app.app_context():
        factories.deactivate(db.session.get_one(Account, gone.id))
        found = {
            model: {
                row.id: row
                for row in db.session.scalars(select(model).options(*RELATED.get(model, ()))).unique()
            }
            for model in (Application, Attachment, Enterprise, Message, InternalNote)
        }
        assert {row.state for row in found[Application].values()} == set(State)
        actors, seen, secrets = {}, {}, {}
        for name, client in clients.items():
            account = db.session.get(Account, people[name].id) if name in people else None
            role, approved = (account.role, name not in {PENDING, REFUSED}) if account else (None, True)
            actors[name] = Actor(name, role, approved, client)
            seen[name] = _seen(account)
            secrets[name] = _secrets(account, seen[name], found)
        city = City(
            app=app,
            stored=Stored(db.engine),
            actors=actors,
            seen=seen,
            applications=found[Application],
            attachments=found[Attachment],
            uploads=list(db.session.scalars(select(PartialUpload))),
            enterprises=found[Enterprise],
            messages=found[Message],
            reviewers={
                row.id: row for row in db.session.scalars(select(Account)) if row.role is Role.ENTERPRISE
            },
            administered={model: list(db.session.scalars(select(model)).unique()) for model in TABLES},
            imports=list(db.session.scalars(select(Import))),
            bulk_jobs=list(db.session.scalars(select(BulkJob))),
            file_jobs=list(db.session.scalars(select(FileJob))),
            continuations=list(db.session.scalars(select(Continuation))),
            grants=list(db.session.scalars(select(Grant).options(joinedload(Grant.batch)))),
            objection_files=list(
                db.session.scalars(
                    select(ObjectionFile).options(
                        joinedload(ObjectionFile.objection)
                        .joinedload(Objection.grant)
                        .joinedload(Grant.batch)
                    )
                )
            ),
            paid=paid.found(people),
            secrets=secrets,
            sessions={
                name: cookie.value
                for name, client in clients.items()
                if (cookie := client.get_cookie(COOKIE))
            },
        )
        db.session.expunge_all()
    return city


def _nobody_received(clerk: Account) -> None:
    """A mail about a registration that could not be delivered."""
    message = db.session.scalars(select(Message).where(Message.kind == "registration_waiting")).first()
    assert message is not None
    factories.saved(
        Delivery(
            message_id=message.id,
            account_id=clerk.id,
            channel=Channel.MAIL,
            state=DeliveryState.FAILED,
            error="550",
        )
    )


FURTHER = "x1"
"""The key of the field that the draft of the form adds."""


def _change_the_form(administrator: Account) -> None:
    """Create a draft that differs from the published form, a year of holidays, and two standards."""
    first = FormVersion(
        number=versions.FIRST, content=versions.to_json(versions.DECLARED), published_at=now()
    )
    factories.saved(first)
    wage = fields.Field("", "月工资", fields.Kind.QUANTITY, further=True)
    assert form_draft.save_field("employment", wage, administrator, seen="").key == FURTHER
    db.session.commit()
    factories.calendar_year(2027)
    factories.standard(conditions={"education": ["doctor"]})
    factories.standard(name="起草的标准", priority=2, state=StandardState.DRAFT)


def _people(made: World) -> dict[str, Account]:
    """Everybody who has an account; applicants are named by the state of their application."""
    own = {name: _applicant() for name in OWNERS}
    waiting = factories.enterprise(made.banner.region, Registration.PENDING)
    sent_back = factories.enterprise(made.banner.region, Registration.REFUSED)
    for one, action in (
        (waiting, RegistrationAction.REGISTER),
        (sent_back, RegistrationAction.REFUSE),
        (factories.enterprise(made.elsewhere.region, Registration.PENDING), RegistrationAction.REGISTER),
    ):
        event = RegistrationEvent(
            enterprise_id=one.id, action=action, actor_name="李娜", desk="人社局", reason="执照不清晰。"
        )
        factories.saved(event)
        notifications.announce_registration(one, event)
    db.session.commit()
    factories.reviewer(made.banner.enterprise, "钱多")
    careful = factories.clerk(made.park.office, "周密")
    careful.second_factor = True
    factories.saved(SecondFactor(account_id=careful.id, secret=second_factor.generate_secret()))
    for place, name in ((made.banner, "孙待"), (made.elsewhere, "吴来")):
        reviewers.invite(place.reviewer, name, "13847710009")
    return {
        **own,
        NEWCOMER: _applicant(),
        "enterprise": made.banner.reviewer,
        PENDING: factories.reviewer(waiting),
        REFUSED: factories.reviewer(sent_back),
        "office": made.banner.clerk,
        "city": made.centre,
        "administrator": made.administrator,
    }


_numbers = itertools.count(1)


def _applicant() -> Account:
    return factories.applicant(f"申报人第{next(_numbers):03d}号")


def _applications(made: World, people: dict[str, Account]) -> None:
    """One application in each state at the banner's enterprise, and some elsewhere."""

    def at(state: State, where: Place, by: Account | None = None) -> Application:
        return factories.application_at(state, where, made, by or _applicant())

    found = [at(state, made.banner, people[f"applicant, {state.value}"]) for state in State]
    mended = next(row for row in found if row.state is State.RETURNED)
    material = factories.materials()[0]
    factories.upload(mended, material)
    first = select(Attachment.id).where(Attachment.application_id == mended.id).order_by(Attachment.id)
    with editing(mended.id, mended.applicant) as held:
        attachments.remove(held, db.session.scalars(first).first())
    refused = at(State.PRELIMINARY_REVIEW, made.banner)
    factories.act(refused, Action.REFUSE, made.banner.clerk, REASON)
    for state, where in (
        (State.DRAFT, made.elsewhere),
        (State.PRELIMINARY_REVIEW, made.elsewhere),
        (State.ENTERPRISE_REVIEW, made.city),
        (State.CITY_REVIEW, made.city),
        (State.CITY_REVIEW, made.elsewhere),
        (State.PRELIMINARY_REVIEW, made.park),
    ):
        at(state, where)
    with exclusive():
        for row in db.session.scalars(select(Application).where(Application.state == State.DRAFT)):
            partial.begin(row.id, material.id, f"传到一半的第{row.id:03d}份.jpg", 1000, "")


def _notes(made: World) -> None:
    """Let every desk have written on what it sees, in words of its own."""
    numbers = list(db.session.scalars(select(Application.number)))
    for author in (
        *(place.reviewer for place in (made.banner, made.elsewhere)),
        *(place.clerk for place in (made.banner, made.elsewhere, made.park)),
        made.centre,
    ):
        for number in numbers:
            with contextlib.suppress(NotVisible):
                notes.add_note(number, f"{author.name}{author.id}备忘{number[5:]}，先不要说。", author)


def _bulk_jobs(made: World) -> None:
    """Let each desk have chosen what it sees for a bulk decision that it has not confirmed."""
    for actor in (made.banner.reviewer, made.banner.clerk, made.elsewhere.clerk, made.centre):
        ids = list(db.session.scalars(select(Application.id).where(scope.visible(actor))))
        bulk.choose(actor, Action.RETURN, ids)


KIND = "of a test"


def _file_jobs(people: list[Account]) -> None:
    """Let everybody have one file that is being made and one that is ready."""
    register_kind(DocumentKind(KIND, "", lambda _: MadeFile("", ""), lambda _actor, _parameters: None))
    for person in people:
        for state in (FileState.MAKING, FileState.READY):
            stored = storage().store(io.BytesIO(b"list")) if state is FileState.READY else None
            factories.saved(
                FileJob(
                    kind=KIND,
                    title=[f"{person.name}的文件", {}],
                    parameters={},
                    asked_by_id=person.id,
                    role=person.role,
                    enterprise_id=person.enterprise_id,
                    office_id=person.office_id,
                    language="zh",
                    state=state,
                    storage_name=stored and stored.name,
                    file_name=stored and "文件.xlsx",
                    content_type=stored and "application/octet-stream",
                    size=stored and stored.size,
                    sha256=stored and stored.sha256,
                    expires_at=stored and now() + file_jobs.LIFETIME,
                    next_try=now() + file_jobs.LIFETIME,
                )
            )


def _continuations(made: World, finished: Account) -> None:
    """Ask three people about the second year of their grant; one of them has answered, another is employed elsewhere."""
    own = select(Application).where(Application.applicant_id == finished.id)
    passed = db.session.scalars(own).one()
    others = [
        factories.application_at(State.FINISHED, where, made, _applicant())
        for where in (made.banner, made.elsewhere)
    ]
    for application in (passed, *others):
        granted(made, application=application)
    with clock.at(BEFORE_SECOND_YEAR):
        continuation_terms.ask_due(today())
    answered = select(Continuation).join(Grant).where(Grant.application_id == others[0].id)
    row = db.session.scalars(answered).one()
    continuation.perform(row.id, ContinuationAction.CONTINUE, others[0].applicant, seen_version=row.version)


def _batch(made: World) -> None:
    """One more passed application in a batch, with an objection that has a paper and is not decided."""
    passed = factories.application_at(State.FINISHED, made.elsewhere, made, _applicant())
    assert passed.period_id is not None
    factories.standard(name="示例硕士", priority=3, period_id=passed.period_id)
    summary = batch_making.summarise(made.centre, passed.period_id, [passed.id], today())
    batch_making.make_batch(made.centre, passed.period_id, [passed.id], today(), summary.token)
    grant = db.session.scalars(select(Grant).where(Grant.application_id == passed.id)).one()
    says = objections.Objector("郑异议", "13900001111", "该人已于上月离职，请核实。")
    objections.enter(made.centre, grant.id, says, seen_version=grant.version)
    factories.saved(
        ObjectionFile(
            objection_id=db.session.scalars(select(Objection.id)).one(),
            display_name="离职证明.jpg",
            extension="jpg",
            content_type="image/jpeg",
            size=1000,
            pages=1,
            sha256="0" * 64,
            storage_name=storage().store(io.BytesIO(files.jpg())).name,
        )
    )


def _give_files_content() -> None:
    """Store a picture for every attachment and licence, each with a unique name."""
    for file in db.session.scalars(select(Attachment)):
        file.storage_name = storage().store(io.BytesIO(files.jpg())).name
        file.display_name, file.extension = f"第{file.id:03d}份材料.jpg", "jpg"
        file.content_type = "image/jpeg"
    for one in db.session.scalars(select(Enterprise)):
        one.licence_file = storage().store(io.BytesIO(files.jpg())).name
        one.licence_name, one.licence_extension = f"执照第{one.id:03d}号.jpg", "jpg"
        one.licence_type, one.licence_pages = "image/jpeg", 1
    for row in db.session.scalars(select(Application)):
        row.bank_account = f"62170000{row.id:08d}"
    db.session.commit()


def _seen(actor: Account | None) -> Seen:
    def ids(column: Any, criterion: Criterion) -> frozenset[Any]:
        return frozenset(db.session.scalars(select(column).where(criterion)))

    if actor is None:
        return Seen(frozenset(), frozenset(), frozenset(), frozenset(), frozenset(), {})
    return Seen(
        ids(Application.id, scope.visible(actor)),
        ids(Attachment.id, scope.attachments(actor)),
        ids(Enterprise.id, scope.enterprises(actor)),
        ids(Message.id, scope.messages(actor)),
        ids(Account.id, scope.reviewers(actor)),
        {
            model: ids(model.__mapper__.primary_key[0], table.criterion(actor))
            for model, table in TABLES.items()
        },
        ids(InternalNote.id, scope.notes(actor)),
        ids(Application.id, scope.extendable(actor)),
        ids(BulkJob.id, bulk.own(actor)),
        ids(FileJob.id, file_jobs.own_files(actor)),
        continuations=ids(Continuation.id, continuation.continuations(actor)),
    )


def _secrets(actor: Account | None, seen: Seen, found: dict[type[Any], dict[int, Any]]) -> set[str]:
    """Return the names and numbers of the rows that this actor does not see."""
    words: set[str] = set()
    employers: set[int] = set()
    for row in found[Application].values():
        if row.id in seen.applications:
            employers |= {row.enterprise_id, row.submitted_enterprise_id}
            continue
        words |= {row.identity_number, row.bank_account}
        if row.id in seen.extendable:
            employers |= {row.submitted_enterprise_id}
        else:
            words |= {row.number, row.name}
    if actor is None or actor.role is not Role.CITY:
        for objection in db.session.scalars(select(Objection)):
            words |= {objection.name, objection.contact, objection.text}
    for row in db.session.scalars(select(AccountCorrection)):
        if actor is None or row.enterprise_id != actor.enterprise_id:
            words.add(row.account)
    words |= {note.text for note in found[InternalNote].values() if note.id not in seen.notes}
    words |= {file.display_name for file in found[Attachment].values() if file.id not in seen.attachments}
    for upload in db.session.scalars(select(PartialUpload)):
        words |= (
            {upload.display_name, upload.token} if upload.application_id not in seen.applications else set()
        )
    for one in found[Enterprise].values():
        choosable = one.registration is Registration.APPROVED  # anybody's employer may be, so it is no secret
        if one.id not in seen.enterprises | employers and not choosable:
            words |= {one.name, one.credit_code, one.licence_name}
    return words


def _login_name(account: Account) -> tuple[str, str]:
    name = account.enterprise.credit_code if account.login is None and account.enterprise else account.login
    return LOGIN_KIND_OF[account.role], account.identity_number or name or ""


def _logged_in(app: Flask, login: tuple[str, str]) -> Client:
    client = app.test_client()
    assert isinstance(client, Client)
    login_kind, name = login
    answer: TestResponse = client.send(f"/login/{login_kind}", {"login": name, "password": PASSWORD})
    assert answer.status_code == 303, name
    return client
