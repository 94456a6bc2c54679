"""「生活补贴申请」: the applicant's view of their own applications. workflow.transitions says what may be changed."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from flask import Flask, flash, redirect, request
from flask_babel import gettext
from flask_login import current_user
from sqlalchemy import ColumnElement
from sqlalchemy.orm import joinedload

from admin_views.files.papers import file_groups, submitted_files, viewer_values, visible_files
from admin_views.personal import history
from admin_views.personal.attachments import AttachmentRoutes, signed_form_remarks
from admin_views.personal.drafts import DraftRoutes
from admin_views.personal.employer import EmployerRoutes
from admin_views.personal.form import (
    experience_words,
    filled_form,
    text_beside_field,
)
from admin_views.personal.home import CONSOLE_NAME, PersonalHome
from admin_views.personal.own_application import own_application
from admin_views.personal.page_parts import (
    employer_words,
    grant_of,
    notice_context,
    passed_in,
    section_context,
    side_column,
)
from admin_views.personal.printed_form import PrintedFormRoutes
from admin_views.personal.rendered_fields import (
    rendered_blank_experience,
    rendered_experience,
    rendered_field,
)
from admin_views.personal.save import SaveRoutes
from admin_views.personal.saved_form import SavedForm
from admin_views.personal.submission import SubmissionRoutes
from admin_views.personal.typed_fields import typed_fields
from admin_views.review.submitted_content import history_with_submissions, paper_remarks, read_by
from admin_views.review.submitted_content import sections as submitted_sections
from admin_views.site.base import Console, ScopedView, expose, menu
from admin_views.site.exporting import ListExport, ListSheet
from admin_views.site.lists import DataTable
from admin_views.site.page_counts import present_calendar
from admin_views.site.typed_back import TypedBack
from admin_views.site.wording import stamp, translated
from common.wording import N_
from desk import taking_back
from drafts import remarks
from models import Action, Application, State, db, now
from workflow import completeness, periods, progress, reading, review, routing, scope
from workflow.form import versions as description
from workflow.transitions import BY_STATE_AND_ACTION, RESULT_WORDS, STATE_WORDS, find_transition, is_editable


class ApplicationView(
    DraftRoutes, SaveRoutes, EmployerRoutes, AttachmentRoutes, PrintedFormRoutes, SubmissionRoutes, ScopedView
):
    """「战略性新兴产业引进人才生活补贴申请」: the main page, 「查询历史」, 「上传附件」, 「提交」."""

    console = "personal"
    lookup_column = "number"
    exports = {"history": "exported_history"}
    exposed_routes = (
        "index_view",
        "application",
        "history",
        "choose",
        "notice_read",
        *DraftRoutes.exposed_routes,
        *SaveRoutes.exposed_routes,
        *EmployerRoutes.exposed_routes,
        *AttachmentRoutes.exposed_routes,
        *PrintedFormRoutes.exposed_routes,
        *SubmissionRoutes.exposed_routes,
    )

    def criterion(self) -> ColumnElement[bool]:
        return scope.visible(current_user)

    def get_one(self, id: Any) -> Application:
        """Return one's own application with this number; 404 for any other."""
        return own_application(id)

    def render(self, template: str, **context: Any) -> str:
        context.setdefault("console", gettext(CONSOLE_NAME))
        context.setdefault("menu", menu(self.admin, self))
        return super().render(template, **context)

    # The main page

    @expose("/")
    def index_view(self) -> Any:
        """Show the open application, else the newest; an empty form for the first one or with `?new`."""
        open_first = (Application.state == State.FINISHED, Application.id.desc())
        present = db.session.execute(
            self.rows(Application.number, Application.state).order_by(*open_first).limit(1)
        ).first()
        if present is not None and not (present.state is State.FINISHED and "new" in request.args):
            return redirect(self.get_url(".application", number=present.number))
        return self.opened_form(None)

    @expose("/<number>/")
    def application(self, number: str) -> Any:
        """Show one application: the form while it is editable, else what was submitted."""
        found = self.get_one(number)
        page = self.opened_form(found) if is_editable(found.state) else self._read_only_page(found)
        taking_back.note_opened(found, current_user)
        return page

    def _form_page(self, found: Application | None, form: Any, status: int = 200, **further: Any) -> Any:
        """Render the form with its problems, attachments and the side column."""
        version = description.form_of(found) if found else description.published()
        saved = form if isinstance(form, SavedForm) else SavedForm(found, current_user, version)
        drafts = self.draft_values(found, typed_fields(saved))
        notice, notice_reading = reading.open_notice(current_user, found)
        slots = completeness.slots(found) if found else []
        problems = completeness.problems(found, slots) if found else []
        reviews = progress.history(found) if found else []
        check = "check" in request.args
        admission = periods.admission(found)
        beside = side_column(found, reviews)
        asks_again = beside["begins_anew"] and admission.period
        unsaved = _unsaved_fields(form, saved)
        text_by_anchor = {
            problem.anchor: text_beside_field(problem)
            for problem in problems
            if (check or not problem.missing) and problem.anchor.partition("-")[0] not in unsaved
        }
        marks = self._marks(found, reviews, slots, on_form=True)
        if isinstance(form, SavedForm) and (text_by_anchor or marks["marks_at"]):
            form = filled_form(found, current_user, version)
        if text_by_anchor:
            _add_problems(form, text_by_anchor)
        content = self.render(
            "personal/application.html",
            application=found,
            form=form,
            form_version=version.number,
            parts=section_context(form, problems, found or current_user, version),
            rendered_field=partial(rendered_field, version),
            rendered_experience=rendered_experience,
            rendered_blank_experience=rendered_blank_experience,
            experience_words=experience_words(),
            by_anchor=text_by_anchor,
            problems=problems,
            check=check and problems,
            remarks=[
                translated(sentence, words) for sentence, words in remarks.timeline_remarks(found.experiences)
            ]
            if found
            else [],
            returned=found is not None and found.state is State.RETURNED,
            admission=admission,
            passed_already=passed_in(admission.period) if asks_again else None,
            notice=notice,
            notice_reading=notice_reading,
            notice_left=reading.seconds_left(notice_reading) if notice else 0,
            notice_total=reading.SECONDS,
            slots=slots,
            paper_remarks=signed_form_remarks(found, slots) if found else {},
            uploaded=sum(bool(files) for material, files in slots if material.required),
            wanted=sum(material.required for material, _ in slots),
            employer=employer_words(form["enterprise_id"].data),
            saved=gettext("已保存 %(time)s", time=stamp(found.saved_at)[-5:]) if found else "",
            **{
                "failed": None,
                "dirty": False,
                "confirmed": "confirmed" in request.args,
                "offered": [],
                "changed": [],
                "opened_draft": None,
                **drafts,
                **further,
            },
            **marks,
            **beside,
        )
        return content, status

    def _read_only_page(
        self, found: Application, status: int = 200, sentence: str = "", typed: TypedBack = ()
    ) -> Any:
        """Render an application that cannot be edited: who reviews it, and what was submitted."""
        reviews = history_with_submissions(found)
        beside = side_column(found, reviews)  # first: its count is read with the frame's
        read = read_by(found, reviews, current_user)
        papers = submitted_files(found, visible_files(found, current_user))
        can_withdraw = find_transition(found.state, Action.WITHDRAW, current_user.role) is not None
        return self.render(
            "personal/submitted.html",
            application=found,
            sections=submitted_sections(found, read),
            reviews=reviews,
            table=BY_STATE_AND_ACTION,
            state_words=STATE_WORDS,
            result_words=RESULT_WORDS,
            sentence=sentence,
            typed_back=typed,
            desk=routing.responsible_for(found),
            under_review=found.state in routing.REVIEW_STEPS,
            can_withdraw=can_withdraw,
            term_after_withdrawal=periods.resubmit_by(found, now(), present_calendar())
            if can_withdraw
            else None,
            just_submitted="submitted" in request.args,
            last=reviews[0] if reviews else None,
            grant=grant_of(found),
            **viewer_values(
                file_groups(
                    papers, self.paper_address(found), read.seen_round, paper_remarks(found, papers, read)
                )
            ),
            **notice_context(found),
            **beside,
        ), status

    # 「查询历史」

    @expose("/history/")
    def history(self) -> str:
        """List this person's applications with state, result and reason (A13, A17-A19)."""
        return self.render("personal/history.html", listing=DataTable(history.COLUMNS, self._own_rows()))

    def exported_history(self) -> ListExport:
        """Return this person's applications for an export."""
        return ListExport(N_("查询历史"), [ListSheet(history.COLUMNS, self._own_rows())])

    def _own_rows(self) -> list[Any]:
        of_person = self.rows().options(joinedload(Application.period)).order_by(Application.id.desc())
        return history.rows(db.session.scalars(of_person).unique().all())

    @expose("/history/", methods=("POST",))
    def choose(self) -> Any:
        """Open the selected application (A13)."""
        number = request.form.get("number", "")
        if not number:
            flash(gettext("请先选中一条申请，再点“确定”。"), "error")
            return redirect(self.get_url(".history"))
        return redirect(self.get_url(".application", number=self.get_one(number).number))

    # 「申请须知」

    @expose("/notice-read/", methods=("POST",))
    def notice_read(self) -> Any:
        """Record that the 30 seconds are over; returns how many seconds are left (A5)."""
        return {"left": reading.finish(current_user, review.open_application(current_user))}


def _unsaved_fields(form: Any, saved: SavedForm) -> set[str]:
    """Return the keys of the fields that show another value than the saved one, whose problems are not theirs."""
    if form is saved:
        return set()
    here, there = typed_fields(form), typed_fields(saved)
    return {key for key in here if here[key] != there[key]}


def _add_problems(form: Any, text_by_anchor: Mapping[str, str]) -> None:
    """Add what prevents a submission to the errors of its field, unless the field has one already."""
    for key, field in form.described_fields():
        if key in text_by_anchor and not field.errors:
            field.errors = [text_by_anchor[key]]
    for entry in form.experiences:
        for field in entry.form:
            if field.id in text_by_anchor and not field.errors:
                field.errors = [text_by_anchor[field.id]]


def register(app: Flask) -> None:
    """Add `/personal/`."""
    index = PersonalHome(name=N_("个人业务经办"), endpoint="personal", url="/personal")
    admin = Console(app, name=CONSOLE_NAME, index_view=index)
    admin.add_view(
        ApplicationView(
            Application, name=N_("生活补贴申请"), endpoint="personal_application", url="/personal/application"
        )
    )
