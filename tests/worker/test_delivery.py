"""Messages by mail and SMS: receivers, channels, retries, and secrets that are never stored or logged."""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from app import create_app
from common.errors import ReasonMissing
from config import settings
from enterprises import reviewers
from models import Action, Channel, Delivery, Message, State, db, exclusive, now
from tests import factories
from tests.factories import act, application_at, deactivate, reviewer, world
from tests.machine.databases import Databases
from tests.machine.secrets import environment
from tests.worker.deliveries import (
    EMAIL,
    PHONE,
    person,
    send_all,
    state_of,
    wait_until,
    write_message,
)
from tests.worker.receivers import Gateway, MailSink
from worker import delivery, queue
from worker.delivery import BACKOFF
from worker.waking import Waker
from workflow import history, inbox, notifications

AdvanceClock = Callable[[float], None]
SENT = ("sent", 1, "")


@pytest.mark.guide("A16", "E6")
def test_messages_go_to_desks_and_applicants_by_their_chosen_channels(
    worker_app: Flask, mail: MailSink, gateway: Gateway
) -> None:
    ordos = world()
    for account, phone in ((ordos.banner.reviewer, "13900000001"), (ordos.banner.clerk, "13900000002")):
        account.phone = phone
        factories.saved(account)
    colleague = reviewer(ordos.banner.enterprise, "周婷")
    colleague.email, colleague.wants_mail, colleague.wants_sms = "zhou@example.com", True, False
    gone = reviewer(ordos.banner.enterprise, "离职者")
    gone.phone = "13900000003"
    deactivate(gone)
    application = application_at(State.PRELIMINARY_REVIEW, ordos.banner, ordos, person())
    send_all()

    reminder = f"王晓敏的申请 {application.number} 待您审核。"
    passed = f"您的申请 {application.number}：企业审核通过，现由{ordos.banner.office.name}办理。"
    by_sms = sorted((each["body"]) for each in gateway.received)
    assert by_sms == sorted(
        f'{{"phone": "{phone}", "text": "{words}"}}'
        for phone, words in (("13900000001", reminder), ("13900000002", reminder), (PHONE, passed))
    )
    by_mail = {str(each["To"]): each.get_content() for each in mail.received}
    assert by_mail.keys() == {"zhou@example.com", EMAIL}
    assert by_mail["zhou@example.com"].startswith(reminder)
    assert passed in by_mail[EMAIL]
    assert "https://talent.ordos.example/" in by_mail[EMAIL]


def test_nothing_is_sent_twice_for_one_event(
    worker_app: Flask, mail: MailSink, gateway: Gateway, advance_clock: AdvanceClock
) -> None:
    message = write_message(person())
    for _ in range(3):
        send_all()
        advance_clock(60 * 24)
    assert len(mail.received) == len(gateway.received) == 1
    assert state_of(message) == {Channel.MAIL: SENT, Channel.SMS: SENT}
    second = Delivery(message_id=message.id, account_id=message.account_id, channel=Channel.SMS)
    db.session.add(second)
    with pytest.raises(IntegrityError):
        db.session.commit()
    db.session.rollback()


def test_a_landline_gets_no_sms_and_unwanted_channels_are_not_used(
    worker_app: Flask, mail: MailSink, gateway: Gateway
) -> None:
    quiet = person(wants_sms=False, wants_mail=False)
    messages = [
        write_message(person(phone="0477-8123456", email=None)),
        write_message(quiet),
        write_message(person(email=None, phone="")),
    ]
    send_all()
    assert [state_of(each) for each in messages] == [{}, {}, {}]
    urgent = write_message(quiet, urgent=True)
    send_all()
    assert state_of(urgent) == {Channel.MAIL: SENT, Channel.SMS: SENT}
    assert len(mail.received) == len(gateway.received) == 1


def test_a_failed_delivery_is_retried_with_growing_pauses_and_then_fails(
    worker_app: Flask, gateway: Gateway, advance_clock: AdvanceClock
) -> None:
    message = write_message(person(email=None))
    gateway.answers = [(400, PHONE)] * 20
    for attempt, pause in enumerate(BACKOFF, 1):
        send_all()
        assert state_of(message) == {Channel.SMS: ("waiting", attempt, "HTTP 400")}
        advance_clock(pause - 1)
        send_all()
        assert len(gateway.received) == attempt, "not before its time"
        with exclusive():
            message.created_at += timedelta(minutes=pause)  # its lifetime is another test's
        advance_clock(1)
    send_all()
    assert state_of(message) == {Channel.SMS: ("failed", len(BACKOFF) + 1, "HTTP 400")}
    assert len(set(gateway.keys())) == 1
    advance_clock(60 * 48)
    send_all()
    assert len(gateway.received) == len(BACKOFF) + 1


