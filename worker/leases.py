"""Works on jobs under a lease, which is renewed meanwhile (common/jobs.py). When the worker is killed, the lease expires."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar

from flask import Flask, current_app
from sqlalchemy.exc import SQLAlchemyError

from common import jobs
from models import db
from models.jobs import Leased

Claimed = TypeVar("Claimed", bound=jobs.Claim)

RENEW_EVERY = jobs.LEASE.total_seconds() / 4
"""Seconds. Two renewals may fail, for example in a busy database, before the lease expires."""

log = logging.getLogger(__name__)


def process_each(
    kind: type[Leased],
    name: str,
    claim: Callable[[], Claimed | None],
    process: Callable[[Claimed], None],
    postpone: Callable[[Claimed], None],
) -> None:
    """Process every job that can be claimed. One that fails is logged by its `name` and id, and postponed.

    A job that another worker has claimed meanwhile, or that somebody has cancelled, is left as it is.
    """
    while (job := claim()) is not None:
        with suppress(jobs.ClaimLost):
            try:
                with renewed(kind, job):
                    process(job)
            except jobs.ClaimLost:
                raise
            except Exception as error:
                db.session.rollback()
                log.error("%s %s: %s", name, job.id, type(error).__name__)
                postpone(job)
        db.session.rollback()


@contextmanager
def renewed(kind: type[Leased], claimed: jobs.Claim) -> Iterator[None]:
    """Renew the claim's lease in a thread until the block ends. A job shorter than RENEW_EVERY costs no write."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    ended = threading.Event()
    thread = threading.Thread(
        target=_renew,
        args=(app, kind, claimed, ended),
        name=f"lease {kind.__name__} {claimed.id}",
        daemon=True,
    )
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _renew(app: Flask, kind: type[Leased], claimed: jobs.Claim, ended: threading.Event) -> None:
    while not ended.wait(RENEW_EVERY):
        with app.app_context():
            try:
                jobs.renew(kind, claimed)
            except jobs.ClaimLost:
                return  # the worker gets ClaimLost at its next write
            except SQLAlchemyError as error:
                log.info("lease of %s %s: %s", kind.__name__, claimed.id, type(error).__name__)
