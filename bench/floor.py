"""The floor: the same lists written by hand, with the same SQL, keyset paging and rows, on the same server.

As little as a Flask page can do and still be the page: a session of its own, one query to see who asks, one for the
rows, one small template with the same columns. No layout, no menu, no numbers on tabs, no translations, no CSRF, no
history.
"""

import hashlib
import hmac
import os
import re
import threading
from base64 import b64decode
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache
from itertools import zip_longest

import chinese_calendar
import psycopg
from flask import Flask, abort, g, redirect, render_template, request, session

app = Flask(__name__)
app.secret_key = "the floor keeps no secrets"  # noqa: S105
here = threading.local()

PAGE = app.jinja_env.from_string("""<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>申请审核</title>
<table>{% for r in rows %}<tr><td>{{ r[0] }}</td><td><a href="/{{ r[0] }}/">{{ r[1] }}</a></td><td>{{ r[2] or "" }}</td><td>{{ r[3] or "" }}</td>
<td>{{ r[4].strftime("%Y-%m-%d %H:%M") if r[4] }}</td><td>{{ r[6] }}</td></tr>{% endfor %}</table>
<a href="?after={{ rows[-1][5].isoformat() if rows }}~{{ rows[-1][8] if rows }}">下一页</a></html>""")
"""Compiled once, like a template file."""

WAITING_PAGE = app.jinja_env.from_string("""<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>申请审核</title>
<table>{% for r in rows %}{% set days = waited(r[5], today) %}<tr><td><input type="checkbox" name="row" value="{{ r[0] }}"></td>
<td>{{ r[0] }}</td><td><a href="/{{ r[0] }}/">{{ r[1] }}</a></td><td>{{ r[2] or "" }}</td><td>{{ r[3] or "" }}</td>
<td>{{ r[4].strftime("%Y-%m-%d %H:%M") if r[4] }}</td><td>{{ r[9] or "" }}</td><td>{{ days }} 个工作日</td>
<td>{{ "还剩 %s 个工作日" % (limit - days) if days <= limit else "已超期 %s 个工作日" % (days - limit) }}</td></tr>{% endfor %}</table>
<a href="?after={{ rows[-1][5].isoformat() if rows }}~{{ rows[-1][8] if rows }}">下一页</a></html>""")
"""The waiting list has more columns: the box to choose a row, who has taken it, how long it waits, its time limit."""
HERE = timezone(timedelta(hours=8))

ROWS = """SELECT a.number, a.name, e.name, a.education, a.submitted_at, a.arrived_at, a.state, a.result, a.id{}
FROM applications a LEFT JOIN enterprises e ON e.id = a.submitted_enterprise_id WHERE """
TAKEN = """, (SELECT c.name FROM assignments t JOIN accounts c ON c.id = t.account_id AND c.active
WHERE t.application_id = a.id AND t.office_id = %(office)s), (SELECT value FROM settings WHERE key = 'days_preliminary')"""
SIZE = 20

SCOPES = {
    "office": "a.region_id = %(region)s AND a.reached & 2 <> 0 AND a.state = 'preliminary_review'",
    "city": "a.reached & 4 <> 0 AND a.state = 'city_review'",
    "all": "a.reached & 4 <> 0",
}
SEARCHES = {
    "name": "a.name LIKE %(like)s",
    "number": "a.number = %(words)s",
    "identity": "a.identity_digest = %(digest)s",
    "initials": "a.initials >= %(words)s AND a.initials < %(words)s || chr(1114111)",
    "enterprise": "a.submitted_enterprise_id IN (SELECT id FROM enterprises WHERE name LIKE %(like)s)",
}
TRIGRAMS = (
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    "CREATE INDEX IF NOT EXISTS floor_names ON applications USING gin (name gin_trgm_ops)",
    "CREATE INDEX IF NOT EXISTS floor_employers ON enterprises USING gin (name gin_trgm_ops)",
)
"""The indexes for the floor's LIKE."""