def test_a_delivery_that_failed_once_succeeds_at_the_next_attempt(
    worker_app: Flask, mail: MailSink, advance_clock: AdvanceClock
) -> None:
    message = write_message(person(phone=""))
    mail.answers = ["450 4.2.1 try again"]
    send_all()
    assert state_of(message) == {Channel.MAIL: ("waiting", 1, "SMTP 450 for the receiver")}
    advance_clock(BACKOFF[0])
    send_all()
    assert state_of(message) == {Channel.MAIL: ("sent", 2, "")}


def test_a_missing_mailbox_is_not_tried_again(
    worker_app: Flask, mail: MailSink, advance_clock: AdvanceClock
) -> None:
    message = write_message(person(phone=""))
    mail.answers = [f"550 5.1.1 {EMAIL} unknown"]
    send_all()
    assert state_of(message) == {Channel.MAIL: ("failed", 1, "SMTP 550 for the receiver")}


def test_a_broken_channel_is_skipped_and_does_not_block_others(
    worker_app: Flask, mail: MailSink, gateway: Gateway
) -> None:
    messages = [write_message(person()) for _ in range(3)]
    gateway.answers = [(503, "")] * 3
    send_all()
    assert len(gateway.received) == 1
    assert [state_of(each)[Channel.MAIL] for each in messages] == [SENT] * 3
    assert sorted(state_of(each)[Channel.SMS][1] for each in messages) == [0, 0, 1]


def test_urgent_messages_are_sent_first(worker_app: Flask, gateway: Gateway) -> None:
    for code, urgent in (("111111", False), ("222222", False), ("333333", True)):
        write_message(person(email=None), code, urgent)
    send_all()
    assert ["333333" in each for each in gateway.texts()] == [True, False, False]


