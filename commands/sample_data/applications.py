"""Sample data of any size: people, employers, and applications of several years with valid histories.

The same seed gives the same data, except for nonces and session stamps, which must be random. Nobody can log in with a
sample account: the password is discarded. The applications have no attachments. Messages are written and none is sent.
"""

import secrets
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from random import Random
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Engine, select, text
from stdnum.cn import ric, uscc

from accounts import logins, passwords
from commands.sample_data import names
from commands.sample_data.bulk import Bulk, Rows
from commands.sample_data.people import AT_EACH_DESK, KnownHistory
from common import identity
from common.calendar import local_date
from common.working_days import Calendar
from desk.phrases import PHRASES
from figures import counting, recounting
from models import (
    Account,
    Action,
    Application,
    Counter,
    Enterprise,
    Experience,
    ExperienceKind,
    Message,
    MessageReading,
    OfficeDuty,
    Period,
    Region,
    Registration,
    RegistrationAction,
    RegistrationEvent,
    Review,
    Role,
    State,
    db,
    now,
)
from models.accounts import Membership
from models.transactions import WRITE_OPTIONS
from workflow import moves, notifications, routing
from workflow.decision import Decision
from workflow.form import answers, living_allowance, versions
from workflow.periods import USUAL_DAYS
from workflow.transitions import TRANSITIONS, Transition, returns_to_applicant

TABLES = (
    Account,
    Application,
    Enterprise,
    Experience,
    Message,
    MessageReading,
    Period,
    RegistrationEvent,
    Review,
)
BATCH_SIZE = 2000
"""Applications in memory before they are written."""

COUNTED_AT_ONCE = 5_000
"""History rows that the statistics count in one transaction; nobody else is at work."""

YEARS = 5
APPLICATIONS_AN_ENTERPRISE = 40
LEAST_ENTERPRISES = 12
WEIGHT = {
    Action.SUBMIT: 1.0,
    Action.PASS: 0.9,
    Action.RETURN: 0.07,
    Action.REFUSE: 0.03,
    Action.WITHDRAW: 0.01,
}
"""Relative frequency of each action among the permitted ones."""

DAYS = {
    State.DRAFT: 2.0,
    State.RETURNED: 6.0,
    State.ENTERPRISE_REVIEW: 4.0,
    State.PRELIMINARY_REVIEW: 9.0,
    State.CITY_REVIEW: 14.0,
}
"""Average number of days in a state."""

ABANDONED_SHARE = 0.015
"""Share of drafts that are never submitted."""

REPEAT_SHARE = 0.3
"""Share of applications by people with an earlier application."""

READ_SHARE = 0.8
"""Share of applicants' messages that are read."""

MOST_RETURNING_PEOPLE = 5000
"""Limit of people who may apply again."""

NEVER = datetime.max.replace(tzinfo=UTC)
AREAS = ("150602", "150621", "150622", "150627", "150202", "150102", "150402", "610802", "640102", "140602")
FIRST_BIRTHDAY = date(1968, 1, 1)
BIRTHDAYS = 12000
STRIDE = 7919
"""Coprime to BIRTHDAYS: consecutive rows have different ages, and each day occurs once per cycle."""

SEQUENCES = 499
SCHOOLS = (
    "内蒙古大学",
    "内蒙古工业大学",
    "内蒙古科技大学",
    "西安交通大学",
    "中国矿业大学",
    "哈尔滨工业大学",
    "兰州大学",
)
MAJORS = (
    "材料科学与工程",
    "化学工程与工艺",
    "新能源科学与工程",
    "电气工程",
    "计算机科学与技术",
    "机械工程",
    "生物工程",
)
POSITIONS = ("工程师", "高级工程师", "研发主管", "工艺工程师", "项目经理", "数据工程师")
EDUCATION = (("doctor", "master", "bachelor", "college"), (6, 38, 50, 6))
DEGREE_OF = {"doctor": "doctor", "master": "master", "bachelor": "bachelor", "college": "none"}
POLITICAL, INDUSTRIES = tuple(living_allowance.POLITICAL), tuple(living_allowance.INDUSTRIES)
REASONS = {
    Action.RETURN: (
        *PHRASES[Action.RETURN],
        "".join(PHRASES[Action.RETURN][:2]),
        "岗位与劳动合同所写不同，请说明。",
    ),
    Action.REFUSE: PHRASES[Action.REFUSE],
}
"""Mostly the phrases of the buttons, by which the statistics count."""

