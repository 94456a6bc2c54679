"""What every page needs: the frame around it, and how words, times and files are written on it."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from flask import Flask, Response, g, session, url_for
from flask_babel import get_locale, gettext, ngettext
from flask_login import current_user
from sqlalchemy import select

from admin_views import entrance
from models import Account, db
from workflow import form, messages
from workflow.calendar import ORDOS, Waiting, waited
from workflow.completeness import Problem
from workflow.settings import DEFAULTS, HELP_LINE, SITE_NAME, kept, setting, worded

LATE_WORKING_DAYS = 5
"""From here on a waiting time is amber."""
PAGES = ("text/html", "application/json")


def register(app: Flask) -> None:
    """Give the templates their frame, filters and globals."""
    app.context_processor(frame)
    app.after_request(prolong)
    app.after_request(keep)
    app.add_template_global(get_locale)
    app.add_template_filter(said)
    app.add_template_filter(told)
    app.add_template_filter(stamp)
    app.add_template_filter(day)
    app.add_template_filter(waiting)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True


def frame() -> dict[str, Any]:
    """Return what layout.html draws around every page; asks the database once a request."""
    if "frame" not in g:
        g.frame = _frame()
    return g.frame


def _frame() -> dict[str, Any]:
    if not current_user.is_authenticated:
        return {**bare_frame(), "help_line": setting(HELP_LINE)}
    account: Account = current_user._get_current_object()
    asked = select(kept(HELP_LINE).scalar_subquery(), messages.count_of_unread(account).scalar_subquery())
    help_line, unread = db.session.execute(asked).one()
    return {
        **bare_frame(),
        "help_line": worded(HELP_LINE, help_line),
        "account": {
            "name": account.name,
            "desk": str(account.office or account.enterprise or ""),
            "url": url_for("accounts.own"),
        },
        "home": entrance.home(account),
        "unread": unread,
    }


def bare_frame() -> dict[str, Any]:
    """Return the frame as it is without the database, which may be away."""
    return {
        "site_name": gettext(SITE_NAME),
        "help_line": DEFAULTS[HELP_LINE][0],
        "account": None,
        "home": None,
        "unread": 0,
        "console": None,
        "menu": [],
    }


def prolong(response: Response) -> Response:
    """Let a page begin the hour of its session anew; a picture that arrives after the logout must not bring it back."""
    if session.permanent and response.mimetype in PAGES:
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
    own = form.in_english(text)
    return own if own and get_locale().language == "en" else gettext(text)


def told(problem: Problem) -> str:
    """Return a problem as the sentence that its person reads."""
    return said(problem.sentence, problem.words)


def stamp(instant: datetime | None) -> str:
    """Return an instant as 2026-11-23 14:05 in Ordos."""
    return instant.astimezone(ORDOS).strftime("%Y-%m-%d %H:%M") if instant else ""


def day(value: date | None) -> str:
    """Return a date as 2026-11-23."""
    return value.isoformat() if value else ""


def waiting(since: datetime) -> dict[str, Any]:
    """Return how long something has waited, in words, and whether that is too long."""
    time: Waiting = waited(since)
    if time.days == 0:
        return {"words": gettext("今天"), "late": False}
    words = (
        ngettext("%(num)s 个工作日", "%(num)s 个工作日", time.days)
        if time.working
        else ngettext("%(num)s 天", "%(num)s 天", time.days)
    )
    return {"words": words, "late": time.days >= LATE_WORKING_DAYS}