def query(statement, values=()):
    if not hasattr(here, "connection"):
        here.connection = psycopg.connect(os.environ["FLOOR_DATABASE"], autocommit=True)
    return here.connection.execute(statement, values)


@app.before_request
def who_asks():
    if request.endpoint in {"enter", "alive"}:
        return
    account = query(
        "SELECT a.id, a.role, r.id, a.office_id FROM accounts a LEFT JOIN regions r ON r.office_id = a.office_id"
        " WHERE a.id = %s AND a.active",
        [session.get("account")],
    ).fetchone()
    if account is None:
        abort(401)
    g.region, g.office = account[2:]


@app.get("/alive")
def alive():
    return str(query("SELECT 1").fetchone())


@app.get("/enter/<int:account>")
def enter(account):
    session["account"] = account
    return redirect("/list/all")


@app.get("/list/<scope>")
def rows(scope):
    words, kind = request.args.get("q", ""), request.args.get("by", "")
    where = SCOPES[scope] + (f" AND {SEARCHES[kind]}" if kind else "")
    falling = scope == "all"
    values = {"region": g.region, "office": g.office, "words": words, "like": f"%{words}%"}
    if kind == "identity":
        values["digest"] = digest(words)
    if after := request.args.get("after"):
        values["at"], values["id"] = after.split("~")
        where += f" AND (a.arrived_at, a.id) {'<' if falling else '>'} (%(at)s::timestamp, %(id)s::int)"
    backwards = "last" in request.args
    direction = "DESC" if falling is not backwards else "ASC"
    found = query(
        f"{ROWS.format(TAKEN if scope == 'office' else '')}{where} ORDER BY a.arrived_at {direction}, a.id {direction} LIMIT {SIZE + 1}",
        values,
    ).fetchall()[:SIZE]
    shown = found[::-1] if backwards else found
    if scope != "office":
        return render_template(PAGE, rows=shown)
    limit = int((shown[0][10] if shown else None) or 10)
    return render_template(
        WAITING_PAGE, rows=shown, waited=waited, today=datetime.now(HERE).date(), limit=limit
    )


def waited(since, today):
    return working_days(since.replace(tzinfo=UTC).astimezone(HERE).date(), today)


@lru_cache(maxsize=1000)
def working_days(first: date, last: date) -> int:
    return len(chinese_calendar.get_workdays(first + timedelta(days=1), last))


STATISTICS_PAGE = app.jinja_env.from_string("""<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>统计</title>
{% for title, lines in tables %}<h2>{{ title }}</h2><table>{% for label, cells in lines %}<tr><th>{{ label }}</th>
{% for text, link in cells %}<td>{% if link %}<a href="/list/all?{{ link }}">{{ text }}</a>{% else %}{{ text }}{% endif %}</td>{% endfor %}</tr>
{% endfor %}</table>{% endfor %}</html>""")
REACHED_CITY = 4
STATUSES = (
    "enterprise_review",
    "preliminary_review",
    "city_review",
    "returned",
    "draft",
    "finished_passed",
    "finished_refused",
)
STEPS = ("enterprise_review", "preliminary_review", "city_review")


