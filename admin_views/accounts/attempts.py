"""Passwords and codes that are typed: each is counted before it is tried, and who has to wait reads until when."""

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from ipaddress import IPv6Address, ip_address
from math import ceil
from typing import Any, TypeVar

from flask import current_app, g, request
from flask_babel import gettext
from flask_limiter.util import get_remote_address
from flask_login import current_user

from accounts import attempts, devices, passwords
from accounts.attempts import Purpose
from admin_views.site.login_session import sent_device
from common.calendar import ORDOS
from common.errors import Locked
from models import now

Found = TypeVar("Found")
HOUSEHOLD = 64
"""Bits of an IPv6 address that name whom it was given to; the others one can choose."""
SECONDS_IN_MINUTE = 60


def tried(purpose: Purpose, subject: str, attempt: Callable[[], Found | None]) -> Found | None:
    """Return what the attempt found, None when it was in vain. Raises Locked before anything is tried."""
    device = count_attempt(purpose, subject)
    found = attempt()
    if found is not None and _counting():
        attempts.succeeded(purpose, subject, network(request.remote_addr), device)
    return found


def knows_password(form: Any) -> bool:
    """Say whether the present password is right; else say beside its field what is wrong."""
    given = form.present_password.data[: passwords.LONGEST_PASSWORD]
    try:
        right = tried(
            Purpose.PASSWORD,
            current_user.login_digest,
            lambda: passwords.verify(current_user.password_hash, given) or None,
        )
    except Locked as locked:
        g.locked = locked
        form.present_password.errors = [locked_text(locked)]
        return False
    if not right:
        form.present_password.errors = [gettext("现在的密码不正确。")]
    return bool(right)


def answered(page: str, locked: Locked | None) -> Any:
    """Return a page that came back with something wrong, as 422; as 429 when one has to wait."""
    if locked is None:
        return page, HTTPStatus.UNPROCESSABLE_ENTITY
    return page, HTTPStatus.TOO_MANY_REQUESTS, {"Retry-After": str(seconds_left(locked))}


def count_attempt(purpose: Purpose, subject: str) -> str | None:
    """Count an attempt that is about to be made. Returns the browser it was counted against, if it has a count of its own.

    Raises Locked.
    """
    if not _counting():
        return None
    device = devices.recognised(sent_device(), subject) if purpose in attempts.COUNTED_PER_DEVICE else None
    return attempts.count(purpose, subject, network(request.remote_addr), device)


def flood_key(subject: str | None) -> str:
    """Return whom a flood of forms is counted against: the account that is in, a login at a browser of its own, else the address.

    Else one at the next desk could keep everybody behind the same address out by sending forms. The login counts, not its
    browsers: whoever has an account can get the cookie of as many browsers as they like, but of that login alone.
    """
    if current_user.is_authenticated:
        return f"account:{current_user.id}"
    if subject and devices.recognised(sent_device(), subject):
        return f"login:{subject}"
    return get_remote_address()


def _counting() -> bool:
    return bool(current_app.config["RATELIMIT_ENABLED"])


def network(address: str | None) -> str:
    """Return whom an address belongs to, as far as it says."""
    try:
        found = ip_address(address or "")
    except ValueError:
        return ""
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return f"{int(found) >> (128 - HOUSEHOLD):x}"
    return str(found)


def seconds_left(locked: Locked) -> int:
    """Return when to come back, for machines."""
    return max(ceil((locked.until - now()).total_seconds()), 1)


def locked_text(locked: Locked) -> str:
    """Return the sentence for whoever has to wait; the same whether or not there is such an account."""
    return gettext(
        "尝试的次数太多，为了账号安全暂停一会儿。请在 %(when)s 再试。", when=when_again(locked.until)
    )


def when_again(until: datetime) -> str:
    """Return an instant as one counts to it: 5 分钟后（14:35）."""
    minutes = max(ceil((until - now()).total_seconds() / SECONDS_IN_MINUTE), 1)
    clock = until.astimezone(ORDOS).strftime("%H:%M")
    return gettext("%(minutes)s 分钟后（%(clock)s）", minutes=minutes, clock=clock)
