"""「收回」 on the page of an application that this account decided last, and the link to it in the line after a decision."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, NamedTuple

from flask import abort, flash, redirect, request
from flask_babel import gettext
from flask_login import current_user
from markupsafe import Markup, escape

from admin_views.site.base import address_of, expose
from admin_views.site.page_counts import current_actor
from admin_views.site.wording import cached_gettext, reason_problem, translated
from common.errors import (
    ChangedMeanwhile,
    NotPermitted,
    NotVisible,
    ReasonRefused,
    Unacceptable,
)
from common.wording import N_
from desk import taking_back
from models import Action, Application, Review
from workflow.decision import Decision

TAKE_BACK = Action.TAKE_BACK.value
TAKE_BACK_WORD = N_("收回")


class TakeBack(NamedTuple):
    """What the foot of the page says of taking back: `refusal` is why it is too late, "" while it can be done."""

    refusal: str
    open: bool
    """Whether the panel is open when the page comes, because a link led to it."""


class TakeBackRoutes:
    """The route of 「收回」 in a reviewer's console."""

    exposed_routes: tuple[str, ...] = ("take_back",)

    def offered_take_back(self, found: Application, reviews: Sequence[Review]) -> TakeBack | None:
        """Return what the page says of taking back this account's decision; None where the last decision was not its own."""
        newest = reviews[0] if reviews else None
        if newest is None or taking_back.transition_of(found, newest, current_actor()[0]) is None:
            return None
        why = taking_back.refusal(found, newest)
        return TakeBack(translated(why.text, why.words) if why else "", TAKE_BACK in request.args)

    def link_to_take_back(self: Any, sentence: str, number: str) -> Markup:
        """Return the line after a decision with a link to where it can be taken back."""
        address = f"{address_of(self)}{number}/?{TAKE_BACK}=1"  # no fragment: it would prevent the autofocus
        link = f'<a href="{escape(address)}">{escape(cached_gettext(TAKE_BACK_WORD))}</a>'
        return Markup(f"{escape(sentence)} {link}")  # noqa: S704 - its parts are escaped

    @expose("/<number>/take-back/", methods=("POST",))
    def take_back(self: Any, number: str) -> Any:
        """Take the decision back; the application then waits here again."""
        reason = request.form.get("reason", "")
        if not number.isprintable():
            abort(HTTPStatus.NOT_FOUND)
        typed = {TAKE_BACK: reason}
        try:
            row = taking_back.take_back(
                number,
                current_user._get_current_object(),
                seen_version=request.form.get("version", default=0, type=int),
                decision=Decision(reason),
            )
        except ReasonRefused as refusal:
            wrong = {TAKE_BACK: reason_problem(refusal, gettext("请填写收回的原因，申请人会看到这段文字。"))}
            return self._page(self.get_one(number), 422, wrong=wrong, typed=typed)
        except Unacceptable as refused:
            flash(translated(refused.sentence.text, refused.sentence.words), "error")
            return self._page(self.get_one(number), 409, typed=typed)
        except ChangedMeanwhile as refusal:
            return self._page(self.get_one(number), 409, meanwhile=refusal.last, typed=typed)
        except (NotPermitted, NotVisible):
            abort(HTTPStatus.NOT_FOUND)
        found = row.application
        flash(
            gettext(
                "%(name)s（%(number)s）：审核决定已收回，现在待您重新审核。",
                name=found.name,
                number=found.number,
            ),
            "success",
        )
        return redirect(f"{address_of(self)}{found.number}/")
