"""The page of one application in a reviewer's console, with its papers, its history and the table's buttons."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from flask import abort, request
from flask_babel import gettext, pgettext
from flask_login import current_user

from admin_views.files.papers import file_groups, send_visible_files, submitted_files, viewer_values
from admin_views.review import time_limits
from admin_views.review.ahead import is_prefetch
from admin_views.review.contradictions import contradictions
from admin_views.review.rendered_facts import rendered_facts
from admin_views.review.resubmitted import resubmitted_values
from admin_views.review.submitted_content import (
    history_with_submissions,
    paper_remarks,
    read_by,
    sections,
    submitted_fields,
)
from admin_views.review.take_back import TAKE_BACK
from admin_views.site.base import address_of, expose, menu_numbers
from admin_views.site.languages import cached_per_language
from admin_views.site.page_counts import current_actor, frame_queries
from admin_views.site.wording import cached_gettext
from common.wording import N_
from desk import disclosure, taking_back
from desk.page_context import send_page_context
from desk.phrases import PHRASES
from desk.time_limits import LIMITS
from documents.decision_notices import offered_notices
from models import Action, Application
from models.desk_work import NOTE_LIMIT
from models.pipelines import read_together
from workflow import routing
from workflow.transitions import (
    ACTION_WORDS,
    BY_STATE_AND_ACTION,
    RESULT_WORDS,
    STATE_WORDS,
    Transition,
    open_transitions,
)

PASS_AND_END = N_("通过，业务结束")


@cached_per_language
def _action_word(action: Action) -> str:
    return str(pgettext("button", ACTION_WORDS[action]))


class Button(NamedTuple):
    """A decision that the page offers. `phrases`: the reasons to choose from."""

    row: Transition
    label: str
    phrases: Sequence[str]


class ApplicationPage:
    """The page of one application, for `ReviewConsole`."""

    exposed_routes: tuple[str, ...] = ("application", "disclose")

    @expose("/<number>/")
    def application(self: Any, number: str) -> str:
        """Return the page of one application."""
        found = self.get_one(number)
        page = self._page(found)
        if not is_prefetch():
            taking_back.note_opened(found, current_actor()[0])
        return page

    def _page(self: Any, found: Application, status: int = 200, **further: Any) -> Any:
        (actor, shape), reviews = current_actor(), history_with_submissions(found)
        menu_queries = tuple(menu_numbers(self.admin, shape).values())
        read = read_by(found, reviews, actor)
        with read_together():  # PostgreSQL answers while the block prepares what needs no answer
            also_count = (*frame_queries(shape), LIMITS, *menu_queries)
            next_one = self._send_next(found.id, found.arrived_at, also_count)
            context = send_page_context(found, actor, submitted_fields(found, read))
            visible = send_visible_files(found, actor)
            read_sections = sections(found, read)
            marks = self.mark_values(found, read_sections, further.pop("mark_refused", None))
            buttons, taken = self._buttons(found), self.offered_take_back(found, reviews)
        next_shown, context_shown, files = next_one(), context(), visible()
        address, papers = self.paper_address(found), submitted_files(found, files)
        content = self.render(
            "review/application.html",
            list_frame=self.list_frame,
            list_address=address_of(self),
            application=found,
            me=actor.id,
            sections=read_sections,
            facts=rendered_facts,
            **marks,
            **resubmitted_values(found, reviews, read, read_sections, (files, papers, address), actor),
            **viewer_values(
                file_groups(papers, address, read.seen_round, paper_remarks(found, papers, read))
            ),
            reviews=reviews,
            notices=list(offered_notices(reviews, actor)),
            table=BY_STATE_AND_ACTION,
            state_words=STATE_WORDS,
            result_words=RESULT_WORDS,
            buttons=buttons,
            typed_back=_orphaned_reasons(
                further.get("typed", {}),
                {one.row.action.value for one in buttons} | ({TAKE_BACK} if taken else set()),
            ),
            take_back=taken,
            next_one=next_shown,
            under_review=found.state in routing.REVIEW_STEPS,
            **time_limits.values(found, menu_queries),
            contradictions=contradictions(
                found, read, context_shown.same, lambda other: f"{address_of(self)}{other}/"
            ),
            back=self.back_to_list(),
            corrections=self.corrections_of(found),
            own_regions=[key for key, _kind in actor.membership.regions],
            **self.desk_values(found, context_shown),
            **{
                "note_limit": NOTE_LIMIT,
                "note_typed": "",
                "note_wrong": "",
                "disclosed": {},
                "wrong": {},
                "typed": {},
                "meanwhile": None,
                "question": None,
                **further,
            },
        )
        return content, status

    def corrections_of(self: Any, found: Application) -> list[dict[str, str]]:
        """Return the links to what this person may correct: nothing, unless a console says otherwise."""
        return []

    def _buttons(self: Any, found: Application) -> list[Button]:
        return [
            Button(row, self._button(found, row), PHRASES.get(row.action, ()))
            for row in open_transitions(found.state, current_actor()[0].role)
        ]

    def _button(self: Any, found: Application, row: Transition) -> str:
        target = routing.target(row, found.region)
        if row.action is Action.PASS and target in routing.REVIEW_STEPS and found.submitted_enterprise:
            return gettext(
                "通过并提交至%(desk)s",
                desk=routing.responsible_at(target, found.submitted_enterprise, found.region).name,
            )
        if row.action is Action.PASS:
            return cached_gettext(PASS_AND_END)
        return _action_word(row.action)

    @expose("/<number>/disclose/", methods=("POST",))
    def disclose(self: Any, number: str) -> Any:
        """Show a hidden number in full, and note who looked."""
        found = self.get_one(number)
        field = request.form.get("field", "")
        try:
            full = disclosure.disclose(found, current_user, field)
        except KeyError:
            abort(404)
        if request.accept_mimetypes.best == "application/json":
            return {"field": field, "value": full}
        return self._page(found, disclosed={field: full})


def _orphaned_reasons(typed: Mapping[str, str], offered: Collection[str]) -> list[tuple[str, str]]:
    """Return label and text of the reasons that were typed for actions that are not offered any more.

    The other reasons are in the field of their action.
    """
    return [
        (gettext("原因（%(action)s）", action=pgettext("button", ACTION_WORDS[Action(action)])), reason)
        for action, reason in typed.items()
        if reason.strip() and action not in offered
    ]
