"""Two workers have their minute at the same moment: whatever falls due in it is done once (S2)."""

import io
import logging
import os
import time
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app import create_app
from common.calendar import today
from common.working_days import current_calendar
from config import settings
from figures import recounting
from models import (
    Batch,
    BatchState,
    Channel,
    Continuation,
    Delivery,
    DeliveryState,
    Digest,
    Grant,
    GrantState,
    LoginSession,
    Message,
    Payment,
    State,
    db,
)
from payments import batch_ending
from tests import factories
from tests.clock import at, in_ordos
from tests.factories import World
from tests.machine.at_once import at_once
from tests.machine.databases import Databases
from tests.machine.secrets import environment
from tests.payments.batches import batch_of, grants_of, passed, period_with_standard
from tests.worker.receivers import Gateway, MailSink
from uploads.sets import storage

FILES = 3


def batch_made_on(day: date, town: World) -> Batch:
    """Two grants of two years with two payments each."""
    period = period_with_standard(years=2)
    rows = [passed(town, period) for _ in range(2)]
    with at(f"{day} 10:00"):
        return batch_of(town, period, rows)


def files_without_a_row() -> list[str]:
    names = [storage().store(io.BytesIO(str(number).encode())).name for number in range(FILES)]
    old = time.time() - 400 * 24 * 3600
    for name in names:
        os.utime(storage().path(name), (old, old))  # type: ignore[attr-defined]
    return names


@pytest.mark.guide("S2", "W8", "P2", "P6")
def test_what_two_workers_find_due_in_the_same_minute_is_done_once(
    databases: Databases,
    tmp_path: Path,
    sending: dict[str, str],
    mail: MailSink,
    gateway: Gateway,
    redis_url: str,
) -> None:
    url = databases.fresh("postgresql")
    app = create_app(settings(environment(tmp_path, url, REDIS_URL=redis_url, **sending)))
    tasks = app.extensions["tasks"]()
    with app.app_context():
        town = factories.world()
        day = current_calendar().back(today(), 1)
        year_ago = batch_made_on(day - timedelta(days=390), town)
        with at(f"{day - timedelta(days=370)} 10:00"):
            batch_ending.end_due_batches()
        asked = grants_of(year_ago)
        over = batch_made_on(day - timedelta(days=30), town)
        for state in (State.CITY_REVIEW, State.CITY_REVIEW, State.PRELIMINARY_REVIEW):
            waiting = factories.application_at(state, town.banner, town)
            waiting.arrived_at = in_ordos(f"{day - timedelta(days=20)} 10:00")
        long_ago = in_ordos(f"{day - timedelta(days=100)} 10:00")
        db.session.add(LoginSession(token="old", account_id=town.centre.id, seen_at=long_ago))
        db.session.commit()
        names = files_without_a_row()
        tasks.queue.flush()
        for _ in range(2):
            tasks.every_minute()

        def minute() -> int:
            """Return how often this worker has swept."""
            swept: list[logging.LogRecord] = []
            logger = logging.getLogger("worker.sweeping")
            logger.setLevel(logging.INFO)
            logger.addFilter(lambda record: swept.append(record) or True)  # type: ignore[func-returns-value]
            with at(f"{day} 10:00"):
                tasks.queue.execute(tasks.queue.dequeue())
            return len(swept)

        assert sorted(at_once(minute, minute)) == [0, 1]

        kinds = Counter(db.session.scalars(select(Message.kind)))
        receivers = db.session.scalars(select(Digest.account_id)).all()
        assert len(receivers) == len(set(receivers)) == kinds["digest"] + kinds["overdue_digest"] == 2
        assert db.session.get_one(Batch, over.id).state is BatchState.ENDED
        for grant in grants_of(over):
            assert (grant.state, grant.version) == (GrantState.GRANTED, 2)
            paid = select(func.count()).where(Payment.grant_id == grant.id)
            assert db.session.scalar(paid) == 4
        assert kinds["grant_granted"] == db.session.scalar(select(func.count(Grant.id))) == 4
        questions = db.session.scalars(select(Continuation.grant_id)).all()
        assert sorted(questions) == sorted(each.id for each in asked)
        assert kinds["continuation_asked"] == len(asked)
        assert len(list(storage().missing(names))) == FILES
        assert db.session.scalars(select(LoginSession.token)).all() == []

        sent = Counter(db.session.execute(select(Delivery.channel, Delivery.state, Delivery.attempts)).all())
        by_channel = Counter(dict.fromkeys(Channel, 0))
        for (channel, state, attempts), count in sent.items():
            assert (state, attempts) == (DeliveryState.SENT, 1)
            by_channel[channel] += count
        assert by_channel[Channel.MAIL] == len(mail.received)
        assert by_channel[Channel.SMS] == len(gateway.received) > 0
        assert recounting.compare_sums().agreed
        db.engine.dispose()
    databases.drop(url)
