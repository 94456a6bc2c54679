"""The classification of every route: who may open it, and which rows its URL can name. Consoles' routes are not listed here; they are derived."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from flask_admin.contrib.sqla import ModelView
from pypdfium2 import PdfDocument
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from admin_views.administration import import_sheets
from admin_views.enterprises.registration import RegistrationView
from admin_views.review.terms import Terms
from admin_views.site.base import ConsoleView
from administration import form_rules as workflow_form_rules
from models import (
    Account,
    AccountCorrection,
    Application,
    Attachment,
    Batch,
    BulkJob,
    Continuation,
    Enterprise,
    FormVersion,
    Grant,
    Import,
    PaymentRun,
    Role,
)
from tests.site.city import FURTHER, Actor, City
from uploads.preview import WIDTHS
from workflow.form import living_allowance

FOR_ANYBODY = {
    "static": "style, scripts and pictures of the site itself",
    "asset": "the same, under the fingerprint of their content",
    "portal.index": "where everybody begins (A1)",
    "portal.notice": "「申请须知」 is published",
    "portal.language": "changes one's own session alone",
    "publicity.public_batches": "the batches that are or were public (P1)",
    "publicity.public_batch": "one of them, with masked names while it runs (P1)",
    "metrics.read": "gives measurements to who knows their token",
    "portal.healthz": "says whether the database answers, to machines",
    "accounts.login": "a login page",
    "accounts.register": "「马上注册」",
    "accounts.reset": "a forgotten password, with the 「找回码」 (A2, E4)",
    "accounts.invitation": "whoever was invited, with the code of the invitation",
    "accounts.received": "「注册信息已收到」, the same for everybody",
    "accounts.ask_for_code": "a forgotten password, by a code that is sent (A2, E4)",
    "accounts.use_code": "that code and a new password",
    "second_factor.step": "the second step of a login; nothing without the first",
    "second_factor.own": "one's own second step, set up on the way in where it is required",
    "decision_check.page": "says whether a notice is valid, and nothing of anybody (A25)",
    "accounts.logout": "ends one's own session, if there is one",
}
FOR_EVERY_ACCOUNT = {
    "accounts.own": "one's own account, named by no address",
    "accounts.change_contact": "one's own account",
    "accounts.change_name": "one's own account",
    "accounts.first_password": "one's own account, before all else",
    "accounts.choose_channels": "one's own account",
    "accounts.change_password": "one's own account",
    "accounts.new_code": "one's own account",
    "accounts.code": "one's own account",
    "second_factor.codes": "one's own account",
    "second_factor.renew": "one's own account",
    "second_factor.switch_off": "one's own account",
    "messages.own": "messages to oneself or one's desk; a refused enterprise reads there why (E3)",
    "messages.open_one": "one of them: out of scope.messages it does not exist",
    "messages.read_all": "all of them",
    "own_data.page": "what is stored about oneself (A24)",
    "own_data.make": "the same as a file, with the password",
    "my_files.index": "one's own files",
    "my_files.job": "one of them",
    "my_files.cancel": "one of them: another's does not exist",
    "my_files.download": "one of them: another's does not exist",
    "my_files.export": "leads to one's own files where no list is named",
    "my_files.export_list": "a list that the account itself can open",
}
OPEN_BEFORE_APPROVAL = (RegistrationView,)
"""What an enterprise finds of its console before its approval (E3)."""

SPREADSHEET = import_sheets.CONTENT_TYPE
NUMBER_OF_NONE, ID_OF_NONE = "2026-999999", 999_999
LEFT_OUT = 3
"""Objects out of sight that each route is asked for, beside one that does not exist."""


@dataclass(frozen=True)
class Address:
    """One request's target. `subject` is the row it names, `seen` whether it exists for the actor."""

    rule: Rule
    values: dict[str, Any]
    path: str
    seen: bool
    subject: Any = field(repr=False)


def view_of(app: Flask, rule: Rule) -> ConsoleView | None:
    """The console view of a rule; None for other routes."""
    owner = getattr(app.view_functions[rule.endpoint], "__self__", None)
    return owner if isinstance(owner, ConsoleView) else None


def unknown(app: Flask) -> list[Rule]:
    """The routes that are not classified."""
    declared = FOR_ANYBODY.keys() | FOR_EVERY_ACCOUNT.keys()
    return [
        rule
        for rule in app.url_map.iter_rules()
        if rule.endpoint not in declared and view_of(app, rule) is None
    ]


