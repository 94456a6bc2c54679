"""「重发」: gives mails and SMS that could not be delivered to the worker once more (S4)."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, select, update

from accounts.access import active_administrator
from common.audit import DELIVERIES
from common.errors import ActionRefused
from common.jobs import database_time
from common.messages import LIFETIMES
from common.wording import N_
from models import Account, AuditEntry, ChangeKind, Delivery, DeliveryState, Message, db, exclusive

MOST_AT_ONCE = 1000
"""A gateway that was away for a day has left more; the button can be pressed again."""


def can_be_sent_again() -> ColumnElement[bool]:
    """Return the criterion. Codes and invitations are left out: they are too old, and their secret words are deleted."""
    lasting = select(Message.id).where(Message.id == Delivery.message_id, Message.kind.not_in(LIFETIMES))
    return (Delivery.state == DeliveryState.FAILED) & lasting.exists()


def redeliver(actor: Account, chosen_id: int | None = None) -> int:
    """Queue a failed delivery again, or all of them for None. Returns their number; the worker finds them within a minute.

    Raises NotPermitted, and ActionRefused when nothing is left to send again: somebody else was faster.
    """
    with exclusive():
        person = active_administrator(actor)
        failed = select(Delivery.id).where(can_be_sent_again()).order_by(Delivery.id).limit(MOST_AT_ONCE)
        if chosen_id is not None:
            failed = failed.where(Delivery.id == chosen_id)
        chosen = db.session.scalars(failed.with_for_update(of=Delivery)).all()
        if not chosen:
            raise ActionRefused(N_("没有可以重发的邮件或短信。"))
        db.session.execute(
            update(Delivery)
            .where(Delivery.id.in_(chosen))
            .values(state=DeliveryState.WAITING, attempts=0, next_try=database_time(), error="")
            .execution_options(synchronize_session=False)
        )
        _record(person, chosen)
    return len(chosen)


def _record(person: Account, chosen: Sequence[int]) -> None:
    label = str(chosen[0]) if len(chosen) == 1 else f"{chosen[0]}–{chosen[-1]}"
    db.session.add(
        AuditEntry(
            actor_id=person.id,
            actor_name=person.name,
            table_name=DELIVERIES,
            row_key=str(chosen[0]),
            label=label,
            kind=ChangeKind.CHANGED,
            before={},
            after={"sent_again": len(chosen)},
        )
    )
