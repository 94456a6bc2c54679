"""How often a password or a code may be tried. In the database, so that all processes count together.

An attempt is counted before it is made, and the count is taken back when it was right: however many come at once, no
more are made than are free. Three counts stand against each: of this login from this address, of this login from
anywhere, of this address for anybody. The first is strict. The other two are wide, and stand in nobody's way who has come
in with this login from this address before: so nobody elsewhere can keep another one out.

Behind one address are many people (NAT), and one of them could use up the strict count of another. So a browser from which this
login has come in before (accounts.devices) has a count of its own and is not held up by theirs: nobody at the next desk can keep
the owner out of it. A browser that is new to a login has no such count: it waits like everybody at its address.

The bound for one login and one purpose, until its secret is right:
- without a cookie of it, `here.free` attempts from each address and `login.free` from all addresses that are new to it;
- with its cookies, however many and whoever copied them, `here.free` more for each and `login.free` more for all together.
After that each further attempt waits for the next pause. A browser whose own count is used up is counted like one without a
cookie: a stolen cookie keeps nobody out.

A login that nobody has is counted like any other. Logins, addresses and browsers are kept as keyed digests alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from sqlalchemy import delete, exists, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from common.errors import Locked
from models import Attempts, db, exclusive, now
from models.secrets import vault

FAILURES_EXPIRE_AFTER = timedelta(days=1)
"""Without a further failure for so long, one begins anew."""

KNOWN_ADDRESS_LIFETIME = timedelta(days=90)
"""So long an address remains one that a login has come in from."""


class Purpose(Enum):
    """What is tried; each is counted apart, so that who is locked out can still reset the password."""

    LOGIN = "login"
    PASSWORD = "password"  # noqa: S105
    """The present password, asked for again of somebody who is in."""
    RECOVERY = "recovery"
    CODE = "code"
    INVITATION = "invitation"
    SECOND_FACTOR = "second_factor"
    CREDIT_CODE = "credit_code"
    """That a registration is mended to another code: whether somebody has that one is not for trying out."""
    LETTER = "letter"
    """That a code is asked for: never right, so that nobody's telephone is flooded."""


SHARES_KNOWN_ADDRESSES = (Purpose.RECOVERY, Purpose.LETTER, Purpose.CODE)
"""Whoever has logged in from an address is known there for these too: nobody elsewhere keeps them from a new password. Not for
the second step: a stolen password would be the way to try its codes from everywhere."""


COUNTED_PER_DEVICE = (
    Purpose.LOGIN,
    Purpose.RECOVERY,
    Purpose.LETTER,
    Purpose.CODE,
    Purpose.SECOND_FACTOR,
)
"""What anybody can try on another's login without being in; there the owner's browser has a count of its own."""

ALL_DEVICES = "devices"
"""Stands for the address in the count of all browsers of a login together."""


@dataclass(frozen=True)
class RetryDelays:
    """After `free` failures one waits; after each further one longer, in minutes."""

    free: int
    pauses: tuple[int, ...]

    def pause(self, failures: int) -> timedelta | None:
        beyond = failures - self.free
        return timedelta(minutes=self.pauses[min(beyond, len(self.pauses) - 1)]) if beyond >= 0 else None


@dataclass(frozen=True)
class Limits:
    here: RetryDelays
    login: RetryDelays
    address: RetryDelays


LOGIN_ATTEMPTS = Limits(
    here=RetryDelays(5, (1, 5, 15, 60)),
    login=RetryDelays(30, (1, 5, 15, 60)),
    address=RetryDelays(100, (1, 5, 15, 60)),  # a whole office may stand behind one
)
CODE_REQUESTS = Limits(
    here=RetryDelays(3, (5, 15, 60)),
    login=RetryDelays(6, (15, 60)),
    address=RetryDelays(60, (5, 15, 60)),
)
LIMITS: Mapping[Purpose, Limits] = dict.fromkeys(Purpose, LOGIN_ATTEMPTS) | {Purpose.LETTER: CODE_REQUESTS}


