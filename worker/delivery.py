"""Sends messages: expands each into deliveries, then claims, sends and marks each delivery.

Knows no mail server and no gateway: the caller passes a sender for each channel. Never logs or stores the text of a message.

When a worker dies, nothing is lost: a delivery is a row before anything is sent, and its claim expires after LEASE
(common/jobs.py). A message is sent twice only if the worker dies between the server's acceptance and our commit, which no
sender can exclude. Then it has the same key again, the mail's Message-ID and the gateway's Idempotency-Key, by which the
receiver can recognise the copy.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, exists, or_, select, update
from sqlalchemy.orm import defer, joinedload

from accounts.contacts import address, chosen_channels, reachable_channels
from common import jobs
from common.messages import LIFETIMES, SENT_TO_INACTIVE_ACCOUNTS, WORDING
from common.settings import HELP_LINE, setting
from desk import deputies
from models import (
    Account,
    Application,
    Channel,
    Delivery,
    DeliveryState,
    Enterprise,
    Message,
    db,
    exclusive,
    now,
)
from models.secrets import vault
from workflow.notifications import wording_values

BACKOFF = (1, 5, 15, 60, 240, 720, 1440, 1440)
"""Minutes to the next attempt after the first failure, the second, and so on. After the last one the delivery has failed."""

LEASE = timedelta(minutes=5)
"""The lease of a claimed delivery. It is not renewed: the timeouts of all senders are much shorter."""

EXPAND_BATCH = 100

OPEN_STATES = (DeliveryState.WAITING, DeliveryState.SENDING)
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RenderedMessage:
    """A message as a sender gets it. `idempotency_key` is the same at each attempt. Address and text are not in the `repr`."""

    idempotency_key: str
    address: str = field(repr=False)
    text: str = field(repr=False)
    help_line: str = ""


Sender = Callable[[RenderedMessage], None]
"""Returns when the other side has accepted the message; otherwise raises DeliveryFailed."""


class DeliveryFailed(Exception):
    """This attempt failed. `error` is stored; it must not contain the text or the address."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error[:120]


class ChannelDown(DeliveryFailed):
    """The channel itself does not work, so that other messages need not try it now."""


class DeliveryRefused(DeliveryFailed):
    """Further attempts are useless: the address does not exist, or the message is too old."""


# --- recipients and channels


def expand(open_channels: Collection[Channel]) -> int:
    """Create the deliveries of new messages, oldest first. Returns the number of messages.

    Done here and not in the transaction of the event, so that a decision writes one row for any number of receivers.
    """
    with exclusive():
        waiting = db.session.scalars(
            select(Message)
            .where(Message.expanded_at.is_(None))
            .options(defer(Message.secret_words))
            .order_by(Message.id)
            .limit(EXPAND_BATCH)
            .with_for_update(of=Message, skip_locked=True)
        ).all()
        for message in waiting:
            _expand(message, open_channels)
        return len(waiting)


def _expand(message: Message, open_channels: Collection[Channel]) -> None:
    channels = reachable_channels if message.urgent else chosen_channels
    deliveries = [
        Delivery(message_id=message.id, account_id=account.id, channel=channel, urgent=message.urgent)
        for account in _receivers(message)
        for channel in channels(account, open_channels)
    ]
    db.session.add_all(deliveries)
    message.expanded_at = now()
    if not deliveries:
        message.secret_words = None


def _receivers(message: Message) -> Sequence[Account]:
    """Return the recipients: the account, or all of the enterprise or office. Only who can log in, except for SENT_TO_INACTIVE_ACCOUNTS."""
    recipients: ColumnElement[bool] = Account.id == message.account_id
    if message.kind in SENT_TO_INACTIVE_ACCOUNTS:
        return db.session.scalars(select(Account).where(recipients)).all()
    if message.enterprise_id is not None:
        recipients = Account.enterprise_id == message.enterprise_id
    elif message.office_id is not None:
        recipients = or_(
            Account.office_id == message.office_id,
            Account.office_id.in_(deputies.deputy_offices(message.office_id)),
        )
    closed = exists().where(Enterprise.id == Account.enterprise_id, ~Enterprise.active)
    can_log_in = Account.active & ~closed  # as Account.is_active
    return db.session.scalars(select(Account).where(recipients, can_log_in).order_by(Account.id)).all()


# --- one worker at a time


def claim(channels: Collection[Channel]) -> Delivery | None:
    """Claim the most urgent delivery for LEASE; None when none is due."""
    order = Delivery.urgent.desc(), Delivery.next_try, Delivery.id
    delivery = jobs.claim(Delivery, _due(channels), *order, lease=LEASE, state=DeliveryState.SENDING)
    if delivery is not None:
        db.session.expunge(
            delivery
        )  # keeps the claimed values: a refreshed row could be another worker's claim
    return delivery


