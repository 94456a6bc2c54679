"""「重新提交期限」: the office of a region gives the applicant of one returned application more time, with a reason.

Shows only an application's number, name, employer, state and term: it may never have been before this office. The reasons
of returns are not shown, and nothing else of the application can be searched for.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

from flask import abort, flash, redirect, request
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_login import current_user
from flask_wtf import FlaskForm
from sqlalchemy import ColumnElement, select
from wtforms import TextAreaField
from wtforms.validators import InputRequired

from admin_views.review import application_list, list_search
from admin_views.site import keyset
from admin_views.site.base import ScopedView, expose, menu
from admin_views.site.day_fields import DayField
from admin_views.site.exporting import ListExport, ListSheet, described_search
from admin_views.site.frame import is_past
from admin_views.site.keyset import ListQuery, Order
from admin_views.site.lists import Badge, Column, DataTable
from admin_views.site.typed import one_line
from admin_views.site.wording import day, reason_problem, translated
from common.errors import (
    ChangedMeanwhile,
    NotPermitted,
    NotVisible,
    ReasonRefused,
    Unacceptable,
)
from common.wording import N_
from desk import extension
from models import Action, Application, Review, State, db
from models.statements import PlannedPerQuery
from workflow import periods, scope
from workflow.decision import Decision
from workflow.transitions import BY_STATE_AND_ACTION, STATE_WORDS

MOST_LINES = 20
SEARCHED = frozenset(
    {"everything", "number", "serial", "initials", "other initials", "name"}
    | {"an employer", "employers", "an employer's code", "an employer's name"}
)
"""A telephone or identity number finds nothing here: an answer would say that its owner has applied."""


class TermRow(NamedTuple):
    """One application in the list; `period_closes` is the end of the open period, if any."""

    number: str
    name: str
    enterprise: str | None
    state: State
    resubmit_by: date | None
    period_closes: date | None


class ExtensionForm(FlaskForm):
    until = DayField(
        _("新的期限"),
        [InputRequired(_("请填写日期，例如：2026-11-23。"))],
        description=_("这一天仍可以重新提交。"),
    )
    reason = TextAreaField(
        _("原因"),
        description=_("写进这份申请的经过，申请人会看到。"),
        render_kw={"rows": 3, "required": True},
    )


def _term_badge(row: TermRow) -> Badge:
    """Return until when it can be resubmitted; while a period is open nothing has expired."""
    last = row.resubmit_by
    if last and not is_past(last):
        return Badge("wait", gettext("至 %(day)s", day=day(last)))
    if row.period_closes:
        return Badge("wait", gettext("至 %(day)s", day=day(row.period_closes)))
    return Badge("late", gettext("%(day)s 已过", day=day(last)) if last else gettext("期限已过"))


COLUMNS = (
    Column("number", N_("编号"), style="cell-quiet num"),
    Column("name", N_("姓名"), cell="title"),
    Column("enterprise", N_("工作单位")),
    Column("state", N_("业务状态"), lambda row: translated(STATE_WORDS[row.state])),
    Column("resubmit_by", N_("重新提交期限"), _term_badge, cell="badge"),
)


def _rows(rows: Iterable[Any]) -> Iterator[TermRow]:
    """Yield the rows with the end of the open period, while there is one."""
    period = periods.open_period()
    closes = period.closes if period else None
    for row in rows:
        yield TermRow(row.number, row.name, row.enterprise, row.state, row.resubmit_by, closes)


class Terms(ScopedView):
    """The submitted applications of the office's regions that are back with their applicants."""

    console = "office"
    lookup_column = "number"
    exposed_routes = ("index_view", "term")
    exports = {"index_view": "exported"}
    title = N_("重新提交期限")

    def criterion(self) -> ColumnElement[bool]:
        return scope.extendable(current_user)

    def render(self, template: str, **context: Any) -> str:
        return super().render(
            template,
            console=gettext("初审"),
            menu=menu(self.admin, self),
            title=translated(self.title),
            **context,
        )

    @expose("/")
    def index_view(self) -> str:
        """Return the list, what came back last first."""
        words = one_line(request.args.get("q")) or ""
        listing, values = self._found(words)
        rows = listing.page(request.args.get("page", ""), keyset.PAGE_SIZE, values)
        return self.render(
            "review/terms.html",
            listing=DataTable(COLUMNS, list(_rows(rows.rows))),
            words=words,
            pager=rows.urls(self.get_url, ".index_view", q=words or None),
        )

    def exported(self) -> ListExport:
        """Return the list of the same address for an export."""
        words = one_line(request.args.get("q")) or ""
        listing, values = self._found(words)
        return ListExport(
            self.title, [ListSheet(COLUMNS, _rows(listing.every_row(values)))], described_search(words)
        )

    def _found(self, words: str) -> tuple[ListQuery, Mapping[str, Any]]:
        order = Order(Application.arrived_at, Application.id, descending=True)
        search = list_search.search(words) if words else list_search.Search()
        query = self.rows(
            Application.number,
            Application.name,
            application_list.EMPLOYER.label("enterprise"),
            Application.state,
            Application.resubmit_by,
        )
        paths = [path for path in search.paths if path in SEARCHED] or ["nothing"]
        queries = [query.where(list_search.SEARCH_PATHS[path](search.lookup)) for path in paths]
        return ListQuery(queries, order, executor=PlannedPerQuery), search.values

    @expose("/<number>/", methods=("GET", "POST"))
    def term(self, number: str) -> Any:
        """Show until when one application can be resubmitted, and extend it."""
        found = self.get_one(number)
        form = ExtensionForm()
        if request.method == "GET" or not form.validate():
            return self._page(found, form, 422 if form.errors else 200)
        try:
            row = extension.extend(
                number,
                current_user,
                until=form.until.data,
                seen=_day(request.form.get("seen", "")),
                decision=Decision(form.reason.data or ""),
            )
        except ReasonRefused as refusal:
            form.reason.errors = [reason_problem(refusal, gettext("请填写原因，申请人会看到这段文字。"))]
        except Unacceptable as refusal:
            form.until.errors = [translated(refusal.sentence.text, refusal.sentence.words)]
        except ChangedMeanwhile:
            return self._page(self._anew(found), form, 409, meanwhile=True)
        except (NotPermitted, NotVisible):
            abort(404)
        else:
            flash(
                gettext(
                    "%(number)s：可以重新提交的期限延长至 %(day)s，已通知申请人。",
                    number=number,
                    day=row.resubmit_by.isoformat() if row.resubmit_by else "",
                ),
                "success",
            )
            return redirect(self.get_url(".term", number=number))
        return self._page(found, form, 422)

    def _anew(self, found: Application) -> Application:
        db.session.refresh(found)
        return found

    def _page(
        self, found: Application, form: ExtensionForm, status: int = 200, *, meanwhile: bool = False
    ) -> Any:
        extensions = db.session.scalars(
            select(Review)
            .where(Review.application_id == found.id, Review.action == Action.EXTEND)
            .order_by(Review.sequence.desc())
            .limit(MOST_LINES)
        ).all()
        content = self.render(
            "review/term.html",
            application=found,
            form=form,
            meanwhile=meanwhile,
            seen=request.form.get("seen", "") if request.form and not meanwhile else day(found.resubmit_by),
            admission=periods.admission(found),
            reviews=extensions,
            table_of=BY_STATE_AND_ACTION,
            state_words=STATE_WORDS,
        )
        return content, status


def _day(text: str) -> date | None:
    """Return the term that the page showed; None where it showed none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
