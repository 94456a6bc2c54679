"""Sending messages: each is expanded into deliveries, and each delivery is claimed, sent, and marked as sent.

Knows no mail server and no gateway: the caller brings a sender for each channel. Never logs or stores the text of a message.

What holds when a worker dies: nothing is lost, because a delivery is a row before anything is sent and its claim runs
out after LEASE (common/jobs.py). Nothing is sent twice either, but for one case that no sender can exclude: dead after the server's yes
and before our commit. Then it is handed over once more under the same key, which is the mail's Message-ID and the
gateway's Idempotency-Key, so that whoever receives it can tell that it is the same one.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, exists, or_, select, update
from sqlalchemy.orm import defer, joinedload

from accounts.contacts import address, chosen_channels, reachable_channels
from common import jobs
from common.messages import LIFETIMES, SENT_TO_INACTIVE_ACCOUNTS, WORDING
from common.settings import HELP_LINE, setting
from models import Account, Application, Channel, Delivery, DeliveryState, Message, db, exclusive, now
from models.secrets import vault
from workflow.notifications import wording_values

BACKOFF = (1, 5, 15, 60, 240, 720, 1440, 1440)
"""Minutes until the next attempt, after the first one that failed, the second, ...; after the last it is given up."""

LEASE = timedelta(minutes=5)
"""How long a claimed delivery is one worker's alone. It is not renewed: every sender gives up long before."""

EXPANDED_AT_ONCE = 100

UNSETTLED = (DeliveryState.WAITING, DeliveryState.SENDING)
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Letter:
    """What a sender gets. `key` is the same at each attempt; where it goes and what it says stand in no `repr`."""

    key: str
    address: str = field(repr=False)
    text: str = field(repr=False)
    help_line: str = ""


Sender = Callable[[Letter], None]
"""Returns once the other side has taken the letter over; else raises Undelivered."""


class Undelivered(Exception):
    """Not taken over this time. `error` is kept: never the letter's text nor its address."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error[:120]


class Unreachable(Undelivered):
    """The channel itself is out of order: no other letter needs to try it now."""


class DeliveryRefused(Undelivered):
    """It will never be taken over: there is no such address, or it is too late."""


# --- recipients and channels


def expand(open_channels: Collection[Channel]) -> int:
    """Make the deliveries of messages that have none yet, the oldest first; return how many messages there were.

    Done here and not in the transaction of the event: a decision then writes one row however many people it tells.
    """
    with exclusive():
        waiting = db.session.scalars(
            select(Message)
            .where(Message.expanded_at.is_(None))
            .options(defer(Message.secret_words))
            .order_by(Message.id)
            .limit(EXPANDED_AT_ONCE)
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
        recipients = Account.office_id == message.office_id
    return db.session.scalars(select(Account).where(recipients, Account.active).order_by(Account.id)).all()


# --- one worker at a time


def claim(channels: Collection[Channel]) -> Delivery | None:
    """Claim the most urgent delivery for LEASE; None when none is due."""
    order = Delivery.urgent.desc(), Delivery.next_try, Delivery.id
    delivery = jobs.claim(Delivery, _due(channels), *order, lease=LEASE, state=DeliveryState.SENDING)
    if delivery is not None:
        db.session.expunge(delivery)  # stays what was claimed: read anew, it could be another worker's claim
    return delivery


def _due(channels: Collection[Channel]) -> ColumnElement[bool]:
    return Delivery.state.in_(UNSETTLED) & (Delivery.next_try <= now()) & Delivery.channel.in_(channels)


def deliver(delivery: Delivery, send: Sender) -> None:
    """Send a claimed delivery and note what became of it. Raises Unreachable, after noting it."""
    try:
        if delivery.attempts > len(BACKOFF) + 1:
            raise DeliveryRefused("each attempt ended the worker")
        letter = compose(delivery)
        db.session.rollback()  # no transaction stays open while another machine is being waited for
        send(letter)
    except DeliveryRefused as failure:
        _give_up(delivery, failure)
    except Undelivered as failure:
        _put_off(delivery, failure)
        if isinstance(failure, Unreachable):
            raise
    except Exception as error:  # a sender's mistake must not hold up the others
        _put_off(delivery, Undelivered(type(error).__name__))
    else:
        _settle(delivery, DeliveryState.SENT, sent_at=now(), error="")
        log.info("delivery %s (%s): sent", delivery.id, delivery.channel.value)


def compose(delivery: Delivery) -> Letter:
    """Return the letter of a delivery as of now. Raises DeliveryRefused where there is nobody to send it to, or no sense in it."""
    account = db.session.get_one(Account, delivery.account_id, populate_existing=True)
    message = db.session.scalars(
        select(Message)
        .where(Message.id == delivery.message_id)
        .options(
            joinedload(Message.review),
            joinedload(Message.registration_event),
            joinedload(Message.subject_enterprise),
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
    told = account.active or message.kind in SENT_TO_INACTIVE_ACCOUNTS
    where = (given or address(account, delivery.channel)) if told else ""
    if not where:
        raise DeliveryRefused("no address")
    words: Mapping[str, str] = defaultdict(str, wording_values(message) | (message.secret_words or {}))
    return Letter(key(delivery), where, WORDING[message.kind] % words, setting(HELP_LINE))


def key(delivery: Delivery) -> str:
    """Return what names a delivery to the world: the same at each attempt, and telling nothing of it."""
    return vault.digest(f"delivery:{delivery.id}")[:32]


# --- the outcome


def _put_off(delivery: Delivery, failure: Undelivered) -> None:
    if delivery.attempts > len(BACKOFF):
        _give_up(delivery, failure)
        return
    pause = timedelta(minutes=BACKOFF[delivery.attempts - 1])
    _settle(delivery, DeliveryState.WAITING, next_try=now() + pause, error=failure.error)
    log.warning(
        "delivery %s (%s): %s; again in %s", delivery.id, delivery.channel.value, failure.error, pause
    )


def _give_up(delivery: Delivery, failure: Undelivered) -> None:
    _settle(delivery, DeliveryState.FAILED, error=failure.error)
    log.error("delivery %s (%s): %s; given up", delivery.id, delivery.channel.value, failure.error)


def _settle(delivery: Delivery, state: DeliveryState, **values: datetime | str) -> None:
    """Note the outcome. That it was sent is always noted; anything else only by whoever still holds the claim.

    What only the receiver may read goes once nothing of its message is left to deliver.
    """
    db.session.rollback()
    forgotten = {} if state in UNSETTLED else {"address": None}
    holds = (
        Delivery.state != state if state is DeliveryState.SENT else jobs.claim_criterion(Delivery, delivery)
    )
    with exclusive():
        db.session.execute(
            update(Delivery)
            .where(Delivery.id == delivery.id, holds)
            .values(state=state, **forgotten, **values)
            .execution_options(synchronize_session=False)
        )
        unsettled = exists().where(
            Delivery.message_id == delivery.message_id, or_(*(Delivery.state == one for one in UNSETTLED))
        )
        db.session.execute(
            update(Message)
            .where(Message.id == delivery.message_id, Message.secret_words.is_not(None), ~unsettled)
            .values(secret_words=None)
            .execution_options(synchronize_session=False)
        )
