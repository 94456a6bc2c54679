"""An enterprise's own reviewers: invited with a code that works once, removed after its consequences are shown, never the last one."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from accounts import logins as accounts_logins
from accounts import recovery
from administration import staff
from common.audit import REVIEWERS
from common.errors import ConfirmationRequired, NotPermitted, NotVisible, Unacceptable
from enterprises import reviewers
from models import Account, Action, AuditEntry, Invitation, Message, Registration, Review, State, db, now
from tests import factories
from tests.factories import PASSWORD, World, act, application_at
from tests.machine.at_once import at_once
from tests.site.statements import recorded_statements
from workflow import scope

PHONE = "13847710001"
OWN = "Eigenes2027"


def joined(by: Account, name: str = "钱多", phone: str = PHONE) -> Account:
    invited = reviewers.invite(by, name, phone)
    done = reviewers.accept(invited.account.login or "", invited.code, OWN)
    assert done is not None
    return done[0]


def remove(actor: Account, account: Account) -> str:
    """Remove a reviewer and confirm. Returns the shown consequences."""
    with pytest.raises(ConfirmationRequired) as question:
        reviewers.remove(actor, account.id)
    reviewers.remove(actor, account.id, confirmed=question.value.token)
    return "\n".join(each.text % each.words for each in question.value.consequences)


def trail(of: World) -> list[tuple[str, dict[str, str]]]:
    rows = select(AuditEntry).where(
        AuditEntry.table_name == REVIEWERS, AuditEntry.row_key == str(of.banner.enterprise.id)
    )
    return [(row.actor_name, row.after) for row in db.session.scalars(rows.order_by(AuditEntry.id))]


@pytest.mark.guide("E5")
def test_an_invited_reviewer_chooses_a_password_and_decides_like_the_first_one(ordos: World) -> None:
    first = ordos.banner.reviewer
    invited = reviewers.invite(first, "钱多", PHONE, "qian@example.com")
    login = invited.account.login or ""
    assert login == f"{ordos.banner.enterprise.credit_code}-2"
    assert accounts_logins.authenticate("enterprise", login, OWN) is None
    assert reviewers.accept(login, "AAAA-AAAA-AAAA-AAAA", OWN) is None
    done = reviewers.accept(login.lower(), invited.code.lower(), OWN)
    assert done is not None
    second, recovery_code = done
    assert accounts_logins.authenticate("enterprise", login, OWN) == second
    assert reviewers.accept(login, invited.code, "Anderes2027") is None, "a code works once"
    assert recovery.reset_by_recovery_code("enterprise", login, recovery_code, PASSWORD) is not None
    application = application_at(State.ENTERPRISE_REVIEW, ordos.banner, ordos)
    act(application, Action.PASS, second)
    assert application.state is State.PRELIMINARY_REVIEW
    named = f"钱多（{login}）"
    assert trail(ordos) == [(first.name, {"invited": named}), ("钱多", {"joined": named})]


def test_a_login_that_nobody_has_is_looked_up_like_any_other(ordos: World) -> None:
    """Otherwise the response time would reveal whether an account exists."""
    invited = reviewers.invite(ordos.banner.reviewer, "钱多", PHONE)
    logins = [invited.account.login or "", ordos.banner.reviewer.login or "", "nobody-1"]
    db.session.commit()
    done = []
    for login in logins:
        with recorded_statements(db.engine) as statements:
            assert reviewers.accept(login, "AAAA-AAAA-AAAA-AAAA", OWN) is None
        db.session.rollback()
        done.append(statements)
    assert done[0] == done[1] == done[2]


def test_an_invitation_code_is_stored_as_a_digest_and_sent_by_the_outbox(ordos: World) -> None:
    invited = reviewers.invite(ordos.banner.reviewer, "钱多", PHONE)
    row = db.session.get_one(Invitation, invited.account.id)
    assert invited.code not in str(vars(row))
    assert invited.code not in repr(invited)
    message = db.session.scalars(select(Message).where(Message.account_id == invited.account.id)).one()
    assert (message.kind, message.urgent) == ("invitation", True)
    assert (message.secret_words or {})["code"] == invited.code


def test_an_invitation_expires_by_time_withdrawal_or_a_new_code(ordos: World) -> None:
    by = ordos.banner.reviewer
    first = reviewers.invite(by, "钱多", PHONE)
    login = first.account.login or ""
    again = reviewers.send_again(by, first.account.id)
    assert reviewers.accept(login, first.code, OWN) is None
    row = db.session.get_one(Invitation, first.account.id)
    row.expires_at = now() - timedelta(seconds=1)
    db.session.commit()
    assert reviewers.accept(login, again.code, OWN) is None
    third = reviewers.send_again(by, first.account.id)
    reviewers.withdraw(by, first.account.id)
    assert reviewers.accept(login, third.code, OWN) is None
    with pytest.raises(NotVisible):
        reviewers.withdraw(by, first.account.id)
    with pytest.raises(NotVisible):
        reviewers.send_again(by, first.account.id)
    other = reviewers.invite(by, "钱多", PHONE)
    assert other.account.login != login, "a login is given once"


def test_nobody_invites_or_removes_for_another_enterprise(ordos: World) -> None:
    elsewhere = reviewers.invite(ordos.elsewhere.reviewer, "吴来", PHONE).account
    for act_on in (reviewers.send_again, reviewers.withdraw, reviewers.remove):
        for target in (elsewhere, ordos.elsewhere.reviewer, ordos.banner.clerk, ordos.administrator):
            with pytest.raises(NotVisible):
                act_on(ordos.banner.reviewer, target.id)
    for somebody in (ordos.banner.clerk, ordos.centre, ordos.administrator, factories.applicant()):
        with pytest.raises(NotPermitted):
            reviewers.invite(somebody, "甲", PHONE)
        with pytest.raises(NotPermitted):
            reviewers.remove(somebody, ordos.banner.reviewer.id)


def test_invitations_need_an_approved_enterprise_and_an_active_reviewer(ordos: World) -> None:
    waiting = factories.reviewer(factories.enterprise(ordos.banner.region, Registration.PENDING))
    with pytest.raises(NotPermitted):
        reviewers.invite(waiting, "甲", PHONE)
    second = joined(ordos.banner.reviewer)
    remove(ordos.banner.reviewer, second)
    with pytest.raises(NotPermitted):
        reviewers.invite(second, "甲", "13847710002")


def test_a_removal_shows_its_consequences_and_ends_session_and_invitations(ordos: World) -> None:
    first = ordos.banner.reviewer
    second = joined(first)
    decided = application_at(State.ENTERPRISE_REVIEW, ordos.banner, ordos)
    act(decided, Action.PASS, second)
    application_at(State.ENTERPRISE_REVIEW, ordos.banner, ordos)
    open_one = reviewers.invite(second, "孙待", "13847710003")
    session = second.get_id()
    consequences_text = remove(first, second)
    assert "钱多" in consequences_text
    assert f"待办的申请 1 件，由其他 1 位人员继续办理：{first.name}。" in consequences_text
    assert "尚未接受的邀请 1 个一并撤回" in consequences_text
    db.session.refresh(second)
    assert (second.active, second.get_id() == session) == (False, False)
    assert reviewers.accept(open_one.account.login or "", open_one.code, OWN) is None
    line = db.session.scalars(select(Review).where(Review.actor_id == second.id)).one()
    assert line.actor_name == "钱多"
    assert [after for _, after in trail(ordos)][-2:] == [
        {"withdrawn": f"孙待（{open_one.account.login}）"},
        {"removed": f"钱多（{second.login}）"},
    ]


def test_the_last_reviewer_cannot_be_removed(ordos: World) -> None:
    first = ordos.banner.reviewer
    with pytest.raises(Unacceptable):
        reviewers.remove(first, first.id)
    second = joined(first)
    with pytest.raises(Unacceptable):
        reviewers.remove(first, first.id)
    remove(second, first)
    with pytest.raises(Unacceptable):
        reviewers.remove(second, second.id)


def test_of_two_reviewers_who_remove_each_other_concurrently_one_remains(ordos: World) -> None:
    first = ordos.banner.reviewer
    second = joined(first)
    tokens = {}
    for actor, other in ((first, second), (second, first)):
        with pytest.raises(ConfirmationRequired) as question:
            reviewers.remove(actor, other.id)
        tokens[actor.id] = question.value.token
    answers = at_once(
        lambda: reviewers.remove(first, second.id, confirmed=tokens[first.id]).name,
        lambda: reviewers.remove(second, first.id, confirmed=tokens[second.id]).name,
    )
    assert sorted(answers)[0] == "NotPermitted"
    left = select(Account).where(scope.reviewers(first), Account.active)
    assert len(db.session.scalars(left).all()) == 1


def test_a_telephone_is_invited_once_and_invitations_are_limited(
    ordos: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    by = ordos.banner.reviewer
    reviewers.invite(by, "钱多", PHONE)
    with pytest.raises(Unacceptable) as refusal:
        reviewers.invite(by, "钱多", PHONE)
    assert refusal.value.field == "phone"
    monkeypatch.setattr(reviewers, "MOST_REVIEWERS", 2)
    with pytest.raises(Unacceptable):
        reviewers.invite(by, "孙待", "13847710002")
    monkeypatch.setattr(reviewers, "MOST_SENT", 1)
    with pytest.raises(Unacceptable):
        reviewers.send_again(
            by,
            db.session.scalars(select(Invitation.account_id).where(Invitation.invited_by_id == by.id)).one(),
        )


@pytest.mark.guide("D1")
def test_the_colleagues_who_take_over_open_work_are_named(ordos: World) -> None:
    application_at(State.PRELIMINARY_REVIEW, ordos.banner, ordos)
    factories.enterprise(ordos.banner.region, Registration.PENDING)
    leaver = ordos.banner.clerk

    def consequences_text() -> str:
        with pytest.raises(ConfirmationRequired) as question:
            staff.deactivate(ordos.administrator, leaver.id)
        return "\n".join(each.text % each.words for each in question.value.consequences)

    alone = consequences_text()
    assert "现有 1 件" in alone
    assert "待审核的企业账号 1 家也将无人办理" in alone
    assert f"先为{ordos.banner.office.name}新增工作人员" in alone
    factories.clerk(ordos.banner.office, "同事甲")
    helped = consequences_text()
    assert "待办的申请 1 件，由其他 1 位人员继续办理：同事甲。" in helped
    assert "待审核的企业账号 1 家，由其他 1 位人员继续办理：同事甲。" in helped
    assert leaver.active, "nothing has happened yet"
