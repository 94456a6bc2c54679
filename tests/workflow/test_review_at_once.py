"""Two at the same moment, from two processes: one wins, the other learns who did what, and nothing is done twice."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select

from accounts import logins, passwords, recovery
from common.errors import ChangedMeanwhile
from enterprises import notifications as enterprises_notifications
from enterprises import registration
from models import (
    Account,
    Action,
    Application,
    Message,
    NoticeReading,
    Registration,
    RegistrationAction,
    RegistrationEvent,
    Review,
    State,
    db,
    exclusive,
)
from tests.factories import (
    REASON,
    World,
    applicant,
    application_at,
    city_clerk,
    clerk,
    complete_application,
    enterprise,
    filled,
    fresh,
    make_read_notice,
    notice,
    reviewer,
)
from tests.machine.at_once import HOLD_SECONDS, at_once, slowly
from tests.workflow.observing import history
from workflow import locking, notifications, reading, review
from workflow.decision import Decision


@pytest.fixture(autouse=True)
def slow_transactions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever comes first holds the transaction open at its end, so that the other certainly meets it."""
    monkeypatch.setattr(notifications, "announce", slowly(notifications.announce))
    monkeypatch.setattr(
        enterprises_notifications,
        "announce_registration",
        slowly(enterprises_notifications.announce_registration),
    )
    monkeypatch.setattr(reading, "bind_to_application", slowly(reading.bind_to_application))


def attempt_of(application: Application, action: Action, person: Account) -> Callable[[], Any]:
    """What this person does with the page that is open before them, and what they then read."""
    number, seen, who = application.id, application.version, person.id
    reason = REASON if action is Action.RETURN else ""

    def do() -> tuple[str, ...]:
        actor = db.session.get_one(Account, who)
        try:
            return "done", *row_as_words(
                review.perform(number, action, actor, seen_version=seen, decision=Decision(reason))
            )
        except ChangedMeanwhile as meanwhile:
            return "told", *row_as_words(meanwhile.last)

    return do


def row_as_words(line: Review | None) -> tuple[str, ...]:
    assert line is not None
    return line.actor_name, line.action.value, line.reason


def check_one_succeeded(answers: list[Any]) -> tuple[str, ...]:
    """Check that one was done and the other was told of it. Returns who did what and why."""
    (won,) = [answer[1:] for answer in answers if answer[0] == "done"]
    (told,) = [answer[1:] for answer in answers if answer[0] == "told"]
    assert told == won
    return won


COLLEAGUE = "何欣"


@pytest.mark.guide("E5", "O1", "O2")
@pytest.mark.parametrize("state", [State.ENTERPRISE_REVIEW, State.PRELIMINARY_REVIEW, State.CITY_REVIEW])
def test_of_two_concurrent_decisions_one_succeeds_and_the_other_names_it(ordos: World, state: State) -> None:
    at = ordos.banner
    one, other = {
        State.ENTERPRISE_REVIEW: (at.reviewer, reviewer(at.enterprise, COLLEAGUE)),
        State.PRELIMINARY_REVIEW: (at.clerk, clerk(at.office, COLLEAGUE)),
        State.CITY_REVIEW: (ordos.centre, city_clerk(name=COLLEAGUE)),
    }[state]
    application = application_at(state, at, ordos)
    lines = len(history(application))

    name, action, reason = check_one_succeeded(
        at_once(attempt_of(application, Action.PASS, one), attempt_of(application, Action.RETURN, other))
    )

    newest = history(fresh(application))[-1]
    assert len(history(application)) == lines + 1
    assert (newest.actor_name, newest.action.value, newest.reason) == (name, action, reason)
    assert application.state is newest.to_state
    told = db.session.scalars(select(Message).where(Message.review_id == newest.id)).all()
    recipients = [(one.account_id, one.enterprise_id, one.office_id) for one in told]
    assert len(recipients) == len(set(recipients))


@pytest.mark.guide("A14")
def test_an_applicant_who_withdraws_and_a_reviewer_who_passes_do_not_both_succeed(ordos: World) -> None:
    application = application_at(State.ENTERPRISE_REVIEW, ordos.banner, ordos)
    check_one_succeeded(
        at_once(
            attempt_of(application, Action.WITHDRAW, application.applicant),
            attempt_of(application, Action.PASS, ordos.banner.reviewer),
        )
    )
    assert len(history(application)) == 2


