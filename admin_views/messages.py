"""The messages of this account and its desk, each with a link to its subject.

Shows nothing outside workflow.scope.messages, and marks as read only by POST.
"""

from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter
from typing import Any

from flask import Blueprint, Flask, abort, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_login import current_user, login_required
from sqlalchemy import Row, Select, select
from sqlalchemy.orm import defer, joinedload
from werkzeug.wrappers import Response

from accounts import access
from admin_views.site.exporting import ListExport, ListSheet, register_source
from admin_views.site.lists import Column, DataTable
from admin_views.site.typed import row_number
from admin_views.site.wording import translated
from common import messages as common_messages
from common.wording import N_
from models import Account, Application, Enterprise, Message, MessageReading, Role, State, db
from workflow import inbox, scope
from workflow import notifications as outbox

PAGE_SIZE, EXPORTED_AT_A_TIME = 20, 200

COLUMNS = (
    Column("mark", N_("状态"), lambda message: gettext("未读") if message["unread"] else ""),
    Column("text", N_("内容"), itemgetter("text")),
    Column("at", N_("时间"), itemgetter("at"), cell="stamp"),
)
"""Rows are results of `rendered`; the page shows each as one button."""

messages = Blueprint("messages", __name__)


@messages.get("/messages/")
@login_required
def own() -> str:
    """Show a page of messages, the newest first; `before` is the last id of the previous page."""
    before = row_number(request.args.get("before"))
    found = newest(current_user, PAGE_SIZE + 1, before)
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
    row = db.session.execute(_visible_messages(current_user).where(Message.id == number)).one_or_none()
    if row is None:
        abort(404)
    message: Message = row[0]
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


def newest(actor: Account, most: int, before: int | None = None) -> list[dict[str, Any]]:
    """Return the newest messages to this account as pages show them (`rendered`); older than `before`, if given."""
    ids = db.session.scalars(inbox.newest_ids(actor, most, before)).all()
    query = _visible_messages(actor).where(Message.id.in_(ids)).order_by(Message.id.desc()).limit(most)
    rows: Sequence[Row[Any]] = db.session.execute(query).all()
    return [rendered(message, unread=read_at is None) for message, read_at in rows]


def rendered(message: Message, *, unread: bool) -> dict[str, Any]:
    """Return a message as a page shows it: `text`, `at`, `unread`; `url` is its subject, `open` (POST) also marks it as read."""
    return {
        "id": message.id,
        "text": translated(common_messages.wording_of(message.kind), outbox.wording_values(message, _desk)),
        "url": url(message, current_user),
        "open": url_for("messages.open_one", number=message.id),
        "at": message.created_at,
        "unread": unread,
    }


def url(message: Message, actor: Account) -> str | None:
    """Return the URL of a message's subject in this account's console."""
    console = access.CONSOLES[actor.role]
    if message.application is not None:
        endpoint = APPLICATION.get(console, f"{console}.application")
        return url_for(endpoint, number=message.application.number)
    if message.kind == "digest":
        return url_for(f"{console}.index_view")
    if message.kind in BY_KIND:
        return url_for(BY_KIND[message.kind])
    if message.subject_enterprise_id is not None and actor.role in REGISTRATION:
        return REGISTRATION[actor.role](message.subject_enterprise_id)
    return None


APPLICATION = {
    "personal": "personal_application.application",
    "administration": "administration_applications.application",
}
"""The endpoint of an application's page, by console, if it is not the console's own view."""

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

REGISTRATION: dict[Role, Callable[[int], str]] = {
    Role.ENTERPRISE: lambda _key: url_for("registration.index"),
    Role.OFFICE: lambda key: url_for("office_enterprises.enterprise", key=key),
}


def _visible_messages(actor: Account) -> Select[Any]:
    """Return the query for this account's messages, each with the time it was read and the rows that its text needs."""
    application = joinedload(Message.application)
    return (
        select(Message, MessageReading.at)
        .outerjoin(
            MessageReading,
            (MessageReading.message_id == Message.id) & (MessageReading.account_id == actor.id),
        )
        .where(scope.messages(actor))
        .options(
            defer(Message.secret_words),
            joinedload(Message.review),
            joinedload(Message.registration_event),
            joinedload(Message.subject_enterprise),
            joinedload(Message.digest),
            application.options(
                defer(Application.answers),
                defer(Application.identity_number),
                defer(Application.bank_account),
            ),
            application.joinedload(Application.submitted_enterprise),
            application.joinedload(Application.region),
        )
    )


def _desk(application: Application, step: State) -> str:
    """Return the name of a step's desk; queried once a request for each step and region."""
    known: dict[Any, str] = g.setdefault("desk_names", {})
    key = (step, application.submitted_enterprise_id, application.region_id)
    if key not in known:
        known[key] = outbox.responsible_name(application, step)
    return known[key]


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
        db.session.expunge_all()


def register(app: Flask) -> None:
    """Add `/messages/`."""
    app.register_blueprint(messages)
    register_source(app, "messages.own", None, exported_messages)
