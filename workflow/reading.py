"""申请须知 must be open for 30 seconds: checked by the server, once per version and application (A5)."""

from datetime import datetime, timedelta
from math import ceil

from sqlalchemy import Integer, and_, bindparam, select, update

from accounts import logins
from common.errors import NoticeUnread
from models import Account, Application, Notice, NoticeReading, db, exclusive, now
from models.object_statements import ObjectStatement
from models.statements import constant

SECONDS = 30
"""How long 「申请须知」 must be open (guide, 二(二))."""
MAX_OPEN = timedelta(minutes=2)
"""If the notice stays open longer than this without being confirmed, the time starts again."""


Reading = tuple[Notice | None, NoticeReading | None]
"""The newest version of 「申请须知」 and its reading; None while there is none."""


def current_notice() -> Notice | None:
    """Return the newest version of 「申请须知」; None while none has been published."""
    return db.session.scalars(select(Notice).order_by(Notice.id.desc()).limit(1)).first()


_NEWEST = ObjectStatement(
    lambda: (
        select(Notice, NoticeReading)
        .outerjoin(
            NoticeReading,
            and_(
                NoticeReading.notice_id == Notice.id,
                NoticeReading.account_id == bindparam("account_id", type_=Integer),
                NoticeReading.application_id.is_not_distinct_from(bindparam("application_id", type_=Integer)),
            ),
        )
        .order_by(Notice.id.desc())
        .limit(constant(1))
    )
)


def find(account: Account, application: Application | None) -> Reading:
    """Return the newest version with its reading for this application; for one never saved yet, application is None."""
    key = application.id if application else None
    found = _NEWEST.rows({"account_id": account.id, "application_id": key})
    return (found[0][0], found[0][1]) if found else (None, None)


def seconds_left(reading: NoticeReading | None, at: datetime | None = None) -> int:
    """Return how many whole seconds of the notice are still to be read; 0 once it has been read."""
    if reading is None:
        return SECONDS
    if reading.read_at is not None:
        return 0
    passed = (at or now()) - reading.opened_at
    return min(SECONDS, max(0, ceil(SECONDS - passed.total_seconds())))


def open_notice(account: Account, application: Application | None) -> Reading:
    """Start a reading of the newest version, unless one is running or finished. Returns both."""
    notice, reading = find(account, application)
    if notice is None or (reading is not None and _is_valid(reading)):
        return notice, reading
    with exclusive():
        logins.lock_account(account)
        _, reading = find(account, application)  # a second window may have opened it in the meantime
        if reading is None:
            reading = NoticeReading(
                account_id=account.id,
                notice_id=notice.id,
                application_id=application.id if application else None,
                opened_at=now(),
            )
            db.session.add(reading)
        elif not _is_valid(reading):
            reading.opened_at = now()
    return notice, reading


def _is_valid(reading: NoticeReading) -> bool:
    return reading.read_at is not None or timedelta() <= now() - reading.opened_at < MAX_OPEN


def finish(account: Account, application: Application | None) -> int:
    """Mark the notice as read if its time is over. Returns the seconds that are left."""
    notice, reading = find(account, application)
    if notice is None:
        return 0
    left = seconds_left(reading)
    if reading is not None and left == 0 and reading.read_at is None:
        with exclusive():
            reading.read_at = now()
    return left


def require(account: Account, application: Application | None) -> None:
    """Raise NoticeUnread unless the current notice has been read for this application (A5)."""
    notice, reading = find(account, application)
    if notice is None:
        return
    if left := seconds_left(reading):
        raise NoticeUnread(left)
    if reading is not None and reading.read_at is None:
        reading.read_at = now()


def bind_to_application(account: Account, application: Application) -> None:
    """Assign readings from before the first save to the new application."""
    db.session.execute(
        update(NoticeReading)
        .where(NoticeReading.account_id == account.id, NoticeReading.application_id.is_(None))
        .values(application_id=application.id)
    )