@pytest.mark.guide("A14")
def test_of_two_concurrent_submissions_one_succeeds(ordos: World) -> None:
    application = complete_application(ordos.banner.enterprise)
    submission = attempt_of(application, Action.SUBMIT, application.applicant)
    assert check_one_succeeded(at_once(submission, submission)) == (application.applicant.name, "submit", "")
    assert fresh(application).round == 1
    assert [line.action for line in history(application)] == [Action.SUBMIT]


def test_who_waited_for_an_application_finds_the_region_that_it_was_given_meanwhile(ordos: World) -> None:
    application = application_at(State.ENTERPRISE_REVIEW, ordos.banner, ordos)
    key, who = application.id, ordos.banner.reviewer.id
    regions = {ordos.banner.region.id, ordos.elsewhere.region.id}

    def move() -> list[int | None]:
        with exclusive():
            locked = locking.lock(key, db.session.get_one(Account, who))
            found = [locked.region_id, locked.region.id if locked.region else None]
            locked.region_id = (regions - set(found)).pop()
            db.session.flush()
            time.sleep(HOLD_SECONDS)
        return found

    answers = at_once(move, move)
    assert sorted(answers) == [[each, each] for each in sorted(regions)]


def test_of_two_applications_begun_at_once_one_is_created(ordos: World) -> None:
    person = applicant()
    make_read_notice(person)
    begun = lambda: review.begin(person, filled(ordos.banner.enterprise)).number  # noqa: E731
    answers = at_once(begun, begun)
    assert sorted(answers, key=len)[1] == "AlreadyUnderWay"
    assert db.session.scalar(select(func.count()).where(Application.applicant_id == person.id)) == 1


def test_application_numbers_are_unique_and_without_gaps(
    own_ordos: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the very first of the year on, when no counter exists yet."""
    monkeypatch.undo()  # many a quick one rather than a slow one
    rounds, processes = 5, 4
    people = [applicant() for _ in range(rounds * processes)]
    for person in people:
        make_read_notice(person)

    def begin_some(some: list[Account]) -> list[str]:
        return [review.begin(person, filled(own_ordos.banner.enterprise)).number for person in some]

    shares = [people[share::processes] for share in range(processes)]
    numbers = [
        number
        for given in at_once(*[lambda some=some: begin_some(some) for some in shares])
        for number in given
    ]
    assert sorted(int(number.split("-")[1]) for number in numbers) == list(range(1, len(people) + 1))


def test_two_windows_that_open_the_notice_count_as_one_and_the_application_can_begin(ordos: World) -> None:
    person = applicant()
    assert reading.current_notice() or notice()
    opened = lambda: [row.id for row in reading.open_notice(person, None)]  # noqa: E731
    first, second, third = at_once(opened, opened, opened)
    assert first == second == third
    row = db.session.scalars(select(NoticeReading).where(NoticeReading.account_id == person.id)).one()
    row.read_at = row.opened_at
    db.session.commit()
    assert review.begin(person, lambda _: None).state is State.DRAFT


@pytest.mark.guide("A2", "E4")
def test_a_recovery_code_used_twice_at_once_works_once(ordos: World, monkeypatch: pytest.MonkeyPatch) -> None:
    person = applicant()
    number, code = person.identity_number, passwords.set_recovery_code(person)
    monkeypatch.setattr(passwords, "set_password", slowly(passwords.set_password))

    def reset(password: str) -> bool:
        return recovery.reset_by_recovery_code("personal", number, code, password) is not None

    answers = at_once(lambda: reset("Diyige2027"), lambda: reset("Dierge2027"))
    assert sorted(answers) == [False, True]
    winner = ("Diyige2027", "Dierge2027")[answers.index(True)]
    assert logins.authenticate("personal", number, winner) is not None


@pytest.mark.guide("O3")
def test_of_two_concurrent_decisions_on_a_registration_one_succeeds(ordos: World) -> None:
    waiting = enterprise(ordos.banner.region, Registration.PENDING)
    number, seen, colleague = waiting.id, waiting.version, clerk(ordos.banner.office, COLLEAGUE)

    def decide(action: RegistrationAction, person: Account) -> str:
        return registration.decide(
            number, action, person, seen_version=seen, decision=Decision(REASON)
        ).action.value

    answers = at_once(
        lambda: decide(RegistrationAction.APPROVE, ordos.banner.clerk),
        lambda: decide(RegistrationAction.REFUSE, colleague),
    )
    assert "ChangedMeanwhile" in answers
    (line,) = db.session.scalars(select(RegistrationEvent).where(RegistrationEvent.enterprise_id == number))
    assert line.action.value in answers
