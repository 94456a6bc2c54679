"""What every page needs: the frame around it, and how words, times and files are written on it."""

import re
from collections.abc import Callable, Hashable, Mapping, MutableMapping, Sequence
from datetime import date, datetime
from functools import cache, lru_cache
from typing import Any, NamedTuple

from flask import Flask, Response, g, session
from flask.templating import Environment
from flask_babel import gettext, ngettext
from flask_login import current_user
from markupsafe import Markup
from sqlalchemy import Select, select

from admin_views import entrance
from admin_views.languages import language, once_a_language
from common import working_days
from common.calendar import ORDOS, local_date, today
from common.errors import Problem
from common.settings import DEFAULTS, HELP_LINE, SITE_NAME, kept, setting, worded
from common.text import HAN
from common.working_days import Calendar
from models import Account
from models.statements import Prepared
from uploads import notes
from uploads.preview import is_shown
from workflow import inbox, scope
from workflow.form import versions

LATE_WORKING_DAYS = 5
"""From here on a waiting time is amber."""
MOST_STATEMENTS = 50
"""So many kinds of frame are kept with their statement: a role's pages differ by one number or none."""
MOST_DRAWN = 500
PAGES = ("text/html", "application/json")
IN_CHINESE = re.compile(f"[{HAN}]")
CHINESE = Markup(' lang="zh-CN"')


class Shown(NamedTuple):
    """Whose page it is, as it says at its top."""

    name: str
    desk: str
    url: str


class Templates(Environment):
    """Flask's templates, with the globals of each as one plain dictionary.

    Jinja compares them at every import of a macro, one by one where they are a chain of dictionaries: a tenth of a page.
    """

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        return {**self.globals, **(d or {})}


def register(app: Flask) -> None:
    """Give the templates their frame, filters and globals."""
    app.context_processor(frame)
    app.after_request(prolong)
    app.after_request(keep)
    app.add_template_global(language)
    app.add_template_global(entrance.way_to)
    app.add_template_global(entrance.csrf_token)
    app.add_template_filter(said)
    app.add_template_filter(lang)
    app.add_template_filter(told)
    app.add_template_filter(stamp)
    app.add_template_filter(day)
    app.add_template_filter(waiting)
    app.add_template_filter(left)
    app.add_template_filter(passed)
    app.add_template_filter(once)
    app.add_template_filter(each_once)
    app.add_template_filter(once_a_language)
    app.add_template_filter(notes.to_owner, "notes_to_owner")
    app.add_template_filter(notes.to_reviewer, "notes_to_reviewer")
    app.add_template_test(is_shown, "shown")
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True


def frame() -> dict[str, Any]:
    """Return what layout.html draws around every page; asks the database once a request."""
    if "frame" not in g:
        g.frame = _frame()
    return g.frame


def numbers(*asked: Select[Any]) -> list[Any]:
    """Return the answer of each of these queries for one number, asked in one statement with what the frame asks.

    What a page has been told once it need not ask for again.
    """
    known = g.setdefault("numbers", {})
    if not all(each in known for each in asked):
        account: Account = current_user._get_current_object()
        wanted = dict.fromkeys((*own_numbers(scope.like(account)), *asked))
        missing = tuple(each for each in wanted if each not in known)
        tell(missing, _statement(missing).execute(scope.values(account))[0])
    return [known[each] for each in asked]


@cache
def own_numbers(actor: scope.Anybody) -> tuple[Select[Any], Select[Any], Select[Any]]:
    """Return the queries for what every page needs: the help line, how much is unread, and the stamp of the calendar."""
    return kept(HELP_LINE), inbox.count_of_unread(actor), working_days.STAMP


def present_calendar() -> Calendar:
    """Return the working days for this page. Its stamp comes with the frame's numbers and costs no statement of its own."""
    [stamp] = numbers(working_days.STAMP)
    return working_days.of_stamp(stamp)


def tell(asked: Sequence[Select[Any]], answers: Sequence[Any]) -> None:
    """Keep the answers for this page: a list asks for them beside its rows, which spares a statement."""
    g.setdefault("numbers", {}).update(zip(asked, answers, strict=True))


@lru_cache(maxsize=MOST_STATEMENTS)
def _statement(asked: tuple[Select[Any], ...]) -> Prepared:
    return Prepared(select(*(each.scalar_subquery() for each in asked)))


def _frame() -> dict[str, Any]:
    account = current_user._get_current_object()
    if not account.is_authenticated:
        return {**bare_frame(), "help_line": setting(HELP_LINE)}
    help_line, unread, _stamp = numbers(*own_numbers(scope.like(account)))
    return {
        **bare_frame(),
        "help_line": worded(HELP_LINE, help_line),
        "account": Shown(account.name, account.seat.name, entrance.way_to("accounts.own")),
        "home": entrance.home(account),
        "unread": unread,
        "csrf_token": entrance.csrf_token,
    }


