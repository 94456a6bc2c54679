"""`flask sample-data`: a city of any size, in which everything has happened as the table of transitions allows."""

import json
from itertools import groupby

import pytest
from flask import Flask
from sqlalchemy import exists, func, select

from accounts import logins, passwords
from commands import seed
from commands.sample_data import accounts, applications, command, papers, people
from common import identity
from desk.submissions import newest_snapshot
from documents.printed_forms import Agreement, signed_papers
from figures import report
from figures.facts import REASON
from figures.reasons import PHRASE
from models import (
    REACHED_BITS,
    Account,
    AccountCorrection,
    Action,
    Application,
    Attachment,
    BankOutcome,
    Batch,
    BatchState,
    Continuation,
    ContinuationState,
    CorrectionState,
    Counter,
    DecisionNotice,
    Delivery,
    Enterprise,
    FileJob,
    FileState,
    Material,
    Message,
    Objection,
    ObjectionDecision,
    PaymentRun,
    PrintedForm,
    Result,
    Review,
    Role,
    RunRow,
    RunState,
    Standard,
    StandardState,
    State,
    db,
    now,
)
from payments import reconciling, runs
from uploads.sets import storage
from workflow import inbox, review, routing, scope
from workflow.transitions import BY_STATE_AND_ACTION

NUMBER = 300


@pytest.fixture
def filled(app_context: Flask) -> Flask:
    seed.fill()
    assert list(applications.fill(db.engine, NUMBER, seed=7))[-1] == NUMBER
    return app_context


def test_replaying_every_history_gives_the_applications_state(filled: Flask) -> None:
    lines = db.session.scalars(select(Review).order_by(Review.application_id, Review.sequence)).all()
    histories = {key: list(several) for key, several in groupby(lines, lambda line: line.application_id)}
    found = db.session.scalars(select(Application)).all()
    assert len(found) == NUMBER
    assert {one.state for one in found} > {State.DRAFT, State.CITY_REVIEW, State.FINISHED}
    assert {Result.PASSED, Result.REFUSED} <= {one.result for one in found}
    for one in found:
        state, result, at, reached = State.DRAFT, None, one.created_at, 0
        history = histories.get(one.id, [])
        assert [line.sequence for line in history] == list(range(1, len(history) + 1))
        for line in history:
            row = BY_STATE_AND_ACTION[line.from_state, line.action]
            assert (line.from_state, line.actor_role) == (state, row.by)
            assert line.to_state is routing.target(row, one.region)
            assert bool(line.reason) == row.needs_reason
            assert (line.snapshot is not None) == (line.action is Action.SUBMIT)
            assert at <= line.at <= now()
            state, result, at = line.to_state, line.result, line.at
            reached |= REACHED_BITS.get(state, 0)
        assert (one.state, one.result, one.arrived_at, one.reached) == (state, result, at, reached)
        assert one.round == sum(line.action is Action.SUBMIT for line in history)


def test_each_desk_sees_and_decides_its_sample_applications(filled: Flask) -> None:
    centre = db.session.scalars(select(Account).where(Account.role == Role.CITY)).first()
    assert centre is not None
    waiting = db.session.scalars(select(Application).where(scope.waiting(centre))).all()
    assert waiting
    line = review.perform(waiting[0].id, Action.PASS, centre, seen_version=waiting[0].version)
    assert line is not None
    assert line.to_state is State.FINISHED
    assert inbox.unread(waiting[0].applicant) > 0


def test_identity_numbers_are_valid_encrypted_and_unique(filled: Flask) -> None:
    person = db.session.scalars(select(Account).where(Account.role == Role.APPLICANT)).first()
    assert person is not None
    assert person.identity_number is not None
    assert identity.fault(identity.CITIZEN, person.identity_number) == ""
    assert logins.find("personal", person.identity_number) is person
    assert not passwords.verify(person.password_hash, "")
    stored = db.session.scalar(select(func.max(Counter.last)))
    assert stored == int(
        max(
            db.session.scalars(
                select(Application.number).where(
                    Application.number.startswith(
                        f"{db.session.scalar(select(Counter.year).order_by(Counter.last.desc()))}-"
                    )
                )
            )
        ).partition("-")[2]
    )


def test_sample_messages_are_never_sent(filled: Flask) -> None:
    assert db.session.scalar(select(Message.id).where(Message.expanded_at.is_(None))) is None
    assert db.session.scalar(select(Delivery.id)) is None


def test_the_same_seed_makes_the_same_data_and_more_can_be_added(filled: Flask) -> None:
    names = db.session.scalars(select(Application.name).order_by(Application.id)).all()
    employers = db.session.scalar(select(func.count(Enterprise.id)))
    list(applications.fill(db.engine, NUMBER, seed=7))
    both = db.session.scalars(select(Application.name).order_by(Application.id)).all()
    assert both[:NUMBER] == names
    assert len(both) == 2 * NUMBER
    assert db.session.scalar(select(func.count(Enterprise.id))) > employers