def test_a_secret_is_only_in_the_sent_message(
    worker_app: Flask, mail: MailSink, gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    write_message(person(), "918273")
    gateway.answers = [(500, "918273 could not be sent to 13847710000")]
    mail.answers = [f"451 no 918273 for {EMAIL}"]
    stored = str(db.session.execute(text("SELECT * FROM messages")).all())
    assert "918273" not in stored
    send_all()
    assert "918273" in gateway.texts()[0]
    logged = "\n".join(
        each.getMessage() for each in caplog.records if each.name != "mail.log"
    )  # the sink's own
    kept = str(db.session.execute(text("SELECT * FROM deliveries")).all()) + logged
    for secret in ("918273", PHONE, EMAIL):
        assert secret not in kept
    assert "HTTP 500" in logged
    assert delivery.render(db.session.scalars(select(Delivery)).first()).text.count("918273") == 1
    assert "918273" not in repr(delivery.render(db.session.scalars(select(Delivery)).first()))


def test_a_secret_is_deleted_once_it_has_been_sent(
    worker_app: Flask, gateway: Gateway, advance_clock: AdvanceClock
) -> None:
    message, other = write_message(person()), write_message(person(phone="", email=None))
    gateway.answers = [(500, "")]
    send_all()
    db.session.expire_all()
    assert message.secret_words == {"code": "204518"}, "one channel still waits"
    assert other.secret_words is None, "there is no channel"
    advance_clock(1)
    send_all()
    db.session.expire_all()
    assert message.secret_words is None


def test_an_expired_code_is_not_sent(
    worker_app: Flask, gateway: Gateway, advance_clock: AdvanceClock
) -> None:
    message = write_message(person(email=None))
    advance_clock(31)
    send_all()
    assert state_of(message) == {Channel.SMS: ("failed", 1, "too late")}
    assert gateway.received == []


def test_a_deactivated_account_is_sent_nothing(worker_app: Flask, gateway: Gateway) -> None:
    account = person(email=None)
    message = write_message(account)
    delivery.expand(worker_app.extensions["channels"])
    deactivate(account)
    send_all()
    assert state_of(message) == {Channel.SMS: ("failed", 1, "no address")}


def test_the_reviewers_of_a_closed_enterprise_are_sent_nothing(worker_app: Flask, gateway: Gateway) -> None:
    enterprise = factories.enterprise()
    account = reviewer(enterprise)
    account.phone = PHONE
    before = factories.saved(Message(kind="account_to_confirm", enterprise_id=enterprise.id))
    delivery.expand([Channel.SMS])
    enterprise.active = False
    db.session.commit()
    after = factories.saved(Message(kind="account_to_confirm", enterprise_id=enterprise.id))
    send_all()
    assert state_of(before) == {Channel.SMS: ("failed", 1, "no address")}
    assert state_of(after) == {}
    assert gateway.received == []


def test_a_message_that_cannot_be_decrypted_does_not_block_others(
    worker_app: Flask, gateway: Gateway
) -> None:
    broken, whole = write_message(person(email=None)), write_message(person(email=None))
    db.session.execute(
        text("UPDATE messages SET secret_words = 'aes.gone.AAAA' WHERE id = :id"), {"id": broken.id}
    )
    db.session.commit()
    send_all()
    assert state_of(broken)[Channel.SMS][:2] == ("waiting", 1)
    assert state_of(whole) == {Channel.SMS: SENT}


def test_an_expired_claim_can_be_taken_over_and_its_late_failure_is_ignored(
    worker_app: Flask, gateway: Gateway, advance_clock: AdvanceClock
) -> None:
    message = write_message(person(email=None))
    delivery.expand(worker_app.extensions["channels"])
    first = delivery.claim({Channel.SMS})
    assert first is not None
    assert delivery.claim({Channel.SMS}) is None
    advance_clock(delivery.LEASE.total_seconds() / 60)
    second = delivery.claim({Channel.SMS})
    assert second is not None
    assert delivery.idempotency_key(first) == delivery.idempotency_key(second)
    delivery._retry_later(first, delivery.DeliveryFailed("late"))
    assert state_of(message) == {Channel.SMS: ("sending", 2, "")}
    delivery.deliver(second, worker_app.extensions["senders"][Channel.SMS])
    assert state_of(message) == {Channel.SMS: ("sent", 2, "")}


def test_a_worker_with_a_fast_clock_does_not_take_over_a_live_claim(
    worker_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_message(person(email=None))
    delivery.expand(worker_app.extensions["channels"])
    assert delivery.claim({Channel.SMS}) is not None
    monkeypatch.setattr(delivery, "now", lambda: now() + 2 * delivery.LEASE)
    assert delivery.claim({Channel.SMS}) is None


def test_only_a_committed_message_wakes_the_worker(worker_app: Flask) -> None:
    waking = worker_app.extensions["tasks"]().queue
    account = person()
    write_message(account)  # the queue has no tables yet: nobody is harmed
    wait_until(lambda: not any(thread.name == "waking" for thread in threading.enumerate()))
    queue.prepare(worker_app.config, waking)
    assert waking.pending_count() == 0
    write_message(account)
    wait_until(lambda: waking.pending_count() == 1)
    db.session.add(Message(kind="password_reset", account_id=account.id))
    db.session.flush()
    db.session.rollback()
    db.session.execute(select(Message.id))
    db.session.commit()
    assert waking.pending_count() == 1
    waking.storage.close()


def test_the_worker_is_woken_by_redis_if_configured(
    databases: Databases, tmp_path: Path, sending: dict[str, str], gateway: Gateway, redis_url: str
) -> None:
    url = databases.fresh("sqlite")
    app = create_app(settings(environment(tmp_path, url, REDIS_URL=redis_url, **sending)))
    waking = app.extensions["tasks"]().queue
    with app.app_context():
        message = write_message(person(email=None))
        wait_until(waking.pending_count)
        waking.execute(waking.dequeue())
        assert state_of(message) == {Channel.SMS: SENT}
        db.engine.dispose()
    databases.drop(url)


def test_without_a_channel_no_delivery_is_created(app_context: Flask) -> None:
    message = write_message(person())
    send_all()
    db.session.expire_all()
    assert message.expanded_at is not None
    assert message.secret_words is None
    assert state_of(message) == {}
    assert app_context.extensions["channels"] == frozenset()


def test_requests_do_not_wait_for_a_slow_or_missing_queue(
    worker_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, slow = [], threading.Event()

    def enqueue() -> None:
        asked.append(None)
        slow.wait(60)
        raise ConnectionError

    monkeypatch.setitem(worker_app.extensions, "wake", Waker(enqueue))
    account = person()
    for _ in range(20):
        write_message(account)
    wait_until(lambda: len(asked) == 1)
    slow.set()
    wait_until(lambda: len(asked) == 2)
    time.sleep(0.2)
    assert len(asked) == 2, "once for all that was told meanwhile"
    write_message(account)
    wait_until(lambda: len(asked) == 3)


def test_a_decision_wakes_the_worker_only_after_its_commit(
    worker_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    woken: list[str] = []
    monkeypatch.setitem(worker_app.extensions, "wake", lambda: woken.append("woken"))
    ordos = world()
    application = application_at(State.CITY_REVIEW, ordos.banner, ordos)
    woken.clear()
    with pytest.raises(ReasonMissing):
        act(application, Action.RETURN, ordos.centre)
    line = history.last_review(application)
    assert line is not None
    with suppress(OSError), exclusive():
        notifications.announce(application, line)
        raise OSError("the disk is full")
    inbox.mark_all_read(ordos.centre)
    assert woken == []
    act(application, Action.PASS, ordos.centre)
    assert woken == ["woken"]


def test_an_invitation_is_sent_to_an_inactive_account(
    worker_app: Flask, mail: MailSink, gateway: Gateway
) -> None:
    ordos = world()
    invited = reviewers.invite(ordos.banner.reviewer, "钱多", PHONE, EMAIL)
    application_at(State.ENTERPRISE_REVIEW, ordos.banner, ordos, person(phone="", email=None))
    send_all()
    assert len(gateway.received) == len(mail.received) == 1, "the application waits for those who review"
    for text_ in (gateway.texts()[0], mail.received[0].get_content()):
        assert invited.code in text_
        assert invited.account.login in text_
    assert db.session.scalars(select(Message).where(Message.secret_words.is_not(None))).all() == []
