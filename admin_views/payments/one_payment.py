"""One payment in the city's console: what became of it, its reversal when it came back from the bank (P5), and what the city does
itself: it pays to the same account again, refuses a corrected one, and confirms it where the enterprise cannot.
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from flask import abort, flash, redirect, request
from flask_babel import gettext
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from admin_views.site.base import expose
from admin_views.site.lists import Badge
from admin_views.site.typed import row_number
from admin_views.site.wording import reason_problem, translated
from common.errors import ChangedMeanwhile, NotPermitted, NotVisible, ReasonRefused
from common.identity import masked
from models import (
    CorrectionState,
    Grant,
    Payment,
    PaymentAction,
    PaymentEvent,
    PaymentRun,
    PaymentState,
    RunRow,
    db,
)
from payments import account_corrections, employers, payment_scope, reversals
from payments.account_corrections import NEEDS_REASON
from payments.run_transitions import (
    BY_PAYMENT_STATE_AND_ACTION,
    PAYMENT_STATE_WORDS,
    find_payment_transition,
)

MOST_EVENTS = 50
PAYMENT_BADGES = {
    PaymentState.OPEN: "idle",
    PaymentState.IN_RUN: "wait",
    PaymentState.PAID: "good",
    PaymentState.REFUSED: "bad",
    PaymentState.SUSPENDED: "late",
    PaymentState.STOPPED: "idle",
    PaymentState.REVERSED: "bad",
}


def payment_badge(row: Any) -> Badge:
    """Return the state of a payment as a badge."""
    return Badge(PAYMENT_BADGES[row.state], translated(PAYMENT_STATE_WORDS[row.state]))


def payment_history(payment_id: int) -> list[dict[str, Any]]:
    """Return the history of a payment as pages show it."""
    events = db.session.execute(
        select(
            PaymentEvent.action,
            PaymentEvent.from_state,
            PaymentEvent.to_state,
            PaymentEvent.actor_name,
            PaymentEvent.reason,
            PaymentEvent.at,
            PaymentRun.number,
        )
        .outerjoin(PaymentRun, PaymentRun.id == PaymentEvent.run_id)
        .where(PaymentEvent.payment_id == payment_id)
        .order_by(PaymentEvent.id.desc())
        .limit(MOST_EVENTS)
    )
    return [
        {
            "kind": {"late": "idle"}.get(PAYMENT_BADGES[event.to_state], PAYMENT_BADGES[event.to_state]),
            "label": " ".join(
                filter(
                    None,
                    (
                        translated(BY_PAYMENT_STATE_AND_ACTION[event.from_state, event.action].wording),
                        event.number,
                    ),
                )
            ),
            "who": event.actor_name,
            "when": event.at,
            "reason": event.reason,
        }
        for event in events
    ]


class PaymentRoutes:
    """The routes of one payment, for the view of the runs."""

    exposed_routes: tuple[str, ...] = ("payment", "reverse", "resend", "decide_account")
    get_url: Any
    render: Any

    @expose("/payments/<int:key>/")
    def payment(self, key: int) -> Any:
        """Return one payment with its history."""
        return self._payment_page(key)

    def _payment_page(self, key: int, status: int = HTTPStatus.OK, **further: Any) -> Any:
        payment = db.session.scalars(
            select(Payment)
            .where(Payment.id == key, payment_scope.payments(current_user), payment_scope.runs(current_user))
            .options(joinedload(Payment.grant).joinedload(Grant.application), joinedload(Payment.period))
            .execution_options(populate_existing=True)
        ).one_or_none()
        if payment is None:
            abort(HTTPStatus.NOT_FOUND)
        rows = db.session.execute(
            select(PaymentRun.number.label("run"), RunRow.number, RunRow.left_out, RunRow.bank_reason)
            .join(RunRow, RunRow.run_id == PaymentRun.id)
            .where(RunRow.payment_id == payment.id)
            .order_by(PaymentRun.id)
            .limit(MOST_EVENTS)
        ).all()
        replaced_by = db.session.scalar(select(Payment.id).where(Payment.replaces_id == payment.id))
        possible = {
            action
            for action in (PaymentAction.REVERSE, PaymentAction.REOPEN)
            if find_payment_transition(payment.state, action, current_user.role)
        }
        may_decide = (current_user.role, CorrectionState.CONFIRMED) in NEEDS_REASON
        correction = account_corrections.undecided_correction(payment.grant) if may_decide else None
        content = self.render(
            "payments/payment.html",
            title=gettext("%(name)s 第 %(ordinal)s 笔", name=payment.grant.name, ordinal=payment.ordinal),
            payment=payment,
            badge_of=payment_badge(payment),
            rows=rows,
            replaced_by=replaced_by,
            reversible=PaymentAction.REVERSE in possible,
            resendable=PaymentAction.REOPEN in possible and correction is None,
            correction=correction,
            employer_confirms=correction is not None and employers.can_confirm(correction.enterprise_id),
            masked=masked,
            history=payment_history(payment.id),
            **{"wrong": "", "wrong_reason": "", "typed": "", "at": "", **further},
        )
        return content, status

    def _perform(self, key: int, at: str, write: Callable[[str, int], object], done: str) -> Any:
        """Call `write` with reason and version of the request. `at`: the form that shows a fault of the reason; `done`: the message."""
        reason = request.form.get("reason", "")
        invalid = HTTPStatus.UNPROCESSABLE_ENTITY
        try:
            write(reason, row_number(request.form.get("version")) or 0)
        except ReasonRefused as refusal:
            wrong = reason_problem(refusal, gettext("请填写原因。"))
            return self._payment_page(key, invalid, at=at, wrong_reason=wrong, typed=reason)
        except (ChangedMeanwhile, NotPermitted):
            again = gettext("这笔款项在此期间已有变化，没有办理。下面是它现在的样子。")
            return self._payment_page(key, HTTPStatus.CONFLICT, wrong=again, at=at, typed=reason)
        except NotVisible:
            abort(HTTPStatus.NOT_FOUND)
        flash(done, "success")
        return redirect(self.get_url(".payment", key=key), HTTPStatus.SEE_OTHER)

    @expose("/payments/<int:key>/reverse/", methods=("POST",))
    def reverse(self, key: int) -> Any:
        """「冲回」: the bank took a paid payment back."""
        actor = current_user._get_current_object()
        return self._perform(
            key,
            "reverse",
            lambda reason, seen: reversals.reverse(key, actor, seen_version=seen, reason=reason),
            gettext("已冲回，另立一笔待发放，已通知本人。"),
        )

    @expose("/payments/<int:key>/resend/", methods=("POST",))
    def resend(self, key: int) -> Any:
        """Pay a returned payment to the same account again: the bank's reason was not the account."""
        actor = current_user._get_current_object()
        return self._perform(
            key,
            "resend",
            lambda reason, seen: reversals.resend(key, actor, seen_version=seen, reason=reason),
            gettext("已回到待发放，下一批按原账号发放。"),
        )

    @expose("/payments/<int:key>/account/", methods=("POST",))
    def decide_account(self, key: int) -> Any:
        """Decide the corrected account of the payment's grant in the enterprise's place."""
        decision = {"confirm": True, "refuse": False}.get(request.form.get("decision", ""))
        shown = row_number(request.form.get("correction"))
        if decision is None or shown is None:
            abort(HTTPStatus.NOT_FOUND)
        actor = current_user._get_current_object()
        return self._perform(
            key,
            "account",
            lambda reason, _seen: account_corrections.decide_correction(
                shown, actor, confirmed=decision, reason=reason
            ),
            gettext("已办理，已通知本人。"),
        )
