"""Counts attempts at passwords and codes before they are checked, and says how long a locked person has to wait."""

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from math import ceil
from typing import Any, TypeVar

from flask import current_app, g, request, session
from flask_babel import gettext
from flask_login import current_user

from accounts import attempts, devices, passwords
from accounts.attempts import Purpose
from admin_views.site.login_session import sent_device
from admin_views.site.rate_limits import client_address, network
from common.calendar import ORDOS
from common.errors import Locked
from models import db, now

Found = TypeVar("Found")
SECONDS_IN_MINUTE = 60


def count_and_try(purpose: Purpose, subject: str, attempt: Callable[[], Found | None]) -> Found | None:
    """Count and run an attempt. Returns its result, None for a failure. Raises Locked before it is run."""
    device = count_attempt(purpose, subject)
    found = attempt()
    if found is not None and _counting():
        attempts.succeeded(purpose, subject, network(request.remote_addr), device)
    return found


def knows_password(form: Any) -> bool:
    """Check the current password; on failure set the field's error."""
    given = form.present_password.data[: passwords.LONGEST_PASSWORD]
    try:
        right = count_and_try(
            Purpose.PASSWORD,
            current_user.login_digest,
            lambda: passwords.verify(current_user.password_hash, given) or None,
        )
    except Locked as locked:
        g.locked = locked
        form.present_password.errors = [locked_text(locked)]
        return False
    if not right or not _is_still_logged_in():
        form.present_password.errors = [gettext("现在的密码不正确。")]
        return False
    return True


def _is_still_logged_in() -> bool:
    """Say whether the session still holds: somebody may have changed the password while this one was verified."""
    db.session.rollback()  # the account is read anew, on SQLite too
    return bool(current_user.get_id() == session["_user_id"])


def error_response(page: str, locked: Locked | None) -> Any:
    """Return a form page with errors as 422, or as 429 when the person is locked."""
    if locked is None:
        return page, HTTPStatus.UNPROCESSABLE_ENTITY
    return page, HTTPStatus.TOO_MANY_REQUESTS, {"Retry-After": str(seconds_left(locked))}


def count_attempt(purpose: Purpose, subject: str) -> str | None:
    """Count an attempt before it is made. Returns the device it was counted for, if that has a count of its own.

    Raises Locked.
    """
    if not _counting():
        return None
    device = devices.recognised(sent_device(), subject) if purpose in attempts.COUNTED_PER_DEVICE else None
    return attempts.count(purpose, subject, network(request.remote_addr), device)


def flood_key(subject: str | None) -> str:
    """Return the key of the rate limit: the account, else the login on a recognised device, else the network address.

    With the address alone, one person could lock out a whole office behind one address. The key is the login and not the
    device: an account can get any number of device cookies, but only for its own login.
    """
    if current_user.is_authenticated:
        return f"account:{current_user.id}"
    if subject and devices.recognised(sent_device(), subject):
        return f"login:{subject}"
    return client_address()


def _counting() -> bool:
    return bool(current_app.config["RATELIMIT_ENABLED"])


def seconds_left(locked: Locked) -> int:
    """Return the seconds for Retry-After."""
    return max(ceil((locked.until - now()).total_seconds()), 1)


def locked_text(locked: Locked) -> str:
    """Return the sentence for a locked person; the same whether or not the account exists."""
    return gettext(
        "尝试的次数太多，为了账号安全暂停一会儿。请在 %(when)s 再试。", when=retry_time_text(locked.until)
    )


def retry_time_text(until: datetime) -> str:
    """Return an instant as a waiting time: 5 分钟后（14:35）."""
    minutes = max(ceil((until - now()).total_seconds() / SECONDS_IN_MINUTE), 1)
    clock = until.astimezone(ORDOS).strftime("%H:%M")
    return gettext("%(minutes)s 分钟后（%(clock)s）", minutes=minutes, clock=clock)
