"""The frame of every page, and the filters and globals of the templates."""

from collections.abc import Callable, Hashable, MutableMapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from flask import Flask, g
from flask.templating import Environment
from flask_babel import gettext, ngettext
from flask_login import current_user
from markupsafe import Markup

from admin_views.site import login_session
from admin_views.site.cut_macros import cut_at
from admin_views.site.escaping import PlainCalls, TemplateCode
from admin_views.site.languages import cached_per_language, language
from admin_views.site.lists import Column, Head
from admin_views.site.page_counts import current_shape, frame_queries, page_counts, present_calendar
from admin_views.site.wording import (
    cached_gettext,
    day,
    lang,
    missing_holidays_note,
    place_name,
    problem_text,
    stamp,
    translated,
    waiting_time,
)
from common.calendar import today
from common.settings import DEFAULTS, HELP_LINE, SITE_NAME, setting, setting_value
from uploads import notes
from uploads.preview import has_preview

MOST_CACHED = 500


class Identity(NamedTuple):
    """The account shown at the top of the page."""

    name: str
    desk: str
    url: str


class Templates(Environment):
    """Flask's template environment with cheaper escaping, and the globals of each template as one dictionary.

    Jinja compares the globals at every import of a macro; with chained dictionaries that took a tenth of a page.
    """

    code_generator_class = TemplateCode
    context_class = PlainCalls

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        return {**self.globals, **(d or {})}


def register(app: Flask) -> None:
    """Give the templates their frame, filters and globals."""
    app.context_processor(frame)
    app.add_template_global(language)
    app.add_template_global(current_user, "current_user")
    app.add_template_global(login_session.url_of)
    app.add_template_global(login_session.url_of_application)
    app.add_template_global(login_session.csrf_token)
    app.add_template_filter(translated)
    app.add_template_filter(lang)
    app.add_template_filter(problem_text)
    app.add_template_filter(place_name)
    app.add_template_filter(stamp)
    app.add_template_filter(day)
    app.add_template_filter(waiting_time)
    app.add_template_filter(days_left)
    app.add_template_filter(is_past)
    app.add_template_filter(is_today)
    app.add_template_filter(heads_of)
    app.add_template_filter(cached_macro)
    app.add_template_filter(cached_rows)
    app.add_template_filter(cached_per_language)
    app.add_template_filter(cut_at)
    app.add_template_filter(notes.to_owner, "notes_to_owner")
    app.add_template_filter(notes.to_reviewer, "notes_to_reviewer")
    app.add_template_test(has_preview, "shown")
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True


def frame() -> dict[str, Any]:
    """Return the context of layout.html; queries the database once a request."""
    known: dict[str, Any] | None = g.get("frame")
    if known is None:
        known = g.frame = _frame()
    return known


def _frame() -> dict[str, Any]:
    account = current_user._get_current_object()
    if not account.is_authenticated:
        return {**bare_frame(), "help_line": setting(HELP_LINE)}
    help_line, unread, _stamp = page_counts(*frame_queries(current_shape()))
    return {
        **bare_frame(),
        "help_line": setting_value(HELP_LINE, help_line),
        "account": Identity(account.name, account.membership.name, login_session.url_of("accounts.own")),
        "home": login_session.home(account),
        "unread": unread,
        "csrf_token": login_session.csrf_token,
    }


def bare_frame() -> dict[str, Any]:
    """Return the frame without database access, for when it is down."""
    return {
        "site_name": cached_gettext(SITE_NAME),
        "help_line": DEFAULTS[HELP_LINE][0],
        "account": None,
        "home": None,
        "unread": 0,
        "console": None,
        "menu": (),
    }


def days_left(last: date) -> dict[str, str]:
    """Return how many working days remain until a last day, as a sentence; `note` as in `waiting`."""
    span = present_calendar().waited(today(), last)
    if last == today():
        words = gettext("今天是最后一天。")
    elif span.days:
        time = ngettext("%(num)s 个工作日", "%(num)s 个工作日", span.days)
        words = gettext("还剩 %(time)s。", time=time)
    else:
        words = gettext("还剩不到 1 个工作日。")
    return {"words": words, "note": missing_holidays_note(span.unknown)}


def is_past(last: date) -> bool:
    """Say whether a last day has passed in Ordos."""
    return last < today()


def is_today(day: date) -> bool:
    """Say whether it is this day in Ordos."""
    return day == today()


@cached_per_language
def heads_of(columns: tuple[Column, ...]) -> tuple[Head, ...]:
    """Return the headings of a list that cannot be sorted."""
    return tuple(Head(translated(column.heading), kind=column.kind) for column in columns)


def cached_rows(macro: Callable[..., Markup]) -> Callable[..., Markup]:
    """Render a macro for each row, once for equal rows."""
    render = cached_macro(macro)

    def render_rows(many: Sequence[Hashable], *given: Hashable) -> Markup:
        return Markup("".join([render(one, *given) for one in many]))  # noqa: S704 - the macro escapes each row

    return render_rows


def cached_macro(macro: Callable[..., Markup]) -> Callable[..., Markup]:
    """Cache a macro whose output depends only on its arguments.

    A str and an equal Markup are cached separately: only one of them is escaped.
    """
    return lru_cache(maxsize=MOST_CACHED, typed=True)(macro)
