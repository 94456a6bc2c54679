"""「个人业务经办」: the applicant's start page."""

from flask_babel import gettext
from flask_login import current_user

from admin_views.personal.situation import situation
from admin_views.site.base import ConsoleView, expose, menu, menu_numbers
from admin_views.site.page_counts import current_shape, frame_queries
from common.settings import SITE_NAME
from models import State
from workflow.transitions import RESULT_WORDS, STATE_WORDS

CONSOLE_NAME = SITE_NAME

NEWEST_MESSAGES = 8


class PersonalHome(ConsoleView):
    """「个人业务经办」: the quick entries and the newest messages."""

    console = "personal"
    exposed_routes = runs_without_session = ("index_view",)

    @expose("/")
    def index_view(self) -> str:
        """Return the start page with 「人才经办快捷入口」 (A4)."""
        from admin_views.messages import newest

        shape = current_shape()
        person = current_user._get_current_object()
        found = situation(person, (*frame_queries(shape), *menu_numbers(self.admin, shape).values()))
        return self.render(
            "personal/home.html",
            console=gettext(CONSOLE_NAME),
            menu=menu(self.admin, self),
            latest=found.latest,
            about=found.about,
            open=found.latest is not None and found.latest.state is not State.FINISHED,
            state_words=STATE_WORDS,
            result_words=RESULT_WORDS,
            has_passed=found.has_passed,
            desk=found.desk,
            admission=found.admission,
            open_question=found.question,
            messages=newest(person, NEWEST_MESSAGES),
        )