ANSWERED = RunRow.run_id.in_(select(PaymentRun.id).where(PaymentRun.state == RunState.ANSWERED))
THERE = {
    "a batch that has ended": Batch.state == BatchState.ENDED,
    "a batch in publicity": Batch.state == BatchState.PUBLIC,
    "an objection to decide": Objection.decision.is_(None),
    "an objection that was upheld": Objection.decision == ObjectionDecision.UPHELD,
    "a sample standard in force": Standard.name.startswith("示例")
    & (Standard.state == StandardState.IN_FORCE),
    "a payment that the bank has made": ANSWERED & (RunRow.outcome == BankOutcome.PAID),
    "a payment that the bank refused": ANSWERED & (RunRow.outcome == BankOutcome.REFUSED),
    "a corrected account for the enterprise": AccountCorrection.state == CorrectionState.PROPOSED,
    "a corrected account that it confirmed": AccountCorrection.state == CorrectionState.CONFIRMED,
    "a question about the second year": Continuation.state == ContinuationState.ASKED,
    "an answer for the enterprise": Continuation.state == ContinuationState.ANSWERED,
    "a confirmed second year": Continuation.state == ContinuationState.CONFIRMED,
    "a notice of decision": DecisionNotice.id.is_not(None),
    "a printed form": PrintedForm.id.is_not(None),
    "a file of one's own": FileJob.state == FileState.READY,
}
"""What `make run` has to show of what follows 「通过」."""


def test_a_trial_has_something_on_every_page_after_passing(app_context: Flask) -> None:
    seed.fill()
    accounts.fill()
    command.fill_once()
    assert [
        what for what, it_is in THERE.items() if not db.session.scalar(select(exists().where(it_is)))
    ] == []
    assert list(reconciling.disagreements(storage().open)) == []
    assert db.session.scalar(select(Message.id).where(Message.expanded_at.is_(None))) is None

    first, second = people.city_clerks()
    frozen = db.session.scalars(select(PaymentRun).where(PaymentRun.state == RunState.FROZEN)).one()
    assert (runs.is_second_person(frozen, first), runs.is_second_person(frozen, second)) == (True, False)
    entries = json.loads(accounts.file().read_text(encoding="utf-8"))
    assert {first.login, second.login} < {entry["login"] for entry in entries}

    with_login = select(Account.enterprise_id).where(Account.login.in_({entry["login"] for entry in entries}))
    for asked in (AccountCorrection, Continuation):
        assert db.session.scalar(select(exists().where(asked.enterprise_id.in_(with_login)))), asked

    found = report.figures(report.sight_of(first), report.Narrowing())
    reasons = found.of(REASON)
    assert 2 * sum(reasons[key] for key in reasons if key.startswith(PHRASE)) > reasons.total()
    assert all(found.days().values())

    telephones = db.session.scalars(select(Account.phone).where(Account.role == Role.APPLICANT)).all()
    assert len(set(telephones)) == len(telephones)  # the same one twice is shown as a contradiction

    before = db.session.scalar(select(func.count(Application.id)))
    command.fill_once()
    assert db.session.scalar(select(func.count(Application.id))) == before


def test_a_reviewer_in_a_trial_opens_every_material_of_the_longest_waiting(app_context: Flask) -> None:
    seed.fill()
    accounts.fill()
    command.fill_once()
    required = set(db.session.scalars(select(Material.id).where(Material.required, Material.active)))
    reviewed = select(Application).where(Application.state.in_(routing.REVIEW_STEPS))
    waiting = db.session.scalars(reviewed.order_by(Application.arrived_at).limit(papers.MOST)).all()
    assert {one.state for one in waiting} == set(routing.REVIEW_STEPS)
    assert any(one.round > 1 for one in waiting)
    for one in waiting:
        submissions = (Review.application_id == one.id, Review.action == Action.SUBMIT)
        first_submitted_at = db.session.scalars(select(func.min(Review.at)).where(*submissions)).one()
        files = db.session.scalars(select(Attachment).where(Attachment.application_id == one.id)).all()
        assert {file.material_id for file in files} == required
        assert all(file.uploaded_at < first_submitted_at for file in files)
        for file in files:
            with storage().open(file.storage_name) as stored:
                assert len(stored.read()) == file.size
        submitted = newest_snapshot(one)
        assert submitted is not None
        [form] = signed_papers(one, files, submitted).values()
        assert form.agreement is Agreement.AGREES


def test_production_gets_no_sample_data(app: Flask) -> None:
    app.config["PRODUCTION"] = True
    answer = app.test_cli_runner().invoke(args=["sample-data", "--applications", "5"])
    assert answer.exit_code != 0
    assert "production" in answer.output
    with app.app_context():
        assert db.session.scalar(select(Application.id)) is None
