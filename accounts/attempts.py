"""Limits how often a password or a code may be tried. The counts are in the database, so that all processes share them.

An attempt is counted before it is made, and the count is reset when the attempt succeeds. So parallel requests cannot make
more attempts than the limit allows. Each attempt counts against three limits: this login from this address, this login
from any address, this address for any login. The first limit is strict. The other two are generous, and do not apply to an
address from which this login has succeeded before: so an attacker elsewhere cannot lock the owner out.

Many people share one address (NAT), and one of them could use up the strict limit of another. So a browser in which this
login has succeeded before (accounts.devices) has a count of its own, and the counts of its address do not apply to it:
somebody at the next desk cannot lock the owner out. A browser that is new to a login shares the count of its address.

The bound for one login and one purpose, until its secret is right:
- without a device cookie, `login_and_address.free` attempts from each address and `login.free` from all new addresses;
- with device cookies, however many and whoever copied them, `login_and_address.free` more for each and `login.free` more
  for all together.
After that each further attempt waits for the next pause. A browser that has used up its own count is counted like one without
a cookie: a stolen cookie locks nobody out.

A login without an account is counted like any other. Logins, addresses and browsers are stored as keyed digests only.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import Enum
from typing import NamedTuple

from sqlalchemy import delete, exists, or_, select, update

from common.errors import Locked
from models import Attempts, db, exclusive, now
from models.database import insert_unless_there
from models.secrets import vault

FAILURES_EXPIRE_AFTER = timedelta(days=1)
"""After this time without a failure the count starts again at zero."""

KNOWN_ADDRESS_LIFETIME = timedelta(days=90)
"""An address counts as known for this time after the last success."""


class Purpose(Enum):
    """What is tried. Each purpose has its own counts: somebody whose login is locked can still reset the password."""

    LOGIN = "login"
    PASSWORD = "password"  # noqa: S105
    """The present password, asked for again within a session."""
    RECOVERY = "recovery"
    CODE = "code"
    INVITATION = "invitation"
    SECOND_FACTOR = "second_factor"
    CREDIT_CODE = "credit_code"
    """A registration is corrected to another credit code: nobody may probe which codes have an account."""
    CODE_REQUEST = "letter"
    """A reset code is requested. It never counts as a success, so that nobody's telephone is flooded."""


SHARES_KNOWN_ADDRESSES = (Purpose.RECOVERY, Purpose.CODE_REQUEST, Purpose.CODE)
"""A successful login makes the address known for these purposes too, so that an attacker elsewhere cannot block a password
reset. The second factor is left out: otherwise a stolen password would allow trying its codes from everywhere."""


COUNTED_PER_DEVICE = (
    Purpose.LOGIN,
    Purpose.RECOVERY,
    Purpose.CODE_REQUEST,
    Purpose.CODE,
    Purpose.SECOND_FACTOR,
)
"""What anybody can try on another person's login without a session. For these the owner's browser has its own count."""

ALL_DEVICES = "devices"
"""The value of `Attempts.address` in the row that counts all devices of a login together."""


class RetryDelays(NamedTuple):
    """`free` failures cost no waiting. Each further one costs the next of `pauses`, in minutes."""

    free: int
    pauses: tuple[int, ...]

    def pause(self, failures: int) -> timedelta | None:
        beyond = failures - self.free
        return timedelta(minutes=self.pauses[min(beyond, len(self.pauses) - 1)]) if beyond >= 0 else None


class Limits(NamedTuple):
    """The delays by what is counted: a login at one address, a login at all new addresses, an address for all logins."""

    login_and_address: RetryDelays
    login: RetryDelays
    address: RetryDelays


LOGIN_ATTEMPTS = Limits(
    login_and_address=RetryDelays(5, (1, 5, 15, 60)),
    login=RetryDelays(30, (1, 5, 15, 60)),
    address=RetryDelays(100, (1, 5, 15, 60)),  # a whole office may stand behind one
)
CODE_REQUESTS = Limits(
    login_and_address=RetryDelays(3, (5, 15, 60)),
    login=RetryDelays(6, (15, 60)),
    address=RetryDelays(60, (5, 15, 60)),
)
LIMITS: Mapping[Purpose, Limits] = dict.fromkeys(Purpose, LOGIN_ATTEMPTS) | {
    Purpose.CODE_REQUEST: CODE_REQUESTS
}


