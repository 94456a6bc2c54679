"""申请须知: the thirty seconds are the server's, once for each version and each application."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from common.errors import NoticeUnread
from models import Account, Action, NoticeReading, State, db
from tests.factories import (
    REASON,
    World,
    act,
    applicant,
    application_at,
    filled,
    notice,
    submit,
    upload_everything,
)
from workflow import reading, review

Advance = Callable[[float], None]


@pytest.fixture
def advance(monkeypatch: pytest.MonkeyPatch) -> Advance:
    """Moves the server's clock on by seconds."""
    clock = [datetime(2026, 5, 6, 9, 0, tzinfo=UTC)]
    monkeypatch.setattr(reading, "now", lambda: clock[0])

    def on(seconds: float) -> None:
        clock[0] += timedelta(seconds=seconds)

    return on


def begin(person: Account, ordos: World):
    return review.begin(person, filled(ordos.banner.enterprise))


def open_notice_now(person: Account, application=None) -> int:
    _notice, opened = reading.open_notice(person, application)
    return reading.seconds_left(opened)


@pytest.mark.guide("A5")
def test_nothing_can_be_saved_before_thirty_seconds_of_reading(ordos: World, advance: Advance) -> None:
    person = applicant()
    with pytest.raises(NoticeUnread) as unread:
        begin(person, ordos)
    assert unread.value.seconds == 30

    assert open_notice_now(person) == 30
    for passed, left in ((0, 30), (12.4, 18), (17.5, 1)):
        advance(passed)
        with pytest.raises(NoticeUnread) as unread:
            begin(person, ordos)
        assert unread.value.seconds == left
        assert reading.finish(person, None) == left
    assert review.open_application(person) is None
    advance(0.1)
    assert reading.finish(person, None) == 0
    assert begin(person, ordos).state is State.DRAFT


@pytest.mark.guide("A5")
def test_without_javascript_no_click_is_needed_after_thirty_seconds(ordos: World, advance: Advance) -> None:
    person = applicant()
    open_notice_now(person)
    advance(30)
    assert begin(person, ordos).state is State.DRAFT


@pytest.mark.guide("A5")
def test_a_notice_is_read_once_for_each_application(ordos: World, advance: Advance) -> None:
    person = applicant()
    open_notice_now(person)
    advance(30)
    application = begin(person, ordos)
    advance(3 * 24 * 3600)
    assert open_notice_now(person, application) == 0
    act(application, Action.SAVE, person)
    upload_everything(application)
    submit(application)
    act(application, Action.RETURN, ordos.banner.reviewer, REASON)
    advance(3 * 24 * 3600)
    submit(application)


@pytest.mark.guide("A5", "D2")
def test_a_new_version_must_be_read_before_anything_is_saved_again(
    own_ordos: World, advance: Advance
) -> None:
    person = applicant()
    open_notice_now(person)
    advance(30)
    application = begin(person, own_ordos)
    upload_everything(application)
    notice("2027 年第 1 版")
    for attempt in (Action.SAVE, Action.SUBMIT):
        with pytest.raises(NoticeUnread) as unread:
            act(application, attempt, person)
        assert unread.value.seconds == 30
    with pytest.raises(NoticeUnread), review.editing(application.id, person):
        pytest.fail("an attachment was changed")
    assert open_notice_now(person, application) == 30
    advance(30)
    act(application, Action.SAVE, person)
    submit(application)
    act(application, Action.WITHDRAW, person)


@pytest.mark.guide("A5")
def test_a_new_version_does_not_keep_an_applicant_from_withdrawing_nor_a_reviewer_from_deciding(
    own_ordos: World,
) -> None:
    first = application_at(State.ENTERPRISE_REVIEW, own_ordos.banner, own_ordos)
    second = application_at(State.ENTERPRISE_REVIEW, own_ordos.banner, own_ordos)
    notice("2027 年第 1 版")
    act(first, Action.WITHDRAW, first.applicant)
    act(second, Action.PASS, own_ordos.banner.reviewer)


@pytest.mark.guide("A5")
def test_another_application_needs_another_reading(ordos: World, advance: Advance) -> None:
    application = application_at(State.CITY_REVIEW, ordos.city, ordos)
    act(application, Action.PASS, ordos.centre)
    with pytest.raises(NoticeUnread):
        begin(application.applicant, ordos)


@pytest.mark.guide("A5")
def test_a_reading_counts_for_one_person_only(ordos: World, advance: Advance) -> None:
    reader, other = applicant(), applicant()
    open_notice_now(reader)
    advance(30)
    with pytest.raises(NoticeUnread):
        begin(other, ordos)


@pytest.mark.guide("A5")
def test_opening_the_page_again_does_not_restart_the_time(ordos: World, advance: Advance) -> None:
    person = applicant()
    assert open_notice_now(person) == 30
    advance(20)
    assert open_notice_now(person) == 10
    rows = db.session.scalar(select(func.count()).where(NoticeReading.account_id == person.id))
    assert rows == 1


@pytest.mark.guide("A5")
def test_a_page_left_open_too_long_restarts_the_time(ordos: World, advance: Advance) -> None:
    person = applicant()
    open_notice_now(person)
    advance(reading.MAX_OPEN.total_seconds())
    assert open_notice_now(person) == 30
    with pytest.raises(NoticeUnread):
        begin(person, ordos)


@pytest.mark.guide("A5")
def test_a_clock_that_is_set_back_makes_nobody_wait_longer_than_they_see(
    ordos: World, advance: Advance
) -> None:
    person = applicant()
    open_notice_now(person)
    advance(-3600)
    assert open_notice_now(person) <= 30


def test_without_a_published_notice_there_is_no_wait(app_context) -> None:
    person = applicant()
    assert reading.finish(person, None) == 0
    assert review.begin(person, lambda _: None).state is State.DRAFT
