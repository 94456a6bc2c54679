"""What is opened: each page of ours with the floor's of the same rows, and what the table may ask of it."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from sqlalchemy import select

from bench.servers import Town
from models import Application, db


@dataclass(frozen=True)
class Page:
    """`most` times the floor's p50 is allowed, `reach` is hoped for; `who` is at the browser."""

    name: str
    who: str
    ours: str
    floor: str
    most: float
    reach: float


def pages(town: Town) -> list[Page]:
    """Return the lists and searches of the table, for what is to be found in this town."""
    with town.connected() as database:
        number, initials, employer = database.execute(
            "SELECT a.number, a.initials, e.name FROM applications a JOIN enterprises e ON e.id = a.submitted_enterprise_id"
            " WHERE a.reached & 4 <> 0 AND length(a.initials) = 3 AND a.initials ~ '^[a-z]+$' ORDER BY a.id LIMIT 1 OFFSET 1000"
        ).fetchone() or ("", "", "")
    with town.site() as app, app.app_context():
        one = db.session.scalars(select(Application).where(Application.number == number)).one()
        identity = one.identity_number
    found = [
        Page("office's waiting list, first page", "office", "/office/", "/list/office", 2.0, 1.5),
        Page("city's list of all, first page", "city", "/city/?tab=all", "/list/all", 2.0, 1.5),
        Page("city's list of all, last page", "city", "/city/?tab=all&page=last", "/list/all?last", 2.0, 1.5),
    ]
    for name, kind, words, most, reach in (
        ("search: 2 characters of a name", "name", "伟强", 0.5, 0.2),
        ("search: identity number", "identity", identity, 2.0, 1.5),
        ("search: application number", "number", number, 2.0, 1.5),
        ("search: enterprise name", "enterprise", employer, 2.0, 1.5),
        ("search: pinyin initials", "initials", initials, 2.0, 1.5),
    ):
        q = quote(words)
        found.append(Page(name, "city", f"/city/?tab=all&q={q}", f"/list/all?by={kind}&q={q}", most, reach))
    return found
