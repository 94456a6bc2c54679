"""Who of the desk works on an application: its part of the page, 领取 / 放回 / 交给, and the sign that the page is open (W4)."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, NamedTuple

from flask import Response, abort, flash, redirect, request
from flask_babel import gettext, pgettext
from flask_login import current_user

from admin_views.site.base import address_of, expose
from admin_views.site.typed import row_number
from admin_views.site.wording import translated
from common.errors import NotPermitted, NotVisible, TakenByColleague, Unacceptable
from desk import assignments, open_now
from desk.page_context import PageContext
from models import Action, Application, db
from workflow.transitions import ACTION_WORDS, open_transitions

NOBODY, NO_ACCOUNT = "nobody", 0
"""The value that 「放回」 sends instead of an account, and an id that no account has."""
DOT = b'<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>'
"""The picture that a page without scripts asks for."""


class Question(NamedTuple):
    """The question before a decision on an application that a colleague has taken. `action` is the decision."""

    action: Action
    holder: str

    @property
    def words(self) -> str:
        action = pgettext("button", ACTION_WORDS[self.action])
        return gettext("%(name)s已领取，仍要%(action)s？", name=self.holder, action=action)

    @property
    def button(self) -> str:
        return gettext("仍要%(action)s", action=pgettext("button", ACTION_WORDS[self.action]))


class Assignments:
    """Routes and context of a reviewer's console."""

    exposed_routes: tuple[str, ...] = ("assign", "open_now")
    sent_by_page = ("open_now",)
    get_one: Callable[[Any], Any]
    get_url: Any
    rows: Any

    def desk_values(self, found: Application, known: PageContext) -> dict[str, Any]:
        """Return what the page says of the desk's colleagues and of other applications."""
        actor = current_user._get_current_object()
        return {
            "page_context": known,
            "open_by": _open_words(known.open_by),
            "can_assign": bool(known.colleagues) and bool(open_transitions(found.state, actor.role)),
        }

    @expose("/<number>/assign/", methods=("POST",))
    def assign(self, number: str) -> Any:
        """Take an application, put it back, or hand it over."""
        found = self.get_one(number)
        to, seen = request.form.get("to", ""), request.form.get("seen", "")
        actor = current_user._get_current_object()
        try:
            holder = assignments.assign(
                found.number,
                actor,
                to=None if to == NOBODY else row_number(to) or NO_ACCOUNT,
                seen=(row_number(seen) or NO_ACCOUNT) if seen else None,
            )
        except NotVisible:
            flash(gettext("没有改动：此申请现在不由本单位审核。"), "error")
        except TakenByColleague as refusal:
            flash(_taken_meanwhile(refusal.holder), "error")
        except Unacceptable as refusal:
            flash(translated(refusal.sentence.text, refusal.sentence.words), "error")
        except NotPermitted:
            abort(HTTPStatus.NOT_FOUND)
        else:
            flash(_assigned(holder, actor.id), "success")
        return redirect(f"{address_of(self)}{number}/", HTTPStatus.SEE_OTHER)  # type: ignore[arg-type]  # of a view

    @expose("/<number>/open-now/", methods=("GET", "POST"))
    def open_now(self, number: str) -> Any:
        """Note that the page is open, or with `leaving` that it is no more. GET is the picture of a page without scripts."""
        if not number.isprintable():
            abort(HTTPStatus.NOT_FOUND)
        application_id = db.session.scalar(self.rows(Application.id).where(Application.number == number))
        if application_id is None:
            abort(HTTPStatus.NOT_FOUND)
        actor = current_user._get_current_object()
        if request.form.get("leaving"):
            open_now.mark_closed(application_id, actor)
            return "", HTTPStatus.NO_CONTENT
        open_now.mark_open(application_id, actor)
        if request.method == "GET":
            return Response(DOT, mimetype="image/svg+xml")
        return {"words": _open_words(open_now.names_of_others(application_id, actor))}


def _open_words(names: Any) -> str:
    """Return the sentence about the colleagues who have the page open; "" for nobody."""
    return gettext("%(names)s（同事）正在看", names=gettext("、").join(names)) if names else ""


def _taken_meanwhile(holder: str) -> str:
    if holder:
        return gettext("没有改动：%(name)s刚刚领取了此申请。", name=holder)
    return gettext("没有改动：此申请刚刚被放回。")


def _assigned(holder: assignments.Taker | None, actor_id: int) -> str:
    if holder is None:
        return gettext("已放回。")
    return gettext("已领取。") if holder.id == actor_id else gettext("已交给%(name)s。", name=holder.name)
