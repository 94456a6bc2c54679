"""A wrong name or number is corrected by whoever may, leaves a line and a trail, and tells the person; nobody else can."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from accounts import logins
from common import audit
from common.errors import ChangedMeanwhile, NotPermitted, NotVisible, ReasonMissing, Unacceptable
from common.identity import CITIZEN, masked
from desk import corrections
from desk.corrections import correct_name, correct_number, correct_own_name
from enterprises import registration
from models import Account, Action, Application, AuditEntry, Message, Review, State, db
from models.applications import tail_digest
from tests.factories import (
    PASSWORD,
    REASON,
    Place,
    World,
    act,
    applicant,
    application_at,
    clerk,
    complete_application,
    deactivate,
    draft,
    fresh,
    identity_number,
    make_read_notice,
    submit,
)
from tests.machine.at_once import at_once, slowly
from tests.workflow.observing import history, stored_rows
from workflow import review
from workflow.decision import Decision

RIGHT = "王晓敏"
WRONG = "王小敏"
SUBMITTED = [
    State.ENTERPRISE_REVIEW,
    State.PRELIMINARY_REVIEW,
    State.CITY_REVIEW,
    State.RETURNED,
    State.FINISHED,
]


def with_wrong_name(state: State, at: Place, of: World) -> Application:
    return application_at(state, at, of, applicant(WRONG))


def trail_of(owner: Account) -> list[AuditEntry]:
    return list(
        db.session.scalars(
            select(AuditEntry).where(
                AuditEntry.table_name == audit.APPLICANTS, AuditEntry.row_key == str(owner.id)
            )
        )
    )


def messages_to(owner: Account, kind: str) -> list[Message]:
    return list(
        db.session.scalars(select(Message).where(Message.account_id == owner.id, Message.kind == kind))
    )


def named(application: Application, actor: Account, name: str = RIGHT, reason: str = REASON) -> Review:
    return correct_name(
        application.number, name, actor, seen_version=fresh(application).version, decision=Decision(reason)
    )


def numbered(application: Application, actor: Account, number: str, paper: str = CITIZEN) -> Review:
    return correct_number(
        application.number,
        paper,
        number,
        actor,
        seen_version=fresh(application).version,
        decision=Decision(REASON),
    )


# --- one's own


def test_an_applicant_corrects_the_own_name_until_the_first_submission(ordos: World) -> None:
    application = draft(ordos.banner.enterprise, applicant(WRONG))
    owner = application.applicant
    correct_own_name(owner, RIGHT)

    fresh(application)
    assert (owner.name, application.name, application.initials) == (RIGHT, RIGHT, "wxm")
    (line,) = history(application)
    assert (line.action, line.actor_id) == (Action.CORRECT_NAME, owner.id)
    assert line.reason == f"“{WRONG}”更正为“{RIGHT}”。"
    (change,) = trail_of(owner)
    assert (change.before, change.after) == ({"name": WRONG}, {"name": RIGHT})
    assert len(messages_to(owner, "own_name_corrected")) == 1


def test_before_an_application_exists_only_the_account_is_corrected(ordos: World) -> None:
    owner = applicant(WRONG)
    correct_own_name(owner, RIGHT)
    db.session.refresh(owner)
    assert owner.name == RIGHT
    assert draft(ordos.banner.enterprise, owner).name == RIGHT


@pytest.mark.parametrize("state", [*SUBMITTED[:-1], State.DRAFT])
def test_after_the_first_submission_nobody_corrects_the_own_name(ordos: World, state: State) -> None:
    """Also after a return or withdrawal."""
    at_first = State.ENTERPRISE_REVIEW if state is State.DRAFT else state
    application = with_wrong_name(at_first, ordos.banner, ordos)
    if state is State.DRAFT:
        act(application, Action.WITHDRAW, application.applicant)
    before = stored_rows(application)
    with pytest.raises(NotPermitted):
        correct_own_name(application.applicant, RIGHT)
    assert stored_rows(application) == before
    asked = corrections.who_corrects_name(application.applicant)
    assert asked is not None
    in_sight = state in (State.PRELIMINARY_REVIEW, State.CITY_REVIEW)
    assert (asked.desk and asked.desk.office_id) == (ordos.banner.office.id if in_sight else None)


def test_with_the_next_application_the_own_name_can_be_corrected_again(ordos: World) -> None:
    finished = with_wrong_name(State.FINISHED, ordos.banner, ordos)
    owner = finished.applicant
    before = stored_rows(finished)
    application = draft(ordos.banner.enterprise, owner)
    correct_own_name(owner, RIGHT)
    assert fresh(application).name == RIGHT
    assert stored_rows(finished) == before, "what was decided stays as it was"


def test_only_applicants_correct_their_own_name(ordos: World) -> None:
    for person in (ordos.banner.reviewer, ordos.banner.clerk, ordos.centre, ordos.administrator):
        with pytest.raises(NotPermitted):
            correct_own_name(person, RIGHT)


@pytest.mark.parametrize("name", ["", WRONG, "很" * 61])
def test_the_same_name_is_refused_as_a_correction(ordos: World, name: str) -> None:
    owner = applicant(WRONG)
    with pytest.raises(Unacceptable) as refusal:
        correct_own_name(owner, name)
    assert refusal.value.field == "name"
    assert trail_of(owner) == []


# --- by the office


@pytest.mark.parametrize("state", [State.PRELIMINARY_REVIEW, State.CITY_REVIEW, State.RETURNED])
def test_the_regions_office_corrects_the_name_and_the_submission_stays_readable(
    ordos: World, state: State
) -> None:
    reached = State.PRELIMINARY_REVIEW if state is State.RETURNED else state
    application = with_wrong_name(reached, ordos.banner, ordos)
    if state is State.RETURNED:
        act(application, Action.RETURN, ordos.banner.clerk, REASON)
    owner, version = application.applicant, fresh(application).version
    line = named(application, ordos.banner.clerk)

    fresh(application)
    assert (application.name, application.initials, application.state) == (RIGHT, "wxm", state)
    assert application.version == version + 1
    db.session.refresh(owner)
    assert owner.name == RIGHT
    assert line.reason == f"“{WRONG}”更正为“{RIGHT}”。原因：{REASON}"
    assert line.snapshot == {"corrected": {"name": {"before": WRONG, "after": RIGHT}}}
    submission = next(each for each in history(application) if each.action is Action.SUBMIT)
    assert submission.snapshot is not None
    assert submission.snapshot["fields"]["name"] == WRONG
    (change,) = trail_of(owner)
    assert (change.actor_id, change.label) == (ordos.banner.clerk.id, RIGHT)
    assert change.after == {"name": RIGHT, "reason": REASON}
    (message,) = messages_to(owner, "name_corrected")
    assert message.review_id == line.id


def test_a_correction_needs_a_reason(ordos: World) -> None:
    application = with_wrong_name(State.PRELIMINARY_REVIEW, ordos.banner, ordos)
    before = stored_rows(application)
    with pytest.raises(ReasonMissing):
        named(application, ordos.banner.clerk, reason=" ")
    assert stored_rows(application) == before


def others(ordos: World, application: Application) -> dict[str, Account]:
    return {
        "applicant": application.applicant,
        "stranger": applicant(),
        "reviewer": ordos.banner.reviewer,
        "office": ordos.banner.clerk,
        "other office": ordos.elsewhere.clerk,
        "office of the city's own": ordos.city.clerk,
        "city": ordos.centre,
        "administrator": ordos.administrator,
        "deactivated": _deactivated(ordos),
    }


def _deactivated(ordos: World) -> Account:
    gone = clerk(ordos.banner.office)
    deactivate(gone)
    return gone


BY_STATE = {
    State.ENTERPRISE_REVIEW: "administrator",  # no office has it in sight yet
    State.PRELIMINARY_REVIEW: "office",
    State.CITY_REVIEW: "office",
    State.RETURNED: "administrator",  # by the enterprise: no office has had it
    State.FINISHED: None,
}


@pytest.mark.guide("D4")
@pytest.mark.parametrize("state", SUBMITTED)
def test_other_roles_and_finished_applications_allow_no_correction_of_a_name(
    ordos: World, state: State
) -> None:
    application = with_wrong_name(state, ordos.banner, ordos)
    before = stored_rows(application)
    for who, person in others(ordos, application).items():
        if who == BY_STATE[state]:
            continue
        with pytest.raises((NotPermitted, NotVisible)):
            named(application, person)
    assert stored_rows(application) == before
    db.session.refresh(application.applicant)
    assert application.applicant.name == WRONG
    if (allowed := BY_STATE[state]) is not None:
        named(application, others(ordos, application)[allowed])
        assert fresh(application).name == RIGHT


def test_without_preliminary_review_the_city_corrects_the_name(ordos: World) -> None:
    application = with_wrong_name(State.CITY_REVIEW, ordos.city, ordos)
    with pytest.raises((NotPermitted, NotVisible)):
        named(application, ordos.city.clerk)
    with pytest.raises(NotPermitted):
        named(application, ordos.administrator)
    named(application, ordos.centre)
    assert fresh(application).name == RIGHT


def test_a_correction_of_an_outdated_page_is_refused(ordos: World) -> None:
    application = with_wrong_name(State.PRELIMINARY_REVIEW, ordos.banner, ordos)
    seen = fresh(application).version
    act(application, Action.PASS, ordos.banner.clerk)
    with pytest.raises(ChangedMeanwhile):
        correct_name(
            application.number, RIGHT, ordos.banner.clerk, seen_version=seen, decision=Decision(REASON)
        )
    assert fresh(application).name == WRONG


def test_a_decision_on_a_page_with_the_old_name_is_refused(ordos: World) -> None:
    application = with_wrong_name(State.CITY_REVIEW, ordos.banner, ordos)
    seen = fresh(application).version
    named(application, ordos.banner.clerk)
    with pytest.raises(ChangedMeanwhile) as meanwhile:
        review.perform(application.id, Action.PASS, ordos.centre, seen_version=seen)
    assert meanwhile.value.last is not None
    assert RIGHT in meanwhile.value.last.reason


def test_a_resubmission_contains_the_corrected_name(ordos: World) -> None:
    application = with_wrong_name(State.PRELIMINARY_REVIEW, ordos.banner, ordos)
    act(application, Action.RETURN, ordos.banner.clerk, REASON)
    named(application, ordos.banner.clerk)
    submit(application)
    newest = history(application)[-1]
    assert newest.snapshot is not None
    assert newest.snapshot["fields"]["name"] == RIGHT


# --- the number


@pytest.mark.parametrize("state", [State.DRAFT, State.ENTERPRISE_REVIEW, State.CITY_REVIEW, State.RETURNED])
def test_a_corrected_number_is_the_new_login_and_is_found(ordos: World, state: State) -> None:
    application = application_at(state, ordos.banner, ordos)
    owner, right = application.applicant, identity_number()
    wrong = owner.identity_number or ""
    line = numbered(application, ordos.administrator, right.lower())

    fresh(application)
    db.session.refresh(owner)
    assert (owner.identity_number, application.identity_number) == (right, right)
    assert application.identity_digest == owner.login_digest == logins.login_digest("personal", right)
    assert application.identity_tail == tail_digest(right)
    assert logins.authenticate("personal", right, PASSWORD) is owner
    assert logins.authenticate("personal", wrong, PASSWORD) is None
    assert line.reason == f"“{masked(wrong)}”更正为“{masked(right)}”。原因：{REASON}"
    assert line.snapshot is not None
    assert line.snapshot["corrected"]["identity_number"] == {"before": wrong, "after": right}
    (change,) = trail_of(owner)
    assert not {wrong, right} & {*change.before.values(), *change.after.values()}
    assert len(messages_to(owner, "number_corrected")) == 1


def test_a_correction_can_change_the_type_of_identity_document(ordos: World) -> None:
    application = application_at(State.CITY_REVIEW, ordos.banner, ordos)
    numbered(application, ordos.administrator, "H12345678", "hk_mo")
    fresh(application)
    assert (application.paper, application.identity_number) == ("hk_mo", "H12345678")


def test_a_number_is_corrected_once(ordos: World) -> None:
    application = application_at(State.CITY_REVIEW, ordos.banner, ordos)
    numbered(application, ordos.administrator, identity_number())
    before = stored_rows(application)
    with pytest.raises(Unacceptable, match="已经更正过一次"):
        numbered(application, ordos.administrator, identity_number())
    assert stored_rows(application) == before


def test_an_invalid_number_is_reported_at_its_field(ordos: World) -> None:
    application = application_at(State.CITY_REVIEW, ordos.banner, ordos)
    present, taken = application.identity_number, applicant().identity_number or ""
    before = stored_rows(application)
    for number, sentence in (
        (present, "相同"),
        (taken, "已有账号"),
        ("150602199001010013", "校验位不正确"),
        ("911124198108030024", "外国人永久居留身份证"),
    ):
        with pytest.raises(Unacceptable, match=sentence) as refusal:
            numbered(application, ordos.administrator, number)
        assert refusal.value.field == "number"
    assert stored_rows(application) == before
    numbered(application, ordos.administrator, identity_number())


@pytest.mark.guide("D4")
@pytest.mark.parametrize("state", [*SUBMITTED, State.DRAFT])
def test_only_administrators_correct_numbers_and_only_in_open_applications(
    ordos: World, state: State
) -> None:
    application = application_at(state, ordos.banner, ordos)
    before = stored_rows(application)
    for who, person in others(ordos, application).items():
        if who == "administrator" and state is not State.FINISHED:
            continue
        with pytest.raises((NotPermitted, NotVisible)):
            numbered(application, person, identity_number())
    assert stored_rows(application) == before


# --- two at once


@pytest.fixture
def nobody_is_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corrections, "_record", slowly(corrections._record))


def doing(do: Callable[[Account], Any], who: Account) -> Callable[[], Any]:
    """The action of this person in another process. Returns "done" or the name of the exception."""
    number = who.id

    def act_on() -> str:
        do(db.session.get_one(Account, number))
        return "done"

    return act_on


@pytest.mark.usefixtures("nobody_is_quick")
def test_of_two_concurrent_corrections_one_succeeds_and_one_is_refused(ordos: World) -> None:
    application = with_wrong_name(State.PRELIMINARY_REVIEW, ordos.banner, ordos)
    of, seen = application.number, fresh(application).version

    def correcting(name: str) -> Callable[[Account], Any]:
        return lambda actor: correct_name(of, name, actor, seen_version=seen, decision=Decision(REASON))

    answers = at_once(
        doing(correcting(RIGHT), ordos.banner.clerk),
        doing(correcting("王筱敏"), clerk(ordos.banner.office)),
    )
    assert sorted(answers) == ["ChangedMeanwhile", "done"]
    assert len([line for line in history(application) if line.action is Action.CORRECT_NAME]) == 1
    assert fresh(application).name == application.applicant.name


@pytest.mark.usefixtures("nobody_is_quick")
def test_a_correction_concurrent_with_the_first_submission_is_not_lost(ordos: World) -> None:
    application = complete_application(ordos.banner.enterprise, applicant(WRONG))
    of, seen = application.id, application.version
    answers = at_once(
        doing(lambda actor: correct_own_name(actor, RIGHT), application.applicant),
        doing(
            lambda actor: review.perform(of, Action.SUBMIT, actor, seen_version=seen), application.applicant
        ),
    )
    fresh(application)
    if answers[0] == "done":
        assert answers[1] == "ChangedMeanwhile"
        assert (application.name, application.round) == (RIGHT, 0)
    else:
        assert answers == ["NotPermitted", "done"]
        assert (application.name, application.round) == (WRONG, 1)


@pytest.mark.usefixtures("nobody_is_quick")
def test_an_application_begun_during_a_correction_has_the_corrected_name(ordos: World) -> None:
    owner = applicant(WRONG)
    make_read_notice(owner)
    answers = at_once(
        doing(lambda actor: correct_own_name(actor, RIGHT), owner),
        doing(lambda actor: review.begin(actor, lambda _: None), owner),
    )
    assert answers == ["done", "done"]
    (begun,) = db.session.scalars(select(Application).where(Application.applicant_id == owner.id))
    assert begun.name == owner.name == RIGHT


@pytest.mark.usefixtures("nobody_is_quick")
def test_of_two_concurrent_corrections_to_one_number_one_succeeds(ordos: World) -> None:
    """Also if somebody registers with the number meanwhile."""
    right = identity_number()
    one, other = (application_at(State.CITY_REVIEW, ordos.banner, ordos) for _ in range(2))

    def correcting(application: Application) -> Callable[[Account], Any]:
        of, seen = application.number, fresh(application).version
        return lambda actor: correct_number(
            of, CITIZEN, right, actor, seen_version=seen, decision=Decision(REASON)
        )

    def registering() -> str:
        is_new = registration.register_person(
            logins.new_person(CITIZEN, right, RIGHT, "13847710000", PASSWORD)
        )
        return "done" if is_new else "there"

    answers = at_once(
        doing(correcting(one), ordos.administrator),
        doing(correcting(other), ordos.administrator),
        registering,
    )
    assert answers.count("done") == 1, answers
    assert set(answers) <= {"done", "Unacceptable", "there"}
    assert (
        len(
            db.session.scalars(
                select(Account).where(Account.login_digest == logins.login_digest("personal", right))
            ).all()
        )
        == 1
    )