CHOICES = {
    state: [row for row in TRANSITIONS if row.state is state and row.action in WEIGHT] for state in State
}


def fill(engine: Engine, number: int, seed: int, known: Iterable[KnownHistory] = ()) -> Iterator[int]:
    """Add `number` applications, and those with a known history, in one transaction; yield the count after each batch."""
    db.session.rollback()  # ends the reading transaction
    # A thread writes one batch while the next one is generated.
    with (
        engine.connect().execution_options(**WRITE_OPTIONS[engine.dialect.name]) as connection,
        connection.begin(),
        ThreadPoolExecutor(1) as writer,
    ):
        bulk = Bulk(connection, TABLES)
        sample = SampleData(bulk, Random(seed), now())  # noqa: S311 - sample data, reproducible by the seed
        sample.add_offices_and_enterprises(max(LEAST_ENTERPRISES, number // APPLICATIONS_AN_ENTERPRISE))
        for history in known:
            sample.add_known(history)
        before = writer.submit(bulk.write, sample.take_batch())
        for done, _ in enumerate(sample.applications(number), 1):
            if done % BATCH_SIZE == 0 or done == number:
                before.result()
                before = writer.submit(bulk.write, sample.take_batch())
                yield done
        before.result()
        for year, last in sample.numbers.items():
            connection.execute(SAVE_COUNTER, {"year": year, "last": last})
        bulk.finish()
    db.session.rollback()
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE" if engine.dialect.name == "postgresql" else "ANALYZE"))
    recounting.note_everything()
    counting.process_due(COUNTED_AT_ONCE)


SAVE_COUNTER = text(
    "INSERT INTO counters (year, last) VALUES (:year, :last) ON CONFLICT (year) DO UPDATE SET last = excluded.last"
)


class SampleData:
    """The sample accounts, enterprises and applications made so far; `_unwritten` holds the rows of the next batch."""

    def __init__(self, bulk: Bulk, chance: Random, until: datetime) -> None:
        self._bulk, self._chance, self._until = bulk, chance, until
        self._unwritten: Rows = defaultdict(list)
        self._unusable_hash = passwords.hasher.hash(
            secrets.token_hex()
        )  # one hash for all: hashing each would take hours
        self._regions = list(db.session.scalars(select(Region).where(Region.active)))
        self._centre = routing.final_office()
        self._clerks: dict[int, list[Account]] = defaultdict(list)
        for clerk in db.session.scalars(select(Account).where(Account.office_id.is_not(None))):
            self._clerks[clerk.office_id or 0].append(clerk)
        self._reviewers: dict[int, Account] = {}
        self._enterprises: list[Enterprise] = []
        self._responsible_cache: dict[Any, routing.Responsible | None] = {}
        self._reminders: dict[int, int] = {}
        self._free: deque[tuple[datetime, Account]] = deque()
        self._periods = list(db.session.scalars(select(Period)))
        self.numbers = {one.year: one.last for one in db.session.scalars(select(Counter))}

    def take_batch(self) -> Rows:
        """Return the unwritten rows and start a new batch."""
        rows, self._unwritten = self._unwritten, defaultdict(list)
        return rows

    def add_offices_and_enterprises(self, number: int) -> None:
        """Add a clerk for every office without one, and `number` enterprises."""
        for office in (self._centre, *(region.office for region in self._regions)):
            if not self._clerks[office.id]:
                role = Role.CITY if office.duty is OfficeDuty.FINAL else Role.OFFICE
                self._clerks[office.id].append(self._staff(role, office=office, office_id=office.id))
        self._add_existing_enterprises()
        for _ in range(number):
            self._enterprises.append(self._enterprise(self._chance.choice(self._regions)))
        self._add_missing_periods()

    def _add_missing_periods(self) -> None:
        """Add a period for each year of the sample whose first day belongs to none."""
        last = local_date(self._until).year
        for year in range(last - YEARS, last + 1):
            opens, closes = date(year, 1, 1), date(year, 12, 31)
            overlapping = any(one.opens <= closes and one.closes >= opens for one in self._periods)
            if not overlapping:
                self._periods.append(self._add(Period, name=f"{year} 年度申报", opens=opens, closes=closes))

    def applications(self, number: int) -> Iterator[Application]:
        """Yield `number` applications with their histories, in order of time up to today, more of them in later years."""
        first = self._until - timedelta(days=365 * YEARS)
        for index in range(number):
            share = ((index + self._chance.random()) / number) ** 0.8
            yield self._application(first + (self._until - first) * share)

    # People and enterprises

    def _add_existing_enterprises(self) -> None:
        approved = select(Enterprise).where(Enterprise.registration == Registration.APPROVED)
        for one in db.session.scalars(approved).all():
            known = select(Account).where(Account.enterprise_id == one.id).limit(1)
            self._enterprises.append(one)
            self._reviewers[one.id] = db.session.scalars(known).first() or self._reviewer(one)

    def _enterprise(self, region: Region) -> Enterprise:
        place = region.name if self._chance.random() < 0.5 else "鄂尔多斯市"
        name = names.employer(self._chance, place.removesuffix("(综合保税区)"))
        at = self._until - timedelta(days=365 * YEARS + self._chance.randrange(1, 60))
        one: Enterprise = self._add(
            Enterprise,
            name=name,
            initials=names.initials_of(name),
            region=region,
            region_id=region.id,
            contact_name=names.person(self._chance, "female"),
            contact_phone=f"0477-8{self._chance.randrange(10**6):06d}",
            registration=Registration.APPROVED,
            waiting_since=at,
        )
        body = f"91{region.code[:6]}MAC{one.id:06d}"
        one.credit_code = body + uscc.calc_check_digit(body)
        self._reviewers[one.id] = self._reviewer(one)
        clerk = self._clerks[region.office_id][0]
        for action, who, desk, when in (
            (RegistrationAction.REGISTER, None, one.name, at),
            (RegistrationAction.APPROVE, clerk, region.office.name, at + timedelta(days=3)),
        ):
            self._add(
                RegistrationEvent,
                enterprise_id=one.id,
                action=action,
                actor_id=who.id if who else None,
                actor_name=who.name if who else one.contact_name,
                desk=desk,
                at=when,
            )
        return one

    def _reviewer(self, of: Enterprise) -> Account:
        return self._staff(Role.ENTERPRISE, enterprise=of, enterprise_id=of.id)

    def _staff(self, role: Role, **place: Any) -> Account:
        login = f"sample{self._bulk.fresh(Account)}"
        return self._account(role, login, names.person(self._chance, "female"), login=login, **place)

    def _citizen(self, begun: datetime) -> Account:
        sex = self._chance.choice(("male", "female"))
        turn, day = divmod(
            self._bulk.fresh(Account), BIRTHDAYS
        )  # unique combination of area, day and sequence
        area, order = divmod(turn, SEQUENCES)
        born = FIRST_BIRTHDAY + timedelta(days=day * STRIDE % BIRTHDAYS)
        body = f"{AREAS[area % len(AREAS)]}{born:%Y%m%d}{order * 2 + (sex == 'male'):03d}"
        number = str(body + ric.calc_check_digit(body + "0"))
        return self._account(
            Role.APPLICANT,
            number,
            names.person(self._chance, sex),
            paper=identity.CITIZEN,
            identity_number=number,
            phone=f"1{self._chance.choice('3589')}{self._chance.randrange(10**9):09d}",
            created_at=begun - timedelta(days=1),
        )

    def _account(self, role: Role, typed: str, name: str, **further: Any) -> Account:
        office, enterprise = further.pop("office", None), further.pop("enterprise", None)
        account: Account = self._add(
            Account,
            role=role,
            login_digest=logins.login_digest(logins.LOGIN_KIND_OF[role], typed),
            name=name,
            office=office,
            enterprise=enterprise,
            membership=Membership(None, None, name=getattr(office or enterprise, "name", "")),
            password_hash=self._unusable_hash,
            session_stamp=secrets.token_hex(8),
            **further,
        )
        return account

    # Applications and their histories

    def _application(self, begun: datetime) -> Application:
        """Return an application begun at this time, with a random history up to today."""
        person = self._person(begun)
        application = self._begin(person, begun)
        at, sequence = begun, 0
        while application.state is not State.FINISHED:
            at = self._time_of_next_action(at, application.state)
            if at > self._until:
                return application
            rows = CHOICES[application.state]
            row = self._chance.choices(rows, [WEIGHT[each.action] for each in rows])[0]
            sequence += 1
            self._step(application, row, sequence, person, at)
        self._free.append((at, person))
        return application

    def add_known(self, history: KnownHistory) -> None:
        """Add an application with what happened to it."""
        person = history.account or self._citizen(history.begun)
        application = self._begin(person, history.begun, history.employer, **history.answers)
        at = history.begun
        for sequence, action in enumerate(history.actions, 1):
            if application.state is State.FINISHED:
                break
            at += AT_EACH_DESK
            row = next(row for row in CHOICES[application.state] if row.action is action)
            self._step(application, row, sequence, person, at)

    def _step(
        self, application: Application, row: Transition, sequence: int, person: Account, at: datetime
    ) -> None:
        if row.action is Action.SUBMIT and application.enterprise is not None:
            moves.start_round(application, application.enterprise, at)
            if application.round == 1:
                application.period_id = self._period_id(local_date(at))
        self._move(application, row, sequence, self._actor(application, row, person), at)

    def _person(self, begun: datetime) -> Account:
        """Return a person without an open application: a new one, or one whose last application is finished."""
        if self._free and self._free[0][0] < begun and self._chance.random() < REPEAT_SHARE:
            return self._free.popleft()[1]
        if len(self._free) > MOST_RETURNING_PEOPLE:
            self._free.popleft()
        return self._citizen(begun)

    def _period_id(self, day: date) -> int | None:
        return next((one.id for one in self._periods if one.opens <= day <= one.closes), None)

    def _begin(
        self, person: Account, begun: datetime, employer: Enterprise | None = None, **chosen: Any
    ) -> Application:
        day = local_date(begun)
        self.numbers[day.year] = self.numbers.get(day.year, 0) + 1
        employer = employer or self._employer()
        application: Application = self._add(
            Application,
            number=f"{day.year}-{self.numbers[day.year]:06d}",
            applicant_id=person.id,
            state=State.DRAFT,
            version=1,
            round=0,
            reached=0,
            created_at=begun,
            saved_at=begun,
            arrived_at=begun,
            form_version=versions.FIRST,
            name=person.name,
            **names.initials_of_person(person.name)._asdict(),
            paper=person.paper,
            identity_number=person.identity_number,
            identity_digest=person.login_digest,
            answers={},
            enterprise=employer,
            submitted_enterprise=None,
            region=None,
            region_id=None,
            result=None,
            resubmit_by=None,
            period_id=None,
        )
        given = self._answers(person, employer, day) | chosen
        for key, answer in given.items():
            answers.set_value(application, key, answer)
        application.experiences = self._experiences(application.id, employer.name, given)
        return application

    def _employer(self) -> Enterprise:
        """Return a random enterprise; few get many applications, most get few."""
        return self._enterprises[int(len(self._enterprises) * self._chance.random() ** 2)]

    def _answers(self, person: Account, employer: Enterprise, begun: date) -> dict[str, Any]:
        number = person.identity_number or ""
        arrived = begun - timedelta(days=self._chance.randrange(60, 900))
        education = self._chance.choices(*EDUCATION)[0]
        return {
            "sex": identity.sex(number),
            "birth_date": identity.birth_date(number),
            "ethnicity": "蒙古族" if person.name[:1] in names.MONGOLIAN_BEGINNINGS else "汉族",
            "political": self._chance.choice(POLITICAL),
            "phone": person.phone,
            "household": "内蒙古自治区鄂尔多斯市东胜区",
            "school": self._chance.choice(SCHOOLS),
            "major": self._chance.choice(MAJORS),
            "education": education,
            "degree": DEGREE_OF[education],
            "graduated_on": date(arrived.year - 1, 6, 1),
            "full_time": "yes",
            "enterprise_id": employer.id,
            "industry": self._chance.choice(INDUSTRIES),
            "position": self._chance.choice(POSITIONS),
            "arrived_on": arrived,
            "contract_start": arrived,
            "contract_end": date(2099, 12, 31),
            "insurance_start": arrived.replace(day=1),
            "bank": "鄂尔多斯银行东胜支行",
            "bank_account": f"62{self._chance.randrange(10**14):014d}",
            "promise": True,
        }

    def _experiences(self, application_id: int, employer: str, given: dict[str, Any]) -> list[Experience]:
        graduated, arrived = given["graduated_on"], given["arrived_on"]
        begun = date(graduated.year - self._chance.randrange(3, 5), 9, 1)
        study = (ExperienceKind.STUDY, begun, graduated, given["school"], given["major"])
        work = (ExperienceKind.WORK, arrived.replace(day=1), None, employer, given["position"])
        return [
            self._add(
                Experience,
                application_id=application_id,
                position=position,
                kind=kind,
                start=start,
                end=end,
                place=place,
                subject=subject,
                witness=names.person(self._chance, "male"),
            )
            for position, (kind, start, end, place, subject) in enumerate((study, work))
        ]

    def _time_of_next_action(self, at: datetime, state: State) -> datetime:
        """Return the time of the next action in this state."""
        if state is State.DRAFT and self._chance.random() < ABANDONED_SHARE:
            return NEVER
        return at + timedelta(days=self._chance.expovariate(1 / DAYS[state]))

    def _actor(self, application: Application, row: Transition, person: Account) -> Account:
        if row.by is Role.APPLICANT:
            return person
        if row.by is Role.ENTERPRISE:
            return self._reviewers[application.submitted_enterprise_id or 0]
        regional = application.region.office if application.region else self._centre
        return self._chance.choice(self._clerks[(self._centre if row.by is Role.CITY else regional).id])

    def _move(
        self, application: Application, transition: Transition, sequence: int, actor: Account, at: datetime
    ) -> None:
        before = application.state
        former = {"waited_since": application.arrived_at, "reached_before": application.reached}
        for column, value in moves.state_columns(application, transition, at).items():
            setattr(application, column, value)
        if returns_to_applicant(transition):
            application.resubmit_by = Calendar().after(local_date(at), USUAL_DAYS).last
        reason = self._chance.choice(REASONS[transition.action]) if transition.needs_reason else ""
        columns = moves.history_row(application, transition.action, before, actor, Decision(reason), at)
        row = self._add(Review, sequence=sequence, **columns | former)
        reminder = self._reminders.pop(application.id, None)
        if reminder is not None and actor.role is not Role.APPLICANT:
            self._read(reminder, actor.id, at)
        for message in notifications.message_rows(application, row, self._responsible(application)):
            one = self._add(Message, **message, created_at=at, expanded_at=at)
            if "account_id" not in message:
                self._reminders[application.id] = one.id
            elif self._chance.random() < READ_SHARE:
                self._read(one.id, one.account_id, at + timedelta(hours=self._chance.expovariate(0.1)))

    def _responsible(self, application: Application) -> routing.Responsible | None:
        """Return `routing.responsible_for`, cached: routing queries the database for the city's office."""
        key = (
            application.state,
            application.state is State.CITY_REVIEW or application.submitted_enterprise_id,
        )
        if key not in self._responsible_cache:
            self._responsible_cache[key] = routing.responsible_for(application)
        return self._responsible_cache[key]

    def _read(self, message_id: int, account_id: int, at: datetime) -> None:
        self._unwritten[MessageReading].append(
            SimpleNamespace(message_id=message_id, account_id=account_id, at=min(at, self._until))
        )

    def _add(self, model: type[Any], **values: Any) -> Any:
        """Return a row of the next batch. A plain object: model instances would take half an hour longer for a million."""
        one = SimpleNamespace(id=self._bulk.fresh(model), **values)
        self._unwritten[model].append(one)
        return one