def count(purpose: Purpose, subject: str, address: str, device: str | None = None) -> str | None:
    """Count an attempt that is about to be made. Raises Locked when it is not allowed; then nothing is counted.

    `subject` is the digest of a login, `address` the client's network address, `device` the digest of a browser that
    accounts.devices has recognised for this login. Returns the device if the attempt was counted against it, else None.
    """
    limits, address_digest, at = LIMITS[purpose], _digest(address), now()
    with exclusive():
        if device and purpose in COUNTED_PER_DEVICE:
            own = [
                (_lock_row(purpose, subject, device), limits.login_and_address),
                (_lock_row(purpose, subject, ALL_DEVICES), limits.login),
            ]
            if _count_failures(own, at) is None:
                return device
        own_row = _lock_row(purpose, subject, address_digest)
        counted = [(own_row, limits.login_and_address)]
        if not _is_known(purpose, subject, address_digest, at):
            counted += [
                (_lock_row(purpose, subject, ""), limits.login),
                (_lock_row(purpose, "", address_digest), limits.address),
            ]
        if (locked_until := _count_failures(counted, at)) is not None:
            raise Locked(locked_until)
    return None


def _count_failures(counts: list[tuple[Attempts, RetryDelays]], at: datetime) -> datetime | None:
    """Count one more failure in each row. If one of the rows is locked, count nothing and return the end of the lock."""
    locked = [row.locked_until for row, _ in counts if row.locked_until and row.locked_until > at]
    if locked:
        return max(locked)
    for row, delays in counts:
        if row.last_at + FAILURES_EXPIRE_AFTER < at:
            row.failures = 0
        row.failures += 1
        row.last_at = at
        pause = delays.pause(row.failures)
        row.locked_until = at + pause if pause else None
    return None


def succeeded(purpose: Purpose, subject: str, address: str, device: str | None = None) -> None:
    """Record that a counted attempt succeeded: reset the counts of the login, and subtract the attempt from the address's.

    `device` is what `count` returned. With a device only the device's counts are reset: otherwise each login of the owner
    would give others at the same address further attempts.
    """
    address_digest, at = _digest(address), now()
    with exclusive():
        if device:
            for name in (device, ALL_DEVICES):
                _reset(_lock_row(purpose, subject, name))
            _lock_row(purpose, subject, address_digest).opened_at = at
            return
        own_row = _lock_row(purpose, subject, address_digest)
        known = _is_known(purpose, subject, address_digest, at)
        own_row.opened_at = at
        _reset(own_row)
        _reset(_lock_row(purpose, subject, ""))
        if not known:
            shared = _lock_row(purpose, "", address_digest)
            shared.failures, shared.locked_until = max(shared.failures - 1, 0), None


def clear(subject: str) -> None:
    """Reset all counts of a login. Call within `exclusive()`."""
    db.session.execute(
        update(Attempts)
        .where(Attempts.subject == subject)
        .values(failures=0, locked_until=None)
        .execution_options(synchronize_session=False)
    )


def delete_expired() -> None:
    """Delete the rows that no longer limit anything."""
    at = now()
    with exclusive():
        db.session.execute(
            delete(Attempts).where(
                Attempts.last_at < at - FAILURES_EXPIRE_AFTER,
                or_(Attempts.opened_at.is_(None), Attempts.opened_at < at - KNOWN_ADDRESS_LIFETIME),
            )
        )


def _is_known(purpose: Purpose, subject: str, address_digest: str, at: datetime) -> bool:
    """Say whether this login has succeeded from this address before."""
    opened = [
        Attempts.subject == subject,
        Attempts.address == address_digest,
        Attempts.opened_at > at - KNOWN_ADDRESS_LIFETIME,
    ]
    if purpose not in SHARES_KNOWN_ADDRESSES:
        opened.append(Attempts.purpose == purpose.value)
    return db.session.scalar(select(exists().where(*opened))) is True


def _reset(row: Attempts) -> None:
    row.failures, row.locked_until = 0, None


def _lock_row(purpose: Purpose, subject: str, address: str) -> Attempts:
    """Return the row, locked until the transaction ends. Inserts it if it is missing.

    Callers lock in the order device, all devices, login and address, login, address: another order could deadlock.
    """
    key = {"purpose": purpose.value, "subject": subject, "address": address}
    row = insert_unless_there(Attempts).values(**key, failures=0, last_at=now())
    db.session.execute(row.on_conflict_do_nothing())
    return db.session.scalars(
        select(Attempts).filter_by(**key).with_for_update().execution_options(populate_existing=True)
    ).one()


def _digest(address: str) -> str:
    return vault.digest(f"address:{address}")
