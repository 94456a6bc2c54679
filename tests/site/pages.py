"""The pages of the site, from the url_map: pages without a row in the URL, and pages of one row."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Flask
from sqlalchemy import select
from werkzeug.routing import Rule

from accounts import access
from admin_views.site.base import ScopedView
from administration.tables import TABLES
from models import Account, Import, db
from tests.site import routes
from workflow.form import living_allowance

NOT_PAGES = {
    "static": "a file",
    "asset": "a file",
    "metrics.read": "for a machine that knows its token",
    "portal.language": "leads back to where one was",
    "accounts.received": "leads away from whoever has not just registered",
    "accounts.ask_for_code": "a form on the page of a forgotten password",
    "accounts.use_code": "leads away from whoever has not asked for a code",
    "accounts.first_password": "leads away from whoever has chosen a password",
    "accounts.change_contact": "a form on one's own account's page",
    "accounts.change_name": "a form on one's own account's page",
    "city.correct_name": "the page that is measured in the office's console",
    "accounts.change_password": "a form on one's own account's page",
    "accounts.choose_channels": "a form on one's own account's page",
    "accounts.new_code": "a form on one's own account's page",
    "accounts.code": "leads away from whoever has not asked for a new code",
    "second_factor.step": "leads away from whoever has not given a password",
    "second_factor.codes": "leads away from whoever has no new spare codes",
    "second_factor.renew": "a form on one's own account's page",
    "second_factor.switch_off": "a form on one's own account's page",
    "enterprise.ahead": "what a script fetches ahead of the next page",
    "office.ahead": "the same in the office's console",
    "city.ahead": "the same in the city's console",
    "enterprise.open_now": "the picture with which a page without scripts says that it is open",
    "office.open_now": "the same in the office's console",
    "city.open_now": "the same in the city's console",
    "enterprise_statistics.chart": "a picture",
    "office_statistics.chart": "a picture",
    "city_statistics.chart": "a picture",
    "administration_statistics.chart": "a picture",
    "reviewers.invite": "a form on the list of reviewers",
    "administration_imports.template": "a file",
    "my_files.download": "a file",
    "administration_imports.report": "a file",
}
"""What is answered to GET and is no page of its own, with the reason; so are papers, as they came and drawn."""
DURING_LOGIN = {"second_factor.own"}
"""For anybody, and yet a page of one's account."""
PAPERS = (".original", ".picture")


def of_one_kind(app: Flask, account: Account | None) -> Iterator[tuple[Rule, str]]:
    """Yield every rule without a row, with its URL: those of an account's console, or the public ones."""
    console = access.CONSOLES[account.role] if account else None
    for rule in app.url_map.iter_rules():
        view = routes.view_of(app, rule)
        for_anybody = rule.endpoint in routes.FOR_ANYBODY.keys() - DURING_LOGIN
        if "GET" not in (rule.methods or ()) or for_anybody is not (account is None):
            continue
        if view is not None and view.console != console:
            continue
        if rule.arguments == {"login_kind"}:
            for login_kind in rule._converters["login_kind"].items:  # type: ignore[attr-defined]
                yield rule, rule.rule.partition("<")[0] + login_kind + rule.rule.partition(">")[2]
        elif not rule.arguments:
            yield rule, rule.rule


def of_one_row(app: Flask, administrator: Account) -> Iterator[str]:
    """Yield the page of one row of each administered table, and the pages of the form's parts."""
    names = {"field": next(iter(living_allowance.FIELDS)), "section": living_allowance.SECTIONS[0].key}
    for rule in app.url_map.iter_rules():
        view = routes.view_of(app, rule)
        if "GET" not in (rule.methods or ()) or view is None or view.console != "administration":
            continue
        if isinstance(view, ScopedView) and rule.arguments == {"key"}:
            within = TABLES[view.model].criterion(administrator) if view.model in TABLES else Import.id > 0
            row = db.session.scalars(select(view.model).where(within).limit(1)).first()
            if row is None:
                continue  # a page that nothing leads to; whoever wants them all has a row of each
            key = getattr(row, view.lookup_column)
            yield app.url_map.bind("localhost").build(rule.endpoint, {"key": key})
        elif rule.arguments and rule.arguments <= names.keys():
            yield app.url_map.bind("localhost").build(
                rule.endpoint, {name: names[name] for name in rule.arguments}
            )