def rules(city: City, method: str) -> list[Rule]:
    return [rule for rule in city.app.url_map.iter_rules() if method in (rule.methods or ())]


def enters(city: City, actor: Actor, rule: Rule) -> bool:
    """Whether the actor may open the route: of its own console, of every account, or public."""
    view = view_of(city.app, rule)
    if view is None:
        return rule.endpoint in FOR_ANYBODY or actor.role is not None
    return view.console == actor.console and (actor.approved or isinstance(view, OPEN_BEFORE_APPROVAL))


def addresses(city: City, actor: Actor, rule: Rule) -> Iterator[Address]:
    """Every object in the actor's sight, some that are not, and one that does not exist.

    Where the actor is not let in at all one has to do, in sight if possible.
    """
    objects = list(_objects(city, actor, rule))
    seen = [one for one in objects if one.seen]
    if not enters(city, actor, rule):
        yield from (seen or objects)[:1]
        return
    yield from seen
    yield from [one for one in objects if not one.seen][:LEFT_OUT]
    for name in rule.arguments & {"number", "key"}:
        values = objects[0].values
        none = NUMBER_OF_NONE if isinstance(values[name], str) else ID_OF_NONE
        yield _address(city, rule, values | {name: none}, None, seen=False)


def _objects(city: City, actor: Actor, rule: Rule) -> Iterator[Address]:
    for values, subject, seen in _named(city, actor, rule):
        yield _address(city, rule, values, subject, seen=seen)


def _address(city: City, rule: Rule, values: dict[str, Any], subject: Any, *, seen: bool) -> Address:
    return Address(
        rule, values, city.app.url_map.bind("localhost").build(rule.endpoint, values), seen, subject
    )


def _named(city: City, actor: Actor, rule: Rule) -> Iterator[tuple[dict[str, Any], Any, bool]]:
    """Yield the values of a rule's URL, the row, and whether the actor sees it."""
    seen, view = city.seen[actor.name], view_of(city.app, rule)
    model = view.model if isinstance(view, ModelView) else None
    asked = set(rule.arguments)
    page = {"sheet": 1, "width": WIDTHS[0]} if {"sheet", "width"} <= asked else {}
    asked -= page.keys()
    if rule.endpoint == "metrics.read":
        yield {}, None, False  # nobody here knows its token
    elif not asked:
        yield page, None, True
    elif asked == {"login_kind"}:
        for login_kind in rule._converters["login_kind"].items:  # type: ignore[attr-defined]
            yield {"login_kind": login_kind}, None, True
    elif rule.endpoint == "portal.language":
        yield {"code": "en"}, None, True
        yield {"code": "zh"}, None, True
    elif rule.endpoint == "static":
        yield {"filename": "css/base.css"}, None, True
    elif rule.endpoint == "asset":
        yield {"mark": "0123456789ab", "filename": "css/base.css"}, None, True
    elif rule.endpoint == "messages.open_one":
        for message in city.messages.values():
            yield {"number": message.id}, message, message.id in seen.messages
    elif rule.endpoint.startswith("my_files.") and asked:
        for job in city.file_jobs:
            yield {"key": job.id}, job, job.id in seen.file_jobs
    elif rule.endpoint == "publicity.public_batch" or (model is Batch and asked == {"number"}):
        for grant in city.grants:
            yield {"number": grant.batch.number}, grant.batch, actor.role is Role.CITY or view is None
    elif model is Batch and asked == {"number", "position"}:
        for grant in city.grants:
            yield _row(grant), grant, actor.role is Role.CITY
    elif model is Batch:
        for file in city.objection_files:
            whole = _row(file.objection.grant) | {"key": file.objection_id, "file": file.id}
            yield {name: whole[name] for name in asked}, file, actor.role is Role.CITY
    elif rule.endpoint.startswith("stop_grant."):
        for grant in city.grants:
            yield {"key": grant.id}, grant, actor.role is Role.CITY
    elif model in (PaymentRun, AccountCorrection, Grant):
        yield from city.paid.named(actor, view, rule)
    elif isinstance(view, Terms):
        for row in city.applications.values():
            yield {"number": row.number}, row, row.id in seen.extendable
    elif model is Application and asked == {"number"}:
        for row in city.applications.values():
            yield {"number": row.number}, row, row.id in seen.applications
    elif model is Application and asked == {"number", "key"}:
        yield from _papers(city, actor, page)
    elif asked == {"number", "token"}:
        for upload in city.uploads:
            number = city.applications[upload.application_id].number
            yield (
                {"number": number, "token": upload.token},
                upload,
                upload.application_id in seen.applications,
            )
    elif model is Enterprise and view is not None and view.console == "office" and asked == {"key"}:
        for one in city.enterprises.values():
            yield {"key": one.id} | page, one, one.id in seen.enterprises
    elif model is Account and view is not None and view.console == "enterprise" and asked == {"key"}:
        for key, row in city.reviewers.items():
            yield {"key": key}, row, key in seen.reviewers
    elif model is FormVersion and asked <= {"field", "section"}:
        yield from _parts_of_the_form(asked, known=bool(seen.administered.get(FormVersion)))
    elif model is Import and asked == {"key"}:
        for job in city.imports:
            yield {"key": job.id}, job, actor.role is Role.ADMINISTRATOR
    elif model is Continuation and asked == {"key"}:
        for row in city.continuations:
            yield {"key": row.id}, row, row.id in seen.continuations
    elif model is BulkJob and view is not None and asked == {"key"}:
        for job in city.bulk_jobs:
            yield {"key": job.id}, job, job.id in seen.bulk_jobs
    elif model in city.administered and asked == {"key"}:
        for row in city.administered[model]:
            key = row.__mapper__.primary_key_from_instance(row)[0]
            yield {"key": getattr(row, view.lookup_column)}, row, key in seen.administered.get(model, ())  # type: ignore[union-attr]
    else:
        raise LookupError(f"no object is known for {rule.rule} ({rule.endpoint})")