def bare_frame() -> dict[str, Any]:
    """Return the frame as it is without the database, which may be away."""
    return {
        "site_name": translated(SITE_NAME),
        "help_line": DEFAULTS[HELP_LINE][0],
        "account": None,
        "home": None,
        "unread": 0,
        "console": None,
        "menu": (),
    }


def prolong(response: Response) -> Response:
    """Let the cookie last as long as the session whose row has just been noted anew, once a minute.

    A page does it; a picture that arrives after the logout must not bring the session back.
    """
    if g.get("session_noted") and response.mimetype in PAGES:
        session.modified = True
    return response


def keep(response: Response) -> Response:
    """Let nobody keep what shows a person's data.

    Else a shared computer's back button shows after the logout what the last person had before them.
    """
    if "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-store"
    return response


def said(text: str, words: Mapping[str, str] | None = None) -> str:
    """Return wording that stands in data in the person's language; so are the words that fill its gaps."""
    if not words:
        return _said(text)
    return gettext(text, **{key: _said(value) for key, value in words.items()})


def _said(text: str) -> str:
    """Return one wording; what an administrator typed has its English beside it, or none."""
    if not text:
        return ""
    own = versions.in_english(text)
    return own if own and language() == "en" else translated(text)


@once_a_language
def translated(text: str) -> str:
    """Return a wording without gaps in the person's language."""
    return gettext(text)


def lang(text: str | None) -> Markup:
    """Return the attribute of an element that holds what somebody typed: on an English page Chinese is to be read as Chinese."""
    return CHINESE if text and language() == "en" and IN_CHINESE.search(text) else Markup("")


def told(problem: Problem) -> str:
    """Return a problem as the sentence that its person reads."""
    return said(problem.sentence, problem.words)


def stamp(instant: datetime | None) -> str:
    """Return an instant as 2026-11-23 14:05 in Ordos."""
    return instant.astimezone(ORDOS).strftime("%Y-%m-%d %H:%M") if instant else ""


def time_of_day(instant: datetime) -> str:
    """Return an instant as 14:05:33 in Ordos."""
    return instant.astimezone(ORDOS).strftime("%H:%M:%S")


def day(value: date | None) -> str:
    """Return a date as 2026-11-23."""
    return value.isoformat() if value else ""


def waiting(since: datetime) -> dict[str, Any]:
    """Return how long something has waited, in words, and whether that is too long.

    `note` says which years were counted Monday to Friday; "" where all holidays are known.
    """
    return _waiting(local_date(since), today(), present_calendar())


@once_a_language
def _waiting(start: date, end: date, calendar: Calendar) -> dict[str, Any]:
    span = calendar.waited(start, end)
    if span.days == 0:
        return {"words": gettext("今天"), "late": False, "note": ""}
    return {
        "words": ngettext("%(num)s 个工作日", "%(num)s 个工作日", span.days),
        "late": span.days >= LATE_WORKING_DAYS,
        "note": counted_plainly(span.unknown),
    }


def left(last: date) -> dict[str, str]:
    """Return how many working days are left up to a last day, as a sentence; `note` as that of `waiting`."""
    span = present_calendar().waited(today(), last)
    if last == today():
        words = gettext("今天是最后一天。")
    elif span.days:
        time = ngettext("%(num)s 个工作日", "%(num)s 个工作日", span.days)
        words = gettext("还剩 %(time)s。", time=time)
    else:
        words = gettext("还剩不到 1 个工作日。")
    return {"words": words, "note": counted_plainly(span.unknown)}


def passed(last: date) -> bool:
    """Say whether a last day has passed in Ordos."""
    return last < today()


def counted_plainly(years: Sequence[int]) -> str:
    """Return the sentence that these years were counted Monday to Friday; "" for none."""
    if not years:
        return ""
    named = gettext("、").join(str(year) for year in years)
    return gettext("%(years)s 年的放假安排尚未录入，按周一至周五计算", years=named)


def each_once(macro: Callable[..., Markup]) -> Callable[..., Markup]:
    """Let a macro be drawn for each of many things, and once for those that are alike."""
    drawn = once(macro)

    def drawn_each(many: Sequence[Hashable], *given: Hashable) -> Markup:
        return Markup("".join([drawn(one, *given) for one in many]))  # noqa: S704 - each is drawn by the macro

    return drawn_each


def once(macro: Callable[..., Markup]) -> Callable[..., Markup]:
    """Let a macro that says nothing but what it is given be drawn once for each thing it is given.

    A text and the same text as markup are two things: one of them is escaped.
    """
    return lru_cache(maxsize=MOST_DRAWN, typed=True)(macro)