def count(purpose: Purpose, subject: str, address: str, device: str | None = None) -> str | None:
    """Count an attempt that is about to be made. Raises Locked where it must not be; then nothing is counted.

    `subject` is the digest of a login, `address` what the network calls the other side, `device` the digest of a browser that
    accounts.devices has recognised for this login. Returns the device where the attempt was counted against it.
    """
    limits, place, at = LIMITS[purpose], _digest(address), now()
    with exclusive():
        if device and purpose in COUNTED_PER_DEVICE:
            own = [
                (_lock_row(purpose, subject, device), limits.here),
                (_lock_row(purpose, subject, ALL_DEVICES), limits.login),
            ]
            if _count_failures(own, at) is None:
                return device
        here = _lock_row(purpose, subject, place)
        counted = [(here, limits.here)]
        if not _is_known(purpose, subject, place, at):
            counted += [
                (_lock_row(purpose, subject, ""), limits.login),
                (_lock_row(purpose, "", place), limits.address),
            ]
        if (locked_until := _count_failures(counted, at)) is not None:
            raise Locked(locked_until)
    return None


def _count_failures(counts: list[tuple[Attempts, RetryDelays]], at: datetime) -> datetime | None:
    """Count one more failure in each row. Where one of them is locked, count nothing and return until when."""
    locked = [row.locked_until for row, _ in counts if row.locked_until and row.locked_until > at]
    if locked:
        return max(locked)
    for row, patience in counts:
        if row.last_at + FAILURES_EXPIRE_AFTER < at:
            row.failures = 0
        row.failures += 1
        row.last_at = at
        pause = patience.pause(row.failures)
        row.locked_until = at + pause if pause else None
    return None


def succeeded(purpose: Purpose, subject: str, address: str, device: str | None = None) -> None:
    """Note that the attempt that has been counted was right: what it was counted against begins anew, the address has this one back.

    `device` is what `count` returned. What others got wrong at the owner's address stays counted when the owner comes in by a
    browser with a count of its own: else each login of the owner would give them further attempts.
    """
    place, at = _digest(address), now()
    with exclusive():
        if device:
            for name in (device, ALL_DEVICES):
                _reset(_lock_row(purpose, subject, name))
            _lock_row(purpose, subject, place).opened_at = at
            return
        here = _lock_row(purpose, subject, place)
        known = _is_known(purpose, subject, place, at)
        here.opened_at = at
        _reset(here)
        _reset(_lock_row(purpose, subject, ""))
        if not known:
            shared = _lock_row(purpose, "", place)
            shared.failures, shared.locked_until = max(shared.failures - 1, 0), None


def clear(subject: str) -> None:
    """Let everything that is counted of a login begin anew. Call within `exclusive()`."""
    db.session.execute(
        update(Attempts)
        .where(Attempts.subject == subject)
        .values(failures=0, locked_until=None)
        .execution_options(synchronize_session=False)
    )


def delete_expired() -> None:
    """Forget what counts no more."""
    at = now()
    with exclusive():
        db.session.execute(
            delete(Attempts).where(
                Attempts.last_at < at - FAILURES_EXPIRE_AFTER,
                or_(Attempts.opened_at.is_(None), Attempts.opened_at < at - KNOWN_ADDRESS_LIFETIME),
            )
        )


def _is_known(purpose: Purpose, subject: str, place: str, at: datetime) -> bool:
    """Say whether this login has been right from this address."""
    opened = [
        Attempts.subject == subject,
        Attempts.address == place,
        Attempts.opened_at > at - KNOWN_ADDRESS_LIFETIME,
    ]
    if purpose not in SHARES_KNOWN_ADDRESSES:
        opened.append(Attempts.purpose == purpose.value)
    return db.session.scalar(select(exists().where(*opened))) is True


def _reset(row: Attempts) -> None:
    row.failures, row.locked_until = 0, None


def _lock_row(purpose: Purpose, subject: str, address: str) -> Attempts:
    """Return the row, made where it is missing, for this transaction alone.

    Always in the order device, all devices, here, login, address: two that wait for each other in a circle would wait for ever.
    """
    key = {"purpose": purpose.value, "subject": subject, "address": address}
    insert = sqlite.insert if db.engine.dialect.name == "sqlite" else postgresql.insert
    db.session.execute(insert(Attempts).values(**key, failures=0, last_at=now()).on_conflict_do_nothing())
    return db.session.scalars(
        select(Attempts).filter_by(**key).with_for_update().execution_options(populate_existing=True)
    ).one()


def _digest(address: str) -> str:
    return vault.digest(f"address:{address}")