def _row(grant: Grant) -> dict[str, Any]:
    return {"number": grant.batch.number, "position": grant.position}


def _parts_of_the_form(asked: set[str], *, known: bool) -> Iterator[tuple[dict[str, Any], Any, bool]]:
    """Yield the fields of the form, the sections that accept fields, and an unknown one of each."""
    if asked == {"field"}:
        there, not_there = [*living_allowance.FIELDS, FURTHER], "x999"
    else:
        there, not_there = (
            [one.key for one in living_allowance.SECTIONS if workflow_form_rules.kinds_of(one.key)],
            "experience",
        )
    (name,) = asked
    for key in there:
        yield {name: key}, None, known
    yield {name: not_there}, None, False


def _papers(
    city: City, actor: Actor, page: dict[str, Any]
) -> Iterator[tuple[dict[str, Any], Attachment, bool]]:
    """Yield every file under its application's number, and a file of another application under a visible number."""
    seen = city.seen[actor.name]
    for file in city.attachments.values():
        number = city.applications[file.application_id].number
        yield {"number": number, "key": file.id} | page, file, file.id in seen.attachments
    strangers = [file for file in city.attachments.values() if file.id not in seen.attachments]
    for own in sorted(seen.applications)[:1]:
        for file in strangers[-1:]:
            yield {"number": city.applications[own].number, "key": file.id} | page, file, False


TOKEN = re.compile(r'(name="csrf_token"[^>]*? value=)"[^"]*"')


def canonical(answer: TestResponse) -> tuple[int, str, tuple[tuple[str, str], ...]]:
    """The response without the CSRF tokens of its forms."""
    headers = [
        (name, value) for name, value in answer.headers if name not in {"Set-Cookie", "Content-Length"}
    ]
    return answer.status_code, TOKEN.sub(r'\1""', answer.text), tuple(sorted(headers))


def leaked(city: City, actor: Actor, answer: TestResponse, asked: str) -> set[str]:
    """The secret words in the response, except those in the request."""
    if answer.mimetype.startswith("image/") or answer.mimetype == SPREADSHEET:
        return set()
    text = _text_of_pdf(answer.data) if answer.mimetype == "application/pdf" else answer.text
    said = text + "".join(f"{name}: {value}\n" for name, value in answer.headers)
    return {word for word in city.secrets[actor.name] if word in said and word not in asked}


def _text_of_pdf(content: bytes) -> str:
    with closing(PdfDocument(content)) as document:
        return "".join(page.get_textpage().get_text_bounded() for page in document)
