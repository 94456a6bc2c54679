"""The messages of this account and its desk, each with a link to its subject.

Shows nothing outside workflow.scope.messages, and marks as read only by POST.
"""

from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter
from typing import Any

from flask import Blueprint, Flask, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_login import current_user, login_required
from sqlalchemy import Select, select
from sqlalchemy.orm import defer, joinedload
from werkzeug.wrappers import Response

from accounts import access
from admin_views import message_rows
from admin_views.message_rows import AboutApplication, MessageRow
from admin_views.site import login_session
from admin_views.site.exporting import ListExport, ListSheet, register_source
from admin_views.site.lists import Column, DataTable
from admin_views.site.page_counts import current_shape, frame_queries
from admin_views.site.typed import row_number
from admin_views.site.wording import translated
from common import messages as common_messages
from common.wording import N_
from models import Account, Application, Enterprise, Message, db
from workflow import inbox, scope
from workflow import notifications as outbox

PAGE_SIZE, EXPORTED_AT_A_TIME = 20, 200

COLUMNS = (
    Column("mark", N_("状态"), lambda message: gettext("未读") if message["unread"] else ""),
    Column("text", N_("内容"), itemgetter("text")),
    Column("at", N_("时间"), itemgetter("at"), cell="stamp"),
)
"""Rows are results of `newest`; the page shows each as one button."""

messages = Blueprint("messages", __name__)


@messages.get("/messages/")
@login_required
def own() -> str:
    """Show a page of messages, the newest first; `before` is the last id of the previous page."""
    before = row_number(request.args.get("before"))
    found = newest(current_user, PAGE_SIZE + 1, before, frame_queries(current_shape()))
    return render_template(
        "messages/own.html",
        listing=DataTable(COLUMNS, found[:PAGE_SIZE]),
        older=found[PAGE_SIZE - 1]["id"] if len(found) > PAGE_SIZE else None,
        first_page=before is None,
    )


@messages.post("/messages/<int:number>/")
@login_required
def open_one(number: int) -> Response:
    """Mark a message as read and redirect to its subject, if the account may still see that."""
    message = db.session.scalars(_visible_messages(current_user).where(Message.id == number)).one_or_none()
    if message is None:
        abort(404)
    inbox.mark_read(current_user, message.id)
    openable = not _has_subject(message) or _is_visible(message, current_user)
    address = url(message, current_user) if openable else None
    if address is None and _has_subject(message):
        flash(gettext("这件事已不在您处办理，无法打开。"), "info")
    return redirect(address or url_for("messages.own"), 303)


@messages.post("/messages/read/")
@login_required
def read_all() -> Response:
    """「全部标为已读」."""
    inbox.mark_all_read(current_user)
    return redirect(url_for("messages.own"), 303)


def newest(
    actor: Account, most: int, before: int | None = None, also_count: Sequence[Select[Any]] = ()
) -> list[dict[str, Any]]:
    """Return the newest messages to this account as pages show them; older than `before`, if given (message_rows.newest_rows).

    `text`, `at`, `unread`; `url` is the message's subject, `open` (POST) also marks it as read.
    """
    opened = login_session.url_of("messages.own")
    return [
        {
            "id": row.id,
            "text": _text(row),
            "url": url(row, actor),
            "open": f"{opened}{row.id}/",
            "at": row.created_at,
            "unread": row.read_at is None,
        }
        for row in message_rows.newest_rows(actor, most, before, also_count)
    ]


def _text(row: MessageRow) -> str:
    values = outbox.wording_values(row, AboutApplication.desk_name)  # type: ignore[arg-type]
    return translated(common_messages.wording_of(row.kind), values)


def url(message: Message | MessageRow, actor: Account) -> str | None:
    """Return the URL of a message's subject in this account's console."""
    console = access.CONSOLES[actor.role]
    if message.application is not None:
        return f"{login_session.url_of(APPLICATIONS.get(console, f'{console}.index_view'))}{message.application.number}/"
    if message.kind == "digest":
        return url_for(f"{console}.index_view")
    if message.kind in BY_KIND:
        return url_for(BY_KIND[message.kind])
    if message.subject_enterprise_id is not None and console in REGISTRATION:
        return REGISTRATION[console](message.subject_enterprise_id)
    return None


APPLICATIONS = {
    "personal": "personal_application.index_view",
    "administration": "administration_applications.index_view",
}
"""The endpoint below which the pages of applications are, by console, if it is not the console's own view."""

BY_KIND = {
    "reviewers_changed": "reviewers.index_view",
    "continuation_asked": "own_continuations.index_view",
    "continuation_confirmed": "own_continuations.index_view",
    "continuation_to_confirm": "continuations.index_view",
    "payment_refused": "personal_payments.index_view",
    "payment_reversed": "personal_payments.index_view",
    "account_confirmed": "personal_payments.index_view",
    "account_not_confirmed": "personal_payments.index_view",
    "account_to_confirm": "enterprise_accounts.index_view",
}
"""The endpoint of messages that have no row as subject."""

REGISTRATION: dict[str, Callable[[int], str]] = {
    "enterprise": lambda _key: url_for("registration.index"),
    "office": lambda key: url_for("office_enterprises.enterprise", key=key),
}
"""The page of an enterprise's registration, by console."""


def _visible_messages(actor: Account) -> Select[Any]:
    """Return the query for this account's messages, each with what its URL needs."""
    return (
        select(Message)
        .where(scope.messages(actor))
        .options(defer(Message.secret_words), joinedload(Message.application).load_only(Application.number))
    )


def _has_subject(message: Message) -> bool:
    return message.application_id is not None or message.subject_enterprise_id is not None


def _is_visible(message: Message, actor: Account) -> bool:
    """Say whether this account may see the subject of a message."""
    if message.application_id is not None:
        query = select(Application.id).where(Application.id == message.application_id, scope.visible(actor))
    else:
        query = select(Enterprise.id).where(
            Enterprise.id == message.subject_enterprise_id, scope.enterprises(actor)
        )
    return db.session.scalar(query) is not None


def exported_messages() -> ListExport:
    """Return all messages of this account for an export."""
    return ListExport(N_("消息"), [ListSheet(COLUMNS, _every_message(current_user))])


def _every_message(actor: Account) -> Iterator[dict[str, Any]]:
    """Yield the messages, the newest first, some at a time."""
    before = None
    while some := newest(actor, EXPORTED_AT_A_TIME, before):
        yield from some
        before = some[-1]["id"]


def register(app: Flask) -> None:
    """Add `/messages/`."""
    app.register_blueprint(messages)
    register_source(app, "messages.own", None, exported_messages)