@app.get("/statistics")
def statistics():
    """The tables of the city's statistics, from the same sums, each number of applications with its link."""
    regions = dict(query("SELECT id, name FROM regions ORDER BY position, id").fetchall())
    found = {}
    for region, numbers in query(
        "SELECT region_id, numbers FROM statistic_counts WHERE enterprise_id = 0 AND month = '' AND period_id = -1"
    ):
        place = found.setdefault(region, {})
        for key, number in numbers.items():
            dimension, value, reached = key.split(":")
            if int(reached) & REACHED_CITY:
                counter = place.setdefault(dimension, {})
                if isinstance(number, list):
                    counter.setdefault(value, []).append(number)
                else:
                    counter[value] = counter.get(value, 0) + number
    most = query(
        "SELECT t.region_id, t.enterprise_id, t.reached_city, e.name FROM statistic_enterprises t JOIN enterprises e"
        " ON e.id = t.enterprise_id WHERE t.period_id = -1 ORDER BY t.reached_city DESC LIMIT 20"
    ).fetchall()
    by_status, reasons = _all(found, "status"), _all(found, "reason")
    months = {
        f"{year}-{month:02d}": n
        for year in sorted({year for place in found.values() for year in place.get("month", {})})
        for month, n in enumerate(_sums(found.values(), "month", year)) if n
    }  # fmt: skip
    returned = sum(_all(found, "returned").values()) or 1
    tables = [
        ("状态", [(key, [_number(by_status.get(key, 0), f"status={key}")]) for key in STATUSES]),
        ("地区", [
            (name, [_number(sum(of.values()), f"region={key}"), *(_number(of.get(one, 0), f"region={key}&status={one}") for one in STATUSES)])
            for key, name in regions.items() if (of := found.get(key, {}).get("status"))
        ]),
        ("月份", [(key, [_number(n, f"month={key}")]) for key, n in sorted(months.items(), reverse=True)]),
        *((title, [(key, [_number(n, f"{name}={key}")]) for key, n in sorted(_all(found, name).items())])
          for title, name in (("学历", "education"), ("产业", "industry"))),
        ("企业", [(name, [(regions.get(region, ""), ""), _number(n, f"enterprise={key}&region={region}")]) for region, key, n, name in most]),
        ("用时", [(step, _times(found.values(), step)) for step in STEPS]),
        ("各地区用时", [
            (name, [cell for step in STEPS for cell in _times_of_region(found.get(key, {}), step, key)])
            for key, name in regions.items()
        ]),
        ("原因", [
            *((key, [_number(n, f"reason={key}"), (f"{n / returned:.0%}", "")]) for key, n in sorted(reasons.items(), key=lambda one: -one[1])),
            ("全部回退", [_number(returned, "reason=return"), ("100%", "")]),
        ]),
    ]  # fmt: skip
    return render_template(STATISTICS_PAGE, tables=tables)


def _all(found, dimension):
    total = {}
    for place in found.values():
        for key, number in place.get(dimension, {}).items():
            total[key] = total.get(key, 0) + number
    return total


def _number(number, link):
    return str(number), link if number else ""


def _sums(places, dimension, value):
    lists = (numbers for place in places for numbers in place.get(dimension, {}).get(value, ()))
    return [sum(numbers) for numbers in zip_longest(*lists, fillvalue=0)]


def _times(places, step, region=""):
    histogram = _sums(places, "days", step)
    total, so_far, shares = sum(histogram), 0, [0.5, 0.9]
    cells = [_number(total, f"step={step}&region={region}")]
    for value, number in enumerate(histogram):
        so_far += number
        while shares and so_far >= shares[0] * total:
            cells.append((str(value), f"step={step}&within={value}"))
            shares.pop(0)
    return cells


def _times_of_region(place, step, region):
    number, *days = _times([place], step, region)
    return [(" / ".join(text for text, _ in days) or "—", ""), number]


@app.post("/pass/<number>")
def decide(number):
    done = query(
        "UPDATE applications SET state = 'finished', result = 'passed', version = version + 1,"
        " arrived_at = now() AT TIME ZONE 'utc' WHERE number = %s AND version = %s AND state = 'city_review'",
        [number, request.form.get("version", type=int)],
    )
    if done.rowcount != 1:
        abort(409)
    return redirect("/list/city")


def digest(number):
    typed = re.sub(r"[\s\-·]", "", number).upper()
    key = b64decode(os.environ["TALENT_DIGEST_KEY"])
    return hmac.new(key, f"personal:{typed}".encode(), hashlib.sha256).hexdigest()
