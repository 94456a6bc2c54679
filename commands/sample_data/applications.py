"""Sample data of any size: people, employers, and applications of several years with valid histories.

The same seed gives the same data, except for nonces and session stamps, which must be random. Nobody can log in with a
sample account: the password is discarded. The applications have no attachments; papers.py gives some theirs. Messages are
written and none is sent.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import Engine, select, text

from commands.sample_data import filled_in, names
from commands.sample_data.bulk import Bulk
from commands.sample_data.people import AT_EACH_DESK, KnownHistory
from commands.sample_data.population import YEARS, Population
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
    Message,
    MessageReading,
    Period,
    RegistrationEvent,
    Review,
    Role,
    State,
    db,
    now,
)
from models.transactions import WRITE_OPTIONS
from workflow import moves, notifications, routing
from workflow.decision import Decision
from workflow.form import answers, versions
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
        before = writer.submit(bulk.write, bulk.take_batch())
        for done, _ in enumerate(sample.applications(number), 1):
            if done % BATCH_SIZE == 0 or done == number:
                before.result()
                before = writer.submit(bulk.write, bulk.take_batch())
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
    """The sample's applications with their histories; their rows go to `bulk`."""

    def __init__(self, bulk: Bulk, chance: Random, until: datetime) -> None:
        self._bulk, self._chance, self._until = bulk, chance, until
        self._first = until - timedelta(days=365 * YEARS)
        self._population = Population(bulk, chance, self._first)
        self._responsible_cache: dict[Any, routing.Responsible | None] = {}
        self._reminders: dict[int, int] = {}
        self._free: deque[tuple[datetime, Account]] = deque()
        self._periods = list(db.session.scalars(select(Period)))
        self.numbers = {one.year: one.last for one in db.session.scalars(select(Counter))}

    def add_offices_and_enterprises(self, number: int) -> None:
        """Add a clerk for every office without one, `number` enterprises and the periods of these years."""
        self._population.add_offices_and_enterprises(number)
        self._add_missing_periods()

    def _add_missing_periods(self) -> None:
        """Add a period for each year of the sample whose first day belongs to none."""
        last = local_date(self._until).year
        for year in range(last - YEARS, last + 1):
            opens, closes = date(year, 1, 1), date(year, 12, 31)
            overlapping = any(one.opens <= closes and one.closes >= opens for one in self._periods)
            if not overlapping:
                self._periods.append(
                    self._bulk.add(Period, name=f"{year} 年度申报", opens=opens, closes=closes)
                )

    def applications(self, number: int) -> Iterator[Application]:
        """Yield `number` applications with their histories, in order of time up to today, more of them in later years."""
        for index in range(number):
            share = ((index + self._chance.random()) / number) ** 0.8
            yield self._application(self._first + (self._until - self._first) * share)

    # People and enterprises

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
        person = history.account or self._population.citizen(history.begun)
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
            employer = application.enterprise
            for column, value in moves.round_columns(application, employer, at).items():
                setattr(application, column, value)
            application.submitted_enterprise, application.region = employer, employer.region
            if application.round == 1:
                application.period_id = self._period_id(local_date(at))
        self._move(application, row, sequence, self._actor(application, row, person), at)

    def _person(self, begun: datetime) -> Account:
        """Return a person without an open application: a new one, or one whose last application is finished."""
        if self._free and self._free[0][0] < begun and self._chance.random() < REPEAT_SHARE:
            return self._free.popleft()[1]
        if len(self._free) > MOST_RETURNING_PEOPLE:
            self._free.popleft()
        return self._population.citizen(begun)

    def _period_id(self, day: date) -> int | None:
        return next((one.id for one in self._periods if one.opens <= day <= one.closes), None)

    def _begin(
        self, person: Account, begun: datetime, employer: Enterprise | None = None, **chosen: Any
    ) -> Application:
        day = local_date(begun)
        self.numbers[day.year] = self.numbers.get(day.year, 0) + 1
        employer = employer or self._population.employer()
        application: Application = self._bulk.add(
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
        given = filled_in.sample_answers(self._chance, person, employer, day) | chosen
        for key, answer in given.items():
            answers.set_value(application, key, answer)
        application.experiences = filled_in.sample_experiences(
            self._bulk, self._chance, application.id, employer.name, given
        )
        return application

    def _time_of_next_action(self, at: datetime, state: State) -> datetime:
        """Return the time of the next action in this state."""
        if state is State.DRAFT and self._chance.random() < ABANDONED_SHARE:
            return NEVER
        return at + timedelta(days=self._chance.expovariate(1 / DAYS[state]))

    def _actor(self, application: Application, row: Transition, person: Account) -> Account:
        if row.by is Role.APPLICANT:
            return person
        if row.by is Role.ENTERPRISE:
            return self._population.reviewers[application.submitted_enterprise_id or 0]
        regional = application.region.office if application.region else self._population.centre
        return self._chance.choice(
            self._population.clerks[(self._population.centre if row.by is Role.CITY else regional).id]
        )

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
        row = self._bulk.add(Review, sequence=sequence, **columns | former)
        reminder = self._reminders.pop(application.id, None)
        if reminder is not None and actor.role is not Role.APPLICANT:
            self._read(reminder, actor.id, at)
        for message in notifications.message_rows(application, row, self._responsible(application)):
            one = self._bulk.add(Message, **message, created_at=at, expanded_at=at)
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
        self._bulk.add_without_id(
            MessageReading, message_id=message_id, account_id=account_id, at=min(at, self._until)
        )
