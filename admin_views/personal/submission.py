"""「提交」 and 「撤回」: the last look at what is submitted and to whom, and the marks of a return that are still open (A14, A23)."""

from collections.abc import Sequence
from typing import Any

from flask import abort, flash, redirect, request
from flask_babel import gettext
from flask_login import current_user

from admin_views.personal.attachments import signed_form_remarks
from admin_views.personal.marks import PageUrls, ReturnedMarks, UntouchedMarks, returned
from admin_views.personal.page_parts import employer_words, period_closed_text, side_column
from admin_views.review.submitted_content import unsent
from admin_views.site.base import expose
from admin_views.site.wording import day
from common.errors import (
    ActionRefused,
    ChangedMeanwhile,
    Incomplete,
    NoticeUnread,
    NotPermitted,
    NotVisible,
    PeriodClosed,
)
from desk import withdrawals
from models import Account, Action, Application, Review, db
from workflow import completeness, periods, progress, review, routing
from workflow.transitions import find_transition, is_editable


class SubmissionRoutes:
    """The routes of the applicant's view for submitting and withdrawing."""

    exposed_routes: tuple[str, ...] = ("confirm", "submit", "withdraw")
    get_one: Any
    get_url: Any
    render: Any

    @expose("/<number>/submit/")
    def confirm(self, number: str) -> Any:
        """Ask for confirmation, showing what will be submitted and to whom (A14)."""
        found = self.get_one(number)
        if not is_editable(found.state):
            return redirect(self.get_url(".application", number=number))
        slots = completeness.slots(found)
        if completeness.problems(found, slots):
            return redirect(self.get_url(".application", number=number, check=1))
        return self._confirm_page(found, slots)

    def _confirm_page(
        self, found: Application, slots: completeness.Slots, sentence: str = "", status: int = 200
    ) -> Any:
        if found.enterprise is None:  # the main page would not have led here
            return redirect(self.get_url(".application", number=found.number, check=1))
        reviews = progress.history(found)
        content = self.render(
            "personal/confirm.html",
            application=found,
            sentence=sentence,
            desk=routing.responsible_at(routing.steps(found.enterprise.region)[0], found.enterprise),
            employer=employer_words(found.enterprise_id),
            sections=unsent(found),
            slots=slots,
            paper_remarks=signed_form_remarks(found, slots),
            admission=periods.admission(found),
            **self._marks(found, reviews, slots),
            **side_column(found, reviews),
        )
        return content, status

    @expose("/<number>/submit/", methods=("POST",))
    def submit(self, number: str) -> Any:
        """Submit the application; the next page says who reviews it and whom to remind (A16)."""
        if not number.isprintable():
            abort(404)
        seen = request.form.get("version", default=0, type=int)
        check = None if "untouched" in request.form else self._require_changes
        try:
            review.perform(number, Action.SUBMIT, current_user, seen_version=seen, check=check)
        except NotVisible:
            abort(404)
        except Incomplete:
            return redirect(self.get_url(".application", number=number, check=1))
        except NoticeUnread:
            return redirect(self.get_url(".application", number=number))
        except (UntouchedMarks, PeriodClosed, ChangedMeanwhile, NotPermitted) as refusal:
            return self._not_submitted(self.get_one(number), refusal)
        return redirect(self.get_url(".application", number=number, submitted=1))

    def _require_changes(self, application: Application, _actor: Account) -> None:
        """Raise UntouchedMarks where something that a return has marked is still what it was."""
        reviews = progress.history(application) if application.round else []
        if not any(line.marks for line in progress.open_returns(reviews)):
            return
        if self._returned_marks(application, reviews, completeness.slots(application)).untouched:
            raise UntouchedMarks

    def _not_submitted(self, found: Application, refusal: ActionRefused) -> Any:
        """Ask again, saying why it was not submitted; show an application that cannot be submitted any more."""
        if not is_editable(found.state):
            return redirect(self.get_url(".application", number=found.number))
        sentence, status = gettext("此申请在另一窗口保存过，请核对后再提交。"), 409
        if isinstance(refusal, PeriodClosed):
            sentence, status = period_closed_text(refusal), 422
        elif isinstance(refusal, UntouchedMarks):
            sentence, status = gettext("有标记的内容还没有修改。请修改，或勾选“仍要提交”后再提交。"), 422
        return self._confirm_page(found, completeness.slots(found), sentence, status)

    @expose("/<number>/withdraw/", methods=("POST",))
    def withdraw(self, number: str) -> Any:
        """Withdraw the application, possible until the enterprise has decided."""
        found = self.get_one(number)
        seen = request.form.get("version", default=0, type=int)
        try:
            row = review.perform(
                found.id,
                Action.WITHDRAW,
                current_user,
                seen_version=seen,
                check=withdrawals.require_few,
            )
        except NotPermitted:
            flash(gettext("企业已经办理，不能再撤回。"), "error")
        except withdrawals.TooManyWithdrawals:
            most = withdrawals.MOST_WITHDRAWALS
            flash(
                gettext("一天内最多撤回 %(most)s 次，请过一天再撤回，或者请工作单位回退。", most=most),
                "error",
            )
        except ChangedMeanwhile:
            flash(self._why_not_withdrawn(found), "error")
        else:
            last = day(row.resubmit_by) if row else ""
            flash(gettext("已撤回，请在 %(day)s（含当日）前修改后重新提交。", day=last), "success")
        return redirect(self.get_url(".application", number=number))

    def _why_not_withdrawn(self, found: Application) -> str:
        """Return the sentence for an application of which an older version was seen."""
        db.session.refresh(found)
        if find_transition(found.state, Action.WITHDRAW, current_user.role) is None:
            return gettext("企业已经办理，不能再撤回。")
        return gettext("申请刚刚有变化，没有撤回。下面是它现在的样子，仍可以撤回。")

    def _returned_marks(
        self, found: Application, reviews: Sequence[Review], slots: Any, on_form: bool = False
    ) -> ReturnedMarks:
        form = "" if on_form else self.get_url(".application", number=found.number)
        urls = PageUrls(form, self.get_url(".attachments", number=found.number))
        return returned(found, reviews, progress.open_returns(reviews), slots, urls)

    def _marks(
        self, found: Application | None, reviews: Sequence[Review], slots: Any, on_form: bool = False
    ) -> dict[str, Any]:
        """Return the context for the marks of open returns (A23)."""
        marks = self._returned_marks(found, reviews, slots, on_form) if found else ReturnedMarks()
        return {
            "marks_of_return": marks.of_return,
            "marks_at": marks.at,
            "marked_sections": marks.sections,
            "untouched": marks.untouched,
        }
