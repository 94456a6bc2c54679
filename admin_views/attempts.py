"""Passwords and codes that are typed: each is counted before it is tried, and who has to wait reads until when."""

from collections.abc import Callable
from datetime import datetime
from ipaddress import IPv6Address, ip_address
from math import ceil
from typing import TypeVar

from flask import current_app, request
from flask_babel import gettext

from models import now
from workflow import locks
from workflow.calendar import ORDOS
from workflow.errors import Locked
from workflow.locks import Purpose

Found = TypeVar("Found")
HOUSEHOLD = 64
"""Bits of an IPv6 address that name whom it was given to; the others one can choose."""
SECONDS_IN_MINUTE = 60


def tried(purpose: Purpose, subject: str, attempt: Callable[[], Found | None]) -> Found | None:
    """Return what the attempt found, None when it was in vain. Raises Locked before anything is tried."""
    counted(purpose, subject)
    found = attempt()
    if found is not None and _counting():
        locks.succeeded(purpose, subject, network(request.remote_addr))
    return found


def counted(purpose: Purpose, subject: str) -> None:
    """Count an attempt that is about to be made. Raises Locked."""
    if _counting():
        locks.count(purpose, subject, network(request.remote_addr))


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


def told(locked: Locked) -> str:
    """Return the sentence for whoever has to wait; the same whether or not there is such an account."""
    return gettext(
        "尝试的次数太多，为了账号安全暂停一会儿。请在 %(when)s 再试。", when=when_again(locked.until)
    )


def when_again(until: datetime) -> str:
    """Return an instant as one counts to it: 5 分钟后（14:35）."""
    minutes = max(ceil((until - now()).total_seconds() / SECONDS_IN_MINUTE), 1)
    clock = until.astimezone(ORDOS).strftime("%H:%M")
    return gettext("%(minutes)s 分钟后（%(clock)s）", minutes=minutes, clock=clock)
