"""Hostile input in URLs, query strings and fields: never an internal error, never executed or rendered as markup."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from config import ROOT
from tests.site import routes
from tests.site.city import NOBODY, Actor, City
from tests.site.routes import Address, addresses, enters
from tests.site.sending import SENDERS, sendings

MARK = "<img src=x onerror=alert(1)>"
HOSTILE = {
    "markup": MARK,
    "quotes": """'";--/*\\ %_ {{7*7}} ${7*7}""",
    "very long": "王" * 6000,
    "a huge number": "9" * 30,
    "a number below zero": "-1",
    "digits of another script": "１２٣",
    "turned writing": "\u202e\u200b\ufeff王",
    "NUL": "\0王\0",
    "no UTF-8": "\udcff\udcfe",
}
LONGEST_IN_ADDRESS = 300
"""gunicorn takes no more than 4 KB of them."""
TYPED = ("markup", "very long", "a huge number", "turned writing", "NUL")
FORGED = ("markup", "a huge number", "NUL")
NOT_TYPED = ("NUL", "no UTF-8")
"""What no person types and no browser sends: a bare refusal (400) will do."""

READERS = ("nobody", "applicant, returned", "applicant, city_review", "office", "administrator")
pytestmark = pytest.mark.parametrize("begun_city", ["postgresql"], indirect=True)
"""PostgreSQL alone: it is the stricter one, with lengths, ranges and a text without NUL."""

QUERY = re.compile(r"""request\.args(?:\.get|\.getlist)?[\(\[]\s*["'](\w+)["']""")
FURTHER_QUERY = re.compile(r"""chosen(?:\.get|_of)\(([^)]*)\)""")


def query_names() -> set[str]:
    """Every name by which a view reads the query."""
    source = "".join(
        path.read_text(encoding="utf-8") for path in sorted((ROOT / "admin_views").rglob("*.py"))
    )
    found = set(QUERY.findall(source))
    for names in FURTHER_QUERY.findall(source):
        found |= set(re.findall(r"""["'](\w+)["']""", names))
    return found


def encoded(value: str) -> str:
    return quote(value.encode("utf-8", "surrogateescape"))


def test_the_query_parameters_of_the_site_are_found(begun_city: City) -> None:
    assert {"q", "page", "tab", "sort", "order", "before", "paper", "next", "region", "role"} <= query_names()


@pytest.mark.parametrize("kind", HOSTILE)
def test_no_query_string_causes_an_internal_error(city: City, kind: str) -> None:
    value, wrong, public = HOSTILE[kind][:LONGEST_IN_ADDRESS], [], set()
    for name in READERS:
        actor = city.actors[name]
        for address in _open(city, actor):
            if address.rule.endpoint in public:
                continue
            if name == NOBODY:
                public.add(address.rule.endpoint)
            for query in _queries(address, value):
                wrong += _faults(actor, f"{address.path}?{query}", kind)
    assert wrong == []


def _open(city: City, actor: Actor) -> Iterator[Address]:
    """One address in sight of every page that the actor may read."""
    for rule in routes.rules(city, "GET"):
        if enters(city, actor, rule) and not rule.arguments & {"filename", "sheet"}:
            yield from [one for one in addresses(city, actor, rule) if one.seen][:1]


def _queries(address: Address, value: str) -> Iterator[str]:
    """Yield one query in which all names hold the value; for lists also cursors that hold it where a row stands."""
    names = sorted(query_names() - {"page", "tab"})
    yield "&".join(f"{name}={encoded(value)}" for name in names)
    if not address.rule.arguments:
        yield f"tab={encoded(value)}&page={encoded(value)}"
        for sort in ("number", "waiting"):
            yield f"tab=all&sort={sort}&page={encoded(f'after~1~{value}')}"


def _faults(actor: Actor, path: str, kind: str) -> list[str]:
    answer = actor.client.get(path)
    told = f"{actor.name}: GET {path[:160]} -> {answer.status_code}"
    if answer.status_code >= 500 or (answer.status_code == 400 and kind not in NOT_TYPED):
        return [told]
    if answer.mimetype == "text/html" and MARK in answer.text:
        return [f"{told}: is shown as it came"]
    return []


def test_no_path_causes_an_internal_error(city: City) -> None:
    wrong = []
    for name in READERS:
        actor = city.actors[name]
        for rule in routes.rules(city, "GET"):
            if not enters(city, actor, rule) or not rule.arguments:
                continue
            pattern = re.sub(r"<[^>]+>", "%s", rule.rule)
            for kind, value in HOSTILE.items():
                path = pattern % ((encoded(value[:LONGEST_IN_ADDRESS]),) * len(rule.arguments))
                answer = actor.client.get(path)
                if answer.status_code >= 500 or answer.status_code == 200:
                    wrong.append(f"{actor.name}: GET {rule.rule} with {kind} -> {answer.status_code}")
            for number in ("0", "2147483648", "9223372036854775808", "00000000001"):
                path = pattern % ((number,) * len(rule.arguments))
                answer = actor.client.get(path)
                if answer.status_code not in {302, 404}:
                    wrong.append(f"{actor.name}: GET {path} -> {answer.status_code}")
    assert wrong == []


def test_no_form_field_causes_an_internal_error(city: City) -> None:
    """Neither what can be typed, nor what stands hidden or to be chosen."""
    wrong, known = [], set()
    for name in SENDERS:
        actor = city.actors[name]
        for sent in sendings(city, actor):
            form = sent.form
            if (kind_of_form := (sent.endpoint, frozenset(form.names))) in known:
                continue
            known.add(kind_of_form)
            typed = form.filled | {name for name, kind in form.blank.items() if kind != "file"}
            fixed = (form.fields.keys() | form.choices.keys()) - {"csrf_token"} - form.filled
            for kind, fields in (*((kind, typed) for kind in TYPED), *((kind, fixed) for kind in FORGED)):
                if not fields:
                    continue
                answer = sent.by(city, actor, {name: [HOSTILE[kind]] for name in fields}).answer
                told = f"{actor.name}: {sent.description} with {kind} -> {answer.status_code}"
                if answer.status_code >= 500:
                    wrong.append(told)
                if answer.status_code == 400 and kind in TYPED and kind not in NOT_TYPED:
                    wrong.append(f"{told} without a word on what is wrong")
                if MARK in answer.text:
                    wrong.append(f"{told}: is shown as it came")
    assert not wrong, "\n".join(wrong)
