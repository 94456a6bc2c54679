"""The measured pages: each of ours with the floor's page of the same rows, and the permitted ratio."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from sqlalchemy import select

from bench.papers import own_application
from bench.servers import SampleDatabase
from models import Application, db

REGION = "东胜区"
ACCOUNTS = {"applicant": "", "enterprise": REGION, "office": REGION, "city": "", "administrator": ""}
"""The accounts whose pages are opened: role and region."""


@dataclass(frozen=True)
class Page:
    """`most` times the floor's p50 is permitted, `reach` is the aim; None for no limit. `who` is the role.

    `words`: the searched words, different ones in each round.
    """

    name: str
    who: str
    ours: str
    floor: str
    most: float | None
    reach: float | None
    words: Sequence[str] = ("",)

    def addresses(self, turn: int) -> tuple[str, str]:
        """Return the two URLs of this round."""
        q = quote(self.words[turn % len(self.words)])
        return self.ours.format(q=q), self.floor.format(q=q)


DRAWN = 10
"""Number of people that are searched for. Their names are of different frequency, as for a clerk."""
FREQUENT = "伟强"
"""Part of the name of one person in five hundred: reading along the list finds a page of them quickly."""


def pages(sample: SampleDatabase) -> list[Page]:
    """Return the lists and searches of the table, with words that occur in this sample."""
    with sample.connected() as database:
        drawn = database.execute(
            "SELECT number, name, initials, employer FROM"
            " (SELECT a.number, a.name, a.initials, e.name AS employer FROM applications a"
            " JOIN enterprises e ON e.id = a.submitted_enterprise_id"
            " WHERE a.reached & 4 <> 0 AND a.initials ~ '^[a-z]{2,}$' ORDER BY md5(a.number) LIMIT %s) AS several"
            # The floor does not search alternative readings of surnames.
            " WHERE NOT EXISTS (SELECT FROM applications o WHERE o.other_initials LIKE several.initials || '%%')"
            " ORDER BY md5(number) LIMIT %s",
            [10 * DRAWN, DRAWN],
        ).fetchall()
    numbers, names, initials, employers = zip(*drawn, strict=True)
    with sample.site() as app, app.app_context():
        of = {one.number: one.identity_number for one in db.session.scalars(
            select(Application).where(Application.number.in_(numbers))
        )}  # fmt: skip
    ends = [name[:2] if turn % 2 else name[-2:] for turn, name in enumerate(names)]
    found = [
        Page("office's waiting list, first page", "office", "/office/", "/list/office", 2.0, 1.5),
        Page("city's list of all, first page", "city", "/city/?tab=all", "/list/all", 2.0, 1.5),
        Page("city's list of all, last page", "city", "/city/?tab=all&page=last", "/list/all?last", 2.0, 1.5),
    ]
    for name, kind, words, most, reach in (
        ("search: 2 characters of a name", "name", ends, 0.5, 0.2),
        (f"search: 2 characters of a frequent name ({FREQUENT})", "name", [FREQUENT], None, None),
        ("search: identity number", "identity", [of[number] for number in numbers], 2.0, 1.5),
        ("search: application number", "number", numbers, 2.0, 1.5),
        ("search: enterprise name", "enterprise", employers, 2.0, 1.5),
        ("search: pinyin initials", "initials", initials, 2.0, 1.5),
    ):
        ours, floor = "/city/?tab=all&q={q}", f"/list/all?by={kind}&q={{q}}"
        found.append(Page(name, "city", ours, floor, most, reach, tuple(words)))
    return found


@dataclass(frozen=True)
class Opened:
    """A page that must take the same time in every sample."""

    name: str
    who: str
    path: str


def everybodys(sample: SampleDatabase) -> list[Opened]:
    """Return the pages of every role, with rows of this sample."""
    found = _found(sample)
    return [
        Opened(name, who, path.format(**found))
        for who, pages in PAGES.items()
        for name, path in pages.items()
    ]


PAGES: dict[str, dict[str, str]] = {
    "nobody": {"portal": "/", "申请须知": "/notice/", "login": "/login/personal", "health": "/healthz"},
    "applicant": {
        "home": "/personal/",
        "form": "/personal/application/{own}/",
        "attachments": "/personal/application/{own}/attachments/",
        "history": "/personal/application/history/",
        "employers with two characters": f"/personal/application/employers/?q={quote('能源')}",
        "employers, none": f"/personal/application/employers/?q={quote('龘龘')}",
        "messages": "/messages/",
        "account": "/account/",
    },
    "enterprise": {
        "waiting": "/enterprise/",
        "decided": "/enterprise/?tab=decided",
        "all, last page": "/enterprise/?tab=all&page=last",
        "one application": "/enterprise/{at_enterprise}/",
        "reviewers": "/enterprise/reviewers/",
        "statistics": "/enterprise/statistics/",
        "messages": "/messages/",
    },
    "office": {
        "waiting": "/office/",
        "decided": "/office/?tab=decided",
        "all, last page": "/office/?tab=all&page=last",
        "all, by name": "/office/?tab=all&sort=name",
        "one application": "/office/{at_office}/",
        "enterprises": "/office/enterprises/?tab=all",
        "enterprises by name": f"/office/enterprises/?tab=all&q={quote('有限')}",
        "statistics": "/office/statistics/",
        "messages": "/messages/",
    },
    "city": {
        "waiting": "/city/",
        "decided": "/city/?tab=decided",
        "waiting, by submission": "/city/?sort=submitted",
        "waiting, by number": "/city/?sort=number",
        "all, by submission, the latest": "/city/?tab=all&sort=submitted&order=desc",
        "doctors, by number": "/city/?tab=all&education=doctor&sort=number",
        "of this week, the oldest": "/city/?tab=all&submitted=week&order=asc",
        "one application": "/city/{at_city}/",
        "statistics": "/city/statistics/",
        "messages": "/messages/",
    },
    "administrator": {
        "overview": "/administration/",
        "applications": "/administration/applications/",
        "applications that were refused": "/administration/applications/?result=refused",
        "applications that were returned, the oldest": "/administration/applications/?result=returned&order=asc",
        "one application": "/administration/applications/{at_city}/",
        "statistics": "/administration/statistics/",
        "enterprises": "/administration/enterprises/",
        "enterprises by name": f"/administration/enterprises/?q={quote('能源')}",
        "enterprises, none": f"/administration/enterprises/?q={quote('龘龘')}",
        "one enterprise": "/administration/enterprises/{employer}/",
        "staff": "/administration/staff/",
        "staff by name": f"/administration/staff/?q={quote('敏')}",
        "regions": "/administration/regions/",
        "form": "/administration/form/",
        "imports": "/administration/imports/",
        "changes": "/administration/changes/",
        "changes, none": f"/administration/changes/?q={quote('龘龘')}",
    },
}
"""Pages by role. The searched words fill a page in every sample, so that the times are comparable."""


def _found(sample: SampleDatabase) -> dict[str, str]:
    waiting = "SELECT number FROM applications WHERE state = %s AND {} ORDER BY arrived_at, id LIMIT 1"
    with sample.site() as app, app.app_context(), sample.connected() as database:
        of = {role: sample.account(role, place)["login"] for role, place in ACCOUNTS.items()}
        statements = {
            "employer": ("SELECT id FROM enterprises WHERE credit_code = %s", [of["enterprise"]]),
            "at_enterprise": (
                waiting.format(
                    "submitted_enterprise_id = (SELECT id FROM enterprises WHERE credit_code = %s)"
                ),
                ["enterprise_review", of["enterprise"]],
            ),
            "at_office": (
                waiting.format(
                    "region_id IN (SELECT r.id FROM regions r JOIN accounts a USING (office_id) WHERE a.login = %s)"
                ),
                ["preliminary_review", of["office"]],
            ),
            "at_city": (waiting.format("true"), ["city_review"]),
        }
        rows = {name: database.execute(*asked).fetchone() for name, asked in statements.items()}  # type: ignore[arg-type]
    if missing := [name for name, row in rows.items() if row is None]:
        raise RuntimeError(f"this sample has nothing to open for {missing}")
    return {"own": own_application(sample), **{name: str(row[0]) for name, row in rows.items() if row}}
