"""The pages on which a wrong name or identity number is corrected; desk.corrections says who may."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from flask import abort, flash, redirect
from flask_babel import gettext, pgettext
from flask_login import current_user

from admin_views.review.correction_forms import NameCorrectionForm, NumberCorrectionForm
from admin_views.site.base import address_of, expose
from admin_views.site.page_counts import current_actor
from admin_views.site.typed import row_number
from admin_views.site.wording import reason_problem, translated
from common.errors import ChangedMeanwhile, NotPermitted, NotVisible, ReasonRefused, Unacceptable
from common.identity import masked
from desk import corrections
from models import Action, Application, Review, db
from workflow.decision import Decision
from workflow.form import answers, living_allowance
from workflow.transitions import ACTION_WORDS, BY_STATE_AND_ACTION

Correct = Callable[[Any, int], Review]
"""What is done with a filled-in form and the version that the person was looking at."""


class NameCorrection:
    """The route of a reviewer's or administrator's console for a wrong name."""

    exposed_routes: tuple[str, ...] = ("correct_name",)
    list_frame: str
    get_one: Callable[[Any], Any]
    get_url: Any
    render: Any

    @expose("/<number>/correct-name/", methods=("GET", "POST"))
    def correct_name(self, number: str) -> Any:
        """Correct the name that somebody registered with."""
        found = self.get_one(number)

        def correct(given: Any, seen: int) -> Review:
            return corrections.correct_name(
                number, given.name.data, _actor(), seen_version=seen, decision=Decision(given.reason.data)
            )

        return self._correct(found, Action.CORRECT_NAME, NameCorrectionForm(), correct)

    def corrections_of(self, found: Application) -> list[dict[str, str]]:
        """Return the links to what this person may correct in an application."""
        return [
            {
                "label": pgettext("button", ACTION_WORDS[action]),
                "url": self.get_url(f".{action.value}", number=found.number),
            }
            for action in corrections.permitted_corrections(found, current_actor()[0])
        ]

    def _correct(self, found: Application, action: Action, filled: Any, correct: Correct) -> Any:
        back = f"{address_of(self)}{found.number}/"  # type: ignore[arg-type]  # of a view
        if action not in corrections.permitted_corrections(found, current_user):
            if filled.is_submitted():
                flash(gettext("此申请现在不能在这里更正。"), "error")
            return redirect(back, HTTPStatus.SEE_OTHER)
        meanwhile = None
        if filled.validate_on_submit():
            try:
                row = correct(filled, row_number(filled.version.data) or 0)
            except Unacceptable as refusal:
                wrong = translated(refusal.sentence.text, refusal.sentence.words)
                filled[refusal.field].errors = [wrong]
            except ReasonRefused as refusal:
                filled.reason.errors = [reason_problem(refusal, gettext("请填写更正原因。"))]
            except ChangedMeanwhile as refusal:
                meanwhile = refusal.last
                db.session.refresh(found)
            except (NotPermitted, NotVisible):
                abort(HTTPStatus.NOT_FOUND)
            else:
                flash(
                    gettext(
                        "%(name)s（%(number)s）：%(said)s，已通知申请人。",
                        name=row.application.name,
                        number=found.number,
                        said=translated(BY_STATE_AND_ACTION[row.from_state, row.action].wording),
                    ),
                    "success",
                )
                return redirect(back, HTTPStatus.SEE_OTHER)
        status = HTTPStatus.OK
        if meanwhile is not None:
            status = HTTPStatus.CONFLICT
        elif filled.is_submitted():
            status = HTTPStatus.UNPROCESSABLE_ENTITY
        if not filled.is_submitted() or meanwhile is not None:
            filled.version.data = str(found.version)
        content = self.render(
            "review/correct.html",
            list_frame=self.list_frame,
            application=found,
            form=filled,
            title=pgettext("button", ACTION_WORDS[action]),
            of_name=action is Action.CORRECT_NAME,
            present=_present(found, action),
            meanwhile=meanwhile,
            table=BY_STATE_AND_ACTION,
            back=back,
        )
        return content, status


class NumberCorrection(NameCorrection):
    """The same with the route for a wrong identity number."""

    exposed_routes: tuple[str, ...] = (*NameCorrection.exposed_routes, "correct_number")

    @expose("/<number>/correct-number/", methods=("GET", "POST"))
    def correct_number(self, number: str) -> Any:
        """Correct the paper and number that somebody registered with; once."""
        found = self.get_one(number)
        filled = NumberCorrectionForm(data={"paper": found.paper})

        def correct(given: Any, seen: int) -> Review:
            return corrections.correct_number(
                number,
                given.paper.data,
                given.number.data,
                _actor(),
                seen_version=seen,
                decision=Decision(given.reason.data),
            )

        return self._correct(found, Action.CORRECT_NUMBER, filled, correct)


def _actor() -> Any:
    return current_user._get_current_object()


def _present(found: Application, action: Action) -> list[dict[str, str]]:
    """Return what the application holds now, the number masked."""
    keys = ("name",) if action is Action.CORRECT_NAME else ("name", "paper", "identity_number")
    fields = [living_allowance.FIELDS[key] for key in keys]
    return [
        {
            "label": translated(asked.label),
            "value": masked(getattr(found, asked.key))
            if asked.secret
            else translated(answers.answer_text(asked, getattr(found, asked.key))),
        }
        for asked in fields
    ]
