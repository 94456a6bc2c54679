"""Finds the forms on the pages of the site, fills them in and sends them."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import JSON
from stdnum.cn import ric, uscc
from werkzeug.test import TestResponse

from common.calendar import today
from models import db
from models.secrets import Encrypted, EncryptedJSON
from tests.factories import PASSWORD
from tests.site import routes
from tests.site.city import NEWCOMER, NOBODY, OWNERS, REFUSED, Actor, City
from tests.site.forms import Form, forms
from tests.site.routes import addresses, enters
from tests.site.stored import CLOCKS, Changes

SENDERS = (*OWNERS, NEWCOMER, "enterprise", REFUSED, "office", "city", "administrator", NOBODY)
FEW = 2
TYPED = {
    "password": "Xiaomin2027",
    "password_again": "Xiaomin2027",
    "present_password": PASSWORD,
    "login": "new.login",
    "name": "新的名称",
    "version": "新的版本",
    "value": "0477-1234567",
    "amount_fen": "100.00",
    "code": "150699",
    "tel": "13847710001",
    "phone": "13847710001",
    "contact_phone": "13847710001",
    "contact_name": "周婷",
    "telephone": "0477-1234567",
    "email": "new@example.com",
    "date": "2031-01-01",
    "opens": "2031-01-01",
    "closes": "2031-12-31",
    "month": "2020-01",
    "holidays": "1月1日、2月5日至11日、5月1日至2日、10月1日至3日",
    "workdays": "",
    "number": "150602199001019990",
    "credit_code": "",
    "textarea": "请补齐后重新提交。",
    "text": "新的内容",
    "search": "新的内容",
}
"""What a person types into an empty field of this name or type."""

MARKING = ("enterprise.application", "office.application", "city.application")
"""Pages on which a place can be marked: the form stands where the query says."""

VOLATILE = {
    "password_hash",
    "recovery_hash",
    "session_stamp",
    "token",
    "check_code",
    "storage_name",
    "stored_file",
    "licence_file",
    "code_digest",
    "secret_words",
}
"""Columns with random values."""
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+00:00")


@dataclass(frozen=True)
class Answered:
    answer: TestResponse
    outcome: list[tuple[str, str]]
    """The changes in readable form, without random values."""
    changed: Changes


class Sending:
    """A filled-in form of a page, with its target."""

    def __init__(self, city: City, page: str, form: Form, data: dict[str, Any]) -> None:
        self.form, self.data = form, data
        self.path = form.action or page
        adapter = city.app.url_map.bind("localhost")
        self.endpoint, _ = adapter.match(self.path.partition("?")[0], method="POST")
        button = [data.get(name) for name, _ in form.buttons[:1]]
        self.description = f"{page}: POST {self.path} {sorted(data)} {button}"
        self.signature = self.endpoint, tuple(sorted(form.names)), str(button)
        self.outcome: list[tuple[str, str]] = []
        self.changed: Changes = {}

    def by(self, city: City, actor: Actor, extra: dict[str, Any]) -> Answered:
        """Send it and record the changes, which are then undone."""
        browser = city.browser(actor)
        data = {name: _again(values) for name, values in (self.data | extra).items()}
        kind = {"content_type": "multipart/form-data"} if self.form.multipart else {}
        answer = browser.send(self.path, {**data, "csrf_token": browser.csrf_token()}, **kind)
        changed = city.stored.changes()
        city.stored.put_back()
        return Answered(answer, _readable(changed), changed)


def sendings(city: City, actor: Actor) -> Iterator[Sending]:
    """Yield each kind of form that the actor's pages hold, with each of its buttons, and the confirmations that follow."""
    known: set[tuple[Any, ...]] = set()
    for path in _pages(city, actor):
        answer = city.browser(actor).get(path)
        if answer.mimetype != "text/html":
            continue
        found = list(_of_page(city, path, answer.text, known))
        for form in forms(answer.text):
            if form.method == "get" and "q" in form.names:
                searched = city.browser(actor).get(form.action or path, query_string={"q": "公司"})
                found += _of_page(city, path, searched.text, known)
        for sent in found:
            once = sent.by(city, actor, {})
            sent.outcome, sent.changed = once.outcome, once.changed
            yield sent
            if once.answer.status_code == 200 and once.answer.mimetype == "text/html":
                for further in _of_page(city, sent.path, once.answer.text, known):
                    asked = further.by(city, actor, {})
                    further.outcome, further.changed = asked.outcome, asked.changed
                    yield further


def _pages(city: City, actor: Actor) -> Iterator[str]:
    """The actor's pages: for each route a few rows, for applications one in each state."""
    for rule in routes.rules(city, "GET"):
        if enters(city, actor, rule) and rule.endpoint not in {"static", "asset"}:
            kinds: Counter[Any] = Counter()
            for address in addresses(city, actor, rule):
                kind = tuple(
                    getattr(address.subject, name, None)
                    for name in ("state", "registration", "active", "second_factor")
                )
                kinds[kind] += 1
                if address.seen and kinds[kind] <= FEW:
                    yield address.path
                    if rule.endpoint in MARKING:
                        yield f"{address.path}?mark=field:phone"


def _of_page(city: City, path: str, page: str, known: set[tuple[Any, ...]]) -> Iterator[Sending]:
    for form in forms(page):
        for data in form.sendings(_words()) if form.method == "post" else ():
            sent = Sending(city, path, form, data)
            if sent.signature not in known:
                known.add(sent.signature)
                yield sent


_numbers = count(1)


def _words() -> dict[str, str]:
    n = next(_numbers)
    code, number = f"91150602{n:09d}", f"150602{1999 - n // 1000}0101{n % 1000:03d}"
    return TYPED | {
        "credit_code": code + uscc.calc_check_digit(code),
        "number": number + ric.calc_check_digit(number + "0"),
        "first_day": today().isoformat(),  # midnight may have come since this file was read
        "last_day": today().isoformat(),
        "until": (today() + timedelta(days=300)).isoformat(),
    }


def _again(values: Any) -> Any:
    """Return the values to send; files are opened again each time."""
    first = values[0] if isinstance(values, list) and len(values) == 1 else values
    if isinstance(first, tuple):
        first[0].seek(0)
        return io.BytesIO(first[0].getvalue()), first[1]
    return first


def _readable(changed: Changes) -> list[tuple[str, str]]:
    return sorted(
        (table, str(sorted(_differing(table, was or {}, now or {}).items())))
        for table, pairs in changed.items()
        for was, now in pairs
    )


def _differing(table: str, was: dict[str, Any], now: dict[str, Any]) -> dict[str, Any]:
    columns = db.metadata.tables[table].columns
    return {
        name: (_plain(columns[name].type, was.get(name)), _plain(columns[name].type, now.get(name)))
        for name in was.keys() | now.keys()
        if name not in VOLATILE | CLOCKS and was.get(name) != now.get(name)
    }


def _plain(kind: Any, value: Any) -> Any:
    if isinstance(value, datetime):
        return "an instant"
    if isinstance(kind, Encrypted | EncryptedJSON):
        return kind.process_result_value(value, None)  # type: ignore[arg-type]
    if isinstance(kind, JSON):
        return _without_instants(value)
    return value


def _without_instants(value: Any) -> Any:
    """Return stored JSON without instants."""
    if isinstance(value, list):
        return [_without_instants(each) for each in value]
    if isinstance(value, dict):
        return {key: _without_instants(each) for key, each in value.items()}
    return "an instant" if isinstance(value, str) and INSTANT.fullmatch(value) else value
