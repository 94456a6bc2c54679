"""Deciding one application in a reviewer's console. The decision itself goes through workflow.review."""

from typing import Any

from flask import abort, flash, redirect, request
from flask_babel import gettext
from flask_login import current_user

from admin_views.review.assignments import Question
from admin_views.site.base import address_of, expose
from admin_views.site.wording import cached_gettext, reason_problem, translated
from common.errors import (
    ChangedMeanwhile,
    NotPermitted,
    NotVisible,
    ReasonRefused,
    TakenByColleague,
)
from common.wording import N_
from desk import assignments
from desk.marks import DeskDecision
from models import Action, Review
from workflow import review, routing
from workflow.transitions import BY_STATE_AND_ACTION

DONE = N_("%(name)s（%(number)s）：%(said)s。")


class Deciding:
    """The route of the buttons, for `ReviewConsole`."""

    exposed_routes: tuple[str, ...] = ("decide",)

    @expose("/<number>/decide/", methods=("POST",))
    def decide(self: Any, number: str) -> Any:
        """Perform the decision of a button, then open the next waiting application."""
        form = request.form
        action = _action(form.get("action", ""))
        reason = form.get("reason", "")
        if not number.isprintable():
            abort(404)
        try:
            row = review.perform(
                number,
                action,
                current_user._get_current_object(),
                seen_version=form.get("version", default=0, type=int),
                decision=DeskDecision(reason),
                check=None if form.get("anyway") else assignments.refuse_taken,
            )
        except TakenByColleague as refusal:
            question = Question(action, refusal.holder)
            return self._page(self.get_one(number), 409, question=question, typed={action.value: reason})
        except ReasonRefused as refusal:
            wrong = {action.value: reason_problem(refusal, gettext("请填写原因，申请人会看到这段文字。"))}
            return self._page(self.get_one(number), 422, wrong=wrong, typed={action.value: reason})
        except ChangedMeanwhile as refusal:
            found = self.get_one(number)
            return self._page(found, 409, meanwhile=refusal.last, typed={action.value: reason})
        except (NotPermitted, NotVisible):
            abort(404)
        if row is None:  # only saving has no history row, and it is the applicant's
            abort(404)
        flash(self.link_to_take_back(_done(row), row.application.number), "success")
        following = self._send_next(row.application_id, row.waited_since)()
        if following is None:
            return redirect(self.back_to_list())
        return redirect(f"{address_of(self)}{following.number}/")


def _action(word: str) -> Action:
    try:
        return Action(word)
    except ValueError:
        abort(404)


def _done(row: Review) -> str:
    """Return what was done, and who has the application now, with the telephone (E6)."""
    found = row.application
    said = translated(BY_STATE_AND_ACTION[row.from_state, row.action].wording)
    sentence = cached_gettext(DONE) % {"name": found.name, "number": found.number, "said": said}
    desk = routing.responsible_for(found)
    if desk is None:
        return sentence
    return sentence + gettext(
        "现由%(desk)s办理（电话：%(telephone)s），系统已提醒该单位，请及时通知。",
        desk=desk.name,
        telephone=desk.telephone or gettext("见通知里第六部分"),
    )