def _due(channels: Collection[Channel]) -> ColumnElement[bool]:
    return Delivery.state.in_(OPEN_STATES) & jobs.due(Delivery) & Delivery.channel.in_(channels)


def deliver(delivery: Delivery, send: Sender) -> None:
    """Send a claimed delivery and record the outcome. Raises ChannelDown, after recording it."""
    try:
        if delivery.attempts > len(BACKOFF) + 1:
            raise DeliveryRefused("each attempt ended the worker")
        message = render(delivery)
        db.session.rollback()  # no transaction stays open during the network request
        send(message)
    except DeliveryRefused as failure:
        _give_up(delivery, failure)
    except DeliveryFailed as failure:
        _retry_later(delivery, failure)
        if isinstance(failure, ChannelDown):
            raise
    except Exception as error:  # a bug in one sender must not stop the others
        _retry_later(delivery, DeliveryFailed(type(error).__name__))
    else:
        _record_outcome(delivery, DeliveryState.SENT, sent_at=now(), error="")
        log.info("delivery %s (%s): sent", delivery.id, delivery.channel.value)


def render(delivery: Delivery) -> RenderedMessage:
    """Return the message of a delivery, rendered now. Raises DeliveryRefused when there is no address or it is too old."""
    account = db.session.get_one(Account, delivery.account_id, populate_existing=True)
    message = db.session.scalars(
        select(Message)
        .where(Message.id == delivery.message_id)
        .options(
            joinedload(Message.review),
            joinedload(Message.registration_event),
            joinedload(Message.subject_enterprise),
            joinedload(Message.digest),
            joinedload(Message.application).options(
                defer(Application.answers),
                defer(Application.identity_number),
                defer(Application.bank_account),
            ),
        )
        .execution_options(populate_existing=True)
    ).one()
    lifetime = LIFETIMES.get(message.kind)
    if lifetime is not None and message.created_at + lifetime < now():
        raise DeliveryRefused("too late")
    given = db.session.scalar(select(Delivery.address).where(Delivery.id == delivery.id))
    may_receive = account.is_active or message.kind in SENT_TO_INACTIVE_ACCOUNTS
    receiver = (given or address(account, delivery.channel)) if may_receive else ""
    if not receiver:
        raise DeliveryRefused("no address")
    words: Mapping[str, str] = defaultdict(str, wording_values(message) | (message.secret_words or {}))
    return RenderedMessage(
        idempotency_key(delivery), receiver, WORDING[message.kind] % words, setting(HELP_LINE)
    )


def idempotency_key(delivery: Delivery) -> str:
    """Return the key of a delivery for other systems: the same at each attempt, and without information about it."""
    return vault.digest(f"delivery:{delivery.id}")[:32]


# --- the outcome


def _retry_later(delivery: Delivery, failure: DeliveryFailed) -> None:
    if delivery.attempts > len(BACKOFF):
        _give_up(delivery, failure)
        return
    pause = timedelta(minutes=BACKOFF[delivery.attempts - 1])
    again = jobs.database_time(pause)
    _record_outcome(delivery, DeliveryState.WAITING, next_try=again, error=failure.error)
    log.warning(
        "delivery %s (%s): %s; again in %s", delivery.id, delivery.channel.value, failure.error, pause
    )


def _give_up(delivery: Delivery, failure: DeliveryFailed) -> None:
    _record_outcome(delivery, DeliveryState.FAILED, error=failure.error)
    log.error("delivery %s (%s): %s; given up", delivery.id, delivery.channel.value, failure.error)


def _record_outcome(delivery: Delivery, state: DeliveryState, **values: Any) -> None:
    """Record the outcome. SENT is always recorded; another outcome only while this worker still holds the claim.

    Deletes the secret words of a message when all its deliveries are finished.
    """
    db.session.rollback()
    deleted = {} if state in OPEN_STATES else {"address": None}
    criterion = (
        Delivery.state != state if state is DeliveryState.SENT else jobs.claim_criterion(Delivery, delivery)
    )
    with exclusive():
        db.session.execute(
            update(Delivery)
            .where(Delivery.id == delivery.id, criterion)
            .values(state=state, **deleted, **values)
            .execution_options(synchronize_session=False)
        )
        unsettled = exists().where(
            Delivery.message_id == delivery.message_id, or_(*(Delivery.state == one for one in OPEN_STATES))
        )
        db.session.execute(
            update(Message)
            .where(Message.id == delivery.message_id, Message.secret_words.is_not(None), ~unsettled)
            .values(secret_words=None)
            .execution_options(synchronize_session=False)
        )
